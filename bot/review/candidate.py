"""A candidate model: trained from a copy of the data with the basket in it, beside the live one.

`make` prepares `var/candidates/<id>/` and trains there (NLU only: the rules stay the same). Nothing
in `data/` or `models/` changes; whoever is content applies the patch and trains.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from bot.review.patch import Patch, write
from bot.settings import ROOT, python_rasa
from bot.training import ONE_THREAD, QUIET, SPACY_MODEL

FOLDER = "candidates"
RECORD = "candidate.json"
MODEL = "model.tar.gz"
LOG = "training.log"
PATCH = "verbeteringen.patch"
# What training for language reads below the root; all else it finds beside the code.
COPIED = ("data/nlu", "domain.yml", "config.yml")


class CandidateError(Exception):
    """A candidate cannot be made; the message (Dutch) says what to do."""


@dataclass(frozen=True)
class Candidate:
    """A folder with a patch, the data with that patch in it, and after training a model."""

    id: str
    made_at: str
    corrections: tuple[int, ...]
    folder: Path

    @property
    def model(self) -> Path:
        """Where the model is once it was trained."""
        return self.folder / MODEL


def prepare(patch: Patch, var: Path, moment: datetime, root: Path = ROOT) -> Candidate:
    """Copies the data and applies the patch to the copy.

    Raises:
        CandidateError: there is nothing to learn.
    """
    if patch.is_empty:
        raise CandidateError(
            "Er is niets om van te leren: geen verbetering kwam door de controles."
        )
    name = f"{moment:%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"
    candidate = Candidate(
        name, moment.isoformat(timespec="seconds"), patch.corrections, var / FOLDER / name
    )
    candidate.folder.mkdir(parents=True, mode=0o700)
    for part in COPIED:
        source, target = root / part, candidate.folder / part
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target)
        else:
            shutil.copy(source, target)
    write(patch, candidate.folder)
    (candidate.folder / PATCH).write_text(patch.text)
    facts = {key: value for key, value in asdict(candidate).items() if key != "folder"}
    (candidate.folder / RECORD).write_text(json.dumps(facts))
    return candidate


def command(candidate: Candidate) -> list[str]:
    """How Rasa trains the candidate."""
    folder = candidate.folder
    return [
        *(python_rasa(), "-m", "rasa", "train", "nlu"),
        *("--config", str(folder / "config.yml")),
        *("--domain", str(folder / "domain.yml")),
        *("--nlu", str(folder / "data" / "nlu")),
        *("--out", str(folder)),
        *("--fixed-model-name", MODEL.removesuffix(".tar.gz")),
    ]


def train(candidate: Candidate, progress: Callable[[str], None], root: Path = ROOT) -> Path:
    """Trains the candidate in its own folder (two to three minutes); the model.

    Raises:
        CandidateError: training failed; Rasa's words are in the folder.
    """
    if not SPACY_MODEL.exists():
        raise CandidateError("Train eerst het gewone model: startwijzer train.")
    progress("Kandidaat trainen (twee tot drie minuten)")
    # Rasa's own place for it is beside the live model, and need not be writable here.
    log, cache = candidate.folder / LOG, candidate.folder / "cache"
    with log.open("w") as output:
        done = subprocess.run(
            command(candidate),
            cwd=root,
            env={**ONE_THREAD, **os.environ, **QUIET, "RASA_CACHE_DIRECTORY": str(cache)},
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        )
    shutil.rmtree(cache, ignore_errors=True)
    if done.returncode or not candidate.model.exists():
        raise CandidateError(f"Het trainen is mislukt. Wat Rasa zegt staat in {log}.")
    return candidate.model


def learned(model: Path) -> frozenset[int]:
    """The corrections that a candidate learned from, by id; of another model nothing is known."""
    record = model.parent / RECORD
    if not record.exists():
        return frozenset()
    return frozenset(json.loads(record.read_text())["corrections"])


def purge(var: Path, before: datetime) -> int:
    """Removes candidates from before a moment, with what citizens said in them; how many."""
    old = [one for one in every(var) if datetime.fromisoformat(one.made_at) < before]
    for candidate in old:
        shutil.rmtree(candidate.folder)
    return len(old)


def every(var: Path) -> list[Candidate]:
    """The candidates on this machine, the newest first."""
    found = []
    for path in (var / FOLDER).glob(f"*/{RECORD}"):
        facts = json.loads(path.read_text())
        found.append(
            Candidate(facts["id"], facts["made_at"], tuple(facts["corrections"]), path.parent)
        )
    return sorted(found, key=lambda candidate: candidate.id, reverse=True)
