"""From answers to figures; pure functions."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from statistics import mean, median

from bench.nlu.data import FALLBACK, OUT_OF_SCOPE, Item
from bench.nlu.rasa_model import Answer

BINS = 15
WORST = 20
MEANINGLESS = "(geen betekenis)"
Pair = tuple[Item, Answer]


@dataclass(frozen=True)
class Figure:
    """A measurement and what it should be; `target` None where nothing is promised."""

    key: str
    label: str
    value: float
    target: float | None
    higher_is_better: bool
    unit: str = ""

    @property
    def reached(self) -> bool | None:
        """Whether the target is reached; None without one."""
        if self.target is None:
            return None
        return self.value >= self.target if self.higher_is_better else self.value <= self.target


@dataclass(frozen=True)
class Confusion:
    """Messages with one expectation that all got the same wrong answer."""

    expected: str
    predicted: str
    messages: tuple[Pair, ...]


def accuracy(pairs: Iterable[Pair], most: int = 1) -> float:
    """Share of the in-scope messages whose intent is among the likeliest so many."""
    return _share([p for p in pairs if p[0].in_scope], lambda i, a: a.among(i.intent, most))


def is_caught(answer: Answer) -> bool:
    """Whether the bot says that it cannot help with this, or that it did not understand."""
    return answer.intent in (None, FALLBACK, OUT_OF_SCOPE)


def understanding(pairs: Sequence[Pair], with_typos: Sequence[Pair]) -> list[Figure]:
    """What the bot understands of the held-out set, and of the same messages with typos."""
    inside = [p for p in pairs if p[0].in_scope]
    outside = [p for p in pairs if p[0].intent == OUT_OF_SCOPE]
    meaningless = [p for p in pairs if p[0].intent is None]
    top1, top3 = accuracy(pairs), accuracy(pairs, 3)
    wrong = _share(inside, lambda i, a: a.intent not in (i.intent, FALLBACK, None))
    refused = _share(inside, lambda i, a: a.intent == OUT_OF_SCOPE)
    fallen = _share(inside, lambda i, a: a.intent in (FALLBACK, None))
    typos = top1 - accuracy(with_typos)
    return [
        Figure("top1", "Intent, top 1", top1, 0.92, True),
        Figure("top3", "Intent, top 3", top3, 0.98, True),
        Figure("wrong", "Verkeerd beantwoord, niet teruggevallen", wrong, 0.03, False),
        Figure("wrong_refused", "  waarvan afgewezen als buiten bereik", refused, None, False),
        Figure("fallback", "Binnen bereik, maar teruggevallen", fallen, 0.08, False),
        Figure(
            "caught",
            "Buiten bereik en betekenisloos opgevangen",
            _share(outside + meaningless, lambda _, a: is_caught(a)),
            0.90,
            True,
        ),
        Figure(
            "caught_out_of_scope",
            "  buiten bereik",
            _share(outside, lambda _, a: is_caught(a)),
            None,
            True,
        ),
        Figure(
            "caught_meaningless",
            "  betekenisloos",
            _share(meaningless, lambda _, a: is_caught(a)),
            None,
            True,
        ),
        Figure("typo_loss", "Verlies door tikfouten (top 1)", typos, 0.03, False),
        Figure("calibration", f"Kalibratiefout (ECE, {BINS} vakken)", ece(inside), 0.05, False),
    ]


def speed(answers: Sequence[Answer], load_s: float, import_s: float) -> list[Figure]:
    """How fast the model answers, and how long it takes to load."""
    middle, slow = percentiles(answers)
    return [
        Figure("p50_ms", "Eén bericht, mediaan", middle, 10, False, "ms"),
        Figure("p95_ms", "Eén bericht, 95e percentiel", slow, 25, False, "ms"),
        Figure("load_s", "Model laden", load_s, 5, False, "s"),
        Figure("import_s", "  daarvoor Rasa zelf importeren", import_s, None, False, "s"),
    ]


def ece(pairs: Sequence[Pair]) -> float:
    """Expected calibration error of the likeliest intent (Naeini et al. 2015)."""
    bins: dict[int, list[Pair]] = defaultdict(list)
    for item, answer in pairs:
        bins[min(int(answer.confidence * BINS), BINS - 1)].append((item, answer))
    gaps = (
        len(found) * abs(accuracy(found) - mean(a.confidence for _, a in found))
        for found in bins.values()
    )
    return sum(gaps) / len(pairs) if pairs else math.nan


def percentiles(answers: Sequence[Answer]) -> tuple[float, float]:
    """Median and 95th percentile of the milliseconds a message."""
    times = sorted(answer.ms for answer in answers)
    return median(times), times[math.ceil(0.95 * len(times)) - 1]


def interval(share: float, n: int) -> tuple[float, float]:
    """The 95 % interval of a share of n messages (Wilson)."""
    z = 1.96
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return middle - half, middle + half


def by(pairs: Sequence[Pair], key: Callable[[Item], str]) -> dict[str, tuple[float, int]]:
    """Top 1 of the in-scope messages and their number, by some property of them."""
    parts: dict[str, list[Pair]] = defaultdict(list)
    for item, answer in pairs:
        if item.in_scope:
            parts[key(item)].append((item, answer))
    return {name: (accuracy(found), len(found)) for name, found in sorted(parts.items())}


def expected(item: Item) -> str:
    """The expected intent as a name to show."""
    return item.intent or MEANINGLESS


def predicted(item: Item, answer: Answer) -> str:
    """The likeliest intent; for a message that should be caught, what the dialogue gets."""
    if item.in_scope:
        return answer.best or FALLBACK
    return expected(item) if is_caught(answer) else str(answer.intent)


def worst(pairs: Sequence[Pair], most: int = WORST) -> list[Confusion]:
    """The most frequent confusions."""
    found: dict[tuple[str, str], list[Pair]] = defaultdict(list)
    for item, answer in pairs:
        if predicted(item, answer) != expected(item):
            found[expected(item), predicted(item, answer)].append((item, answer))
    order = sorted(found, key=lambda names: (-len(found[names]), names))
    return [Confusion(*names, tuple(found[names])) for names in order[:most]]


def matrix(pairs: Sequence[Pair]) -> tuple[list[str], list[list[int]]]:
    """Names, and how often each expected intent (row) was taken for each other (column)."""
    counts = Counter((expected(i), predicted(i, a)) for i, a in pairs)
    names = sorted({name for both in counts for name in both})
    return names, [[counts[row, column] for column in names] for row in names]


def _share(pairs: Sequence[Pair], holds: Callable[[Item, Answer], bool]) -> float:
    return mean(holds(item, answer) for item, answer in pairs) if pairs else math.nan
