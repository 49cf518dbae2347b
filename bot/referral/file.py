"""The file of a referral: made once per intake, only with consent, found again by its reference."""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import phonenumbers
import sqlalchemy as sa
from cryptography.fernet import InvalidToken
from sqlalchemy.orm import Session

from bot.catalogue.model import Service
from bot.database import now
from bot.flows.model import Progress
from bot.privacy.detect import TOKEN
from bot.privacy.keys import Cipher
from bot.privacy.vault import Vault
from bot.referral import life
from bot.referral.model import Referral

PURPOSE = "referral"
# No letters or digits that sound or look alike over the phone (0/O, 1/I/L, B/D/P/T, M/N, 5/S).
ALPHABET = "ACEFGHJKRUXY2346789"
REFERENCE = re.compile(rf"\bSW-?([{ALPHABET}]{{4}})-?([{ALPHABET}]{{4}})\b", re.IGNORECASE)
# As people spell one out: with spaces, in groups of their own, or letter by letter.
SPELLED = re.compile(rf"\bS\W*W((?:\W*[{ALPHABET}]){{8}})\b", re.IGNORECASE)
SPOKEN = {
    **{"streepje": "-", "koppelteken": "-", "spatie": " "},
    **{"twee": "2", "drie": "3", "vier": "4", "zes": "6", "zeven": "7", "acht": "8", "negen": "9"},
}
LONGEST_WISH = 120
# Is decrypted where there is no contact detail: nobody has this number.
DECOY = "06 00000000"


class NoConsent(Exception):
    """A referral without consent, or without a contact detail in the vault, is never stored."""


class Referrals:
    """The referrals of one installation.

    Args:
        secret: the installation's `SECRET_KEY`.
        old: `SECRET_KEY_OLD`, keys of before.
    """

    def __init__(self, secret: str, old: Sequence[str] = ()) -> None:
        self._vault = Vault(secret, old)
        self._cipher = Cipher(secret, PURPOSE, old)
        self._decoy = self._cipher.encrypt(DECOY)

    def create(
        self,
        session: Session,
        conversation_id: str,
        progress: Progress,
        service: Service,
        consent_text: str,
        context: Sequence[Mapping[str, str]] = (),
    ) -> str:
        """Stores the request and returns its reference; a second call for the same intake too.

        The contact detail moves from the vault to the file.

        Args:
            context: what the citizen read and approved, as `{"label", "text"}`.

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
            context=[dict(item) for item in context],
            urgency=answers.get("urgentie") or "gewoon",
            wish=(answers.get("wens") or "")[:LONGEST_WISH] or None,
            service_id=service.id,
            contact_kind=kind,
            contact=self._cipher.encrypt(contact),
            consent_text=consent_text,
            consent_at=moment,
            created_at=moment,
        )
        session.add(referral)
        session.flush()
        life.start(session, referral)
        life.tell_desk(session, referral, "nieuw")
        return str(referral.reference)

    def contact(self, referral: Referral) -> str:
        """The contact detail of a referral, readable."""
        return self._cipher.decrypt(referral.contact)

    def sealed(self, contact: str) -> bytes:
        """A contact detail as it is stored in a referral."""
        return self._cipher.encrypt(contact)

    def detail(
        self, session: Session, conversation_id: str, token: str | None
    ) -> tuple[str, str] | None:
        """The kind and value that a token such as `[telefoon:1]` stands for; None when gone."""
        match = TOKEN.fullmatch(token or "")
        if match is None:
            return None
        value = self._vault.read(session, conversation_id, match.group(1), int(match.group(2)[:9]))
        return None if value is None else (match.group(1), value)

    def matches(self, referral: Referral | None, contact: str | None) -> bool:
        """Whether this is the contact detail of the referral.

        Does the same work when there is no referral or its detail was erased, and compares in
        constant time (hmac.compare_digest), so that neither answer nor effort tells which it was.
        """
        stored = referral.contact if referral is not None else None
        try:
            right = self._cipher.decrypt(stored or self._decoy)
        except InvalidToken:
            right, stored = "", None
        same = hmac.compare_digest(
            self._cipher.fingerprint(_one_spelling(right)),
            self._cipher.fingerprint(_one_spelling(contact or "")),
        )
        return same and bool(stored) and bool(contact)


def find_reference(text: str | None) -> str | None:
    """The reference in a text as it is stored, however it was spelled: "sw ffju y3h7"."""
    plain = re.sub(r"[a-z]+", lambda word: SPOKEN.get(word[0], word[0]), (text or "").lower())
    match = SPELLED.search(plain)
    if match is None:
        return None
    letters = re.sub(r"\W", "", match.group(1)).upper()
    return f"SW-{letters[:4]}-{letters[4:]}"


def find(session: Session, reference: str | None) -> Referral | None:
    """The referral with this reference, if there is one."""
    query = sa.select(Referral).where(Referral.reference == (reference or ""))
    return session.execute(query).scalar()


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
        "urgency": referral.urgency,
        "contact_kind": referral.contact_kind,
        "created_at": referral.created_at.isoformat(),
        "due_at": referral.due_at.isoformat() if referral.due_at else None,
        "closed_at": referral.closed_at.isoformat() if referral.closed_at else None,
        "helped": referral.helped,
        "events": len(referral.events),
    }


def _one_spelling(contact: str) -> str:
    """A phone number as E.164, an e-mail address in lower case: equal however it was typed."""
    if "@" in contact:
        return contact.strip().casefold()
    try:
        number = phonenumbers.parse(contact, "NL")
    except phonenumbers.NumberParseException:
        return contact.strip().casefold()
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def _new_reference() -> str:
    letters = "".join(secrets.choice(ALPHABET) for _ in range(8))
    return f"SW-{letters[:4]}-{letters[4:]}"
