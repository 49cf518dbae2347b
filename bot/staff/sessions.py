"""Sessions on the server: what a token in a browser stands for, and until when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.database import now
from bot.settings import Settings
from bot.staff.model import Staff, StaffSession
from bot.staff.tokens import hashed, new_token

CODE, ENROL, FULL = "code", "enrol", "full"
# Half-way through logging in nobody needs the term of a working day.
LOGIN_TERM = timedelta(minutes=15)
# `last_seen_at` is written at most this often, so that reading pages hardly writes.
SEEN_EVERY = timedelta(minutes=1)
LONGEST_BROWSER = 80


@dataclass(frozen=True)
class Terms:
    """How long a session lasts: without anything asked, and at the most.

    30 minutes and 12 hours are the most that NIST 800-63B, revision 3, 4.2.3 (AAL2) allows.
    """

    idle: timedelta = timedelta(minutes=30)
    absolute: timedelta = timedelta(hours=12)


def terms(settings: Settings) -> Terms:
    """How long sessions last in this installation."""
    return Terms(
        idle=timedelta(minutes=settings.console_idle_minutes),
        absolute=timedelta(hours=settings.console_session_hours),
    )


def start(session: Session, staff_id: int, stage: str, browser: str = "") -> str:
    """A new session; its token, that is nowhere else."""
    token, moment = new_token(), now()
    session.add(
        StaffSession(
            staff_id=staff_id,
            token_hash=hashed(token),
            stage=stage,
            browser=browser[:LONGEST_BROWSER],
            created_at=moment,
            last_seen_at=moment,
        )
    )
    return token


def find(
    session: Session, token: str, terms: Terms, moment: datetime | None = None
) -> tuple[StaffSession, Staff] | None:
    """The session of this token with its account, while both are good; it counts as seen."""
    moment = moment or now()
    found = session.execute(
        sa.select(StaffSession, Staff)
        .join(Staff, Staff.id == StaffSession.staff_id)
        .where(StaffSession.token_hash == hashed(token), Staff.disabled_at.is_(None))
    ).one_or_none()
    if found is None or _is_over(found[0], terms, moment):
        return None
    row, staff = found
    if moment - row.last_seen_at >= SEEN_EVERY:
        row.last_seen_at = moment
    return row, staff


def _is_over(row: StaffSession, terms: Terms, moment: datetime) -> bool:
    absolute = terms.absolute if row.stage == FULL else min(terms.absolute, LOGIN_TERM)
    over: bool = moment - row.created_at >= absolute or moment - row.last_seen_at >= terms.idle
    return over


def of_staff(
    session: Session, staff_id: int, terms: Terms, moment: datetime | None = None
) -> list[StaffSession]:
    """The sessions of someone who is logged in, the latest first."""
    moment = moment or now()
    rows = session.execute(
        sa.select(StaffSession)
        .where(StaffSession.staff_id == staff_id, StaffSession.stage == FULL)
        .order_by(StaffSession.last_seen_at.desc(), StaffSession.id.desc())
    ).scalars()
    return [row for row in rows if not _is_over(row, terms, moment)]


def end(session: Session, token: str) -> None:
    """Ends the session of this token, if there is one."""
    session.execute(sa.delete(StaffSession).where(StaffSession.token_hash == hashed(token)))


def end_one(session: Session, staff_id: int, session_id: int) -> bool:
    """Ends one session of someone; False when that person has no such session."""
    done = session.execute(
        sa.delete(StaffSession).where(
            StaffSession.id == session_id, StaffSession.staff_id == staff_id
        )
    )
    return bool(done.rowcount)


def end_all(session: Session, staff_id: int) -> None:
    """Ends everything that someone is logged in with."""
    session.execute(sa.delete(StaffSession).where(StaffSession.staff_id == staff_id))


def purge(session: Session, terms: Terms, moment: datetime | None = None) -> int:
    """Removes the sessions that are over; how many."""
    moment = moment or now()
    done = session.execute(
        sa.delete(StaffSession).where(
            sa.or_(
                StaffSession.last_seen_at <= moment - terms.idle,
                StaffSession.created_at <= moment - terms.absolute,
            )
        )
    )
    return int(done.rowcount)
