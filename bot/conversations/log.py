"""The log of conversations: take in, put out, read back, erase."""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.conversations.model import Conversation, StoredMessage, TrackerEvent
from bot.database import now


class UnknownConversation(Exception):
    """There is no such conversation (any more)."""


class UnknownChoice(Exception):
    """The bot never offered this choice in this conversation."""


@dataclass(frozen=True)
class Reply:
    """What the bot said in a turn, as it came from Rasa; choices are `{"title", "payload"}`."""

    text: str
    choices: Sequence[dict[str, str]] = ()
    image: dict[str, str] | None = None
    about: dict[str, Any] = field(default_factory=dict)


def start(
    session: Session, *, channel: str, gemeente: str | None, page: str | None
) -> Conversation:
    """Makes a conversation; its id has 192 bits of randomness and says nothing about anyone."""
    moment = now()
    conversation = Conversation(
        id=secrets.token_urlsafe(24),
        channel=channel,
        gemeente=gemeente,
        page=page,
        created_at=moment,
        last_message_at=moment,
    )
    session.add(conversation)
    session.flush()
    return conversation


def ensure(session: Session, conversation_id: str) -> None:
    """Makes the conversation known that did not come through the gateway (Rasa's own channel)."""
    if session.get(Conversation, conversation_id) is None:
        moment = now()
        session.add(
            Conversation(
                id=conversation_id, channel="rasa", created_at=moment, last_message_at=moment
            )
        )
        session.flush()


def get(session: Session, conversation_id: str) -> Conversation:
    """The conversation.

    Raises:
        UnknownConversation: it does not exist, or has been erased.
    """
    found = session.get(Conversation, conversation_id)
    if found is None:
        raise UnknownConversation(conversation_id)
    return found


def take_in(
    session: Session, conversation_id: str, text: str, payload: str | None = None
) -> StoredMessage:
    """Stores what a citizen said, before anything is done with it.

    Args:
        text: as the citizen reads it back, without identifying details.
        payload: what goes to Rasa where that is not the text: the meaning of a choice.
    """
    conversation = get(session, conversation_id)
    conversation.last_message_at = now()
    return _append(session, conversation_id, "in", "received", text, payload=payload)


def put_out(
    session: Session, conversation_id: str, replies: Sequence[Reply]
) -> list[StoredMessage]:
    """Stores what the bot says; every choice gets an id that is unique in its conversation."""
    stored = []
    for reply in replies:
        message = _append(session, conversation_id, "out", "sent", reply.text)
        message.choices = [
            {"id": f"{message.seq}-{number}", **choice}
            for number, choice in enumerate(reply.choices, start=1)
        ]
        message.image = reply.image
        message.about = reply.about
        stored.append(message)
    session.flush()
    return stored


def choice(session: Session, conversation_id: str, choice_id: str) -> dict[str, str]:
    """What the bot offered under this id: `{"id", "title", "payload"}`.

    Raises:
        UnknownChoice: it was not offered in this conversation.
    """
    seq, _, number = choice_id.partition("-")
    if not (seq.isascii() and seq.isdigit() and number.isascii() and number.isdigit()):
        raise UnknownChoice(choice_id)
    if len(seq) > 9:
        raise UnknownChoice(choice_id)
    query = sa.select(StoredMessage.choices).where(
        StoredMessage.conversation_id == conversation_id,
        StoredMessage.direction == "out",
        StoredMessage.seq == int(seq),
    )
    for offered in session.execute(query).scalar() or []:
        if offered["id"] == choice_id:
            return dict(offered)
    raise UnknownChoice(choice_id)


def history(session: Session, conversation_id: str, after: int = 0) -> list[StoredMessage]:
    """The messages that a citizen can see, in order, with a `seq` higher than `after`."""
    query = (
        sa.select(StoredMessage)
        .where(
            StoredMessage.conversation_id == conversation_id,
            StoredMessage.seq > after,
            StoredMessage.text != "",
        )
        .order_by(StoredMessage.seq)
    )
    return list(session.execute(query).scalars())


def waiting(session: Session, conversation_id: str) -> list[StoredMessage]:
    """What came in and has no answer yet, oldest first."""
    query = (
        sa.select(StoredMessage)
        .where(
            StoredMessage.conversation_id == conversation_id,
            StoredMessage.status == "received",
        )
        .order_by(StoredMessage.seq)
    )
    return list(session.execute(query).scalars())


def undo_turn(session: Session, conversation_id: str, turn: int) -> None:
    """Takes a turn that failed half-way out of Rasa's events, as if it never happened.

    Rasa's own `rewind` event cannot do this: within a form it undoes more than the last turn.

    Args:
        turn: the number that went to Rasa with the message.
    """
    said = sa.select(TrackerEvent.id, TrackerEvent.data).where(
        TrackerEvent.sender_id == conversation_id, TrackerEvent.type_name == "user"
    )
    newest = session.execute(said.order_by(TrackerEvent.id.desc()).limit(1)).first()
    if newest and (json.loads(newest.data).get("metadata") or {}).get("turn") == turn:
        session.execute(
            sa.delete(TrackerEvent).where(
                TrackerEvent.sender_id == conversation_id, TrackerEvent.id >= newest.id
            )
        )


def conversations_due(session: Session, moment: datetime) -> list[str]:
    """Ids of conversations with a message that waits for an answer and may be tried again."""
    query = (
        sa.select(StoredMessage.conversation_id)
        .where(
            StoredMessage.status == "received",
            sa.or_(
                StoredMessage.next_attempt_at.is_(None), StoredMessage.next_attempt_at <= moment
            ),
        )
        .distinct()
    )
    return list(session.execute(query).scalars())


def recent(session: Session, limit: int = 50) -> list[tuple[Conversation, int]]:
    """The newest conversations with their number of messages."""
    query = (
        sa.select(Conversation, sa.func.count(StoredMessage.id))
        .outerjoin(StoredMessage, StoredMessage.conversation_id == Conversation.id)
        .group_by(Conversation.id)
        .order_by(Conversation.last_message_at.desc())
        .limit(limit)
    )
    return [(row[0], row[1]) for row in session.execute(query)]


def erase(session: Session, conversation_id: str) -> None:
    """Removes a conversation with all that was said in it, Rasa's events included.

    Raises:
        UnknownConversation: there is nothing to remove.
    """
    get(session, conversation_id)
    for table, column in (
        (TrackerEvent, TrackerEvent.sender_id),
        (StoredMessage, StoredMessage.conversation_id),
        (Conversation, Conversation.id),
    ):
        session.execute(sa.delete(table).where(column == conversation_id))


def expired(session: Session, days: int) -> list[str]:
    """Ids of conversations in which nobody said anything for `days` days."""
    query = sa.select(Conversation.id).where(
        Conversation.last_message_at < now() - timedelta(days=days)
    )
    return list(session.execute(query).scalars())


def _append(
    session: Session,
    conversation_id: str,
    direction: str,
    status: str,
    text: str,
    payload: str | None = None,
) -> StoredMessage:
    last = session.execute(
        sa.select(sa.func.max(StoredMessage.seq)).where(
            StoredMessage.conversation_id == conversation_id
        )
    ).scalar()
    message = StoredMessage(
        conversation_id=conversation_id,
        seq=(last or 0) + 1,
        direction=direction,
        status=status,
        text=text,
        payload=payload,
        choices=[],
        about={},
        at=now(),
        attempts=0,
    )
    session.add(message)
    session.flush()
    return message
