"""Comments of reviewers on a conversation: added, read, and taken back by who wrote them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.database import now
from bot.privacy.detect import find_details
from bot.review.work_model import ReviewComment
from bot.staff.model import Staff

LONGEST = 2000
SOMEONE_GONE = "iemand van wie het account weg is"


class InvalidComment(Exception):
    """A comment that cannot be kept; the message (Dutch) says why."""


@dataclass(frozen=True)
class Comment:
    """A comment as it is read; `mine` when the reader wrote it."""

    id: int
    by: str
    at: datetime
    text: str
    mine: bool


def check(text: str) -> str:
    """The comment without spare space around it.

    Raises:
        InvalidComment: it is too long, or holds contact details: comments are not masked.
    """
    text = text.strip()
    if len(text) > LONGEST:
        raise InvalidComment(
            f"De opmerking is te lang: {len(text)} tekens. Er mogen er {LONGEST} in."
        )
    if find_details(text):
        raise InvalidComment(
            "Er staan contactgegevens in de opmerking (telefoon, e-mail, rekening of BSN). "
            "Haal die weg: opmerkingen zijn voor iedereen die dit gesprek mag lezen."
        )
    return text


def add(session: Session, conversation_id: str, by_id: int, text: str) -> None:
    """Adds a comment that `check` let through."""
    session.add(ReviewComment(conversation_id=conversation_id, by_id=by_id, at=now(), text=text))
    session.flush()


def of(session: Session, conversation_id: str, reader_id: int) -> list[Comment]:
    """The comments on a conversation, oldest first."""
    query = (
        sa.select(ReviewComment, Staff.name)
        .outerjoin(Staff, Staff.id == ReviewComment.by_id)
        .where(ReviewComment.conversation_id == conversation_id)
        .order_by(ReviewComment.id)
    )
    return [
        Comment(row.id, name or SOMEONE_GONE, row.at, row.text, row.by_id == reader_id)
        for row, name in session.execute(query)
    ]


def remove(session: Session, conversation_id: str, comment_id: int, by_id: int) -> bool:
    """Removes a comment of one's own; False when there is no such comment of this person."""
    done = session.execute(
        sa.delete(ReviewComment).where(
            ReviewComment.id == comment_id,
            ReviewComment.conversation_id == conversation_id,
            ReviewComment.by_id == by_id,
        )
    )
    return bool(done.rowcount)
