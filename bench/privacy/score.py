"""The sets of sentences with details, and how the rules of `bot/privacy` do on them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.content import read_yaml
from bot.privacy.detail import KINDS
from bot.privacy.detect import find_details
from bot.settings import ROOT

FOLDER = ROOT / "tests" / "privacy"
# What the rules are made with, and what nobody who makes them has seen.
SETS = {
    "development": tuple(sorted((FOLDER / "development").glob("*.yml"))),
    "blind": (FOLDER / "blind.yml",),
}
# Of the details that there are, so many are found; of what is masked, so much is a detail. That was
# asked of all kinds but documents, which the rules find too.
RECALL, PRECISION = 0.98, 0.95
ASKED = tuple(kind for kind in KINDS if kind != "document")


@dataclass
class Score:
    """What was found and what not, each as (kind, what, sentence)."""

    found: list[tuple[str, str, str]] = field(default_factory=list)
    missed: list[tuple[str, str, str]] = field(default_factory=list)
    needless: list[tuple[str, str, str]] = field(default_factory=list)

    def of(self, *kinds: str) -> Score:
        """The score of some kinds of details."""
        rows = (self.found, self.missed, self.needless)
        return Score(*([row for row in part if row[0] in kinds] for part in rows))

    @property
    def recall(self) -> float:
        """Found, of all details; 1 where there are none."""
        return _share(len(self.found), len(self.missed))

    @property
    def precision(self) -> float:
        """Details, of all that was masked; 1 where nothing was."""
        return _share(len(self.found), len(self.needless))

    def __str__(self) -> str:
        """A table in markdown, and below it everything that went wrong."""
        lines = ["| kind | details | found | recall | masked for nothing | precision |"]
        lines += ["|---|---:|---:|---:|---:|---:|"]
        lines += [_row(kind, self.of(kind)) for kind in KINDS]
        lines += [_row("**all but documents**", self.of(*ASKED)), _row("**all**", self), ""]
        for what, rows in (("missed", self.missed), ("for nothing", self.needless)):
            lines += [f"- {what}, {kind}: `{text}` in {line!r}" for kind, text, line in rows]
        return "\n".join(lines)


def sentences(name: str) -> list[dict[str, Any]]:
    """The sentences of a set (one of `SETS`, or a file), each with its `text` and `details`."""
    return [row for path in SETS.get(name, (Path(name),)) for row in read_yaml(path)]


def score(rows: list[dict[str, Any]]) -> Score:
    """A detail is found when each of its letters and digits is masked."""
    result = Score()
    for row in rows:
        text, spans = row["text"], find_details(row["text"])
        masked = {place for span in spans for place in range(span.start, span.end)}
        wanted: set[int] = set()
        for detail in row["details"]:
            start = text.index(detail["value"])
            places = {start + n for n, char in enumerate(detail["value"]) if char.isalnum()}
            wanted |= places
            found = result.found if places <= masked else result.missed
            found.append((detail["kind"], detail["value"], text))
        result.needless += [
            (span.kind, text[span.start : span.end], text)
            for span in spans
            if not wanted & set(range(span.start, span.end))
        ]
    return result


def _share(some: int, others: int) -> float:
    return some / (some + others) if some + others else 1.0


def _row(kind: str, part: Score) -> str:
    details = len(part.found) + len(part.missed)
    return (
        f"| {kind} | {details} | {len(part.found)} | {part.recall:.3f} "
        f"| {len(part.needless)} | {part.precision:.3f} |"
    )
