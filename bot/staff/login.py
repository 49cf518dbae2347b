"""Logging in: the password, then the second factor, with limits on trying.

Whether an account exists cannot be learned here: the answer, the waits and the work are the same.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography.fernet import InvalidToken
from sqlalchemy.orm import Session

from bot.database import Database, now
from bot.privacy.keys import Cipher
from bot.staff import accounts, audit, passwords, sessions, throttle
from bot.staff.accounts import as_person
from bot.staff.model import Staff, StaffSession
from bot.staff.notices import Notice, notice
from bot.staff.second_factor import SecondFactor
from bot.staff.tokens import new_token

# How long a browser is known: someone back from a long leave is still let in during an attack.
DEVICE_TERM = timedelta(days=180)


@dataclass(frozen=True)
class Outcome:
    """What came of a step: a token for a session in this stage, or nothing.

    `wait_until` says that it was not judged because of too many failures. `device` marks the
    browser as one that this person logged in with. `notices` are to be sent to the owner of the
    account.
    """

    token: str = ""
    stage: str = ""
    wait_until: datetime | None = None
    device: str = ""
    notices: tuple[Notice, ...] = ()


class Login:
    """The steps of logging in.

    Args:
        secret: the installation's `SECRET_KEY`; `old` those of before.
    """

    def __init__(self, database: Database, secret: str, old: tuple[str, ...] = ()) -> None:
        self._database = database
        self._cipher = Cipher(secret, "staff login", old)
        self._second = SecondFactor(secret, old)

    def with_password(
        self, email: str, password: str, *, address: str, browser: str = "", device: str = ""
    ) -> Outcome:
        """The first step. The hash is compared outside a transaction, because that takes long."""
        subject = email.strip().casefold()
        account_key, known_browser = self._account_key("password", subject, device)
        address_key = self._cipher.fingerprint(f"address {address}")
        with self._database.session() as session:
            # A known browser is not kept out by what others do behind the same address.
            until = None
            if not known_browser:
                until = throttle.count(session, address_key, throttle.FREE_ADDRESS)
            until = until or throttle.count(session, account_key, throttle.FREE_ACCOUNT)
            if until:
                return Outcome(wait_until=until)
            row = accounts.find_own(session, email)
            known = row.password_hash if row is not None and row.disabled_at is None else None
        right = passwords.verify(known, password)
        fresh = (
            passwords.hash_password(password)
            if right and known and passwords.is_outdated(known)
            else None
        )
        with self._database.session() as session:
            row = accounts.find_own(session, email)
            if not right or row is None or row.password_hash != known or row.disabled_at:
                _record_failure(session, row)
                return Outcome()
            row.password_hash = fresh or known
            throttle.clear(session, account_key)
            if not known_browser:
                throttle.give_back(session, address_key)
            stage = sessions.CODE if row.totp_secret else sessions.ENROL
            return Outcome(sessions.start(session, row.id, stage, browser), stage)

    def with_code(
        self, token: str, code: str, *, terms: sessions.Terms, device: str = ""
    ) -> Outcome:
        """The second step, with a code of the authenticator or a recovery code.

        Raises:
            LookupError: this session waits for no code, or its term is over.
        """
        with self._database.session() as session:
            waiting, row = _waiting(session, token, terms, sessions.CODE)
            key, known_browser = self._account_key("code", row.subject, device)
            until = throttle.count(session, key, throttle.FREE_ACCOUNT)
            if until:
                return Outcome(wait_until=until)
            news = [] if known_browser else ["new_browser"]
            if not self._second.use(session, row, code):
                if not self._second.use_recovery_code(session, row, code):
                    return self._refuse_code(session, row, code)
                audit.record(session, as_person(row), "recovery_code_used", f"medewerker {row.id}")
                news.append("recovery_code_used")
            throttle.clear(session, key)
            return self._let_in(session, waiting, row, *news)

    def enrolled(
        self, token: str, code: str, *, terms: sessions.Terms
    ) -> tuple[Outcome, list[str]]:
        """The second step of the first time: the authenticator is set; also the recovery codes.

        Raises:
            LookupError: this session sets no authenticator, or its term is over.
        """
        with self._database.session() as session:
            waiting, row = _waiting(session, token, terms, sessions.ENROL)
            if waiting.pending is None or row.totp_secret is not None:
                raise LookupError
            if not self._second.confirm(session, row, waiting.pending, code):
                return Outcome(), []
            codes = self._second.new_recovery_codes(session, row)
            audit.record(session, as_person(row), "second_factor_changed", f"medewerker {row.id}")
            return self._let_in(session, waiting, row, "second_factor_changed"), codes

    def confirms(self, staff_id: int, password: str) -> Outcome | None:
        """Whether it is still the same person: None when the password is right.

        Otherwise an outcome without a token, and with `wait_until` where it was not judged.
        """
        with self._database.session() as session:
            row = session.get(Staff, staff_id)
            key = self._cipher.fingerprint(f"confirm {staff_id}")
            until = throttle.count(session, key, throttle.FREE_ACCOUNT)
            known = row.password_hash if row is not None else None
        if until:
            return Outcome(wait_until=until)
        if not passwords.verify(known, password):
            return Outcome()
        with self._database.session() as session:
            throttle.clear(session, key)
        return None

    def _refuse_code(self, session: Session, row: Staff, code: str) -> Outcome:
        """Nothing; a code that was right but used before is on record as that, and told."""
        if self._second.matching_step(row.totp_secret, code) is None:
            _record_failure(session, row)
            return Outcome()
        _record_failure(session, row, "code_reused")
        return Outcome(notices=(notice("code_reused", as_person(row)),))

    def _let_in(self, session: Session, waiting: StaffSession, row: Staff, *news: str) -> Outcome:
        """A new token, because now more is allowed with it; `news` is what the owner is told."""
        browser = waiting.browser
        session.delete(waiting)
        row.last_login_at = now()
        audit.record(session, as_person(row), "login", f"medewerker {row.id}")
        device = {"subject": row.subject, "id": new_token(), "at": row.last_login_at.isoformat()}
        return Outcome(
            sessions.start(session, row.id, sessions.FULL, browser),
            sessions.FULL,
            device=self._cipher.encrypt(json.dumps(device)).decode(),
            notices=tuple(notice(event, as_person(row)) for event in news),
        )

    def _account_key(self, step: str, subject: str, device: str) -> tuple[str, bool]:
        """What failures are counted by: the account, or the browser that it logged in with before
        (and whether it is that).

        So whoever keeps guessing does not keep the owner out (OWASP, Device Cookies).
        """
        try:
            known = json.loads(self._cipher.decrypt(device.encode())) if device else {}
        except (InvalidToken, ValueError):
            known = {}
        if known.get("subject") == subject:
            made = datetime.fromisoformat(known["at"])
            if now() - made < DEVICE_TERM:
                return self._cipher.fingerprint(f"{step} device {known['id']}"), True
        return self._cipher.fingerprint(f"{step} account {subject}"), False


def _waiting(
    session: Session, token: str, terms: sessions.Terms, stage: str
) -> tuple[StaffSession, Staff]:
    found = sessions.find(session, token, terms)
    if found is None or found[0].stage != stage:
        raise LookupError
    return found


def _record_failure(session: Session, row: Staff | None, action: str = "login_failed") -> None:
    """What was typed for an account that does not exist is not kept: it can be a password."""
    subject = f"medewerker {row.id}" if row is not None else "onbekend account"
    gemeenten = row.gemeenten if row is not None else None
    gemeente = gemeenten[0] if gemeenten and len(gemeenten) == 1 else None
    audit.record(session, None, action, subject, gemeente=gemeente)
