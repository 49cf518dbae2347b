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


def source_date(text: str) -> str:
    """The date of a source, that may be a day, a month or only a year (ISO 8601), in words."""
    try:
        return date_in_words(date.fromisoformat(text))
    except ValueError:
        pass
    try:
        return month_in_words(date.fromisoformat(f"{text}-01"))
    except ValueError:
        return text
