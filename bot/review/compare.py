"""What a candidate model would change: both models on every message that was reviewed."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.database import now
from bot.review.candidate import learned
from bot.review.corrections import InBasket, decided, expected
from bot.review.work_model import ModelComparison
from bot.settings import ROOT, python_rasa
from bot.training import ONE_THREAD, QUIET

OUTCOMES = {
    "fixed": "hersteld: eerst fout, nu goed",
    "broken": "stuk: eerst goed, nu fout",
    "changed": "anders, maar nog steeds fout",
    "same": "hetzelfde gebleven",
}


class ComparisonError(Exception):
    """Models cannot be compared; the message (Dutch) says why."""


@dataclass(frozen=True)
class Answer:
    """What a model makes of a message; `intent` None when it does not understand it."""

    intent: str | None
    confidence: float


Ask = Callable[[Path, Sequence[str]], list[Answer]]


@dataclass(frozen=True)
class Line:
    """One reviewed message under both models. `learned`: the candidate was trained on it."""

    item: InBasket
    expected: str | None
    before: Answer
    after: Answer
    learned: bool

    @property
    def outcome(self) -> str:
        """One of OUTCOMES."""
        was, is_now = self.before.intent == self.expected, self.after.intent == self.expected
        if was != is_now:
            return "fixed" if is_now else "broken"
        return "same" if self.before.intent == self.after.intent else "changed"


@dataclass(frozen=True)
class Score:
    """How many of `n` messages each model understood as the reviewers did."""

    n: int
    before: int
    after: int

    @property
    def before_share(self) -> float | None:
        """From 0 to 1; None without messages."""
        return self.before / self.n if self.n else None

    @property
    def after_share(self) -> float | None:
        """From 0 to 1; None without messages."""
        return self.after / self.n if self.n else None


@dataclass(frozen=True)
class Report:
    """A comparison as someone may see it: only messages of their gemeenten, none erased."""

    comparison: ModelComparison
    lines: tuple[Line, ...]

    def of(self, outcome: str) -> list[Line]:
        """The lines with this outcome."""
        return [line for line in self.lines if line.outcome == outcome]

    def score(self, learned: bool | None = None) -> Score:
        """Of all messages, or of those that the candidate did (not) learn from.

        What it learned from says only that it remembers; the rest says whether it got better.
        """
        lines = [one for one in self.lines if learned is None or one.learned == learned]
        return Score(
            len(lines),
            sum(line.before.intent == line.expected for line in lines),
            sum(line.after.intent == line.expected for line in lines),
        )


def ask_model(model: Path, texts: Sequence[str]) -> list[Answer]:
    """What a trained model makes of the texts, in a process of its own (`bot.nlu.ask_model`).

    Raises:
        ComparisonError: the model is not there or cannot be loaded.
    """
    if not model.exists():
        raise ComparisonError(f"Er is geen model {model}.")
    done = subprocess.run(
        [python_rasa(), "-m", "bot.nlu.ask_model", str(model.resolve())],
        cwd=ROOT,
        env={**ONE_THREAD, **os.environ, **QUIET},
        input=json.dumps(list(texts)),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise ComparisonError(f"Rasa kan het model {model} niet laden:\n{done.stderr[-1000:]}")
    found = json.loads(done.stdout.splitlines()[-1])
    return [Answer(one["intent"], one["confidence"]) for one in found]


def compare(
    items: Sequence[InBasket], current: Path, candidate: Path, ask: Ask = ask_model
) -> list[dict[str, Any]]:
    """The rows of a comparison: both models, one after another, on the messages as they were said.

    Raises:
        ComparisonError: nothing was reviewed yet, or a model cannot be asked.
    """
    if not items:
        raise ComparisonError("Er is nog niets beoordeeld om de modellen op te vergelijken.")
    # What the citizen typed and the bot has to understand, not what a reviewer made of it.
    texts = [item.said for item in items]
    before, after = ask(current, texts), ask(candidate, texts)
    known = learned(candidate)
    return [
        {
            "correction": item.correction.id,
            "expected": expected(item.correction),
            "before": [old.intent, round(old.confidence, 4)],
            "after": [new.intent, round(new.confidence, 4)],
            "learned": item.correction.id in known,
        }
        for item, old, new in zip(items, before, after, strict=True)
    ]


def store(
    session: Session, current: str, candidate: str, rows: list[dict[str, Any]]
) -> ModelComparison:
    """Keeps a comparison."""
    found = ModelComparison(at=now(), current=current, candidate=candidate, items=rows)
    session.add(found)
    session.flush()
    return found


def every(session: Session) -> list[ModelComparison]:
    """All comparisons, the newest first."""
    query = sa.select(ModelComparison).order_by(ModelComparison.id.desc())
    return list(session.execute(query).scalars())


def report(
    session: Session, comparison: ModelComparison, gemeenten: frozenset[str] | None
) -> Report:
    """The comparison with the messages that are still there and that someone may see."""
    items = {item.correction.id: item for item in decided(session, gemeenten)}
    lines = [
        Line(
            items[row["correction"]],
            row["expected"],
            Answer(*row["before"]),
            Answer(*row["after"]),
            row["learned"],
        )
        for row in comparison.items
        if row["correction"] in items
    ]
    return Report(comparison, tuple(lines))
