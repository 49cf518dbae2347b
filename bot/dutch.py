"""Dates in Dutch."""

from __future__ import annotations

from datetime import date

MONTHS = (
    *("januari", "februari", "maart", "april", "mei", "juni", "juli", "augustus"),
    *("september", "oktober", "november", "december"),
)


def month_in_words(day: date) -> str:
    """Such as "november 2026"."""
    return f"{MONTHS[day.month - 1]} {day.year}"


def date_in_words(day: date) -> str:
    """Such as "22 november 2026"."""
    return f"{day.day} {month_in_words(day)}"
