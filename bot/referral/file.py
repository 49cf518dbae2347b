"""The file of a referral: made once per intake, only with consent, found again by its reference."""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.catalogue.model import Service
from bot.database import now
from bot.flows.model import Progress
from bot.privacy.detect import TOKEN
from bot.privacy.keys import Cipher
from bot.privacy.vault import Vault
from bot.referral.model import Referral

# No letters or digits that sound or look alike over the phone (0/O, 1/I/L, B/D/P/T, M/N, 5/S).
ALPHABET = "ACEFGHJKRUXY2346789"
REFERENCE = re.compile(rf"\bSW-?([{ALPHABET}]{{4}})-?([{ALPHABET}]{{4}})\b", re.IGNORECASE)


class NoConsent(Exception):
    """A referral without consent, or without a contact detail in the vault, is never stored."""


class Referrals:
    """The referrals of one installation.

    Args:
        secret: the installation's `SECRET_KEY`.
    """

    def __init__(self, secret: str) -> None:
        self._vault = Vault(secret)
        self._cipher = Cipher(secret, "referral")

    def create(
        self,
        session: Session,
        conversation_id: str,
        progress: Progress,
        service: Service,
        consent_text: str,
    ) -> str:
        """Stores the request and returns its reference; a second call for the same intake too.

        The contact detail moves from the vault to the file.

        Raises:
            NoConsent: the answers hold no consent, or the detail is no longer in the vault.
        """
        existing = session.execute(
            sa.select(Referral.reference).where(Referral.run == progress.run)
        ).scalar()
        if existing:
            return str(existing)
        answers = progress.answers
        token = TOKEN.fullmatch(answers.get("contact") or "")
        if answers.get("toestemming") != "ja" or token is None:
            raise NoConsent(conversation_id)
        kind, number = token.group(1), int(token.group(2))
        contact = self._vault.read(session, conversation_id, kind, number)
        if contact is None:
            raise NoConsent(conversation_id)
        moment = now()
        referral = Referral(
            reference=_new_reference(),
            run=progress.run,
            conversation_id=conversation_id,
            status="ontvangen",
            gemeente=answers["gemeente"],
            situation=answers.get("situatie"),
            phase=answers.get("fase"),
            question=answers["vraag"],
            service_id=service.id,
            contact_kind=kind,
            contact=self._cipher.encrypt(contact),
            consent_text=consent_text,
            consent_at=moment,
            created_at=moment,
        )
        session.add(referral)
        session.flush()
        return str(referral.reference)

    def contact(self, referral: Referral) -> str:
        """The contact detail of a referral, readable."""
        return self._cipher.decrypt(referral.contact)


def of_conversation(session: Session, conversation_id: str) -> Sequence[Referral]:
    """The referrals that were asked for in this conversation, oldest first."""
    query = (
        sa.select(Referral)
        .where(Referral.conversation_id == conversation_id)
        .order_by(Referral.created_at)
    )
    return list(session.execute(query).scalars())


def every(session: Session) -> Sequence[Referral]:
    """All referrals, oldest first."""
    return list(session.execute(sa.select(Referral).order_by(Referral.created_at)).scalars())


def purge(session: Session, days: int) -> int:
    """Removes referrals older than `days` days; the number of them."""
    limit = now() - timedelta(days=days)
    return int(session.execute(sa.delete(Referral).where(Referral.created_at < limit)).rowcount)


def as_dict(referral: Referral) -> dict[str, Any]:
    """A referral without its contact detail, as `referrals list --json` gives it."""
    return {
        "reference": referral.reference,
        "status": referral.status,
        "gemeente": referral.gemeente,
        "situation": referral.situation,
        "phase": referral.phase,
        "question": referral.question,
        "service": referral.service_id,
        "contact_kind": referral.contact_kind,
        "created_at": referral.created_at.isoformat(),
    }


def _new_reference() -> str:
    letters = "".join(secrets.choice(ALPHABET) for _ in range(8))
    return f"SW-{letters[:4]}-{letters[4:]}"
