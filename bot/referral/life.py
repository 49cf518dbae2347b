"""The life of a referral: its states, who changed them, and what happens when nobody does.

A request is `ontvangen` until an adviser takes it (`in_behandeling`) and speaks with the citizen
(`contact_gelegd`). It ends as `afgerond` or `ingetrokken`. `geen_contact` is no end: someone who
could not be reached can still mend their number, and is tried again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.database import now
from bot.referral.model import Referral, ReferralEvent
from bot.referral.terms import read_terms

logger = logging.getLogger(__name__)

RECEIVED, IN_HAND, CONTACT = "ontvangen", "in_behandeling", "contact_gelegd"
DONE, NO_CONTACT, WITHDRAWN = "afgerond", "geen_contact", "ingetrokken"
ALLOWED: Mapping[str, tuple[str, ...]] = {
    RECEIVED: (IN_HAND, CONTACT, NO_CONTACT, DONE, WITHDRAWN),
    IN_HAND: (CONTACT, NO_CONTACT, DONE, WITHDRAWN),
    CONTACT: (DONE, WITHDRAWN),
    NO_CONTACT: (RECEIVED, IN_HAND, CONTACT, DONE, WITHDRAWN),
    DONE: (),
    WITHDRAWN: (),
}
STATES = tuple(ALLOWED)
OPEN = tuple(status for status, following in ALLOWED.items() if following)
# In these states the citizen waits for an adviser: only then a term runs.
WAITING = (RECEIVED, IN_HAND)
CITIZEN, SYSTEM = "inwoner", "systeem"
LONGEST_NAME = 80
REMINDED, OVERDUE = "herinnering gestuurd", "te laat: niemand nam op tijd contact op"

# Tells the desk: the session, the referral, and what about ('nieuw', 'ingetrokken', 'gewijzigd',
# 'herinnering'). It writes in the same transaction, so that neither happens without the other.
Tell = Callable[[Session, Referral, str], object]


class ReferralError(Exception):
    """Something that cannot be done with a referral; the message (Dutch) says why."""


class UnknownReferral(ReferralError):
    """There is no referral with this reference (any more)."""


class WrongTransition(ReferralError):
    """A state that does not exist, or that cannot follow the present one."""


class Closed(ReferralError):
    """The referral has ended, so nothing about it changes any more."""


@dataclass(frozen=True)
class Followed:
    """How many desks were reminded, and how many requests turned out to be late."""

    reminded: int = 0
    escalated: int = 0


def tell_desk(session: Session, referral: Referral, about: str) -> None:
    """Puts a message for the desk in the outbox."""
    # The outbox knows the file of a referral, and the file knows its life.
    from bot.referral.outbox import enqueue

    enqueue(session, referral, about)


def start(session: Session, referral: Referral) -> None:
    """The begin of a new referral: when an adviser is due to get in touch, and the first event.

    The term is that of `referral.urgency` in data/referral/terms.yml.
    """
    referral.due_at = read_terms().due_at(referral.created_at, referral.urgency)
    session.flush()
    note_event(session, referral, CITIZEN, at=referral.created_at)


def change(
    session: Session,
    referral: Referral,
    status: str,
    by: str,
    note: str | None = None,
    *,
    moment: datetime | None = None,
) -> None:
    """Brings a referral into another state, and writes down who did it.

    Safe when two people do it at once: the second one is judged by what the first one made of it.
    Withdrawn, its contact detail is overwritten. Received again, its term starts anew.

    Args:
        by: name of who did it, at most 80 characters.
        note: why, as staff may read it; never shown to the citizen.

    Raises:
        WrongTransition: the state does not exist, or cannot follow the present one.
        ReferralError: nobody is named.
    """
    if status not in ALLOWED:
        raise WrongTransition(f"'{status}' is geen status. Kies uit: {', '.join(STATES)}.")
    if not by.strip() or len(by) > LONGEST_NAME:
        raise ReferralError(f"Zeg wie dit doet, in hoogstens {LONGEST_NAME} tekens.")
    moment = moment or now()
    values: dict[str, Any] = {"status": status}
    if not ALLOWED[status]:
        values["closed_at"] = moment
    if status == WITHDRAWN:
        values["contact"] = b""
    if status == RECEIVED:
        due_at = read_terms().due_at(moment, referral.urgency)
        values |= {"due_at": due_at, "reminded_at": None, "escalated_at": None}
    before = tuple(old for old, following in ALLOWED.items() if status in following)
    if not update_if(session, referral, values, Referral.status.in_(before)):
        following = ", ".join(ALLOWED.get(referral.status, ())) or "niets meer"
        raise WrongTransition(
            f"Aanvraag {referral.reference} is '{referral.status}' en kan niet '{status}' worden. "
            f"Wat wel kan: {following}."
        )
    note_event(session, referral, by.strip(), note, at=moment)


def remind_and_escalate(session: Session, moment: datetime, tell: Tell = tell_desk) -> Followed:
    """What the periodic worker does: reminds desks in time, and puts on record what is late.

    Each happens once per term, also when two processes run this: who sets the mark does the work,
    in the same transaction. A request that has ended, or whose citizen was reached, is left alone.
    """
    terms = read_terms()
    query = (
        sa.select(Referral)
        .where(
            Referral.status.in_(WAITING),
            Referral.due_at <= terms.latest_due(moment),
            sa.or_(Referral.reminded_at.is_(None), Referral.escalated_at.is_(None)),
        )
        .order_by(Referral.due_at)
    )
    reminded = escalated = 0
    for referral in list(session.execute(query).scalars()):
        due_at, urgency = referral.due_at, referral.urgency
        if terms.remind_at(due_at, urgency) <= moment and _mark(
            session, referral, "reminded_at", due_at, moment
        ):
            note_event(session, referral, SYSTEM, REMINDED, at=moment)
            tell(session, referral, "herinnering")
            reminded += 1
        if terms.escalate_at(due_at, urgency) <= moment and _mark(
            session, referral, "escalated_at", due_at, moment
        ):
            note_event(session, referral, SYSTEM, OVERDUE, at=moment)
            logger.warning(
                "referral %s for %s is late: due %s",
                referral.reference,
                referral.service_id,
                due_at.isoformat(),
            )
            escalated += 1
    return Followed(reminded, escalated)


def note_event(
    session: Session,
    referral: Referral,
    by: str,
    note: str | None = None,
    *,
    at: datetime | None = None,
) -> None:
    """Writes down a step: the state that the referral is in, when, and by whom."""
    referral.events.append(
        ReferralEvent(status=referral.status, at=at or now(), by=by, note=note or None)
    )
    session.flush()


def update_if(
    session: Session, referral: Referral, values: Mapping[str, Any], condition: Any
) -> bool:
    """Writes these values if the condition holds in the database itself; whether it did.

    Two processes never both succeed where the condition excludes it. The referral is up to date
    afterwards, either way.

    Raises:
        UnknownReferral: it has been erased in the meantime.
    """
    reference = referral.reference
    session.flush()
    changed = session.execute(
        sa.update(Referral)
        .where(Referral.reference == reference, condition)
        .values(dict(values))
        .execution_options(synchronize_session=False)
    ).rowcount
    present = sa.select(Referral).where(Referral.reference == reference)
    if session.execute(present.execution_options(populate_existing=True)).scalar() is None:
        raise UnknownReferral(f"Aanvraag {reference} bestaat niet (meer).")
    return bool(changed)


def _mark(
    session: Session, referral: Referral, name: str, due_at: datetime, moment: datetime
) -> bool:
    """Sets a mark of this term; False when another process did, or it no longer applies."""
    column = getattr(Referral, name)
    free = sa.and_(column.is_(None), Referral.due_at == due_at, Referral.status.in_(WAITING))
    return update_if(session, referral, {name: moment}, free)
