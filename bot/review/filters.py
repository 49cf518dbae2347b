"""Which conversations someone wants to see: filters that combine, live in the address, and sort."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, datetime, timezone
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.review.conditions import conditions
from bot.review.model import ReviewConversation
from bot.taxonomy import taxonomy

# A page of the list; a screen holds about as many.
SIZE = 25
# Counting further takes time and tells nobody anything.
COUNT_TO = 1000
LONGEST_TEXT = 200
HIGHEST = 9999
FLOWS = ("zelfscan", "quickscan", "plan", "regelingen", "doorverwijzing", "status")
OUTCOMES = ("completed", "left", "open")
RATINGS = ("up", "down", "none", "yes", "partly", "no")
STATES = ("new", "in_review", "done", "later")
SORTS = ("newest", "oldest", "doubt", "longest", "fallbacks")
# The names in the address, for people, in the order of the form.
NAMES = {
    "text": "zoek",
    "since": "van",
    "until": "tot",
    "channel": "kanaal",
    "gemeente": "gemeente",
    "phase": "fase",
    "intent": "onderwerp",
    "least_confidence": "zeker-van",
    "most_confidence": "zeker-tot",
    "fallback": "terugval",
    "flow": "route",
    "outcome": "afloop",
    "handed_over": "doorverwezen",
    "rating": "oordeel",
    "tag": "label",
    "reviewer": "beoordelaar",
    "state": "stand",
    "least_turns": "lengte-van",
    "most_turns": "lengte-tot",
}
LONGEST_ID = 64
AFTER, BEFORE, SORT = "na", "voor", "volgorde"


@dataclass(frozen=True)
class Filter:
    """What has to hold for a conversation; None means any.

    `since` and `until` are days in the Netherlands, both included, of the last message. Confidence
    is in percent: of the chosen intent, else the lowest of the conversation. `reviewer` is the id
    of an account. `least_turns` is 1 unless someone asks for more or, with 0, for those in which
    the citizen said nothing.
    """

    since: date | None = None
    until: date | None = None
    channel: str | None = None
    gemeente: str | None = None
    phase: str | None = None
    intent: str | None = None
    least_confidence: int | None = None
    most_confidence: int | None = None
    fallback: bool | None = None
    flow: str | None = None
    outcome: str | None = None
    handed_over: bool | None = None
    rating: str | None = None
    tag: str | None = None
    reviewer: int | None = None
    state: str | None = None
    least_turns: int | None = None
    most_turns: int | None = None
    text: str | None = None

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> Filter:
        """From an address; what is no filter, or makes no sense, is left out."""
        found = {}
        for name, in_address in NAMES.items():
            value = _clean(query.get(in_address) or "")
            if value:
                found[name] = _read(name, value)
        return cls(**found)

    def as_query(self) -> dict[str, str]:
        """For an address: only what is chosen; `from_query` gives the same filter back."""
        found = {}
        for item in fields(self):
            value = getattr(self, item.name)
            if value is not None:
                found[NAMES[item.name]] = _written(value)
        return found

    def without(self, name: str) -> Filter:
        """With this filter taken away."""
        return replace(self, **{name: None})

    @property
    def chosen(self) -> list[str]:
        """The names of the filters that are set."""
        return [f.name for f in fields(self) if getattr(self, f.name) is not None]


@dataclass(frozen=True)
class Place:
    """Where in the list: the order, and the mark of the conversation next to the page.

    A mark is the value by which the list is sorted with the id, so that nothing is skipped or shown
    twice when the list grows (and no page costs more than the first).
    """

    sort: str = SORTS[0]
    after: str | None = None
    before: str | None = None
    size: int = SIZE

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> Place:
        """From an address; nonsense gives the first page."""
        sort = query.get(SORT, "")
        return cls(
            sort if sort in SORTS else SORTS[0], query.get(AFTER) or None, query.get(BEFORE) or None
        )


@dataclass(frozen=True)
class Found:
    """A page of the list; `after` and `before` are the marks of its neighbours, if there are."""

    rows: Sequence[ReviewConversation]
    after: str | None
    before: str | None


def conversations(
    session: Session, filter: Filter, gemeenten: frozenset[str] | None, page: Place
) -> Found:
    """A page of the conversations that the filter chooses.

    Args:
        gemeenten: whose conversations may be seen; None: all.
    """
    backwards = page.after is None and page.before is not None
    mark = _mark(page.sort, page.before if backwards else page.after)
    query = sa.select(ReviewConversation).where(*conditions(session, filter, gemeenten))
    rows = list(
        session.execute(_ordered(query, page.sort, mark, backwards).limit(page.size + 1)).scalars()
    )
    more, rows = len(rows) > page.size, rows[: page.size]
    if backwards:
        rows.reverse()
    return Found(
        rows,
        after=mark_of(rows[-1], page.sort) if rows and (more or backwards) else None,
        before=mark_of(rows[0], page.sort)
        if rows and (more if backwards else mark is not None)
        else None,
    )


def count(
    session: Session, filter: Filter, gemeenten: frozenset[str] | None, most: int = COUNT_TO
) -> int:
    """How many there are; `most` + 1 stands for more than `most`."""
    found = sa.select(sa.literal(1)).select_from(ReviewConversation)
    some = found.where(*conditions(session, filter, gemeenten)).limit(most + 1).subquery()
    return int(session.execute(sa.select(sa.func.count()).select_from(some)).scalar_one())


def neighbours(
    session: Session,
    filter: Filter,
    gemeenten: frozenset[str] | None,
    conversation: ReviewConversation,
    sort: str = SORTS[0],
) -> tuple[str | None, str | None]:
    """The ids of the conversations before and after this one in the list."""
    mark = _mark(sort, mark_of(conversation, sort))
    query = sa.select(ReviewConversation.conversation_id).where(
        *conditions(session, filter, gemeenten)
    )
    before, after = (
        session.execute(_ordered(query, sort, mark, backwards).limit(1)).scalar()
        for backwards in (True, False)
    )
    return before, after


def mark_of(conversation: ReviewConversation, sort: str) -> str:
    """The place of a conversation in the list, for an address."""
    value: Any = {
        "doubt": conversation.lowest_confidence,
        "longest": conversation.turns,
        "fallbacks": conversation.fallbacks,
    }.get(sort, conversation.last_at)
    if sort == "doubt" and value is None:
        value = _NEVER_ASKED
    text = value.isoformat() if isinstance(value, datetime) else repr(value)
    return f"{text}~{conversation.conversation_id}"


# Sorts behind every confidence.
_NEVER_ASKED = 2.0


def _column(sort: str) -> tuple[Any, bool]:
    """By what a list is sorted, and whether the highest comes first."""
    if sort == "doubt":
        return sa.func.coalesce(ReviewConversation.lowest_confidence, _NEVER_ASKED), False
    return {
        "newest": (ReviewConversation.last_at, True),
        "oldest": (ReviewConversation.last_at, False),
        "longest": (ReviewConversation.turns, True),
        "fallbacks": (ReviewConversation.fallbacks, True),
    }[sort]


def _ordered(query: Any, sort: str, mark: tuple[Any, str] | None, backwards: bool) -> Any:
    column, falling = _column(sort)
    falling = falling != backwards
    identity = ReviewConversation.conversation_id
    if mark is not None:
        here = sa.tuple_(column, identity)
        there = sa.tuple_(sa.literal(mark[0], column.type), sa.literal(mark[1]))
        query = query.where(here < there if falling else here > there)
    order = (column.desc(), identity.desc()) if falling else (column.asc(), identity.asc())
    return query.order_by(*order)


def _mark(sort: str, text: str | None) -> tuple[Any, str] | None:
    """A mark from the address; None where it is nonsense."""
    value, _, identity = (text or "").partition("~")
    if not (identity.isprintable() and 0 < len(identity) <= LONGEST_ID):
        return None
    try:
        if sort in ("newest", "oldest"):
            moment = datetime.fromisoformat(value)
            # The ends of the calendar may have no moment in UTC.
            return (moment.astimezone(timezone.utc), identity) if moment.tzinfo else None
        if sort == "doubt":
            number = float(value)
            return (number, identity) if 0 <= number <= _NEVER_ASKED else None
        return (int(value), identity) if len(value) <= len(str(HIGHEST)) + 1 else None
    except (ValueError, OverflowError):
        return None


def _clean(text: str) -> str:
    """Without what is no text: control signs, and halves of characters."""
    kept = (c for c in text if unicodedata.category(c) not in ("Cc", "Cs"))
    return "".join(kept).strip()[:LONGEST_TEXT].strip()


def _read(name: str, value: str) -> Any:
    """A value of the address; None where it makes no sense."""
    if name in ("since", "until"):
        try:
            return date.fromisoformat(value) if value.isascii() else None
        except ValueError:
            return None
    if name in ("fallback", "handed_over"):
        return {"ja": True, "nee": False}.get(value)
    if name in ("least_confidence", "most_confidence"):
        return _number(value, 100)
    if name in ("least_turns", "most_turns"):
        return _number(value, HIGHEST)
    if name == "reviewer":
        return _number(value, 2**31 - 1)
    allowed = _allowed().get(name)
    if allowed is not None:
        return value if value in allowed else None
    return value


def _allowed() -> dict[str, Any]:
    known = taxonomy()
    return {
        "phase": known.phases,
        "intent": known.intents,
        "flow": FLOWS,
        "outcome": OUTCOMES,
        "rating": RATINGS,
        "state": STATES,
    }


def _number(value: str, most: int) -> int | None:
    if not (value.isascii() and value.isdigit() and len(value) <= len(str(most))):
        return None
    return int(value) if int(value) <= most else None


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return "ja" if value else "nee"
    return value.isoformat() if isinstance(value, date) else str(value)
