"""Tables of WhatsApp: who talks, what came in and is not handled yet, and what goes out.

WhatsApp's own id of a message (wamid) has the phone number in it, in base64. So no table holds one
that can be read: a wamid is kept encrypted, or as a fingerprint where it must be found again.
"""

from __future__ import annotations

import sqlalchemy as sa

from bot.database import Base, UtcDateTime


class WhatsAppPerson(Base):
    """The person at the other end of a conversation; apart from what is said, and encrypted.

    `key` is a keyed hash of our number and the person's id (see `bot.whatsapp.identity`);
    `address` is encrypted JSON with `wa_id` (phone number, may be null) and `user_id`
    (business-scoped id, may be null). `last_in_at` starts the 24-hour window, `last_in_wamid` is
    encrypted and for the read receipt. `told_at` is when the notice of the first contact was given,
    `opted_out_at` when the person said to stop. `rendered_seq` is how far the log of the
    conversation is in the outbox.
    """

    __tablename__ = "whatsapp_person"

    conversation_id = sa.Column(
        sa.ForeignKey("conversation.id", ondelete="CASCADE"), primary_key=True
    )
    key = sa.Column(sa.String(64), nullable=False, unique=True)
    address = sa.Column(sa.Text, nullable=False)
    last_in_at = sa.Column(UtcDateTime)
    last_in_wamid = sa.Column(sa.Text)
    told_at = sa.Column(UtcDateTime)
    opted_out_at = sa.Column(UtcDateTime)
    rendered_seq = sa.Column(sa.Integer, nullable=False, default=0)
    created_at = sa.Column(UtcDateTime, nullable=False)


class WhatsAppKey(Base):
    """Every key by which a person is known: phone number, business-scoped id, numbers of before."""

    __tablename__ = "whatsapp_key"

    key = sa.Column(sa.String(64), primary_key=True)
    conversation_id = sa.Column(
        sa.ForeignKey("whatsapp_person.conversation_id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    )


class WhatsAppUpdate(Base):
    """A message from WhatsApp, kept before anything is done with it.

    `wamid` is its fingerprint; the row stays after `body` has gone, so that a message which Meta
    sends again (up to 7 days) is known. `body` is encrypted JSON of that one message. `status` is
    `received`, `handled` or `failed`. A worker claims a row by moving `next_attempt_at` ahead.
    """

    __tablename__ = "whatsapp_update"
    __table_args__ = (sa.Index("ix_whatsapp_update_waiting", "status", "next_attempt_at"),)

    id = sa.Column(sa.Integer, primary_key=True)
    wamid = sa.Column(sa.String(255), nullable=False, unique=True)
    person_key = sa.Column(sa.String(64), nullable=False, index=True)
    phone_number_id = sa.Column(sa.String(64), nullable=False)
    body = sa.Column(sa.Text)
    status = sa.Column(sa.String(10), nullable=False)
    attempts = sa.Column(sa.Integer, nullable=False, default=0)
    next_attempt_at = sa.Column(UtcDateTime, nullable=False)
    received_at = sa.Column(UtcDateTime, nullable=False, index=True)


class WhatsAppDelivery(Base):
    """A part of a message on its way to a person: one call of the Graph API.

    `kind` is `message`, `template` or `read`; `body` is encrypted JSON. `status` goes from
    `waiting` and `sending` to `sent`, `delivered`, `read`, `failed` or `cancelled`.
    """

    __tablename__ = "whatsapp_delivery"
    __table_args__ = (
        sa.UniqueConstraint("conversation_id", "seq", "part", "kind"),
        sa.Index("ix_whatsapp_delivery_waiting", "status", "next_attempt_at"),
    )

    id = sa.Column(sa.Integer, primary_key=True)
    conversation_id = sa.Column(
        sa.ForeignKey("conversation.id", ondelete="CASCADE"), nullable=False
    )
    seq = sa.Column(sa.Integer, nullable=False)
    part = sa.Column(sa.Integer, nullable=False)
    kind = sa.Column(sa.String(10), nullable=False)
    body = sa.Column(sa.Text, nullable=False)
    status = sa.Column(sa.String(10), nullable=False)
    attempts = sa.Column(sa.Integer, nullable=False, default=0)
    next_attempt_at = sa.Column(UtcDateTime, nullable=False)
    claimed_until = sa.Column(UtcDateTime)
    wamid = sa.Column(sa.String(255), unique=True)
    error_code = sa.Column(sa.Integer)
    error = sa.Column(sa.String(300))
    created_at = sa.Column(UtcDateTime, nullable=False)
    sent_at = sa.Column(UtcDateTime)
