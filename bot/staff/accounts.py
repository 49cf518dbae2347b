"""Accounts: who the staff are, what they may do, and for which gemeenten."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.database import now
from bot.staff import sessions
from bot.staff.model import OWN_ISSUER, RecoveryCode, Staff
from bot.staff.once import insert_once
from bot.staff.passwords import hash_password
from bot.staff.roles import ROLES, Right
from bot.staff.tokens import hashed, new_token

# A choice: long enough for a colleague who is off for a few days.
ENROL_TERM = timedelta(days=3)
EMAIL = re.compile(r"[^@\s<>\x00-\x1f]{1,64}@[^@\s<>\x00-\x1f]{1,189}")
LONGEST_NAME = 120


class StaffError(Exception):
    """Something about an account that is not possible; the message (Dutch) says why.

    Args:
        field: which field of a form it is about, where it is about one.
    """

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True)
class Person:
    """Someone of the staff. `gemeenten` None: all gemeenten."""

    id: int
    name: str
    email: str
    roles: frozenset[str]
    gemeenten: frozenset[str] | None

    def may(self, right: Right) -> bool:
        """Whether one of the roles has the right; a role that no longer exists has none."""
        return any(right in ROLES.get(role, ()) for role in self.roles)

    def sees(self, gemeenten: Collection[str] | None) -> bool:
        """Whether all of these gemeenten (None: all there are) are this person's."""
        if self.gemeenten is None:
            return True
        return gemeenten is not None and self.gemeenten.issuperset(gemeenten)


def as_person(row: Staff) -> Person:
    """The account as the rest of the console knows it."""
    gemeenten = None if row.gemeenten is None else frozenset(row.gemeenten)
    return Person(row.id, row.name, row.email, frozenset(row.roles), gemeenten)


def add(
    session: Session,
    *,
    email: str,
    name: str,
    roles: Collection[str],
    gemeenten: Collection[str] | None = None,
) -> Staff:
    """A new account of our own, that nobody can log in with before `enrolment_link`.

    Raises:
        StaffError: a field is wrong, or there is an account with this address.
    """
    email = email.strip()
    if not EMAIL.fullmatch(email):
        raise StaffError("Vul een e-mailadres in, zoals naam@gemeente.nl.", "email")
    values = {
        "issuer": OWN_ISSUER,
        "subject": email.casefold(),
        "email": email,
        "name": _checked_name(name),
        "roles": _checked_roles(roles),
        "gemeenten": _checked_gemeenten(gemeenten),
        "created_at": now(),
    }
    is_new = insert_once(session, Staff, values)
    row = find_own(session, email)
    if not is_new or row is None:
        raise StaffError("Er is al een account met dit e-mailadres.", "email")
    return row


def change(
    session: Session,
    row: Staff,
    *,
    name: str,
    roles: Collection[str],
    gemeenten: Collection[str] | None,
) -> bool:
    """Changes an account; True when what someone may do changed, which ends all their sessions.

    Raises:
        StaffError: a field is wrong.
    """
    row.name = _checked_name(name)
    before = as_person(row)
    row.roles, row.gemeenten = _checked_roles(roles), _checked_gemeenten(gemeenten)
    after = as_person(row)
    changed = (before.roles, before.gemeenten) != (after.roles, after.gemeenten)
    if changed:
        sessions.end_all(session, row.id)
    return changed


def disable(session: Session, row: Staff) -> None:
    """Lets someone no longer in, ends all their sessions, and makes a waiting link worthless."""
    row.disabled_at = row.disabled_at or now()
    row.enrol_hash = row.enrol_expires_at = None
    sessions.end_all(session, row.id)


def enable(row: Staff) -> None:
    """Lets someone in again, with the password and second factor of before."""
    row.disabled_at = None


