"""How many conversations there were on each day, for the strip above the list."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.review.conditions import AMSTERDAM, conditions
from bot.review.filters import Filter
from bot.review.model import ReviewConversation

# More bars than this are too thin to point at; then a bar is a week.
MOST_BARS = 100
HOUR = "%Y-%m-%d %H"


@dataclass(frozen=True)
class Bar:
    """Days `first` up to and including `last`, and how many conversations ended in them."""

    first: date
    last: date
    number: int


def volume(session: Session, filter: Filter, gemeenten: frozenset[str] | None) -> list[Bar]:
    """The bars from the first to the last day on which there is something; empty days included."""
    per_day: Counter[date] = Counter()
    at = ReviewConversation.last_at
    if session.get_bind().dialect.name == "sqlite":
        hour: Any = sa.func.substr(sa.type_coerce(at, sa.String), 1, 13)
    else:
        hour = sa.func.to_char(at, "YYYY-MM-DD HH24")
    query = sa.select(hour, sa.func.count()).where(*conditions(session, filter, gemeenten))
    # The hours are of UTC, and every hour lies within one day of the Netherlands.
    for text, number in session.execute(query.group_by(sa.text("1"))):
        moment = datetime.strptime(text, HOUR).replace(tzinfo=timezone.utc)
        per_day[moment.astimezone(AMSTERDAM).date()] += number
    if not per_day:
        return []
    first, last = min(per_day), max(per_day)
    length = 1 if (last - first).days < MOST_BARS else 7
    if length == 7:
        first -= timedelta(days=first.weekday())
    bars = []
    while first <= last:
        days = [first + timedelta(days=n) for n in range(length)]
        bars.append(Bar(days[0], days[-1], sum(per_day[day] for day in days)))
        first = days[-1] + timedelta(days=1)
    return bars
