"""Making a candidate model: from a copy of the data with the basket in it, beside the live one.

`prepare` makes `var/candidates/<id>/` and `train` trains there (NLU only: the rules stay the same).
Nothing in `data/` or `models/` changes; whoever is content applies the patch and trains.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

from bot.review.candidate import FOLDER, MODEL, RECORD, Candidate
from bot.review.patch import Patch, write
from bot.settings import ROOT, python_rasa
from bot.training import ONE_THREAD, QUIET, SPACY_MODEL

LOG = "training.log"
PATCH = "verbeteringen.patch"
# What training for language reads below the root; all else it finds beside the code.
COPIED = ("data/nlu", "domain.yml", "config.yml")


class CandidateError(Exception):
    """A candidate cannot be made; the message (Dutch) says what to do."""


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
