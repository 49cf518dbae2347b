"""What is kept of a conversation or a request, by kind: one list for showing, erasing and proving.

A test compares the list with the tables, so that a new one cannot be forgotten.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.assessment.model import Result
from bot.conversations.model import Conversation, Rating, StoredMessage, TrackerEvent
from bot.privacy.keys import Cipher
from bot.privacy.model import VaultEntry
from bot.referral.model import Handover, Referral, ReferralEvent
from bot.review.model import ReviewConversation, ReviewFlow, ReviewText, ReviewTurn
from bot.review.work_model import Correction, ReviewComment, ReviewTag, ReviewWork
from bot.whatsapp.model import WhatsAppDelivery, WhatsAppKey, WhatsAppPerson, WhatsAppUpdate

CONVERSATION, REFERRAL = "gesprek", "aanvraag"
# Each kind with the columns (of one or more tables) by which its rows belong to a conversation.
OF_CONVERSATION: Mapping[str, tuple[Any, ...]] = {
    "gesprek": (Conversation.id,),
    "berichten": (StoredMessage.conversation_id,),
    "stappen van de bot": (TrackerEvent.sender_id,),
    "contactgegevens in de kluis": (VaultEntry.conversation_id,),
    "uitslagen en plannen": (Result.conversation_id,),
    "oordelen": (Rating.conversation_id,),
    "WhatsApp-gegevens": (WhatsAppPerson.conversation_id, WhatsAppKey.conversation_id),
    "WhatsApp-bezorging": (WhatsAppDelivery.conversation_id,),
    "overzicht voor medewerkers": (
        ReviewConversation.conversation_id,
        ReviewTurn.conversation_id,
        ReviewFlow.conversation_id,
        ReviewText.conversation_id,
    ),
    "werk van medewerkers": (
        ReviewWork.conversation_id,
        ReviewTag.conversation_id,
        ReviewComment.conversation_id,
        Correction.conversation_id,
    ),
}
WAITING_UPDATES = "WhatsApp-berichten die nog wachten"
OF_REFERRAL: Mapping[str, tuple[Any, ...]] = {
    "aanvraag": (Referral.reference,),
    "stappen van de aanvraag": (ReferralEvent.reference,),
    "berichten aan het loket": (Handover.reference,),
}


class Unknown(LookupError):
    """There is no such conversation or request (any more)."""


def counts(session: Session, kind: str, subject: str) -> dict[str, int]:
    """How many rows there are of each kind; kinds without any are left out.

    Args:
        kind: `CONVERSATION` or `REFERRAL`.
        subject: the id or the reference.
    """
    kinds = OF_CONVERSATION if kind == CONVERSATION else OF_REFERRAL
    found = {
        name: sum(_number(session, column == subject) for column in columns)
        for name, columns in kinds.items()
    }
    if kind == CONVERSATION:
        waiting = WhatsAppUpdate.body.is_not(None)
        found[WAITING_UPDATES] = _number(session, sa.and_(updates(session, subject), waiting))
    return {name: number for name, number in found.items() if number}


def updates(session: Session, conversation_id: str) -> Any:
    """The condition on `WhatsAppUpdate` that it came from the person of this conversation."""
    keys = sa.select(WhatsAppKey.key).where(WhatsAppKey.conversation_id == conversation_id)
    known = [str(key) for key in session.execute(keys).scalars()]
    return WhatsAppUpdate.person_key.in_(known)


def place(session: Session, kind: str, subject: str) -> str | None:
    """Of which gemeente it is: of a conversation that of the site, or else the one that was named.

    Raises:
        Unknown: there is no such conversation or request (any more).
    """
    query = sa.select(Referral.gemeente).where(Referral.reference == subject)
    if kind == CONVERSATION:
        query = (
            sa.select(sa.func.coalesce(ReviewConversation.gemeente, Conversation.gemeente))
            .select_from(Conversation)
            .outerjoin(ReviewConversation, ReviewConversation.conversation_id == Conversation.id)
            .where(Conversation.id == subject)
        )
    # PostgreSQL takes no text with a zero in it.
    found = session.execute(query).first() if subject.isprintable() else None
    if found is None:
        raise Unknown(subject)
    return None if found[0] is None else str(found[0])


def fingerprint(kind: str, subject: str) -> str:
    """By what a conversation is known again after it was erased (SHA-256, hexadecimal).

    Its id has 192 random bits, so nobody finds it by trying. A request needs `Ledger`.
    """
    return hashlib.sha256(f"{kind} {subject}".encode()).hexdigest()


class Ledger:
    """By what a request is known again after it was erased: with a key.

    A reference is one of 19 to the power 8, which a computer tries in a minute: without the key,
    who has the certificates and a reference would learn that it was erased.

    Args:
        secret: the installation's `SECRET_KEY`.
        old: `SECRET_KEY_OLD`, keys of before.
    """

    def __init__(self, secret: str, old: Sequence[str] = ()) -> None:
        self._cipher = Cipher(secret, "erasure", old)

    def of(self, reference: str) -> str:
        """What goes into the certificate (HMAC-SHA256, hexadecimal)."""
        return self._cipher.fingerprint(f"{REFERRAL} {reference}")

    def possible(self, reference: str) -> list[str]:
        """What may stand in a certificate: with the key of now or of before, or from before keys.

        Certificates without a key cannot get one, as they do not hold the reference; they go at the
        end of their own term.
        """
        keyed = self._cipher.fingerprints(f"{REFERRAL} {reference}")
        return [*keyed, fingerprint(REFERRAL, reference)]


def _number(session: Session, condition: Any) -> int:
    return int(session.execute(sa.select(sa.func.count()).where(condition)).scalar_one())
