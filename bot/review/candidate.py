"""Candidate models on this machine: beside the live one, each in a folder with what it learned.

`bot.review.training` makes them. What removes or erases them only needs what is here.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

FOLDER = "candidates"
RECORD = "candidate.json"
MODEL = "model.tar.gz"


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
