"""The queue "waar de bot twijfelde": messages that are worth a look, drawn fairly over subjects."""

from __future__ import annotations

import hashlib
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.database import now
from bot.review.model import ReviewConversation, ReviewTurn
from bot.review.work import DONE, IN_REVIEW, LATER
from bot.review.work_model import Correction, ReviewWork
from bot.staff.model import Staff

REASONS: Mapping[str, str] = {
    "fallback": "niet begrepen",
    "close": "twee onderwerpen dicht bij elkaar",
    "down": "duim omlaag",
    "left": "halverwege gestopt",
    "person": "vroeg om een mens",
}
ASKS_FOR_PERSON = "medewerker_spreken"
# The bot only answers from 0.7 on (config.yml), and all that it considers adds up to 1: the second
# is then 0.4 or more behind. Within half, it could have been the other.
CLOSE = 0.5
# How far back is looked, and how much of one subject: newer messages say more about today's bot.
DAYS = 30
MOST_PER_INTENT = 200
# Who said nothing for so long has gone.
QUIET = timedelta(hours=1)


@dataclass(frozen=True)
class Doubt:
    """A message to look at: `guess` is what the bot made of it, or thought of first."""

    conversation_id: str
    seq: int
    at: datetime
    text: str
    guess: str
    reasons: tuple[str, ...]
    gemeente: str | None
    channel: str


@dataclass(frozen=True)
class Progress:
    """What one reviewer did since a moment, in numbers of conversations and of messages."""

    name: str
    done: int
    in_review: int
    corrections: int


def queue(
    session: Session,
    gemeenten: frozenset[str] | None,
    reviewer_id: int,
    limit: int,
    moment: datetime | None = None,
) -> list[Doubt]:
    """What this reviewer can best look at today, the first first.

    Not in it: conversations that are done, put off or with a colleague, and messages of which
    something was decided already. On one day the order stays the same, whatever is taken out.
    """
    moment = moment or now()
    return drawn(_doubts(session, gemeenten, reviewer_id, moment), moment.date())[:limit]


def drawn(doubts: Iterable[Doubt], day: date) -> list[Doubt]:
    """The messages in an order in which no subject starves.

    First one of every subject; after that a subject with n messages gets a share in proportion to
    the square root of n (Cochran, Sampling Techniques, 3rd ed., 5A: a compromise between equal and
    proportional allocation). Within a subject, more reasons go first, and then chance, which is
    another every day.
    """
    strata: dict[str, list[Doubt]] = defaultdict(list)
    for doubt in doubts:
        strata[doubt.guess].append(doubt)
    placed = []
    for guess, members in strata.items():
        members.sort(key=lambda d: (-len(d.reasons), _chance(day, d.conversation_id, d.seq)))
        turn = _chance(day, guess, 0)
        for rank, doubt in enumerate(members):
            placed.append((rank / math.sqrt(len(members)), turn, rank, doubt))
    placed.sort(key=lambda item: item[:3])
    return [doubt for *_, doubt in placed]


