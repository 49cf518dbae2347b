"""Tables of review: who looks at a conversation, what they say of it, and what the bot learns.

All of it hangs on the conversation and not on the read model, which can be made anew at any time;
for the same reason a message is named by its number in the conversation (`seq`). What is written
about a conversation goes when the conversation goes: by its term, or because the citizen asks.
"""

from __future__ import annotations

import sqlalchemy as sa

from bot.database import Base, UtcDateTime


def _conversation(**options: bool) -> sa.Column:
    key = sa.ForeignKey("conversation.id", ondelete="CASCADE")
    return sa.Column(sa.String(64), key, nullable=False, **options)


def _staff() -> sa.Column:
    return sa.Column(sa.Integer, sa.ForeignKey("staff.id", ondelete="SET NULL"))


class ReviewWork(Base):
    """How far the review of a conversation is; a conversation without a row is new.

    `state` is one of `bot.review.work.STATES`, `flag` one of `FLAGS` or nothing. `version` counts
    the changes, so that one who saw an older version is told instead of overwriting a newer one.
    """

    __tablename__ = "review_work"
    __table_args__ = (sa.Index("ix_review_work_state", "state", "assignee_id"),)

    conversation_id = _conversation(primary_key=True)
    state = sa.Column(sa.String(10), nullable=False)
    assignee_id = _staff()
    flag = sa.Column(sa.String(10))
    version = sa.Column(sa.Integer, nullable=False)
    updated_at = sa.Column(UtcDateTime, nullable=False)
    updated_by_id = _staff()


class ReviewTag(Base):
    """A word that reviewers gave a conversation, in the spelling of `bot.review.tags.normalise`."""

    __tablename__ = "review_tag"

    conversation_id = _conversation(primary_key=True)
    tag = sa.Column(sa.String(40), primary_key=True, index=True)


class ReviewComment(Base):
    """What a reviewer wrote about a conversation, for other reviewers."""

    __tablename__ = "review_comment"

    id = sa.Column(sa.Integer, primary_key=True)
    conversation_id = _conversation(index=True)
    by_id = _staff()
    at = sa.Column(UtcDateTime, nullable=False)
    text = sa.Column(sa.Text, nullable=False)


class Correction(Base):
    """What a reviewer says that one message of a citizen meant: one for each message.

    `verdict` is one of `bot.review.corrections.VERDICTS`; `intent` is the right one (`intent`,
    `right`) or the proposed name of a subject (`new_topic`). `text` is what the bot may learn from:
    the message, with what identifies someone taken out. `in_basket` says whether it goes into the
    patch. `understood_as` and `confidence` are what the bot made of it then.
    """

    __tablename__ = "correction"
    __table_args__ = (sa.UniqueConstraint("conversation_id", "seq"),)

    id = sa.Column(sa.Integer, primary_key=True)
    conversation_id = _conversation()
    seq = sa.Column(sa.Integer, nullable=False)
    verdict = sa.Column(sa.String(10), nullable=False)
    intent = sa.Column(sa.String(60))
    text = sa.Column(sa.Text, nullable=False)
    in_basket = sa.Column(sa.Boolean, nullable=False, index=True)
    understood_as = sa.Column(sa.String(60))
    confidence = sa.Column(sa.Float)
    version = sa.Column(sa.Integer, nullable=False)
    by_id = _staff()
    at = sa.Column(UtcDateTime, nullable=False)


class ModelComparison(Base):
    """What a candidate model would change on the reviewed messages.

    `items` holds for each correction, by its id, what both models make of it; no text, so that
    what a citizen said goes when the conversation goes.
    """

    __tablename__ = "model_comparison"

    id = sa.Column(sa.Integer, primary_key=True)
    at = sa.Column(UtcDateTime, nullable=False, index=True)
    current = sa.Column(sa.String(200), nullable=False)
    candidate = sa.Column(sa.String(200), nullable=False)
    items = sa.Column(sa.JSON, nullable=False)
