"""What citizens think of an answer, and of the conversation."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.conversations import log
from bot.conversations.model import Rating, StoredMessage, of_one
from bot.database import now

_GIVEN = sa.select(Rating.seq, Rating.value).where(of_one(Rating.conversation_id))
WHOLE = 0
OF_A_MESSAGE = ("up", "down")
OF_THE_WHOLE = ("yes", "partly", "no")


class UnknownMessage(Exception):
    """There is no such message of the bot in this conversation."""


def rate(session: Session, conversation_id: str, seq: int, value: str | None) -> None:
    """Stores what a citizen thinks, instead of what they thought before.

    Args:
        seq: number of a message of the bot, or `WHOLE`.
        value: one of `OF_A_MESSAGE` or `OF_THE_WHOLE`; None takes the rating back.

    Raises:
        log.UnknownConversation: it does not exist (any more).
        UnknownMessage: the bot said nothing under this number.
        ValueError: another value.
    """
    if value is not None and value not in (OF_THE_WHOLE if seq == WHOLE else OF_A_MESSAGE):
        raise ValueError(value)
    log.lock(session, conversation_id)
    if seq != WHOLE and not _is_of_the_bot(session, conversation_id, seq):
        raise UnknownMessage(seq)
    given = sa.and_(Rating.conversation_id == conversation_id, Rating.seq == seq)
    session.execute(sa.delete(Rating).where(given))
    if value is not None:
        session.add(Rating(conversation_id=conversation_id, seq=seq, value=value, at=now()))


def given(session: Session, conversation_id: str) -> dict[int, str]:
    """The ratings of a conversation by number of the message; that of the whole under `WHOLE`."""
    found = session.execute(_GIVEN, {"conversation": conversation_id})
    return {row.seq: row.value for row in found}


def _is_of_the_bot(session: Session, conversation_id: str, seq: int) -> bool:
    query = sa.select(StoredMessage.id).where(
        StoredMessage.conversation_id == conversation_id,
        StoredMessage.seq == seq,
        StoredMessage.direction == "out",
    )
    return session.execute(query).first() is not None
