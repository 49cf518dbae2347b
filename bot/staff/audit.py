"""The audit log: who did what, when, to whom and why. Entries are added, never changed.

The database itself refuses UPDATE and DELETE on `audit_entry` (migration 0007). The one way out is
`purge`, that opens the log for entries past their term by a row in `audit_term`, within one
transaction.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.database import now
from bot.staff.accounts import Person, every
from bot.staff.model import AuditEntry, AuditTerm, Staff

NOBODY = "niet aangemeld"
COMMAND_LINE = "opdrachtregel"
LONGEST_SUBJECT = 160
LONGEST_REASON = 1000
PER_PAGE = 50
AMSTERDAM = ZoneInfo("Europe/Amsterdam")
# What people read for an action; one that is not here is shown as it is stored.
ACTIONS: Mapping[str, str] = {
    "login": "aangemeld",
    "login_failed": "aanmelden mislukt",
    "logout": "afgemeld",
    "enrolled": "account in gebruik genomen",
    "password_changed": "wachtwoord veranderd",
    "second_factor_changed": "authenticator ingesteld",
    "recovery_codes_made": "nieuwe herstelcodes gemaakt",
    "recovery_code_used": "herstelcode gebruikt",
    "code_reused": "gebruikte code nog een keer ingevuld",
    "session_ended": "sessie beëindigd",
    "staff_added": "account gemaakt",
    "staff_changed": "account veranderd",
    "staff_disabled": "account uitgezet",
    "staff_enabled": "account aangezet",
    "staff_link": "nieuwe link gemaakt",
    "audit_searched": "logboek bekeken",
    "conversation_opened": "gesprek geopend",
    "referral_opened": "aanvraag geopend",
    "referral_changed": "stand van aanvraag veranderd",
    "contact_revealed": "contactgegevens bekeken",
    "delivery_revived": "bericht opnieuw verstuurd",
    "exported": "gegevens uitgevoerd",
    "erased": "gegevens gewist",
    "preserved": "langer bewaard",
    "released": "weer vrijgegeven",
    "kept_viewed": "bewaarde gegevens bekeken",
}


def record(
    session: Session,
    person: Person | None,
    action: str,
    subject: str,
    reason: str | None = None,
    *,
    gemeente: str | None = None,
    who: str = NOBODY,
) -> None:
    """Adds an entry, in the transaction of what it is about: both happen or neither.

    Args:
        person: who did it; None where nobody was logged in, and then `who` says what did it.
        action: one of `ACTIONS`, or a word of a section's own.
        subject: what it was done to, as kind and id: "gesprek 3f2a", "aanvraag ABC-123". Never a
            name, an address or a text of a citizen.
        reason: why, in the words of the person.
        gemeente: whose data it was; its own privacy officer finds the entry by it. Without it, that
            of the person, where the person is of one gemeente.
    """
    if gemeente is None and person is not None and person.gemeenten and len(person.gemeenten) == 1:
        (gemeente,) = person.gemeenten
    session.add(
        AuditEntry(
            at=now(),
            staff_id=person and person.id,
            who=person.name if person else who,
            action=action,
            subject=subject[:LONGEST_SUBJECT],
            gemeente=gemeente,
            reason=reason and reason[:LONGEST_REASON],
        )
    )


@dataclass(frozen=True)
class AuditFilter:
    """What to look for; empty fields do not narrow. Days are those of the Netherlands."""

    staff_id: int | None = None
    action: str = ""
    subject: str = ""
    reason: str = ""
    gemeente: str = ""
    since: date | None = None
    until: date | None = None

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> AuditFilter:
        """The filter that an address holds; what is not understood is left out."""
        return cls(
            staff_id=_whole(query.get("wie", "")),
            action=query.get("wat", ""),
            subject=query.get("onderwerp", "").strip(),
            reason=query.get("reden", "").strip(),
            gemeente=query.get("gemeente", ""),
            since=_day(query.get("van", "")),
            until=_day(query.get("tot", "")),
        )

    def as_query(self) -> dict[str, str]:
        """The filter as it stands in an address."""
        found = {
            "wie": self.staff_id,
            "wat": self.action,
            "onderwerp": self.subject,
            "reden": self.reason,
            "gemeente": self.gemeente,
            "van": self.since,
            "tot": self.until,
        }
        return {name: str(value) for name, value in found.items() if value}


def search(
    session: Session,
    wanted: AuditFilter,
    gemeenten: frozenset[str] | None,
    page: int = 1,
) -> tuple[list[AuditEntry], int]:
    """One page of entries, the newest first, and how many there are in all."""
    query = _query(session, wanted, gemeenten)
    total = session.execute(sa.select(sa.func.count()).select_from(query.subquery())).scalar_one()
    start = (max(page, 1) - 1) * PER_PAGE
    rows = session.execute(
        query.order_by(AuditEntry.id.desc()).limit(PER_PAGE).offset(start)
    ).scalars()
    return list(rows), total


def stream(
    session: Session, wanted: AuditFilter, gemeenten: frozenset[str] | None, batch: int = 1000
) -> Iterator[AuditEntry]:
    """All entries that match, the newest first, read in batches so that any number is fine."""
    query = _query(session, wanted, gemeenten).order_by(AuditEntry.id.desc()).limit(batch)
    last: int | None = None
    while True:
        part = query if last is None else query.where(AuditEntry.id < last)
        rows = session.execute(part).scalars().all()
        yield from rows
        if len(rows) < batch:
            return
        last = rows[-1].id
        session.expunge_all()


def people(session: Session, gemeenten: frozenset[str] | None) -> list[Staff]:
    """Who can be chosen in the filter."""
    return every(session, gemeenten)


def purge(session: Session, days: int, moment: datetime | None = None) -> int:
    """Removes the entries of more than this many days ago; how many."""
    before = (moment or now()) - timedelta(days=days)
    session.add(AuditTerm(before=before))
    session.flush()
    done = session.execute(sa.delete(AuditEntry).where(AuditEntry.at < before))
    session.execute(sa.delete(AuditTerm))
    return int(done.rowcount)


def _query(
    session: Session, wanted: AuditFilter, gemeenten: frozenset[str] | None
) -> sa.sql.Select:
    query = sa.select(AuditEntry)
    if gemeenten is not None:
        # Also what colleagues of only these gemeenten did that has no gemeente, such as logging in.
        own = [row.id for row in every(session, gemeenten)]
        query = query.where(
            sa.or_(
                AuditEntry.gemeente.in_(sorted(gemeenten)),
                sa.and_(AuditEntry.gemeente.is_(None), AuditEntry.staff_id.in_(own)),
            )
        )
    if wanted.staff_id is not None:
        query = query.where(AuditEntry.staff_id == wanted.staff_id)
    if wanted.action:
        query = query.where(AuditEntry.action == wanted.action)
    if wanted.gemeente:
        query = query.where(AuditEntry.gemeente == wanted.gemeente)
    if wanted.subject:
        query = query.where(AuditEntry.subject.contains(wanted.subject, autoescape=True))
    if wanted.reason:
        query = query.where(AuditEntry.reason.contains(wanted.reason, autoescape=True))
    if wanted.since:
        query = query.where(AuditEntry.at >= _midnight(wanted.since))
    if wanted.until and wanted.until < date.max:
        query = query.where(AuditEntry.at < _midnight(wanted.until + timedelta(days=1)))
    return query


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), AMSTERDAM)


def _day(text: str) -> date | None:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    # Nothing is from before the product, and the first and last years have no midnight in UTC.
    return found if 2000 <= found.year <= 2999 else None


def _whole(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
