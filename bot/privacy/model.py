"""The vault's table."""

from __future__ import annotations

import sqlalchemy as sa

from bot.database import Base, UtcDateTime


class VaultEntry(Base):
    """An identifying detail that a citizen typed, under the token that replaces it elsewhere.

    `fingerprint` is a keyed hash, so that the same detail gets the same token without being read.
    """

    __tablename__ = "vault"
    __table_args__ = (
        sa.UniqueConstraint("conversation_id", "kind", "number"),
        sa.UniqueConstraint("conversation_id", "kind", "fingerprint"),
    )

    id = sa.Column(sa.Integer, primary_key=True)
    conversation_id = sa.Column(
        sa.ForeignKey("conversation.id", ondelete="CASCADE"), nullable=False
    )
    kind = sa.Column(sa.String(16), nullable=False)
    number = sa.Column(sa.Integer, nullable=False)
    fingerprint = sa.Column(sa.String(64), nullable=False)
    ciphertext = sa.Column(sa.LargeBinary, nullable=False)
    expires_at = sa.Column(UtcDateTime, nullable=False, index=True)
