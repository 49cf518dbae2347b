"""How well the statements measure: for staff, never about one person.

Sources: Cronbach's alpha, Psychometrika 16 (1951) 297-334; its confidence interval, Bonett,
Journal of Educational and Behavioral Statistics 27 (2002) 335-340; corrected item-rest correlation,
that of an item with the mean of the other items of its theme.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist, fmean, variance

from bot.assessment.bank import LENGTH, Bank, Item
from bot.flows.model import Answers

# Below this many respondents a figure says more about chance than about the statements.
FEWEST = 30
CONFIDENCE = 0.95
Table = Sequence[Sequence[float]]


@dataclass(frozen=True)
class Alpha:
    """Cronbach's alpha of `n` respondents with the bounds of its confidence interval."""

    value: float
    low: float
    high: float
    n: int


@dataclass(frozen=True)
class ItemFigures:
    """One statement: respondents, how often each value was chosen, and its item-rest correlation.

    `distribution` is empty below `FEWEST` respondents. `rest` is None where too few answered, where
    nobody differs, and for a statement of weight 0, which is no part of the score.
    """

    item: str
    n: int
    distribution: Mapping[int, int]
    rest: float | None


@dataclass(frozen=True)
class ThemeFigures:
    """A theme; `alpha` is None below `FEWEST` complete respondents, `n` says how many there are."""

    theme: str
    n: int
    alpha: Alpha | None
    items: Sequence[ItemFigures]


def cronbach_alpha(table: Table) -> Alpha | None:
    """Alpha of a table with a row per respondent and a column per item, all answered.

    Returns:
        None with fewer than two items or three respondents, or when the sums do not vary.
    """
    if len(table) < 3 or len(table[0]) < 2:
        return None
    k, n = len(table[0]), len(table)
    total = variance(sum(row) for row in table)
    if total == 0:
        return None
    parts = sum(variance(column) for column in zip(*table, strict=True))
    value = k / (k - 1) * (1 - parts / total)
    if value >= 1:
        return Alpha(value, value, value, n)
    z = NormalDist().inv_cdf((1 + CONFIDENCE) / 2)
    spread = z * math.sqrt(2 * k / ((k - 1) * (n - 2)))
    low, high = (1 - math.exp(math.log(1 - value) + sign * spread) for sign in (1, -1))
    return Alpha(value, low, high, n)


def correlation(first: Sequence[float], second: Sequence[float]) -> float | None:
    """Pearson's r of two equally long series, or None when one of them does not vary."""
    mean_first, mean_second = fmean(first), fmean(second)
    shared = sum((a - mean_first) * (b - mean_second) for a, b in zip(first, second, strict=True))
    spread = math.sqrt(
        sum((a - mean_first) ** 2 for a in first) * sum((b - mean_second) ** 2 for b in second)
    )
    return shared / spread if spread else None


def figures(bank: Bank, answers: Sequence[Answers], length: str) -> list[ThemeFigures]:
    """The figures of every theme for those who did the scan in one length.

    Args:
        answers: one mapping a respondent; those who did the other length do not count, and alpha
            and the correlations use those who answered every statement that counts in a theme.
    """
    values = [int(option.value) for option in bank.scale]
    turn = min(values) + max(values)
    answers = [given for given in answers if given.get(LENGTH) == length]
    result = []
    for theme in bank.themes:
        asked = [item for item in bank.asked(length) if item.theme == theme.id]
        counted = [item for item in asked if item.weight]
        table = list(_complete(counted, answers, turn))
        enough = len(table) >= FEWEST
        rest = {
            item.id: _rest(table, column) if enough else None for column, item in enumerate(counted)
        }
        result.append(
            ThemeFigures(
                theme.id,
                len(table),
                cronbach_alpha(table) if enough else None,
                [_item(item, answers, rest.get(item.id)) for item in asked],
            )
        )
    return result


def drop_off(order: Sequence[str], last_seen: Iterable[str]) -> dict[str, int]:
    """How many people stopped at each question, in the order of the questions.

    Args:
        order: ids of the questions.
        last_seen: per person who did not finish, the question that was asked last.

    Returns:
        Nothing below `FEWEST` people, like every figure here.
    """
    counted = Counter(last_seen)
    if counted.total() < FEWEST:
        return {}
    return {name: counted[name] for name in order}


def _complete(items: Sequence[Item], answers: Sequence[Answers], turn: int) -> Iterator[list[int]]:
    """A row per respondent who answered all, with the answers to reverse statements turned."""
    for given in answers:
        row = [given.get(item.id) for item in items]
        values = [int(value) for value in row if value is not None]
        if len(values) == len(items):
            yield [
                turn - value if item.reverse else value
                for item, value in zip(items, values, strict=True)
            ]


def _item(item: Item, answers: Sequence[Answers], rest: float | None) -> ItemFigures:
    given = [one.get(item.id) for one in answers]
    values = [int(value) for value in given if value is not None]
    enough = len(values) >= FEWEST
    return ItemFigures(item.id, len(values), Counter(values) if enough else {}, rest)


def _rest(table: Table, column: int) -> float | None:
    if len(table[0]) < 2:
        return None
    own = [row[column] for row in table]
    rest = [(sum(row) - row[column]) / (len(row) - 1) for row in table]
    return correlation(own, rest)
