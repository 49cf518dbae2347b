"""A conversation as staff read it: every message, what the bot made of it, and what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.catalogue.model import Provider, Service
from bot.conversations import log
from bot.conversations.model import Rating, StoredMessage
from bot.referral.model import Referral
from bot.review.model import ReviewConversation, ReviewFlow, ReviewTurn


class UnknownConversation(Exception):
    """There is no such conversation, or it is of another gemeente: that makes no difference."""


@dataclass(frozen=True)
class Line:
    """One message; `turn` with those of the citizen, `rating` with those of the bot."""

    message: StoredMessage
    turn: ReviewTurn | None
    rating: str | None


@dataclass(frozen=True)
class ReferralLine:
    """A referral that came of it: no contact detail, no question."""

    reference: str
    status: str
    service: str
    desk: str | None


@dataclass(frozen=True)
class Transcript:
    """Everything on one page. `services` gives the names of the services that were shown."""

    conversation: ReviewConversation
    lines: Sequence[Line]
    flows: Sequence[ReviewFlow]
    referrals: Sequence[ReferralLine]
    services: dict[str, str]


def find(
    session: Session, conversation_id: str, gemeenten: frozenset[str] | None
) -> ReviewConversation:
    """The conversation, for who may see these gemeenten (None: all).

    Raises:
        UnknownConversation: it does not exist (any more), or is not theirs.
    """
    # PostgreSQL takes no text with a zero in it.
    known = conversation_id.isprintable() and session.get(ReviewConversation, conversation_id)
    found: ReviewConversation | None = known or None
    if found is None or (gemeenten is not None and found.gemeente not in gemeenten):
        raise UnknownConversation(conversation_id)
    return found


def transcript(
    session: Session, conversation: ReviewConversation, gemeenten: frozenset[str] | None
) -> Transcript:
    """The conversation in full. Texts are those of the log: without identifying details.

    Args:
        gemeenten: a referral to another gemeente is left out.
    """
    identity = conversation.conversation_id

    def mine(model: Any, order: Any) -> list[Any]:
        query = sa.select(model).where(model.conversation_id == identity).order_by(order)
        return list(session.execute(query).scalars())

    turns = {turn.seq: turn for turn in mine(ReviewTurn, ReviewTurn.seq)}
    ratings = {rating.seq: rating.value for rating in mine(Rating, Rating.seq)}
    lines = [
        Line(message, turns.get(message.seq), ratings.get(message.seq))
        for message in log.history(session, identity)
    ]
    shown = {service for turn in turns.values() for service in turn.services}
    named = sa.select(Service.id, Service.name).where(Service.id.in_(sorted(shown)))
    return Transcript(
        conversation,
        lines,
        mine(ReviewFlow, ReviewFlow.id),
        _referrals(session, identity, gemeenten),
        {row.id: row.name for row in session.execute(named)},
    )


def _referrals(
    session: Session, conversation_id: str, gemeenten: frozenset[str] | None
) -> list[ReferralLine]:
    query = (
        sa.select(Referral.reference, Referral.status, Referral.service_id, Service.name)
        .add_columns(Provider.name.label("desk"))
        .outerjoin(Service, Service.id == Referral.service_id)
        .outerjoin(Provider, Provider.id == Service.provider_id)
        .where(Referral.conversation_id == conversation_id)
        .order_by(Referral.created_at)
    )
    if gemeenten is not None:
        query = query.where(Referral.gemeente.in_(sorted(gemeenten)))
    return [
        ReferralLine(row.reference, row.status, row.name or row.service_id, row.desk)
        for row in session.execute(query)
    ]
