"""Turns: which process answers in a conversation, and which message is next.

Any process may store what comes in; only the one that holds the conversation answers. Holding is a
row in the database, so it counts for every process, and it ends by itself when a process dies.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.conversations.model import Conversation, StoredMessage, TrackerEvent, of_one

# Longer than one turn with its database work takes: Rasa gets twelve seconds (bot/gateway/rasa.py).
# After a crash someone waits this long for the answer, so not much longer either.
TERM = timedelta(seconds=20)
# The most that a message is put off between two attempts: so long after an outage the last answer
# comes.
LONGEST_PAUSE = timedelta(seconds=15)
# What ends later than these was written before the clock was set back, and counts no more. Twice:
# the clocks of two machines may differ.
LONGEST_TERM = 2 * TERM
LONGEST_PUT_OFF = 2 * LONGEST_PAUSE


def _is_free(until: sa.sql.ColumnElement) -> sa.sql.ColumnElement[bool]:
    """Whether no process holds the conversation, see `_free_at`."""
    moment, too_late = sa.bindparam("moment"), sa.bindparam("too_late")
    return sa.or_(until.is_(None), until < moment, until > too_late)


CONVERSATION = Conversation.__table__
EVENTS = TrackerEvent.__table__
_WAITING = (
    sa.select(StoredMessage)
    .where(of_one(StoredMessage.conversation_id), StoredMessage.status == "received")
    .order_by(StoredMessage.seq)
)
_OLDEST = _WAITING.limit(1)
_WORK = _OLDEST.where(StoredMessage.next_attempt_at.is_(None))
_OCCUPY = (
    sa.update(CONVERSATION)
    .where(of_one(CONVERSATION.c.id))
    .values(busy_until=sa.bindparam("until"))
)
_CLAIM = _OCCUPY.where(_is_free(CONVERSATION.c.busy_until))
_HOLD_ON = _OCCUPY.where(CONVERSATION.c.busy_until == sa.bindparam("held"))
_LAST_SAID = (
    sa.select(EVENTS.c.id, EVENTS.c.data)
    .where(of_one(EVENTS.c.sender_id), EVENTS.c.type_name == "user")
    .order_by(EVENTS.c.id.desc())
    .limit(1)
)


@dataclass(frozen=True)
class Turn:
    """A message that this process is to answer.

    Attributes:
        held: until when this process has the conversation; it also tells this claim from another.
    """

    held: datetime
    message: StoredMessage


def take(
    session: Session, conversation_id: str, moment: datetime, held: datetime | None = None
) -> Turn | None:
    """Claims the conversation for its oldest message without an answer.

    The conversation is locked in this transaction (`log.lock`): else another process may answer
    between the look and the claim. What an earlier attempt at that message did in Rasa is undone:
    a process may have been killed before it could store the answer.

    Args:
        held: of the turn before, by which this process has the conversation already.

    Returns:
        None when another process has it, or when nothing waits: then it is given back.
    """
    oldest = session.execute(_OLDEST, {"conversation": conversation_id}).scalar()
    if oldest is None:
        if held is not None:
            release(session, conversation_id, held)
        return None
    until = hold(session, conversation_id, moment, held)
    if until is None:
        return None
    undo(session, conversation_id, oldest.id)
    return Turn(until, oldest)


def hold(
    session: Session, conversation_id: str, moment: datetime, held: datetime | None = None
) -> datetime | None:
    """Claims the conversation, or with `held` goes on holding it.

    Args:
        held: until when this process has it, as this function gave it; that moment also tells
            this claim from one that another process made after it ended.

    Returns:
        Until when it is held now, or None when another process has it, or when it is gone.
    """
    until = moment + TERM
    given = {"conversation": conversation_id, "until": until}
    if held is None:
        claim = session.execute(_CLAIM, given | _free_at(moment))
    else:
        claim = session.execute(_HOLD_ON, given | {"held": held})
    return until if claim.rowcount == 1 else None


def release(session: Session, conversation_id: str, held: datetime) -> None:
    """Gives the conversation back, if it still is held."""
    session.execute(_HOLD_ON, {"conversation": conversation_id, "held": held, "until": None})


def waiting(session: Session, conversation_id: str) -> list[StoredMessage]:
    """What came in and has no answer yet, oldest first."""
    return list(session.execute(_WAITING, {"conversation": conversation_id}).scalars())


def is_working(session: Session, conversation_id: str) -> bool:
    """Whether an answer is being made; what was put off until later does not count."""
    return session.execute(_WORK, {"conversation": conversation_id}).first() is not None


def due(session: Session, moment: datetime) -> list[str]:
    """Ids of conversations with a message to answer now: not put off, and held by no process.

    Messages are answered in order, so one that is put off makes those behind it wait too.
    """
    later = sa.orm.aliased(StoredMessage)
    put_off = sa.exists().where(
        later.conversation_id == StoredMessage.conversation_id,
        later.status == "received",
        later.next_attempt_at > moment,
        later.next_attempt_at < moment + LONGEST_PUT_OFF,
    )
    query = (
        sa.select(StoredMessage.conversation_id)
        .join(Conversation, Conversation.id == StoredMessage.conversation_id)
        .where(
            StoredMessage.status == "received",
            ~put_off,
            _is_free(Conversation.busy_until),
        )
        .group_by(StoredMessage.conversation_id)
        .order_by(sa.func.min(StoredMessage.id))
    )
    return list(session.execute(query, _free_at(moment)).scalars())


def undo(session: Session, conversation_id: str, turn: int) -> None:
    """Takes a turn that was not finished out of Rasa's events, as if it never happened.

    Rasa's own `rewind` event cannot do this: within a form it undoes more than the last turn.

    Args:
        turn: the number that went to Rasa with the message.
    """
    newest = session.execute(_LAST_SAID, {"conversation": conversation_id}).first()
    if newest and (json.loads(newest.data).get("metadata") or {}).get("turn") == turn:
        session.execute(
            sa.delete(TrackerEvent).where(
                TrackerEvent.sender_id == conversation_id, TrackerEvent.id >= newest.id
            )
        )


def _free_at(moment: datetime) -> dict[str, datetime]:
    """What goes with a statement in which `_is_free` stands."""
    return {"moment": moment, "too_late": moment + LONGEST_TERM}
