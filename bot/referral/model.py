"""The referral's tables: apart from the conversation, and kept for their own term."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import relationship

from bot.database import Base, UtcDateTime


class Referral(Base):
    """One request for contact. The contact detail is encrypted; the rest the citizen approved.

    `run` is the id of the intake that led to it: the same intake never makes two referrals.
    The conversation may be gone before the referral is, so `conversation_id` is no foreign key.
    `context` is what the citizen saw and approved: a list of `{"label", "text"}`. `wish` says when
    or how the adviser should get in touch; `due_at` is when that should have happened.
    """

    __tablename__ = "referral"

    reference = sa.Column(sa.String(12), primary_key=True)
    run = sa.Column(sa.String(40), nullable=False, unique=True)
    conversation_id = sa.Column(sa.String(64), index=True)
    status = sa.Column(sa.String(16), nullable=False)
    gemeente = sa.Column(sa.String(80), nullable=False)
    situation = sa.Column(sa.String(40))
    phase = sa.Column(sa.String(40))
    need = sa.Column(sa.String(40))
    urgency = sa.Column(sa.String(10))
    question = sa.Column(sa.Text, nullable=False)
    context = sa.Column(sa.JSON, nullable=False)
    wish = sa.Column(sa.String(120))
    service_id = sa.Column(sa.String(80), nullable=False)
    contact_kind = sa.Column(sa.String(16), nullable=False)
    contact = sa.Column(sa.LargeBinary, nullable=False)
    consent_text = sa.Column(sa.Text, nullable=False)
    consent_at = sa.Column(UtcDateTime, nullable=False)
    created_at = sa.Column(UtcDateTime, nullable=False)
    due_at = sa.Column(UtcDateTime, index=True)
    reminded_at = sa.Column(UtcDateTime)
    escalated_at = sa.Column(UtcDateTime)
    closed_at = sa.Column(UtcDateTime)
    helped = sa.Column(sa.String(10))
    events = relationship(
        "ReferralEvent", cascade="all, delete-orphan", order_by="ReferralEvent.id"
    )
    handovers = relationship("Handover", cascade="all, delete-orphan", order_by="Handover.id")


class ReferralEvent(Base):
    """A step in the life of a referral: the state that it came in, when, and by whom."""

    __tablename__ = "referral_event"

    id = sa.Column(sa.Integer, primary_key=True)
    reference = sa.Column(
        sa.ForeignKey("referral.reference", ondelete="CASCADE"), nullable=False, index=True
    )
    status = sa.Column(sa.String(16), nullable=False)
    at = sa.Column(UtcDateTime, nullable=False)
    by = sa.Column(sa.String(80), nullable=False)
    note = sa.Column(sa.Text)


class Handover(Base):
    """The outbox: one message to a desk, kept until it has arrived or was given up.

    `key` identifies the message at the receiver, so that a second try is no second message. `kind`
    is the adapter. `progress` is what an adapter with several calls has done already.
    """

    __tablename__ = "handover"
    __table_args__ = (sa.Index("ix_handover_waiting", "status", "next_attempt_at"),)

    id = sa.Column(sa.Integer, primary_key=True)
    reference = sa.Column(
        sa.ForeignKey("referral.reference", ondelete="CASCADE"), nullable=False, index=True
    )
    key = sa.Column(sa.String(40), nullable=False, unique=True)
    about = sa.Column(sa.String(16), nullable=False)
    kind = sa.Column(sa.String(16), nullable=False)
    status = sa.Column(sa.String(10), nullable=False)
    attempts = sa.Column(sa.Integer, nullable=False)
    next_attempt_at = sa.Column(UtcDateTime, nullable=False)
    claimed_until = sa.Column(UtcDateTime)
    progress = sa.Column(sa.JSON, nullable=False)
    last_error = sa.Column(sa.String(300))
    created_at = sa.Column(UtcDateTime, nullable=False)
    sent_at = sa.Column(UtcDateTime)
