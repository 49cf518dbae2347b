"""What may not go yet: kept past its term, and against a request, for a reason that is on record.

AVG art. 17 lid 3 names when erasing may wait: a duty of the law, or a claim at law. A complaint of
the citizen is kept for their own sake. Nothing is kept this way for ever: see `MOST_DAYS`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.database import now
from bot.dutch import date_in_words
from bot.privacy.erasure_model import Preservation
from bot.referral.calendar import local_day
from bot.staff import audit
from bot.staff.accounts import Person

# What the citizen hears after "omdat".
GROUNDS: Mapping[str, str] = {
    "klacht": "er een klacht over loopt",
    "juridisch": "het nodig is voor een rechtszaak of een bezwaar",
    "wet": "een wet dat voorschrijft",
    "onderzoek": "er onderzoek loopt naar misbruik of een datalek",
}
# A choice: a complaint or objection is mostly done within a year. Longer is a new decision.
MOST_DAYS = 365
SHORTEST_REASON, LONGEST_REASON = 10, 500


class Preserved(Exception):
    """It may not go yet; the message (Dutch) says so to whoever asked for it."""


class WrongPreservation(ValueError):
    """Something is missing or too long; the message (Dutch) says what.

    Args:
        field: of the form: `grond`, `waarom` or `dagen`.
    """

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


def preserve(
    session: Session,
    person: Person,
    kind: str,
    subject: str,
    *,
    ground: str,
    reason: str,
    days: int,
    gemeente: str | None,
) -> Preservation:
    """Keeps a conversation or request for so many days; done again, the new decision counts.

    Args:
        kind: `kept.CONVERSATION` or `kept.REFERRAL`; `subject` its id or reference.
        ground: one of `GROUNDS`; the citizen hears it.
        reason: for staff, also in the audit log.

    Raises:
        WrongPreservation: no such ground, no reason, or not 1 to `MOST_DAYS` days.
    """
    if ground not in GROUNDS:
        raise WrongPreservation("grond", "Kies waarom het bewaard moet blijven.")
    if not SHORTEST_REASON <= len(reason) <= LONGEST_REASON:
        raise WrongPreservation(
            "waarom",
            f"Schrijf in {SHORTEST_REASON} tot {LONGEST_REASON} tekens wat er speelt.",
        )
    if not 1 <= days <= MOST_DAYS:
        raise WrongPreservation(
            "dagen", f"Kies 1 tot {MOST_DAYS} dagen. Langer? Besluit dan later opnieuw."
        )
    moment = now()
    session.execute(sa.delete(Preservation).where(_about(kind, subject)))
    made = Preservation(
        kind=kind,
        subject=subject,
        ground=ground,
        reason=reason,
        until=moment + timedelta(days=days),
        by_id=person.id,
        by=person.name,
        at=moment,
    )
    session.add(made)
    session.flush()
    audit.record(
        session,
        person,
        "preserved",
        f"{kind} {subject}",
        f"{ground}, tot {made.until:%Y-%m-%d}: {reason}",
        gemeente=gemeente,
    )
    return made


def release(
    session: Session,
    person: Person,
    kind: str,
    subject: str,
    reason: str,
    gemeente: str | None,
) -> bool:
    """Lets it go with its term again; whether it was kept."""
    done = session.execute(sa.delete(Preservation).where(_about(kind, subject))).rowcount
    if done:
        audit.record(session, person, "released", f"{kind} {subject}", reason, gemeente=gemeente)
    return bool(done)


def find(session: Session, kind: str, subject: str) -> Preservation | None:
    """The decision to keep it, if there is one that still counts."""
    query = sa.select(Preservation).where(_about(kind, subject), Preservation.until > now())
    found: Preservation | None = session.execute(query).scalar()
    return found


def refuse(session: Session, kind: str, subject: str) -> None:
    """Goes on when it may go.

    Raises:
        Preserved: it may not.
    """
    kept = find(session, kind, subject)
    if kept is not None:
        raise Preserved(in_words(kept))


def in_words(kept: Preservation) -> str:
    """What the citizen hears (AVG art. 12 lid 4: why not, and where to complain)."""
    what = "Dit gesprek" if kept.kind == "gesprek" else f"Aanvraag {kept.subject}"
    return (
        f"{what} kan nu niet weg, omdat {GROUNDS[kept.ground]}. Het blijft hoogstens bewaard tot "
        f"{date_in_words(local_day(kept.until))}. Daarna gaat het vanzelf weg. Ben je het er niet "
        "mee eens? Vraag het aan de functionaris gegevensbescherming van je gemeente. Je kunt ook "
        "een klacht indienen bij de Autoriteit Persoonsgegevens."
    )


def is_kept(kind: str, column: Any, moment: datetime) -> Any:
    """The condition that a row with this id or reference in `column` is kept."""
    return (
        sa.select(Preservation.id)
        .where(
            Preservation.kind == kind,
            Preservation.subject == column,
            Preservation.until > moment,
        )
        .exists()
    )


def purge(session: Session, moment: datetime) -> int:
    """Forgets decisions that are over; how many."""
    old = sa.delete(Preservation).where(Preservation.until <= moment)
    return int(session.execute(old.execution_options(synchronize_session=False)).rowcount)


def _about(kind: str, subject: str) -> Any:
    return sa.and_(Preservation.kind == kind, Preservation.subject == subject)
