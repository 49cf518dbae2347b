"""Keeps the read model up to date with the log: what changed is made anew from its source.

A change in the log notes the conversation in `review_due` (by triggers, in the same transaction).
A batch reads such conversations whole, derives their rows and writes what differs. So it does not
matter in which order changes come, how often, or where a batch was cut off, and what was late or
undone needs no rule of its own. Reading needs no lock. Writing does: it counts `position` up, and
fails where someone else wrote in between, so that old rows never replace new ones.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.conversations.model import Conversation, StoredMessage
from bot.database import Database, now
from bot.review import search, source
from bot.review.model import (
    ReviewConversation,
    ReviewCursor,
    ReviewDue,
    ReviewFlow,
    ReviewText,
    ReviewTurn,
)
from bot.review.view import View, view

logger = logging.getLogger(__name__)
NAME = "conversations"
# How many names one statement holds: older SQLite takes 999 parameters, and rows stay few.
CHUNK = 100
LEASE = timedelta(seconds=30)
TABLES = (ReviewConversation, ReviewTurn, ReviewFlow, ReviewText)


@dataclass(frozen=True)
class Lag:
    """How far the read model is behind: messages of citizens, and the age of the oldest change."""

    messages: int
    seconds: float


@dataclass(frozen=True)
class _Batch:
    position: int
    due: Sequence[int]
    conversations: Sequence[str]
    views: Sequence[View]


def project(database: Database, most: int = 1000) -> int:
    """Brings one batch into the read model, in one transaction.

    Args:
        most: how many changes to look at; all changes of their conversations go along.

    Returns:
        The number of changes that are done with; 0 when the read model is up to date.
    """
    while True:
        batch = _read(database, most)
        if batch is None:
            return 0
        with database.session() as session:
            if _write(session, batch):
                return len(batch.due)


def catch_up(database: Database, most: int = 1000) -> int:
    """Brings everything into the read model; the number of changes."""
    total = 0
    while done := project(database, most):
        total += done
    return total


def rebuild(database: Database) -> int:
    """Throws the read model away and makes it anew from the log; the number of changes.

    It goes in small transactions, because SQLite has one writer and citizens go first.
    """
    for table in TABLES:
        key = table.__table__.primary_key.columns.values()[0]
        removed = 1
        while removed:
            with database.session() as session:
                few = sa.select(key).limit(CHUNK)
                removed = session.execute(_delete(table, key.in_(few))).rowcount
    due = ReviewDue.__table__
    with database.session() as session:
        session.execute(sa.delete(due))
        messages = sa.select(
            StoredMessage.conversation_id, StoredMessage.direction == "in", StoredMessage.at
        )
        session.execute(due.insert().from_select(["conversation_id", "message", "at"], messages))
    return catch_up(database)


def changes(session: Session) -> int:
    """How many changes are not brought in yet."""
    return int(session.execute(sa.select(sa.func.count(ReviewDue.id))).scalar_one())


def lag(session: Session) -> Lag:
    """How far the read model is behind the log at this moment."""
    query = sa.select(
        sa.func.count().filter(ReviewDue.message),
        sa.func.min(ReviewDue.at, type_=ReviewDue.at.type),
    )
    messages, oldest = session.execute(query).one()
    return Lag(messages, (now() - oldest).total_seconds() if oldest else 0.0)


def lease(session: Session, holder: str, moment: datetime) -> bool:
    """Whether this process may project for the next while; one at a time is enough.

    Only to save work: two at once would not harm.
    """
    free = sa.or_(
        ReviewCursor.holder.is_(None),
        ReviewCursor.holder == holder,
        ReviewCursor.leased_until < moment,
    )
    change = sa.update(ReviewCursor).where(ReviewCursor.name == NAME, free)
    values = {"holder": holder, "leased_until": moment + LEASE}
    return bool(session.execute(change.values(values), **_PLAIN).rowcount)


def release(session: Session, holder: str) -> None:
    """Lets another process go on at once."""
    change = sa.update(ReviewCursor).where(ReviewCursor.name == NAME, ReviewCursor.holder == holder)
    session.execute(change.values(holder=None, leased_until=None), **_PLAIN)


def _read(database: Database, most: int) -> _Batch | None:
    """The next batch. What changes after the position was read makes it fail or comes again."""
    with database.session() as session:
        position = session.execute(
            sa.select(ReviewCursor.position).where(ReviewCursor.name == NAME)
        ).scalar_one()
        first = sa.select(ReviewDue.conversation_id).order_by(ReviewDue.id).limit(most)
        conversations = list(dict.fromkeys(session.execute(first).scalars()))
        if not conversations:
            return None
        due: list[int] = []
        for ids in _chunks(conversations):
            query = sa.select(ReviewDue.id).where(ReviewDue.conversation_id.in_(ids))
            due += session.execute(query).scalars()
        views = []
        for ids in _chunks(conversations):
            views += [made for made in map(_made, source.read(session, ids)) if made]
    return _Batch(position, due, conversations, views)


def _made(found: source.Source) -> View | None:
    """The view of a conversation; one that cannot be read must not keep the others waiting."""
    try:
        return view(found)
    except Exception as error:
        logger.error("conversation left out: %s", type(error).__name__)
        return None


def _write(session: Session, batch: _Batch) -> bool:
    """Writes a batch; False, and nothing written, where someone else wrote in the meantime."""
    move = sa.update(ReviewCursor).where(
        ReviewCursor.name == NAME, ReviewCursor.position == batch.position
    )
    values = {"position": batch.position + 1, "at": now()}
    if not session.execute(move.values(values), **_PLAIN).rowcount:
        return False
    for ids in _chunks(batch.conversations):
        # The lock keeps a conversation from being erased while it is written.
        present = sa.select(Conversation.id).where(Conversation.id.in_(ids))
        lock = present.order_by(Conversation.id).with_for_update(read=True, key_share=True)
        known = set(session.execute(lock).scalars())
        if len(known) < len(ids):
            search.note_erased(session)
        _replace(session, ids, [v for v in batch.views if v.text["conversation_id"] in known])
    for numbers in _chunks(batch.due):
        session.execute(_delete(ReviewDue, ReviewDue.id.in_(numbers)))
    return True


def _replace(session: Session, ids: Sequence[str], views: Sequence[View]) -> None:
    """Makes the rows of these conversations those of the views; equal rows are left alone."""
    made: dict[Any, list[dict[str, Any]]] = {
        ReviewConversation: [view.conversation for view in views],
        ReviewTurn: [row for view in views for row in view.turns],
        ReviewFlow: [row for view in views for row in view.flows],
        ReviewText: [view.text for view in views],
    }
    for model in TABLES:
        table = model.__table__
        key = table.primary_key.columns.values()[0]
        stored = {
            row[key.name]: dict(row)
            for row in session.execute(
                sa.select(*table.c).where(table.c.conversation_id.in_(ids))
            ).mappings()
        }
        rows = {row[key.name]: row for row in made[model]}
        for gone in _chunks([name for name in stored if name not in rows]):
            session.execute(_delete(model, key.in_(gone)))
        changed = [r for name, r in rows.items() if name in stored and stored[name] != r]
        if changed:
            values = {column.name: sa.bindparam(column.name) for column in table.c if column != key}
            session.execute(
                table.update().where(key == sa.bindparam("_key")).values(values),
                [{**row, "_key": row[key.name]} for row in changed],
            )
        added = [row for name, row in rows.items() if name not in stored]
        if added:
            session.execute(table.insert(), added)


_PLAIN: dict[str, Any] = {"execution_options": {"synchronize_session": False}}


def _delete(model: Any, condition: Any) -> Any:
    return sa.delete(model).where(condition).execution_options(synchronize_session=False)


def _chunks(items: Sequence[Any]) -> Iterator[Sequence[Any]]:
    return (items[start : start + CHUNK] for start in range(0, len(items), CHUNK))
