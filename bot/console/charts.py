"""Pictures of figures as SVG, drawn on the server: bars under each other, or columns in time.

A picture has the width of a small phone and grows with the page. What it shows stands in its
description and, in full, in the table beside it. No colour has a meaning.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from bot.console.html import day, number, percent
from bot.review.block import Block
from bot.review.export import Value

# Units of the drawing; one is about a pixel on a phone.
WIDTH = 280
# The number stands beside the bar, the label above both.
BAR_WIDTH = 186
ROW = 40
COLUMNS_HEIGHT, AXIS = 120, 20
# What fits on a line, and how many bars still make a picture.
LONGEST_LABEL, MOST_BARS = 39, 10
# From this share on, a bar is drawn as a part of the whole; below it the bars compare each other.
PART_OF_WHOLE = 0.3
SHARE = "Aandeel"
# Figures whose picture is in time; the others have bars.
IN_TIME = frozenset(["per-dag"])
# Figures that are words or many columns: a table says more.
WITHOUT_PICTURE = (
    "kerncijfers",
    "onbeantwoord",
    "uitslagen",
    "stellingen",
    "themas",
    "antwoordtijd",
)


@dataclass(frozen=True)
class Bar:
    """One bar: where it stands, how long it is, and what is written with it."""

    y: int
    width: float
    label: str
    text: str


@dataclass(frozen=True)
class Column:
    """One column in time."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Chart:
    """A picture: bars or columns, its height, and what it shows in words.

    `is_whole`: the width of the picture stands for all of them.
    """

    id: str
    title: str
    desc: str
    height: int
    bars: Sequence[Bar] = ()
    columns: Sequence[Column] = ()
    labels: Sequence[str] = ()
    is_whole: bool = False
    width: int = WIDTH
    bar_width: int = BAR_WIDTH


def chart(block: Block) -> Chart | None:
    """The picture of a figure; None where there is too little to draw."""
    if block.is_silent or not block.rows or block.id.startswith(WITHOUT_PICTURE):
        return None
    if block.id in IN_TIME:
        return _columns(block)
    return _bars(block)


def shown(heading: str, value: Value) -> str:
    """A value as people read it in a table: numbers and dates the Dutch way."""
    match value:
        case None:
            return "–"
        case bool():
            return "ja" if value else "nee"
        case float() if heading.startswith(SHARE):
            return percent(value)
        case float():
            return number(value, 2)
        case int():
            return number(value)
        case date():
            return day(value)
    return str(value)


def _bars(block: Block) -> Chart | None:
    measured = [(str(row[0]), _measure(row)) for row in block.rows]
    rows = [(label, value) for label, value in measured if value is not None][:MOST_BARS]
    most = max((value for _, value in rows), default=0)
    if most <= 0:
        return None
    shares = {str(row[0]): _share(block, row) for row in block.rows}
    largest = max((share for share in shares.values() if share is not None), default=0.0)
    is_whole = largest >= PART_OF_WHOLE
    full = most / largest if is_whole else most
    bars = [
        Bar(
            y=place * ROW,
            width=round(min(1.0, value / full) * BAR_WIDTH, 1),
            label=_cut(label),
            text=_with_share(value, shares[label]),
        )
        for place, (label, value) in enumerate(rows)
    ]
    words = "; ".join(f"{label}: {_with_share(value, shares[label])}" for label, value in rows)
    return Chart(block.id, block.title, f"{words}.", len(bars) * ROW, bars=bars, is_whole=is_whole)


def _columns(block: Block) -> Chart:
    values = [(row[0], _measure(row) or 0) for row in block.rows]
    most = max(value for _, value in values) or 1
    step = WIDTH / len(values)
    columns = []
    for place, (_, value) in enumerate(values):
        height = value / most * COLUMNS_HEIGHT
        columns.append(
            Column(
                x=round(place * step + step * 0.1, 2),
                y=round(AXIS + COLUMNS_HEIGHT - height, 2),
                width=round(step * 0.8, 2),
                height=round(height, 2),
            )
        )
    total = sum(value for _, value in values)
    peak = max(values, key=lambda row: row[1])
    first, last = shown("", values[0][0]), shown("", values[-1][0])
    desc = (
        f"Van {first} tot en met {last}: samen {number(total)}, per dag gemiddeld "
        f"{number(total / len(values), 1)}. De drukste dag was {shown('', peak[0])}, met "
        f"{number(peak[1])}."
    )
    labels = (number(most), first, last)
    height = COLUMNS_HEIGHT + 2 * AXIS
    return Chart(block.id, block.title, desc, height, columns=columns, labels=labels)


def _measure(row: Sequence[Value]) -> float | None:
    """The first number of a row is what is drawn."""
    for value in row[1:]:
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return value
    return None


def _share(block: Block, row: Sequence[Value]) -> float | None:
    for heading, value in zip(block.headings, row, strict=True):
        if heading.startswith(SHARE) and isinstance(value, float):
            return value
    return None


def _with_share(value: float, share: float | None) -> str:
    text = number(value, 0 if float(value).is_integer() else 2)
    return text if share is None else f"{text} ({percent(share)})"


def _cut(label: str) -> str:
    if len(label) <= LONGEST_LABEL:
        return label
    return f"{label[: LONGEST_LABEL - 1].rstrip()}…"
