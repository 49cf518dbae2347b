"""Opening hours of a desk, in the words of people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby

DAYS = {
    "ma": "maandag",
    "di": "dinsdag",
    "wo": "woensdag",
    "do": "donderdag",
    "vr": "vrijdag",
    "za": "zaterdag",
    "zo": "zondag",
}
Hours = Mapping[str, Sequence[str]]


def in_words(hours: Hours) -> str:
    """A week's hours as one sentence part; days with the same hours in a row are taken together.

    Args:
        hours: periods ("09:00-17:00") by day (ma ... zo); a day that is missing is closed.

    Returns:
        Such as "maandag tot en met donderdag 09:00 tot 16:00 uur, vrijdag 09:00 tot 12:00 uur".
    """
    parts = []
    for periods, days in groupby(DAYS, key=lambda day: tuple(hours.get(day, ()))):
        if periods:
            times = " en ".join(period.replace("-", " tot ") for period in periods)
            parts.append(f"{_days(list(days))} {times} uur")
    return ", ".join(parts)


def _days(days: list[str]) -> str:
    first, last = DAYS[days[0]], DAYS[days[-1]]
    if len(days) == 1:
        return first
    return f"{first} {'en' if len(days) == 2 else 'tot en met'} {last}"
