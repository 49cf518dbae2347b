"""The table of results: what someone made in a scan or plan, apart from the conversation's log."""

from __future__ import annotations

import sqlalchemy as sa

from bot.database import Base, UtcDateTime


class Result(Base):
    """One result. `page` is complete in itself; `answers` are for the quality figures.

    `run` is the id of the passage through the questions: the same passage has one result, that
    changes when an answer is corrected.
    """

    __tablename__ = "result"

    id = sa.Column(sa.String(40), primary_key=True)
    run = sa.Column(sa.String(40), nullable=False, unique=True)
    conversation_id = sa.Column(
        sa.ForeignKey("conversation.id", ondelete="CASCADE"), nullable=False, index=True
    )
    kind = sa.Column(sa.String(20), nullable=False)
    version = sa.Column(sa.Integer, nullable=False)
    page = sa.Column(sa.JSON, nullable=False)
    answers = sa.Column(sa.JSON, nullable=False)
    outcome = sa.Column(sa.String(20))
    created_at = sa.Column(UtcDateTime, nullable=False, index=True)
