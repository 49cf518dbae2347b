"""Which conversations figures are about: a period, a gemeente, and what the reader may see."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from bot.dutch import date_in_words
from bot.review.model import ReviewConversation

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
Gemeenten = frozenset[str] | None
LONGEST_NAME = 80
# The period without a choice, and the longest one, in days.
USUAL_DAYS, MOST_DAYS = 28, 366


@dataclass(frozen=True)
class Scope:
    """Which conversations: last heard of on these Dutch days (both included), in these gemeenten.

    `gemeente` is the one that was chosen, `gemeenten` those that the reader may see (None: all).
    """

    first: date
    last: date
    gemeente: str | None = None
    gemeenten: Gemeenten = None

    @classmethod
    def of(cls, first: str, last: str, gemeente: str, gemeenten: Gemeenten, today: date) -> Scope:
        """From what an address says; what is no date or too long becomes the usual period."""
        end = min(_day(last) or today, today)
        begin = _day(first) or end - timedelta(days=USUAL_DAYS - 1)
        if not end - timedelta(days=MOST_DAYS) < begin <= end:
            begin = end - timedelta(days=USUAL_DAYS - 1)
        return cls(begin, end, clean(gemeente) or None, gemeenten)

    @property
    def bounds(self) -> tuple[datetime, datetime]:
        """The first moment, and the first moment after it."""
        midnight = time(tzinfo=AMSTERDAM)
        after = self.last + timedelta(days=1)
        return datetime.combine(self.first, midnight), datetime.combine(after, midnight)

    @property
    def in_words(self) -> str:
        """Such as "1 november 2026 tot en met 22 november 2026, Voorbeeldstad"."""
        period = f"{date_in_words(self.first)} tot en met {date_in_words(self.last)}"
        return f"{period}, {self.where}"

    @property
    def where(self) -> str:
        """The gemeente or gemeenten in words."""
        if self.gemeente:
            return self.gemeente
        return "alle gemeenten" if self.gemeenten is None else ", ".join(sorted(self.gemeenten))

    def place(self, column: Any) -> Any:
        """The condition on a column with a gemeente."""
        conditions = [sa.true()]
        if self.gemeenten is not None:
            conditions.append(column.in_(sorted(self.gemeenten)))
        if self.gemeente:
            conditions.append(column == self.gemeente)
        return sa.and_(*conditions)

    def conversations(self) -> Any:
        """The condition on `ReviewConversation`."""
        begin, end = self.bounds
        table = ReviewConversation
        return sa.and_(
            table.last_at >= begin,
            table.last_at < end,
            table.turns > 0,
            self.place(table.gemeente),
        )


def clean(text: str) -> str:
    """What an address says, without what no database takes."""
    return text.replace("\x00", "")[:LONGEST_NAME]


def _day(text: str) -> date | None:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    # Nothing is from before the product, and the ends of the calendar have no day beside them.
    return found if 2000 <= found.year <= 2999 else None