def progress(session: Session, gemeenten: frozenset[str] | None, since: datetime) -> list[Progress]:
    """What each reviewer did, the most first; who did nothing is not in it."""
    counts: dict[int, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    states = sa.select(ReviewWork.updated_by_id, ReviewWork.state, sa.func.count()).where(
        ReviewWork.updated_at >= since, ReviewWork.updated_by_id.is_not(None)
    )
    decisions = sa.select(Correction.by_id, sa.literal("corrections"), sa.func.count()).where(
        Correction.at >= since, Correction.by_id.is_not(None)
    )
    for query, table in ((states, ReviewWork), (decisions, Correction)):
        if gemeenten is not None:
            query = query.join(
                ReviewConversation, ReviewConversation.conversation_id == table.conversation_id
            ).where(ReviewConversation.gemeente.in_(gemeenten))
        grouping = (ReviewWork.updated_by_id, ReviewWork.state)
        query = query.group_by(*(grouping if table is ReviewWork else (Correction.by_id,)))
        for who, what, number in session.execute(query):
            counts[who][what] = number
    names = dict(session.execute(sa.select(Staff.id, Staff.name).where(Staff.id.in_(counts))).all())
    found = [
        Progress(names[who], n[DONE], n[IN_REVIEW], n["corrections"])
        for who, n in counts.items()
        if who in names
    ]
    return sorted(found, key=lambda p: (-p.done - p.corrections, p.name))


def _doubts(
    session: Session, gemeenten: frozenset[str] | None, reviewer_id: int, moment: datetime
) -> list[Doubt]:
    turn, conversation = ReviewTurn, ReviewConversation
    last = _last_said()
    is_last = turn.seq == last.c.seq
    reasons: dict[str, Any] = {
        "fallback": turn.fallback.is_(True),
        "close": sa.and_(
            turn.typed.is_(True),
            turn.intent.is_not(None),
            turn.flow.is_(None),
            turn.confidence - turn.runner_up_confidence < CLOSE,
        ),
        "down": turn.rating == "down",
        "left": sa.and_(
            is_last, conversation.left_in.is_not(None), conversation.last_at < moment - QUIET
        ),
        "person": sa.and_(is_last, conversation.person_asked.is_(True)),
    }
    guess = sa.func.coalesce(turn.intent, turn.runner_up, "").label("guess")
    nth = sa.func.row_number().over(partition_by=guess, order_by=turn.id.desc()).label("nth")
    columns = [sa.case((test, 1), else_=0).label(name) for name, test in reasons.items()]
    is_free = sa.or_(
        ReviewWork.conversation_id.is_(None),
        sa.and_(
            ReviewWork.state.not_in((DONE, LATER)),
            sa.or_(ReviewWork.assignee_id.is_(None), ReviewWork.assignee_id == reviewer_id),
        ),
    )
    same_turn = sa.and_(
        Correction.conversation_id == turn.conversation_id, Correction.seq == turn.seq
    )
    query = (
        sa.select(turn.id, guess, nth, *columns)
        .join(conversation, conversation.conversation_id == turn.conversation_id)
        .outerjoin(last, last.c.conversation_id == turn.conversation_id)
        .outerjoin(ReviewWork, ReviewWork.conversation_id == turn.conversation_id)
        .outerjoin(Correction, same_turn)
        .where(
            turn.at >= moment - timedelta(days=DAYS),
            is_free,
            Correction.id.is_(None),
            sa.or_(*reasons.values()),
        )
    )
    if gemeenten is not None:
        query = query.where(conversation.gemeente.in_(gemeenten))
    found = query.subquery()
    chosen = (
        sa.select(turn, conversation.gemeente, conversation.channel, found)
        .join(found, found.c.id == turn.id)
        .join(conversation, conversation.conversation_id == turn.conversation_id)
        .where(found.c.nth <= MOST_PER_INTENT)
    )
    return [
        Doubt(
            row[0].conversation_id,
            row[0].seq,
            row[0].at,
            row[0].text,
            row.guess,
            tuple(name for name in REASONS if getattr(row, name)),
            row.gemeente,
            row.channel,
        )
        for row in session.execute(chosen)
    ]


def _last_said() -> Any:
    """The last thing typed but for asking a person, in conversations of which the end counts."""
    turn, conversation = ReviewTurn, ReviewConversation
    return (
        sa.select(turn.conversation_id, sa.func.max(turn.seq).label("seq"))
        .join(conversation, conversation.conversation_id == turn.conversation_id)
        .where(
            sa.or_(conversation.left_in.is_not(None), conversation.person_asked.is_(True)),
            turn.typed.is_(True),
            sa.or_(turn.intent.is_(None), turn.intent != ASKS_FOR_PERSON),
        )
        .group_by(turn.conversation_id)
        .subquery()
    )


def _chance(day: date, name: str, seq: int) -> bytes:
    """A draw that is the same all day: what is taken out does not move the rest."""
    return hashlib.sha256(f"{day.isoformat()} {name} {seq}".encode()).digest()
