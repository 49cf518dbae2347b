"""The vault: keeps what was replaced by a token, encrypted, and gives it back to who may see it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta

import phonenumbers
import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.database import now
from bot.privacy.detail import KINDS, Detail
from bot.privacy.detect import TOKEN, mask
from bot.privacy.keys import Cipher
from bot.privacy.model import VaultEntry

PURPOSE = "vault"
# An entry that no referral claims is gone within the hour (product principle: private by design).
TERM = timedelta(hours=1)


class Vault:
    """The entries of one installation.

    Args:
        secret: the installation's `SECRET_KEY`.
        old: `SECRET_KEY_OLD`, keys of before.
    """

    def __init__(self, secret: str, old: Sequence[str] = ()) -> None:
        self._cipher = Cipher(secret, PURPOSE, old)

    def mask(self, session: Session, conversation_id: str, text: str) -> str:
        """The text with every identifying detail replaced by a token such as `[telefoon:1]`."""
        return mask(text, lambda detail: self._token(session, conversation_id, detail))

    def restore(self, session: Session, conversation_id: str, text: str) -> str:
        """The text for the person whose conversation it is: tokens become what they typed.

        A detail that is gone already is named by its kind.
        """

        def value(match: re.Match[str]) -> str:
            kind, number = match.group(1), int(match.group(2)[:9])
            if kind not in KINDS:
                return match.group()
            return self.read(session, conversation_id, kind, number) or f"(je {KINDS[kind]})"

        return TOKEN.sub(value, text) if "[" in text else text

    def read(self, session: Session, conversation_id: str, kind: str, number: int) -> str | None:
        """One detail in a readable spelling, or None when it is gone."""
        entry = session.execute(
            sa.select(VaultEntry).where(
                VaultEntry.conversation_id == conversation_id,
                VaultEntry.kind == kind,
                VaultEntry.number == number,
                VaultEntry.expires_at > now(),
            )
        ).scalar()
        return None if entry is None else _readable(kind, self._cipher.decrypt(entry.ciphertext))

    @staticmethod
    def erase(session: Session, conversation_id: str) -> None:
        """Forgets every detail of a conversation."""
        session.execute(sa.delete(VaultEntry).where(VaultEntry.conversation_id == conversation_id))

    @staticmethod
    def purge(session: Session) -> int:
        """Forgets what is past its term; the number of entries."""
        return int(
            session.execute(sa.delete(VaultEntry).where(VaultEntry.expires_at <= now())).rowcount
        )

    def _token(self, session: Session, conversation_id: str, detail: Detail) -> str:
        fingerprints = self._cipher.fingerprints(detail.value)
        of_kind = sa.and_(
            VaultEntry.conversation_id == conversation_id, VaultEntry.kind == detail.kind
        )
        entry = session.execute(
            sa.select(VaultEntry).where(of_kind, VaultEntry.fingerprint.in_(fingerprints))
        ).scalar()
        if entry is None:
            highest = session.execute(sa.select(sa.func.max(VaultEntry.number)).where(of_kind))
            entry = VaultEntry(
                conversation_id=conversation_id,
                kind=detail.kind,
                number=(highest.scalar() or 0) + 1,
                fingerprint=fingerprints[0],
                ciphertext=self._cipher.encrypt(detail.value),
            )
            session.add(entry)
        entry.expires_at = now() + TERM
        session.flush()
        return f"[{detail.kind}:{entry.number}]"


def _readable(kind: str, value: str) -> str:
    if kind != "telefoon":
        return value
    number = phonenumbers.parse(value)
    style = phonenumbers.PhoneNumberFormat
    dutch = number.country_code == 31
    return phonenumbers.format_number(number, style.NATIONAL if dutch else style.INTERNATIONAL)