def enrolment_token(row: Staff) -> str:
    """A token to choose a password and second factor with, once; an earlier one ends.

    Only its hash is kept, so this is the only time that it can be shown.

    Raises:
        StaffError: the account is disabled, or its password is somewhere else.
    """
    if row.disabled_at is not None:
        raise StaffError("Dit account is uitgezet. Zet het eerst weer aan.")
    if row.issuer != OWN_ISSUER:
        raise StaffError("Deze collega logt in met een account van de gemeente.")
    token = new_token()
    row.enrol_hash, row.enrol_expires_at = hashed(token), now() + ENROL_TERM
    return token


def find_enrolment(session: Session, token: str, moment: datetime | None = None) -> Staff | None:
    """The account that this token is for, while it can be used."""
    row = session.execute(
        sa.select(Staff).where(Staff.enrol_hash == hashed(token), Staff.disabled_at.is_(None))
    ).scalar_one_or_none()
    if row is None or row.enrol_expires_at <= (moment or now()):
        return None
    return row


def enrol(session: Session, row: Staff, token: str, password: str) -> bool:
    """Uses the token: sets the password, takes away the old second factor, ends all sessions.

    False when somebody else used the token in the meantime. The password has been checked.
    """
    done = session.execute(
        sa.update(Staff)
        .where(Staff.id == row.id, Staff.enrol_hash == hashed(token))
        .values(
            enrol_hash=None,
            enrol_expires_at=None,
            password_hash=hash_password(password),
            totp_secret=None,
            totp_step=None,
        )
        .execution_options(synchronize_session="fetch")
    )
    if done.rowcount != 1:
        return False
    session.execute(sa.delete(RecoveryCode).where(RecoveryCode.staff_id == row.id))
    sessions.end_all(session, row.id)
    return True


def set_password(session: Session, row: Staff, password: str) -> None:
    """Changes the password, which has been checked, and ends all sessions."""
    row.password_hash = hash_password(password)
    sessions.end_all(session, row.id)


def find(session: Session, staff_id: int) -> Staff | None:
    """The account with this number."""
    return session.get(Staff, staff_id)


def find_own(session: Session, email: str) -> Staff | None:
    """The account of our own with this address, in whatever case it was typed."""
    return session.execute(
        sa.select(Staff).where(
            Staff.issuer == OWN_ISSUER, Staff.subject == email.strip().casefold()
        )
    ).scalar_one_or_none()


def named(session: Session, email: str) -> list[Staff]:
    """The accounts with this address, our own first.

    Raises:
        StaffError: there is none.
    """
    wanted = email.strip().casefold()
    rows = session.execute(sa.select(Staff).order_by(Staff.issuer, Staff.id)).scalars()
    found = [row for row in rows if row.email.casefold() == wanted]
    if not found:
        raise StaffError("Er is geen account met dit e-mailadres.", "email")
    return found


def every(session: Session, gemeenten: frozenset[str] | None = None) -> list[Staff]:
    """All accounts whose gemeenten are all among these (None: all accounts), by name."""
    rows = session.execute(sa.select(Staff).order_by(Staff.name, Staff.id)).scalars()
    viewer = Person(0, "", "", frozenset(), gemeenten)
    return [row for row in rows if viewer.sees(row.gemeenten)]


def _checked_name(name: str) -> str:
    name = " ".join(name.split())
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise StaffError(f"Vul een naam in van hoogstens {LONGEST_NAME} tekens.", "name")
    return name


def _checked_roles(roles: Collection[str]) -> list[str]:
    unknown = sorted(set(roles) - set(ROLES))
    if unknown or not roles:
        raise StaffError(f"Kies een of meer rollen uit: {', '.join(ROLES)}.", "roles")
    return [role for role in ROLES if role in roles]


def _checked_gemeenten(gemeenten: Collection[str] | None) -> list[str] | None:
    if gemeenten is None:
        return None
    names = sorted({" ".join(name.split()) for name in gemeenten} - {""})
    if not names or any(len(name) > 80 or not name.isprintable() for name in names):
        raise StaffError("Noem een of meer gemeenten, of kies alle gemeenten.", "gemeenten")
    return names
