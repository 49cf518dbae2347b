"""The referral's table: apart from the conversation, and kept for its own term."""

from __future__ import annotations

import sqlalchemy as sa

from bot.database import Base, UtcDateTime


class Referral(Base):
    """One request for contact. The contact detail is encrypted; the rest the citizen approved.

    `run` is the id of the intake that led to it: the same intake never makes two referrals.
    The conversation may be gone before the referral is, so `conversation_id` is no foreign key.
    """

    __tablename__ = "referral"

    reference = sa.Column(sa.String(12), primary_key=True)
    run = sa.Column(sa.String(40), nullable=False, unique=True)
    conversation_id = sa.Column(sa.String(64), index=True)
    status = sa.Column(sa.String(16), nullable=False)
    gemeente = sa.Column(sa.String(80), nullable=False)
    situation = sa.Column(sa.String(40))
    phase = sa.Column(sa.String(40))
    question = sa.Column(sa.Text, nullable=False)
    service_id = sa.Column(sa.String(80), nullable=False)
    contact_kind = sa.Column(sa.String(16), nullable=False)
    contact = sa.Column(sa.LargeBinary, nullable=False)
    consent_text = sa.Column(sa.Text, nullable=False)
    consent_at = sa.Column(UtcDateTime, nullable=False)
    created_at = sa.Column(UtcDateTime, nullable=False)
