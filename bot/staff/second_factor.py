"""The second factor: codes of an authenticator app (TOTP, RFC 6238), and recovery codes."""

from __future__ import annotations

import hmac
import secrets
from datetime import datetime

import pyotp
import sqlalchemy as sa
from cryptography.fernet import InvalidToken
from sqlalchemy.orm import Session

from bot.database import now
from bot.privacy.keys import Cipher
from bot.staff.model import RecoveryCode, Staff

ISSUER_NAME = "Startwijzer"
STEP_SECONDS = 30
# RFC 6238, 5.2: at most one step for the way here; one the other way for a clock that is ahead.
STEPS = (0, -1, 1)
RECOVERY_CODES = 10
# 50 bits; there are limits on trying, and the fingerprints need a key that is not in the database.
RECOVERY_LENGTH = 10
# Without what looks alike: 0 and O, 1 and I and L, and without U (Crockford's base 32).
RECOVERY_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"


class SecondFactor:
    """Makes and checks codes.

    Args:
        secret: the installation's `SECRET_KEY`; `old` those of before (`SECRET_KEY_OLD`).
    """

    def __init__(self, secret: str, old: tuple[str, ...] = ()) -> None:
        self._cipher = Cipher(secret, "staff second factor", old)

    def new_secret(self) -> bytes:
        """The secret for a new authenticator, encrypted."""
        return self._cipher.encrypt(pyotp.random_base32())

    def secret(self, encrypted: bytes) -> str:
        """The secret as someone types it over when the picture cannot be scanned (base 32).

        Raises:
            cryptography.fernet.InvalidToken: encrypted with a key that is gone.
        """
        return self._cipher.decrypt(encrypted)

    def uri(self, encrypted: bytes, email: str) -> str:
        """What the picture holds (otpauth://)."""
        totp = pyotp.TOTP(self.secret(encrypted))
        return totp.provisioning_uri(name=email, issuer_name=ISSUER_NAME)

    def matching_step(
        self, encrypted: bytes | None, code: str, moment: datetime | None = None
    ) -> int | None:
        """Of which step this code is, if it is one of those around now."""
        digits = "".join(code.split())
        if encrypted is None or not (digits.isascii() and digits.isdigit()):
            return None
        try:
            totp = pyotp.TOTP(self.secret(encrypted))
        except InvalidToken:
            return None
        step = int((moment or now()).timestamp()) // STEP_SECONDS
        for candidate in (step + distance for distance in STEPS):
            if hmac.compare_digest(totp.at(candidate * STEP_SECONDS), digits):
                return candidate
        return None

    def use(self, session: Session, row: Staff, code: str, moment: datetime | None = None) -> bool:
        """Whether the code is right; each works once, also at the same time (RFC 6238, 5.2)."""
        step = self.matching_step(row.totp_secret, code, moment)
        if step is None:
            return False
        done = session.execute(
            sa.update(Staff)
            .where(Staff.id == row.id, sa.or_(Staff.totp_step.is_(None), Staff.totp_step < step))
            .values(totp_step=step)
            .execution_options(synchronize_session=False)
        )
        return bool(done.rowcount)

    def confirm(
        self,
        session: Session,
        row: Staff,
        pending: bytes,
        code: str,
        moment: datetime | None = None,
    ) -> bool:
        """Sets a new authenticator when its code is right; the code counts as used."""
        step = self.matching_step(pending, code, moment)
        if step is None:
            return False
        row.totp_secret, row.totp_step = pending, step
        session.flush()
        return True

    def new_recovery_codes(self, session: Session, row: Staff) -> list[str]:
        """New codes instead of those that were there; only now can they be shown."""
        session.execute(sa.delete(RecoveryCode).where(RecoveryCode.staff_id == row.id))
        codes = [_recovery_code() for _ in range(RECOVERY_CODES)]
        for code in codes:
            session.add(RecoveryCode(staff_id=row.id, fingerprint=self._fingerprint(row, code)[0]))
        return [f"{code[:5]}-{code[5:]}" for code in codes]

    def use_recovery_code(self, session: Session, row: Staff, code: str) -> bool:
        """Whether this is one of the codes; it is gone afterwards."""
        plain = "".join(c for c in code.upper() if c.isalnum())
        if len(plain) != RECOVERY_LENGTH:
            return False
        done = session.execute(
            sa.delete(RecoveryCode).where(
                RecoveryCode.staff_id == row.id,
                RecoveryCode.fingerprint.in_(self._fingerprint(row, plain)),
            )
        )
        return bool(done.rowcount)

    def _fingerprint(self, row: Staff, code: str) -> list[str]:
        return self._cipher.fingerprints(f"{row.id} {code}")


def recovery_codes_left(session: Session, staff_id: int) -> int:
    """How many codes someone has not used."""
    query = sa.select(sa.func.count()).where(RecoveryCode.staff_id == staff_id)
    return int(session.execute(query).scalar_one())


def _recovery_code() -> str:
    return "".join(secrets.choice(RECOVERY_ALPHABET) for _ in range(RECOVERY_LENGTH))
