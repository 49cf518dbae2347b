"""The log of conversations: take in, put out, read back, erase."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.conversations.model import Conversation, StoredMessage, TrackerEvent, of_one
from bot.database import now

CONVERSATION = Conversation.__table__
MESSAGE = StoredMessage.__table__
_LOCK = (
    sa.update(CONVERSATION)
    .where(of_one(CONVERSATION.c.id))
    .values(last_message_at=CONVERSATION.c.last_message_at)
)
_TOUCH = _LOCK.values(last_message_at=sa.bindparam("at"))
_NEWEST = sa.select(sa.func.coalesce(sa.func.max(MESSAGE.c.seq), 0)).where(
    of_one(MESSAGE.c.conversation_id)
)
_OF_ONE = sa.select(StoredMessage).where(of_one(StoredMessage.conversation_id))
_BY_ID = _OF_ONE.where(StoredMessage.id == sa.bindparam("message"))
_BY_KEY = _OF_ONE.where(StoredMessage.key == sa.bindparam("key"))
_CHOICES = sa.select(MESSAGE.c.choices).where(
    of_one(MESSAGE.c.conversation_id),
    MESSAGE.c.direction == "out",
    MESSAGE.c.seq == sa.bindparam("seq"),
)
_SEEN = _OF_ONE.where(StoredMessage.seq > sa.bindparam("seq"), StoredMessage.text != "").order_by(
    StoredMessage.seq
)
_ANSWERS = _SEEN.where(StoredMessage.reply_to <= sa.bindparam("seq"))
_ADD = sa.insert(MESSAGE)


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


def lock(session: Session, conversation_id: str, at: datetime | None = None) -> None:
    """Keeps others from writing in this conversation until the end of the transaction.

    An update does that in every database: it takes the row in PostgreSQL, and SQLite's one lock.

    Args:
        at: when something was said; None when nothing was.

    Raises:
        UnknownConversation: it does not exist, or has been erased.
    """
    given = {"conversation": conversation_id}
    changed = session.execute(_TOUCH, given | {"at": at}) if at else session.execute(_LOCK, given)
    if changed.rowcount == 0:
        raise UnknownConversation(conversation_id)


def take_in(
    session: Session,
    conversation_id: str,
    text: str,
    payload: str | None = None,
    *,
    key: str | None = None,
    choice: str | None = None,
) -> StoredMessage:
    """Stores what a citizen said, before anything is done with it.

    Args:
        text: as the citizen reads it back, without identifying details.
        payload: what goes to Rasa where that is not the text: the meaning of a choice.
        key: the sender's own id of the message; a second one with the same key is not stored.
        choice: id of the choice that this is.

    Returns:
        The message as it was stored (changing it changes nothing there), or the one that was
        stored before under the same key.

    Raises:
        UnknownConversation: it does not exist, or has been erased.
    """
    lock(session, conversation_id, at=now())
    known = key and by_key(session, conversation_id, key)
    if known:
        return known
    message = _row(
        conversation_id,
        newest(session, conversation_id) + 1,
        direction="in",
        status="received",
        text=text,
        payload=payload,
        key=key,
        choice=choice,
    )
    added = session.execute(_ADD, message)
    return StoredMessage(id=added.inserted_primary_key[0], **message)


def message(session: Session, conversation_id: str, message_id: int) -> StoredMessage | None:
    """The message with this id, if it is in this conversation."""
    given = {"conversation": conversation_id, "message": message_id}
    found: StoredMessage | None = session.execute(_BY_ID, given).scalar()
    return found


def by_key(session: Session, conversation_id: str, key: str) -> StoredMessage | None:
    """The message that its sender gave this key, if it was stored."""
    given = {"conversation": conversation_id, "key": key}
    found: StoredMessage | None = session.execute(_BY_KEY, given).scalar()
    return found


def put_out(
    session: Session, conversation_id: str, replies: Sequence[Reply], reply_to: int | None = None
) -> None:
    """Stores what the bot says; every choice gets an id that is unique in its conversation.

    Args:
        reply_to: the `seq` of the citizen's message that this answers.

    Raises:
        UnknownConversation: it does not exist, or has been erased.
    """
    lock(session, conversation_id)
    first = newest(session, conversation_id) + 1
    stored = [
        _row(
            conversation_id,
            seq,
            direction="out",
            status="sent",
            text=reply.text,
            choices=[
                {"id": f"{seq}-{number}", **choice}
                for number, choice in enumerate(reply.choices, start=1)
            ],
            image=reply.image,
            about=reply.about,
            reply_to=reply_to,
        )
        for seq, reply in enumerate(replies, start=first)
    ]
    if stored:
        session.execute(_ADD, stored)


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
    given = {"conversation": conversation_id, "seq": int(seq)}
    for offered in session.execute(_CHOICES, given).scalar() or []:
        if offered["id"] == choice_id:
            return dict(offered)
    raise UnknownChoice(choice_id)


def history(session: Session, conversation_id: str, after: int = 0) -> list[StoredMessage]:
    """The messages that a citizen can see, in order, with a `seq` higher than `after`."""
    given = {"conversation": conversation_id, "seq": after}
    return list(session.execute(_SEEN, given).scalars())


def newest(session: Session, conversation_id: str) -> int:
    """The number of the newest message in either direction; 0 when there is none."""
    return int(session.execute(_NEWEST, {"conversation": conversation_id}).scalar_one())


def answers(session: Session, conversation_id: str, seq: int) -> list[StoredMessage]:
    """What the bot said after this message in answer to it, or to what was said before it.

    Answers to what came later are not among them, so this stays the same when it is asked again.
    """
    given = {"conversation": conversation_id, "seq": seq}
    return list(session.execute(_ANSWERS, given).scalars())


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
    lock(session, conversation_id)
    for table, column in (
        (TrackerEvent, TrackerEvent.sender_id),
        (StoredMessage, StoredMessage.conversation_id),
        (Conversation, Conversation.id),
    ):
        session.execute(sa.delete(table).where(column == conversation_id))


def erase_remains(session: Session, conversation_id: str) -> None:
    """Removes what was written about a conversation while, or after, it was erased.

    Rasa stores its events at the end of a turn, and a result makes its conversation known again.
    """
    for table, column in (
        (TrackerEvent, TrackerEvent.sender_id),
        (Conversation, Conversation.id),
    ):
        session.execute(sa.delete(table).where(column == conversation_id))


def _row(conversation_id: str, seq: int, **values: Any) -> dict[str, Any]:
    """A message with the next number, while the conversation is locked, so no other takes it."""
    return {
        "conversation_id": conversation_id,
        "seq": seq,
        "at": now(),
        "attempts": 0,
        "choices": [],
        "about": {},
        **values,
    }
