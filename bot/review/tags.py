"""Tags: words that reviewers choose freely, in one spelling so that they can be found again."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.review.model import ReviewConversation
from bot.review.work_model import ReviewTag

LONGEST = 40
MOST = 10
SUGGESTED = 12


def normalise(text: str) -> str:
    """One tag in its spelling: lower case, letters, digits and hyphens; empty when nothing is left.

    `"Te  laat!"` and `"te-laat"` are the same tag.
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "-".join(re.findall(r"[^\W_]+", folded))[:LONGEST].strip("-")


def parse(text: str) -> tuple[str, ...]:
    """The tags of a field in which they stand with commas or new lines between them, in order."""
    found = (normalise(part) for part in re.split(r"[,;\n]", text))
    return tuple(dict.fromkeys(tag for tag in found if tag))


def of(session: Session, conversation_id: str) -> tuple[str, ...]:
    """The tags of a conversation, by name."""
    query = sa.select(ReviewTag.tag).where(ReviewTag.conversation_id == conversation_id)
    return tuple(session.execute(query.order_by(ReviewTag.tag)).scalars())


def replace(session: Session, conversation_id: str, tags: Iterable[str]) -> None:
    """Gives the conversation exactly these tags."""
    session.execute(sa.delete(ReviewTag).where(ReviewTag.conversation_id == conversation_id))
    session.add_all(ReviewTag(conversation_id=conversation_id, tag=tag) for tag in tags)
    session.flush()


def suggestions(session: Session, gemeenten: frozenset[str] | None) -> list[str]:
    """The tags that are used most in these gemeenten, the most used first."""
    query = sa.select(ReviewTag.tag)
    if gemeenten is not None:
        query = query.join(
            ReviewConversation, ReviewConversation.conversation_id == ReviewTag.conversation_id
        ).where(ReviewConversation.gemeente.in_(gemeenten))
    query = query.group_by(ReviewTag.tag).order_by(sa.func.count().desc(), ReviewTag.tag)
    return list(session.execute(query.limit(SUGGESTED)).scalars())
