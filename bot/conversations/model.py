"""Tables of the conversations: who talks over which channel, and every message in order."""

from __future__ import annotations

import sqlalchemy as sa

from bot.database import Base, UtcDateTime


class Conversation(Base):
    """One conversation with one citizen, known only by an id that cannot be guessed."""

    __tablename__ = "conversation"

    id = sa.Column(sa.String(64), primary_key=True)
    channel = sa.Column(sa.String(32), nullable=False)
    gemeente = sa.Column(sa.String(80))
    page = sa.Column(sa.String(300))
    created_at = sa.Column(UtcDateTime, nullable=False)
    last_message_at = sa.Column(UtcDateTime, nullable=False, index=True)


class StoredMessage(Base):
    """A message in either direction; `seq` numbers them within a conversation, from 1.

    `status` is about what came in: `received` until the bot has answered it, then `answered`, or
    `failed` when it was given up. What goes out is `sent`.
    """

    __tablename__ = "message"
    __table_args__ = (
        sa.UniqueConstraint("conversation_id", "seq"),
        sa.Index("ix_message_waiting", "status", "next_attempt_at"),
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


class TrackerEvent(Base):
    """Rasa's own event log, in the shape that Rasa 3.6 expects; here so that it can be erased."""

    __tablename__ = "events"

    id = sa.Column(sa.Integer, sa.Sequence("events_id_seq"), primary_key=True)
    sender_id = sa.Column(sa.String(255), nullable=False, index=True)
    type_name = sa.Column(sa.String(255), nullable=False)
    timestamp = sa.Column(sa.Float)
    intent_name = sa.Column(sa.String(255))
    action_name = sa.Column(sa.String(255))
    data = sa.Column(sa.Text)
