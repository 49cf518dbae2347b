"""Tables of the conversations: who talks over which channel, and every message in order."""

from __future__ import annotations

import sqlalchemy as sa

from bot.database import Base, UtcDateTime


def of_one(column: sa.sql.ColumnElement) -> sa.sql.ColumnElement[bool]:
    """That this column is the conversation that is given with the statement, as `conversation`.

    For the statements of a turn, which are made once: SQLAlchemy takes five times as long to make
    such a statement as it takes to run it (measured, 0.1 ms of 0.12).
    """
    return column == sa.bindparam("conversation")


class Conversation(Base):
    """One conversation with one citizen, known only by an id that cannot be guessed.

    Until `busy_until` one process answers in it, see `bot.conversations.turns`.
    """

    __tablename__ = "conversation"

    id = sa.Column(sa.String(64), primary_key=True)
    channel = sa.Column(sa.String(32), nullable=False)
    gemeente = sa.Column(sa.String(80))
    page = sa.Column(sa.String(300))
    created_at = sa.Column(UtcDateTime, nullable=False)
    last_message_at = sa.Column(UtcDateTime, nullable=False, index=True)
    busy_until = sa.Column(UtcDateTime)


class StoredMessage(Base):
    """A message in either direction; `seq` numbers them within a conversation, from 1.

    `status` is about what came in: `received` until the bot has answered it, then `answered`, or
    `failed` when it was given up. What goes out is `sent`, and `reply_to` is the `seq` of what it
    answers, if anything. `key` is the sender's own id of the message, so that it is stored once.
    `choice` is the id of the choice that a citizen's message was.
    """

    __tablename__ = "message"
    __table_args__ = (
        sa.UniqueConstraint("conversation_id", "seq"),
        sa.Index("ix_message_waiting", "status", "next_attempt_at"),
        sa.Index("ix_message_key", "conversation_id", "key", unique=True),
    )

    id = sa.Column(sa.Integer, primary_key=True)
    conversation_id = sa.Column(
        sa.ForeignKey("conversation.id", ondelete="CASCADE"), nullable=False
    )
    seq = sa.Column(sa.Integer, nullable=False)
    direction = sa.Column(sa.String(3), nullable=False)
    status = sa.Column(sa.String(10), nullable=False)
    text = sa.Column(sa.Text, nullable=False)
    payload = sa.Column(sa.Text)
    choices = sa.Column(sa.JSON, nullable=False)
    image = sa.Column(sa.JSON)
    about = sa.Column(sa.JSON, nullable=False)
    at = sa.Column(UtcDateTime, nullable=False)
    attempts = sa.Column(sa.Integer, nullable=False)
    next_attempt_at = sa.Column(UtcDateTime)
    key = sa.Column(sa.String(255))
    choice = sa.Column(sa.String(24))
    reply_to = sa.Column(sa.Integer)


class Rating(Base):
    """What a citizen thought: of the message `seq`, or with `seq` 0 of the whole conversation.

    `value` is `up` or `down` for a message; `yes`, `partly` or `no` (was I helped) for the whole.
    """

    __tablename__ = "rating"
    __table_args__ = (sa.UniqueConstraint("conversation_id", "seq"),)

    id = sa.Column(sa.Integer, primary_key=True)
    conversation_id = sa.Column(
        sa.ForeignKey("conversation.id", ondelete="CASCADE"), nullable=False
    )
    seq = sa.Column(sa.Integer, nullable=False)
    value = sa.Column(sa.String(6), nullable=False)
    at = sa.Column(UtcDateTime, nullable=False)


class TrackerEvent(Base):
    """Rasa's own event log, in the shape that Rasa 3.6 expects; here so that it can be erased."""

    __tablename__ = "events"
    # What a turn reads: the newest session of a conversation, and everything behind it.
    __table_args__ = (
        sa.Index("ix_events_session", "sender_id", "type_name", "id"),
        sa.Index("ix_events_conversation", "sender_id", "id"),
    )

    id = sa.Column(sa.Integer, sa.Sequence("events_id_seq"), primary_key=True)
    sender_id = sa.Column(sa.String(255), nullable=False)
    type_name = sa.Column(sa.String(255), nullable=False)
    timestamp = sa.Column(sa.Float)
    intent_name = sa.Column(sa.String(255))
    action_name = sa.Column(sa.String(255))
    data = sa.Column(sa.Text)
