"""The work of a desk: which requests wait, which are late, and what has not reached the desk yet.

Everything is limited to the gemeenten of who asks: a request of another gemeente does not exist.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.catalogue.model import Provider, Service
from bot.referral import life, outbox
from bot.referral.model import Handover, Referral

Gemeenten = frozenset[str] | None
# Requests on one page, and messages in the list of what did not arrive.
PAGE_SIZE = 50
MOST_UNSENT = 500
# Of the filter for a state: everything that has not ended, and everything.
ALL_OPEN, ALL, LATE = "open", "alle", "te_laat"
FILTERS = (ALL_OPEN, LATE, ALL, *life.STATES)


@dataclass(frozen=True)
class Wanted:
    """What to list: one desk (id of a provider), one state or `open`, `te_laat` or `alle`."""

    desk: str | None = None
    status: str = ALL_OPEN
    gemeente: str | None = None


@dataclass(frozen=True)
class Row:
    """A request in the list, without its contact detail and without what the citizen asked."""

    reference: str
    status: str
    gemeente: str
    service: str
    desk: str
    urgency: str | None
    created_at: datetime
    due_at: datetime | None
    closed_at: datetime | None
    late: bool


@dataclass(frozen=True)
class Listed:
    """One page of the list, and how many requests there are on all pages."""

    rows: Sequence[Row]
    count: int


@dataclass(frozen=True)
class Desk:
    """A desk with the number of its open requests, and of those that are late."""

    id: str
    name: str
    waiting: int
    late: int


@dataclass(frozen=True)
class Unsent:
    """A message that waits or was given up, with the desk that should have it."""

    reference: str
    gemeente: str
    desk: str
    about: str
    kind: str
    status: str
    attempts: int
    error: str | None
    created_at: datetime
    next_attempt_at: datetime


def listed(
    session: Session, wanted: Wanted, gemeenten: Gemeenten, moment: datetime, page: int = 1
) -> Listed:
    """One page of requests: what is late first, then by the day that they are due.

    Args:
        page: from 1.

    Raises:
        ValueError: a state that cannot be asked for.
    """
    conditions = _conditions(wanted, gemeenten, moment)
    late = _is_late(moment)
    query = (
        _joined(
            sa.select(
                Referral.reference,
                Referral.status,
                Referral.gemeente,
                sa.func.coalesce(Service.name, Referral.service_id).label("service"),
                sa.func.coalesce(Provider.name, "").label("desk"),
                Referral.urgency,
                Referral.created_at,
                Referral.due_at,
                Referral.closed_at,
                late.label("late"),
            )
        )
        .where(*conditions)
        .order_by(
            sa.case((late, 0), (Referral.status.in_(life.OPEN), 1), else_=2),
            sa.case((Referral.due_at.is_(None), 1), else_=0),
            Referral.due_at,
            Referral.reference,
        )
        .limit(PAGE_SIZE)
        .offset((page - 1) * PAGE_SIZE)
    )
    count = session.execute(_joined(sa.select(sa.func.count())).where(*conditions)).scalar_one()
    rows = [Row(**{**row._mapping, "late": bool(row.late)}) for row in session.execute(query)]
    return Listed(rows, count)


def desks(session: Session, gemeenten: Gemeenten, moment: datetime) -> list[Desk]:
    """The desks that have requests of these gemeenten, by name; "" is a desk that is gone."""
    is_open = sa.case((Referral.status.in_(life.OPEN), 1), else_=0)
    name = sa.func.coalesce(Provider.name, "")
    identity = sa.func.coalesce(Provider.id, "")
    query = (
        _joined(
            sa.select(
                identity,
                name,
                sa.func.sum(is_open),
                sa.func.sum(sa.case((_is_late(moment), 1), else_=0)),
            )
        )
        .where(_own(gemeenten))
        .group_by(identity, name)
        .order_by(name, identity)
    )
    return [Desk(*row) for row in session.execute(query)]


def gemeenten_with_requests(session: Session, gemeenten: Gemeenten) -> list[str]:
    """The gemeenten that there are requests of, by name."""
    query = sa.select(Referral.gemeente).where(_own(gemeenten)).distinct()
    return sorted(session.execute(query).scalars())


def find(session: Session, reference: str, gemeenten: Gemeenten) -> Referral:
    """The request with this reference.

    Raises:
        life.UnknownReferral: there is none, or it is of another gemeente; nobody can tell which.
    """
    query = sa.select(Referral).where(Referral.reference == reference, _own(gemeenten))
    found = session.execute(query).scalar()
    if found is None:
        raise life.UnknownReferral(f"Aanvraag {reference} bestaat niet (meer).")
    return found


def is_late(referral: Referral, moment: datetime) -> bool:
    """Whether the citizen still waits for an adviser, and the term is over."""
    waits = referral.status in life.WAITING and referral.due_at is not None
    return bool(waits and referral.due_at < moment)


def unsent(session: Session, gemeenten: Gemeenten) -> list[Unsent]:
    """What waits or was given up, the given up first, then the oldest; at most `MOST_UNSENT`."""
    query = (
        _joined(
            sa.select(
                Handover.reference,
                Referral.gemeente,
                sa.func.coalesce(Provider.name, "").label("desk"),
                Handover.about,
                Handover.kind,
                Handover.status,
                Handover.attempts,
                Handover.last_error.label("error"),
                Handover.created_at,
                Handover.next_attempt_at,
            ),
            Handover.__table__.join(Referral, Referral.reference == Handover.reference),
        )
        .where(Handover.status.in_((outbox.WAITING, outbox.DEAD)), _own(gemeenten))
        .order_by(sa.case((Handover.status == outbox.DEAD, 0), else_=1), Handover.id)
        .limit(MOST_UNSENT)
    )
    return [Unsent(**row._mapping) for row in session.execute(query)]


def revive(session: Session, reference: str, gemeenten: Gemeenten, moment: datetime) -> int:
    """Lets what was given up for a request be tried anew; how many messages.

    Raises:
        life.UnknownReferral: there is none, or it is of another gemeente.
    """
    find(session, reference, gemeenten)
    return outbox.revive(session, reference, moment)


def _joined(query: Any, source: Any = Referral) -> Any:
    return (
        query.select_from(source)
        .outerjoin(Service, Service.id == Referral.service_id)
        .outerjoin(Provider, Provider.id == Service.provider_id)
    )


def _own(gemeenten: Gemeenten) -> Any:
    return sa.true() if gemeenten is None else Referral.gemeente.in_(sorted(gemeenten))


def _is_late(moment: datetime) -> Any:
    return sa.and_(Referral.status.in_(life.WAITING), Referral.due_at < moment)


def _conditions(wanted: Wanted, gemeenten: Gemeenten, moment: datetime) -> list[Any]:
    if wanted.status not in FILTERS:
        raise ValueError(wanted.status)
    found = [_own(gemeenten)]
    if wanted.desk is not None:
        found.append(sa.func.coalesce(Provider.id, "") == wanted.desk)
    if wanted.gemeente:
        found.append(Referral.gemeente == wanted.gemeente)
    if wanted.status == ALL_OPEN:
        found.append(Referral.status.in_(life.OPEN))
    elif wanted.status == LATE:
        found.append(_is_late(moment))
    elif wanted.status != ALL:
        found.append(Referral.status == wanted.status)
    return found
