"""Accounts of a provider of OpenID Connect: who gets in, with which roles, for which gemeenten."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.database import now
from bot.staff import accounts, audit, sessions
from bot.staff.accounts import LONGEST_NAME, as_person
from bot.staff.model import Staff
from bot.staff.once import insert_once
from bot.staff.roles import ROLES

# What a mapping says of someone who works for all gemeenten.
ALL_GEMEENTEN = "alle"
LONGEST_EMAIL = 254


class NotAdmitted(Exception):
    """The provider knows this person, but there is nothing here for them to do."""


@dataclass(frozen=True)
class Rules:
    """What the claims of a provider mean here.

    Args:
        roles_claim: where the roles are; dots go into objects (`realm_access.roles`).
        roles: their name of a role or group -> ours.
        gemeenten_claim: where the gemeenten are; empty: everyone works for all of them.
        gemeenten: their name or code of a gemeente -> ours; empty: they use our names.
    """

    roles_claim: str
    roles: Mapping[str, str]
    gemeenten_claim: str = ""
    gemeenten: Mapping[str, str] | None = None

    def roles_of(self, claims: Mapping[str, Any]) -> set[str]:
        """The roles that we know among those of the claims."""
        found = {self.roles.get(value, "") for value in _values(claims, self.roles_claim)}
        return found.intersection(ROLES)

    def gemeenten_of(self, claims: Mapping[str, Any]) -> set[str] | None:
        """The gemeenten of the claims; None for all."""
        if not self.gemeenten_claim:
            return None
        values = _values(claims, self.gemeenten_claim)
        known = self.gemeenten
        found = {known[v] for v in values if v in known} if known else set(values)
        return None if known and ALL_GEMEENTEN in found else found


def admit(
    session: Session, rules: Rules, claims: Mapping[str, Any], browser: str
) -> tuple[Staff, str]:
    """Lets someone in whom the provider vouches for; the account, and the token of a session.

    Who it is follows from `iss` and `sub` alone: an e-mail address can pass to somebody else, and
    one that equals that of an account of our own opens nothing.

    Raises:
        NotAdmitted: no role or gemeente of ours, or the account is disabled.
    """
    roles, gemeenten = rules.roles_of(claims), rules.gemeenten_of(claims)
    if not roles or gemeenten == set():
        raise NotAdmitted
    issuer, subject = str(claims["iss"]), str(claims["sub"])
    mine = sa.select(Staff).where(Staff.issuer == issuer, Staff.subject == subject)
    row = session.execute(mine).scalar_one_or_none()
    if row is None:
        # In two windows at once there is one account: the second goes on with that of the first.
        new = {"issuer": issuer, "subject": subject, "created_at": now()}
        insert_once(session, Staff, {**new, "name": "", "email": "", "roles": []})
        row = session.execute(mine).scalar_one()
    if row.disabled_at is not None:
        raise NotAdmitted
    row.email = _plain(claims.get("email"))[:LONGEST_EMAIL]
    accounts.change(session, row, name=_name(claims, row.email), roles=roles, gemeenten=gemeenten)
    row.last_login_at = now()
    audit.record(session, as_person(row), "login", f"medewerker {row.id}")
    return row, sessions.start(session, row.id, sessions.FULL, browser)


def _name(claims: Mapping[str, Any], email: str) -> str:
    for claim in ("name", "preferred_username"):
        if found := _plain(claims.get(claim))[:LONGEST_NAME].strip():
            return found
    return email[:LONGEST_NAME] or "Naam onbekend"


def _plain(value: Any) -> str:
    """A text of elsewhere on one line, without characters that nobody can see."""
    text = value if isinstance(value, str) else ""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _values(claims: Mapping[str, Any], path: str) -> list[str]:
    found: Any = claims
    if path in claims:
        found = claims[path]
    else:
        for part in path.split("."):
            found = found.get(part) if isinstance(found, Mapping) else None
    values = found if isinstance(found, list) else [found]
    return [value for value in values if isinstance(value, str)]
