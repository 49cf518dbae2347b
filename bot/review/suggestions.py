"""What looks like a message that is being judged: examples of the bot, and messages of others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.review import examples
from bot.review.model import ReviewConversation, ReviewTurn
from bot.review.similar import Index, flat
from bot.review.work_model import Correction

MOST_EXAMPLES = 6
MOST_MESSAGES = 8
# The newest messages that are looked at; reading and comparing them takes a fifth of a second.
NEWEST = 2_000
# Below this, two messages share little more than a word.
ALIKE = 0.25


@dataclass(frozen=True)
class Alike:
    """A message of a conversation that looks like another (`likeness` 0 to 1)."""

    conversation_id: str
    seq: int
    text: str
    intent: str | None
    likeness: float


def like_examples(text: str) -> list[tuple[examples.Example, float]]:
    """The training examples most like a text, with their likeness."""
    found, index = examples.index()
    return [(found[number], score) for number, score in index.nearest(text, MOST_EXAMPLES)]


def like_messages(
    session: Session, turn: ReviewTurn, gemeenten: frozenset[str] | None
) -> list[Alike]:
    """Typed messages of others that look like this one, and of which nothing was decided yet."""
    query = (
        sa.select(ReviewTurn.conversation_id, ReviewTurn.seq, ReviewTurn.text, ReviewTurn.intent)
        .join(
            ReviewConversation,
            ReviewConversation.conversation_id == ReviewTurn.conversation_id,
        )
        .outerjoin(
            Correction,
            sa.and_(
                Correction.conversation_id == ReviewTurn.conversation_id,
                Correction.seq == ReviewTurn.seq,
            ),
        )
        .where(ReviewTurn.typed.is_(True), ReviewTurn.id != turn.id, Correction.id.is_(None))
        .order_by(ReviewTurn.at.desc(), ReviewTurn.id.desc())
        .limit(NEWEST)
    )
    if gemeenten is not None:
        query = query.where(ReviewConversation.gemeente.in_(gemeenten))
    rows = [row for row in session.execute(query) if flat(row.text)]
    near = Index([row.text for row in rows]).nearest(turn.text, MOST_MESSAGES)
    return [_alike(rows[number], score) for number, score in near if score >= ALIKE]


def _alike(row: Any, likeness: float) -> Alike:
    return Alike(row.conversation_id, row.seq, row.text, row.intent, likeness)
