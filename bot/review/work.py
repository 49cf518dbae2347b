"""The review of a conversation: who does it, how far it is, and that nobody overwrites a colleague.

For whoever shows a transcript: `panel(session, person, conversation_id)` gives everything that the
templates `review/panel.html` and `review/turn.html` need, under the name `review`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.database import now
from bot.review import comments, tags
from bot.review.model import ReviewConversation
from bot.review.verdicts import in_words
from bot.review.work_model import Correction, ReviewWork
from bot.staff.accounts import Person
from bot.staff.model import Staff
from bot.staff.once import insert_once
from bot.staff.roles import ROLES, Right

NEW = "new"
IN_REVIEW = "in_review"
DONE = "done"
LATER = "later"
STATES: Mapping[str, str] = {
    NEW: "nieuw",
    IN_REVIEW: "in behandeling",
    DONE: "klaar",
    LATER: "later",
}
FLAGS: Mapping[str, str] = {
    "attention": "let op",
    "example": "goed voorbeeld",
    "answer": "antwoord klopt niet",
    "personal": "er staan persoonsgegevens in",
}


class UnknownReview(Exception):
    """There is no such conversation, or it is of another gemeente; the two look the same."""


class InvalidReview(Exception):
    """A review that cannot be kept; the message (Dutch) says why."""


@dataclass(frozen=True)
class Review:
    """What a reviewer sets: `state` of STATES, an account or nobody, `flag` of FLAGS or none."""

    state: str = NEW
    assignee_id: int | None = None
    flag: str | None = None
    tags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Kept:
    """The review as it is kept, with its version: 0 when nobody looked yet."""

    review: Review
    version: int = 0
    by: str | None = None
    at: datetime | None = None


class Changed(Exception):
    """A colleague changed the review since it was read: `kept` is theirs, `wanted` is yours."""

    def __init__(self, kept: Kept, wanted: Review, comment: str) -> None:
        super().__init__("the review was changed by a colleague")
        self.kept = kept
        self.wanted = wanted
        self.comment = comment


@dataclass(frozen=True)
class Panel:
    """What a reviewer sees beside a transcript; `decisions` says by `seq` what was meant."""

    conversation_id: str
    kept: Kept
    comments: list[comments.Comment]
    colleagues: dict[int, str]
    suggestions: list[str]
    decisions: dict[int, str] = field(default_factory=dict)
    states: Mapping[str, str] = field(default_factory=lambda: STATES)
    flags: Mapping[str, str] = field(default_factory=lambda: FLAGS)
    may_review: bool = False
    may_learn: bool = False


def visible(
    session: Session, conversation_id: str, gemeenten: frozenset[str] | None
) -> ReviewConversation:
    """The conversation, for someone who may see these gemeenten (None: all).

    Raises:
        UnknownReview: it does not exist, or is not theirs to see.
    """
    found = session.get(ReviewConversation, conversation_id)
    if found is None or (gemeenten is not None and found.gemeente not in gemeenten):
        raise UnknownReview(conversation_id)
    return found


def panel(session: Session, person: Person, conversation_id: str) -> Panel:
    """Everything about the review of a conversation, for this reader.

    Raises:
        UnknownReview: the reader may not see it.
    """
    conversation = visible(session, conversation_id, person.gemeenten)
    query = sa.select(Correction).where(Correction.conversation_id == conversation_id)
    return Panel(
        conversation_id=conversation_id,
        kept=kept(session, conversation_id),
        comments=comments.of(session, conversation_id, person.id),
        colleagues=colleagues(session, conversation.gemeente),
        suggestions=tags.suggestions(session, person.gemeenten),
        decisions={c.seq: in_words(c.verdict, c.intent) for c in session.execute(query).scalars()},
        may_review=person.may(Right.REVIEW),
        may_learn=person.may(Right.LEARN),
    )


def kept(session: Session, conversation_id: str) -> Kept:
    """The review as it stands."""
    query = (
        sa.select(ReviewWork, Staff.name)
        .outerjoin(Staff, Staff.id == ReviewWork.updated_by_id)
        .where(ReviewWork.conversation_id == conversation_id)
        .execution_options(populate_existing=True)
    )
    found = session.execute(query).first()
    if found is None:
        return Kept(Review())
    work, name = found
    review = Review(work.state, work.assignee_id, work.flag, tags.of(session, conversation_id))
    return Kept(review, work.version, name or comments.SOMEONE_GONE, work.updated_at)


def colleagues(session: Session, gemeente: str | None) -> dict[int, str]:
    """The names of who may review a conversation of this gemeente, by account."""
    reviewing = {role for role, rights in ROLES.items() if Right.REVIEW in rights}
    query = sa.select(Staff).where(Staff.disabled_at.is_(None)).order_by(Staff.name, Staff.id)
    return {
        one.id: one.name
        for one in session.execute(query).scalars()
        if reviewing & set(one.roles) and (one.gemeenten is None or gemeente in one.gemeenten)
    }


def save(
    session: Session,
    person: Person,
    conversation_id: str,
    version: int,
    wanted: Review,
    comment: str = "",
) -> None:
    """Keeps a review that was made with version `version` in view; all of it or nothing.

    Who starts a review that is of nobody takes it upon them.

    Raises:
        UnknownReview: the person may not see the conversation.
        InvalidReview: a value that cannot be.
        InvalidComment: the comment cannot be kept.
        Changed: a colleague was first.
    """
    conversation = visible(session, conversation_id, person.gemeenten)
    _check(session, wanted, conversation.gemeente)
    comment = comments.check(comment)
    assignee = wanted.assignee_id
    if assignee is None and wanted.state == IN_REVIEW:
        assignee = person.id
    values = {
        "state": wanted.state,
        "assignee_id": assignee,
        "flag": wanted.flag,
        "version": version + 1,
        "updated_at": now(),
        "updated_by_id": person.id,
    }
    if version == 0:
        is_first = insert_once(session, ReviewWork, {"conversation_id": conversation_id, **values})
    else:
        update = sa.update(ReviewWork).where(
            ReviewWork.conversation_id == conversation_id, ReviewWork.version == version
        )
        options = {"synchronize_session": False}
        done = session.execute(update.values(**values).execution_options(**options))
        is_first = done.rowcount == 1
    if not is_first:
        raise Changed(kept(session, conversation_id), wanted, comment)
    tags.replace(session, conversation_id, wanted.tags)
    if comment:
        comments.add(session, conversation_id, person.id, comment)


def _check(session: Session, wanted: Review, gemeente: str | None) -> None:
    if wanted.state not in STATES:
        raise InvalidReview("Kies een van de standen.")
    if wanted.flag is not None and wanted.flag not in FLAGS:
        raise InvalidReview("Kies een van de vlaggen, of geen.")
    if wanted.assignee_id is not None and wanted.assignee_id not in colleagues(session, gemeente):
        raise InvalidReview("Deze collega kan dit gesprek niet beoordelen. Kies iemand anders.")
    if len(wanted.tags) > tags.MOST:
        raise InvalidReview(f"Een gesprek kan hoogstens {tags.MOST} labels hebben.")
