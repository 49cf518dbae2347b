"""The filters as conditions on `review_conversation`.

How each is put decides what a long list costs: what is rare is looked up by its own index, what is
common is checked while walking through the list, which stops at a full page.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta, timezone
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.review import tags
from bot.review.model import ReviewConversation, ReviewFlow, ReviewTurn
from bot.review.search import FEW, search
from bot.review.work_model import ReviewTag, ReviewWork

if TYPE_CHECKING:
    from bot.review.filters import Filter

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
C = ReviewConversation


def conditions(session: Session, filter: Filter, gemeenten: frozenset[str] | None) -> list[Any]:
    """What must hold of `ReviewConversation` for this filter and these gemeenten (None: all)."""
    found = [*_of_conversation(filter), *_of_review(filter)]
    if gemeenten is not None:
        found.append(C.gemeente.in_(sorted(gemeenten)))
    if filter.intent:
        found.append(_understood(session, filter))
    if filter.flow or filter.outcome:
        wanted = {ReviewFlow.flow: filter.flow, ReviewFlow.outcome: filter.outcome}
        which = [column == value for column, value in wanted.items() if value]
        found.append(C.conversation_id.in_(sa.select(ReviewFlow.conversation_id).where(*which)))
    if filter.text:
        found.append(search(session, filter.text))
    return found


def start_of(day: date) -> datetime:
    """The first moment of a day in the Netherlands."""
    return datetime.combine(day, time.min, AMSTERDAM).astimezone(timezone.utc)


def _of_conversation(filter: Filter) -> list[Any]:
    found = [C.turns >= (1 if filter.least_turns is None else filter.least_turns)]
    if filter.most_turns is not None:
        found.append(C.turns <= filter.most_turns)
    if filter.since:
        found.append(C.last_at >= _safe(filter.since))
    if filter.until:
        found.append(C.last_at < _safe(filter.until, days=1))
    for column, value in (
        (C.channel, filter.channel),
        (C.gemeente, filter.gemeente),
        (C.phase, filter.phase),
        (C.handed_over, filter.handed_over),
    ):
        if value is not None:
            found.append(column == value)
    if filter.fallback is not None:
        found.append(C.fallbacks > 0 if filter.fallback else C.fallbacks == 0)
    if not filter.intent:
        found += _between(C.lowest_confidence, filter)
    if filter.rating:
        found.append(_rated(filter.rating))
    return found


def _safe(day: date, days: int = 0) -> datetime:
    """The start of a day; the calendar ends, but an address may name its ends."""
    try:
        return start_of(day + timedelta(days=days))
    except OverflowError:
        return start_of(date(1970 if day.year < 1970 else 9000, 1, 1))


def _between(column: Any, filter: Filter) -> list[Any]:
    found = []
    if filter.least_confidence is not None:
        found.append(column >= filter.least_confidence / 100)
    if filter.most_confidence is not None:
        found.append(column <= filter.most_confidence / 100)
    return found


def _rated(rating: str) -> Any:
    if rating == "up":
        return C.ups > 0
    if rating == "down":
        return C.downs > 0
    if rating == "none":
        return sa.and_(C.ups == 0, C.downs == 0, C.helped.is_(None))
    return C.helped == rating


def _understood(session: Session, filter: Filter) -> Any:
    """A turn was understood as this, with this confidence."""
    which = [ReviewTurn.intent == filter.intent, *_between(ReviewTurn.confidence, filter)]
    turns = sa.select(ReviewTurn.conversation_id).where(*which)
    some = turns.limit(FEW + 1).subquery()
    if session.execute(sa.select(sa.func.count()).select_from(some)).scalar_one() <= FEW:
        return C.conversation_id.in_(turns)
    return turns.where(ReviewTurn.conversation_id == C.conversation_id).correlate(C).exists()


def _of_review(filter: Filter) -> list[Any]:
    """What reviewers said of it; without a row a conversation is new and nobody's."""
    found = []
    work = sa.select(ReviewWork.conversation_id)
    if filter.tag:
        tagged = sa.select(ReviewTag.conversation_id).where(
            ReviewTag.tag == tags.normalise(filter.tag)
        )
        found.append(C.conversation_id.in_(tagged))
    if filter.reviewer is not None:
        found.append(C.conversation_id.in_(work.where(ReviewWork.assignee_id == filter.reviewer)))
    if filter.state == "new":
        found.append(C.conversation_id.not_in(work.where(ReviewWork.state != "new")))
    elif filter.state:
        found.append(C.conversation_id.in_(work.where(ReviewWork.state == filter.state)))
    return found
