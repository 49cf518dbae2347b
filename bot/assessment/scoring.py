"""Scores per theme: a weighted mean of what was answered, never a verdict on a person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from bot.assessment.bank import LENGTH, Bank, Item, Theme
from bot.flows.model import Answers

# Below this share of answered statements a theme gets no score: too little to say anything.
ENOUGH = 0.5
# On the 0-1 scale: half a step above the middle carries someone, below the middle asks for work.
CARRIES = 0.625
ASKS_WORK = 0.5

Meaning = Literal["carries", "between", "work_on", "unknown"]


@dataclass(frozen=True)
class ThemeScore:
    """The score of one theme: 0 (asks for work) to 1 (carries), or None with too few answers.

    `endangered` says that a danger signal shows in this theme: then it does not carry anyone,
    however high the mean of the other answers.
    """

    theme: Theme
    score: float | None
    answered: int
    asked: int
    endangered: bool = False

    @property
    def meaning(self) -> Meaning:
        """What the score says, in four words that a text can be chosen by."""
        if self.score is None:
            return "unknown"
        if self.score >= CARRIES and not self.endangered:
            return "carries"
        return "work_on" if self.score < ASKS_WORK else "between"


def score(bank: Bank, answers: Answers) -> list[ThemeScore]:
    """The score of every theme, in the order of the bank.

    A statement counts as often as its weight: perseverance and insight into the market twice, being
    the two competencies that predicted who became an entrepreneur and stayed one (Kyndt & Baert,
    Journal of Vocational Behavior 90 (2015) 13-25). A statement of weight 0 counts for nothing, not
    even as one that was answered; it can only be a danger signal.

    Args:
        answers: value on the scale by statement, and the length; None or absent when skipped.
    """
    asked = bank.asked(answers.get(LENGTH))
    shown = {sign.item for signal in bank.signals_of(answers) for sign in signal.when}
    result = []
    for theme in bank.themes:
        items = [item for item in asked if item.theme == theme.id and item.weight]
        given = shares(bank, theme, answers)
        enough = bool(items) and len(given) / len(items) >= ENOUGH
        points = sum(item.weight * share for item, share in given.items())
        mean = points / sum(item.weight for item in given) if enough else None
        endangered = any(item.id in shown for item in bank.items if item.theme == theme.id)
        result.append(ThemeScore(theme, mean, len(given), len(items), endangered))
    return result


def shares(bank: Bank, theme: Theme, answers: Answers) -> dict[Item, float]:
    """What was answered in a theme and counts: of each statement 0 (asks for work) to 1 (carries).

    Args:
        answers: as in `score`.
    """
    values = [int(option.value) for option in bank.scale]
    low, high = min(values), max(values)
    found = {}
    for item in bank.asked(answers.get(LENGTH)):
        given = answers.get(item.id)
        if given is not None and item.theme == theme.id and item.weight:
            share = (int(given) - low) / (high - low)
            found[item] = 1 - share if item.reverse else share
    return found
