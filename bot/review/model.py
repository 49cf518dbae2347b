"""Tables of the read model: what staff see of conversations, made from the log, never by hand.

Everything here follows from `conversation`, `message`, `events`, `rating` and `referral` by
`bot.review.projection`, so it can be thrown away and made again with the same result. Erasing a
conversation erases its rows here too, and its words from the full-text index.
"""

from __future__ import annotations

import sqlalchemy as sa

from bot.database import Base, UtcDateTime

LONGEST_EXCERPT = 200


def _conversation(**options: bool) -> sa.Column:
    """The conversation that a row is about; the row goes when the conversation goes."""
    return sa.Column(
        sa.String(64),
        sa.ForeignKey("conversation.id", ondelete="CASCADE"),
        nullable=False,
        **options,
    )


class ReviewConversation(Base):
    """A conversation as it stands in lists.

    `number` is the id of its first message: a small key for the full-text index. `gemeente` is that
    of the site, or else the one that the citizen named. `turns` counts what the citizen said or
    chose. `excerpt` is the first thing that was typed. `lowest_confidence` (0 to 1) is over what
    was typed outside a flow, where the bot has to find the subject; null where nothing was.
    `handed_over`: there is a referral. `left_in`: the flow that was still open at the end of the
    log; whether someone still talks follows from `last_at`.
    """

    __tablename__ = "review_conversation"
    __table_args__ = (
        sa.Index("ix_review_conversation_last_at", "last_at", "conversation_id"),
        sa.Index("ix_review_conversation_gemeente", "gemeente", "last_at", "conversation_id"),
        sa.Index("ix_review_conversation_started_at", "started_at"),
    )

    conversation_id = _conversation(primary_key=True)
    number = sa.Column(sa.Integer, nullable=False, unique=True)
    gemeente = sa.Column(sa.String(80))
    channel = sa.Column(sa.String(32), nullable=False)
    started_at = sa.Column(UtcDateTime, nullable=False)
    last_at = sa.Column(UtcDateTime, nullable=False)
    turns = sa.Column(sa.Integer, nullable=False)
    excerpt = sa.Column(sa.String(LONGEST_EXCERPT), nullable=False)
    phase = sa.Column(sa.String(40))
    intents = sa.Column(sa.JSON, nullable=False)
    lowest_confidence = sa.Column(sa.Float)
    fallbacks = sa.Column(sa.Integer, nullable=False)
    handed_over = sa.Column(sa.Boolean, nullable=False)
    ups = sa.Column(sa.Integer, nullable=False)
    downs = sa.Column(sa.Integer, nullable=False)
    helped = sa.Column(sa.String(10))
    left_in = sa.Column(sa.String(40))
    person_asked = sa.Column(sa.Boolean, nullable=False)


class ReviewTurn(Base):
    """One thing that the citizen said or chose, what the bot made of it and did.

    `id` is that of the message. `text` is without identifying details, as in the log. `typed` is
    false for a button. Where the bot recognised nothing `intent` is null; `confidence` and
    `runner_up` then are those of its best guess. `ranking` holds at most five
    `{"name", "confidence"}`. `slots` is what this turn set, answers in a flow as `flow.step`.
    `action` is the last action, `answered_ms` the milliseconds until the first answer.
    `flow` and `step` are where the answer left the citizen. `rating` is `up` or `down`.
    """

    __tablename__ = "review_turn"
    __table_args__ = (
        sa.UniqueConstraint("conversation_id", "seq"),
        sa.Index("ix_review_turn_doubt", "conversation_id", "intent", "confidence"),
        sa.Index("ix_review_turn_intent", "intent", "at"),
        sa.Index("ix_review_turn_at", "at"),
    )

    id = sa.Column(sa.Integer, primary_key=True, autoincrement=False)
    conversation_id = _conversation()
    seq = sa.Column(sa.Integer, nullable=False)
    at = sa.Column(UtcDateTime, nullable=False)
    text = sa.Column(sa.Text, nullable=False)
    typed = sa.Column(sa.Boolean, nullable=False)
    intent = sa.Column(sa.String(80))
    confidence = sa.Column(sa.Float)
    runner_up = sa.Column(sa.String(80))
    runner_up_confidence = sa.Column(sa.Float)
    ranking = sa.Column(sa.JSON, nullable=False)
    entities = sa.Column(sa.JSON, nullable=False)
    slots = sa.Column(sa.JSON, nullable=False)
    action = sa.Column(sa.String(80))
    services = sa.Column(sa.JSON, nullable=False)
    topic = sa.Column(sa.String(80))
    flow = sa.Column(sa.String(40))
    step = sa.Column(sa.String(80))
    fallback = sa.Column(sa.Boolean, nullable=False)
    answered_ms = sa.Column(sa.Integer)
    rating = sa.Column(sa.String(10))


