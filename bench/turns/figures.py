"""From turns to figures; pure functions, all times in milliseconds unless named otherwise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from statistics import mean, median
from typing import Any

from bench.nlu.figures import Figure
from bench.turns.citizen import CHOICE, FORM, TEXT, Turn
from bench.turns.set_ups import ONE, ONE_MACHINE, TWO, SetUp

Results = Mapping[str, Any]


def percentile(values: Sequence[float], share: float) -> float:
    """The value that this share of the values does not exceed, between two neighbours by weight.

    Raises:
        ValueError: there are no values.
    """
    ordered = sorted(values)
    if not ordered:
        raise ValueError("no values")
    place = share * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def summary(rounds: Sequence[Sequence[Turn]], kind: str | None = None) -> dict[str, Any] | None:
    """How long turns took over all rounds, and the p50 of each round; None without turns.

    Args:
        kind: only turns of this kind; None for all.
    """
    taken = [
        [turn.ms for turn in turns if not turn.failed and kind in (None, turn.kind)]
        for turns in rounds
    ]
    every = [ms for each in taken for ms in each]
    if not every:
        return None
    return {
        "n": len(every),
        "p50": percentile(every, 0.5),
        "p95": percentile(every, 0.95),
        "rounds": [median(each) if each else None for each in taken],
    }


def ratio(ours: Sequence[float | None], stock: Sequence[float | None]) -> float | None:
    """The median over the rounds of stock divided by ours: pairs that were measured side by side.

    None when no round has both.
    """
    pairs = [s / o for o, s in zip(ours, stock, strict=False) if o and s]
    return median(pairs) if pairs else None


def slope(points: Sequence[tuple[float, float]]) -> float:
    """The slope of the straight line that fits best (least squares).

    Raises:
        ValueError: fewer than two different places.
    """
    middle_x, middle_y = mean(x for x, _ in points), mean(y for _, y in points)
    spread = sum((x - middle_x) ** 2 for x, _ in points)
    if not spread:
        raise ValueError("a slope needs two different places")
    return sum((x - middle_x) * (y - middle_y) for x, y in points) / spread


def growth(points: Sequence[tuple[float, float]]) -> float | None:
    """The share by which something grew over the last half, by the line that fits best.

    None with too few points for a line.
    """
    if len(points) < 4:
        return None
    half = points[len(points) // 2 :]
    return slope(half) * (half[-1][0] - half[0][0]) / mean(y for _, y in half)


def worst_length(lengths: Mapping[str, Mapping[str, float]]) -> tuple[float, int] | None:
    """The most that any kind slowed down from the first turns to the last, and at which turn.

    Args:
        lengths: by kind, the median by turn number (as text: it comes from JSON).
    """
    found = []
    for by_turn in lengths.values():
        numbers = sorted(int(number) for number in by_turn)
        if len(numbers) > 1:
            last = numbers[-1]
            found.append((by_turn[str(last)] / by_turn[str(numbers[0])], last))
    return max(found) if found else None


def figures(results: Results) -> list[Figure]:
    """What is promised, as far as it was measured."""
    ours, stock = results["kinds"]["ours"], results["kinds"]["stock"]
    found: list[Figure] = []

    def add(key: str, label: str, value: float | None, target: float, unit: str) -> None:
        if value is not None:
            higher = unit == "x" and key != "length"
            found.append(Figure(key, label, value, target, higher, unit))

    if TEXT in ours:
        add("text_p50", "text turn at 1 user, p50", ours[TEXT]["p50"], 30, "ms")
        add("text_p95", "text turn at 1 user, p95", ours[TEXT]["p95"], 60, "ms")
    if FORM in ours and FORM in stock:
        times = ratio(ours[FORM]["rounds"], stock[FORM]["rounds"])
        add("form", "form turn at 1 user, p50, times faster than stock", times, 4, "x")
    if CHOICE in ours:
        add("choice_p50", "choice turn at 1 user, p50", ours[CHOICE]["p50"], 15, "ms")
    add("busy", "turns a second at the most users, times stock", _busiest(results), 4, "x")
    length = worst_length(results["length"]["ours"])
    if length is not None:
        label = f"turn {length[1]} against turn 1 of one conversation, worst kind"
        add("length", label, length[0], 1.3, "x")
    samples = results["memory"].get("ours", {}).get("samples")
    if samples:
        turns, _, pss = samples[-1]
        add("memory", f"memory of all processes after {turns:.0f} turns (PSS)", pss, 900, "MB")
        grown = growth([(turns, pss) for turns, _, pss in samples])
        share = None if grown is None else grown * 100
        add("leak", "growth of memory over the last half of them", share, 2, "%")
    if results["start"]["ours"]:
        add("start", "start to first answer", median(results["start"]["ours"]), 15, "s")
    add("training", "training from clean", results["training"]["ours"], 180, "s")
    label = "2 workers on 2 cores against 1 on 1, turns a second"
    add("scale", f"{label}; the rest may use both", _scale(results, ONE), 1.7, "x")
    add("scale_all", f"{label}; the rest on the same", _scale(results, ONE_MACHINE), 1.7, "x")
    return found


def mean_turn(stages: Mapping[str, Any]) -> float:
    """The mean turn (ms) of a profile, over all kinds; 0 when nothing was profiled."""
    count = sum(found["n"] for found in stages.values())
    total = sum(found["n"] * sum(found["stages"].values()) for found in stages.values())
    return total / count if count else 0.0


def as_data(found: Sequence[Figure]) -> list[dict[str, Any]]:
    """Figures for JSON."""
    return [{**asdict(figure), "reached": figure.reached} for figure in found]


def _busiest(results: Results) -> float | None:
    users = max(results["users"]["ours"], key=int, default=None)
    if users is None:
        return None
    ours, stock = results["users"]["ours"][users], results["users"]["stock"].get(users)
    return None if stock is None else ratio(stock["rounds"], ours["rounds"])


def _scale(results: Results, one: SetUp) -> float | None:
    scale = results["scale"]
    return ratio(scale[one.name]["rounds"], scale[TWO.name]["rounds"]) if scale else None
