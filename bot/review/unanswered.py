"""Subjects that the bot has no answer to: what nothing matched, in groups of what looks alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.review.block import FEWEST, Block, block
from bot.review.model import ReviewConversation, ReviewTurn
from bot.review.scope import Scope
from bot.review.similar import clusters, flat

# The newest messages that are looked at: grouping costs more than reading them.
MOST_MESSAGES = 1_000
# The newest conversations with such a message that are looked in.
MOST_CONVERSATIONS = 1_000
# So much alike that it is one subject: of the 818 messages on 80 subjects in data/validation,
# groups of three or more are 86 % of one subject at 0.25 (59 % at 0.2); at 0.35 there are none.
ALIKE = 0.25
MOST_SUBJECTS, MOST_EXAMPLES = 20, 3
LONGEST_EXAMPLE = 160


@dataclass(frozen=True)
class Subject:
    """Messages that look alike: how many, in how many conversations, and some of their words."""

    size: int
    conversations: int
    examples: tuple[str, ...]


def subjects(session: Session, scope: Scope) -> tuple[int, list[Subject]]:
    """How many messages nothing matched, and the subjects in them, the largest first.

    Only subjects that come up in `FEWEST` conversations or more: what one person typed is no
    subject, and could tell who it was.
    """
    newest = (
        sa.select(ReviewConversation.conversation_id)
        .where(scope.conversations(), ReviewConversation.fallbacks > 0)
        .order_by(ReviewConversation.last_at.desc())
        .limit(MOST_CONVERSATIONS)
    )
    query = (
        sa.select(ReviewTurn.conversation_id, ReviewTurn.text)
        .where(
            ReviewTurn.conversation_id.in_(newest.scalar_subquery()),
            ReviewTurn.fallback.is_(True),
            ReviewTurn.typed.is_(True),
        )
        .order_by(ReviewTurn.id.desc())
        .limit(MOST_MESSAGES)
    )
    said = [(who, text) for who, text in session.execute(query) if flat(text)]
    found = [_subject([said[n] for n in group]) for group in clusters([t for _, t in said], ALIKE)]
    found.sort(key=lambda subject: -subject.conversations)
    large = [subject for subject in found if subject.conversations >= FEWEST]
    return len(said), large[:MOST_SUBJECTS]


def unanswered(session: Session, scope: Scope) -> Block:
    """The same as a figure, with the examples in words."""
    n, found = subjects(session, scope)
    return block(
        "onbeantwoord",
        "Vragen zonder antwoord",
        "Berichten die de bot niet begreep, bij elkaar gezet als ze op elkaar lijken. Alleen wat "
        f"in minstens {FEWEST} gesprekken voorkwam. Gekeken naar de nieuwste berichten, hoogstens "
        f"{MOST_MESSAGES}.",
        n,
        "berichten",
        ("Voorbeelden", "Berichten", "Gesprekken"),
        [(" / ".join(one.examples), one.size, one.conversations) for one in found],
    )


def _subject(said: Sequence[tuple[str, str]]) -> Subject:
    examples: dict[str, str] = {}
    for _, text in said:
        examples.setdefault(flat(text), " ".join(text.split())[:LONGEST_EXAMPLE])
    return Subject(
        len(said), len({who for who, _ in said}), tuple(examples.values())[:MOST_EXAMPLES]
    )