class ReviewFlow(Base):
    """One run of a flow (zelfscan, doorverwijzing ...) in a conversation.

    `id` is that of the event by which it began. `outcome`: `completed`, `left` (stopped, or
    overtaken by another flow or a fresh start), `open` (the log ends in the middle). `last_step`
    is the last question that was asked, `steps` the number of answers given.
    """

    __tablename__ = "review_flow"
    __table_args__ = (
        sa.Index("ix_review_flow_outcome", "flow", "outcome", "conversation_id"),
        sa.Index("ix_review_flow_conversation", "conversation_id", "flow", "outcome"),
    )

    id = sa.Column(sa.Integer, primary_key=True, autoincrement=False)
    conversation_id = _conversation()
    flow = sa.Column(sa.String(40), nullable=False)
    started_at = sa.Column(UtcDateTime, nullable=False)
    ended_at = sa.Column(UtcDateTime)
    outcome = sa.Column(sa.String(10), nullable=False)
    last_step = sa.Column(sa.String(80))
    steps = sa.Column(sa.Integer, nullable=False)


class ReviewText(Base):
    """All that the citizen said in a conversation, in plain letters, for the full-text index.

    SQLite: the virtual table `review_words` (FTS5) follows it by triggers. PostgreSQL: the
    generated column `words` (tsvector) does.
    """

    __tablename__ = "review_text"

    number = sa.Column(sa.Integer, primary_key=True, autoincrement=False)
    conversation_id = _conversation(unique=True)
    body = sa.Column(sa.Text, nullable=False)


class ReviewDue(Base):
    """What changed in the log and is not in the read model yet.

    Triggers write it in the transaction of the change itself, so that no change is missed, in
    whatever order transactions end. `message` is true for a message of a citizen. No foreign key:
    erasing a conversation is a change as well.
    """

    __tablename__ = "review_due"

    id = sa.Column(sa.Integer, primary_key=True)
    conversation_id = sa.Column(sa.String(255), nullable=False, index=True)
    message = sa.Column(sa.Boolean, nullable=False)
    at = sa.Column(UtcDateTime, nullable=False)


class ReviewCursor(Base):
    """How far a projection is: `position` counts its batches and guards against a second writer.

    `leased_until` and `holder` say which process works at it.
    """

    __tablename__ = "review_cursor"

    name = sa.Column(sa.String(40), primary_key=True)
    position = sa.Column(sa.Integer, nullable=False)
    at = sa.Column(UtcDateTime, nullable=False)
    holder = sa.Column(sa.String(40))
    leased_until = sa.Column(UtcDateTime)


class SavedView(Base):
    """A choice of filters under a name: of one person (`owner_id`), or shared (`owner_id` 0).

    `gemeenten` are those of who made it (null: all); a shared view is for who has one of them.
    """

    __tablename__ = "saved_view"
    __table_args__ = (sa.UniqueConstraint("owner_id", "name"),)

    id = sa.Column(sa.Integer, primary_key=True)
    owner_id = sa.Column(sa.Integer, nullable=False)
    name = sa.Column(sa.String(80), nullable=False)
    query = sa.Column(sa.Text, nullable=False)
    gemeenten = sa.Column(sa.JSON(none_as_null=True))
    made_by = sa.Column(sa.Integer, nullable=False)
    made_at = sa.Column(UtcDateTime, nullable=False)
