"""Scores per theme: a mean of what was answered, never a verdict on a person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from bot.assessment.bank import Bank, Theme

# Below this share of answered statements a theme gets no score: too little to say anything.
ENOUGH = 0.5
# On the 0-1 scale: half a step above the middle carries someone, below the middle asks for work.
CARRIES = 0.625
ASKS_WORK = 0.5

Meaning = Literal["carries", "between", "work_on", "unknown"]


@dataclass(frozen=True)
class ThemeScore:
    """The score of one theme: 0 (asks for work) to 1 (carries), or None with too few answers."""

    theme: Theme
    score: float | None
    answered: int
    asked: int

    @property
    def meaning(self) -> Meaning:
        """What the score says, in four words that a text can be chosen by."""
        if self.score is None:
            return "unknown"
        if self.score >= CARRIES:
            return "carries"
        return "work_on" if self.score < ASKS_WORK else "between"


def score(bank: Bank, answers: Mapping[str, str | None]) -> list[ThemeScore]:
    """The score of every theme, in the order of the bank.

    Args:
        answers: value on the scale by statement; None or absent when it was skipped.
    """
    values = [int(option.value) for option in bank.scale]
    low, high = min(values), max(values)
    result = []
    for theme in bank.themes:
        items = [item for item in bank.items if item.theme == theme.id]
        points = []
        for item in items:
            given = answers.get(item.id)
            if given is not None:
                share = (int(given) - low) / (high - low)
                points.append(1 - share if item.reverse else share)
        enough = bool(items) and len(points) / len(items) >= ENOUGH
        mean = sum(points) / len(points) if points and enough else None
        result.append(ThemeScore(theme, mean, len(points), len(items)))
    return result
