"""Seeing what is kept (AVG art. 15): all of it for the person, readable and as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.assessment.model import Result
from bot.conversations import log, ratings
from bot.conversations.model import StoredMessage, TrackerEvent
from bot.database import now
from bot.privacy import kept, preserve
from bot.privacy.signed import InvalidToken, Tokens
from bot.privacy.vault import Vault
from bot.referral.file import Referrals, of_conversation
from bot.referral.message import readable
from bot.referral.model import Referral
from bot.review.model import ReviewTurn
from bot.review.work_model import Correction, ReviewComment, ReviewTag
from bot.settings import Settings
from bot.whatsapp.model import WhatsAppPerson

# Long enough to fetch a file, too short to find the link in a log of a conversation later.
LINK_TERM = timedelta(hours=1)
SOURCE = "De inwoner zelf, in dit gesprek."
RIGHTS = (
    "Je mag je gegevens laten verbeteren of wissen, en bezwaar maken. Vraag dat aan je gemeente of "
    "haar functionaris gegevensbescherming. Je kunt een klacht indienen bij de Autoriteit "
    "Persoonsgegevens."
)
Restore = Callable[[str], str]


class InvalidLink(Exception):
    """The link is not ours, or too old."""


class Links:
    """Links to the overview of one conversation; each dies by itself.

    A link stands in the conversation, where staff read it too. So what is behind it holds no detail
    from the vault: only who has the token of the session gets those.

    Args:
        secret: the installation's `SECRET_KEY`.
        base: public address of this installation, without a slash at the end.
        old: `SECRET_KEY_OLD`: a link of before the change of the key works until its own end.
    """

    def __init__(self, secret: str, base: str, old: Sequence[str] = ()) -> None:
        self._tokens = Tokens(secret, "access link", old)
        self._base = base

    def address(self, conversation_id: str) -> str:
        """The address of the overview of this conversation."""
        token = self._tokens.issue(conversation_id, now() + LINK_TERM)
        return f"{self._base}/api/v1/own-data/{token}"

    def read(self, token: str) -> str:
        """The id of the conversation.

        Raises:
            InvalidLink: it does not hold.
        """
        try:
            return self._tokens.read(token).subject
        except InvalidToken as error:
            raise InvalidLink from error


def of_the_conversation(
    session: Session, conversation_id: str, settings: Settings, vault: Vault | None = None
) -> dict[str, Any]:
    """Everything that is kept of a conversation.

    Args:
        vault: puts the person's own details back, for who has proven to be that person; without it
            they are named by their kind.

    Raises:
        log.UnknownConversation: it does not exist (any more).
    """
    found = log.get(session, conversation_id)

    def restore(text: str) -> str:
        return vault.restore(session, conversation_id, text) if vault else readable(text)

    term = timedelta(days=settings.retention_days_conversation)
    kept_longer = preserve.find(session, kept.CONVERSATION, conversation_id)
    requests = of_conversation(session, conversation_id)
    return {
        "gemaakt_op": now().isoformat(),
        "gesprek": {
            "nummer": conversation_id,
            "kanaal": found.channel,
            "gemeente": found.gemeente,
            "pagina": found.page,
            "begonnen_op": found.created_at.isoformat(),
            "laatste_bericht_op": found.last_message_at.isoformat(),
        },
        "bewaard_tot": (found.last_message_at + term).isoformat(),
        "langer_bewaard": kept_longer and preserve.in_words(kept_longer),
        "aantallen": kept.counts(session, kept.CONVERSATION, conversation_id),
        "berichten": _messages(session, conversation_id, restore),
        "wat_de_bot_begreep": _understood(session, conversation_id, restore),
        "wat_de_bot_onthield": _remembered(session, conversation_id),
        "uitslagen_en_plannen": _results(session, conversation_id),
        "oordeel_over_het_gesprek": ratings.given(session, conversation_id).get(ratings.WHOLE),
        "whatsapp": _whatsapp(session, conversation_id),
        "werk_van_medewerkers": _staff_work(session, conversation_id, restore),
        "aanvragen": [referral.reference for referral in requests],
        "herkomst": SOURCE,
        "je_rechten": RIGHTS,
    }


def of_the_referral(
    referrals: Referrals, referral: Referral, settings: Settings, with_contact: bool
) -> dict[str, Any]:
    """Everything that is kept of a request for contact.

    Args:
        with_contact: for who has proven to be the person (`bot.referral.status.prove`).
    """
    term = timedelta(days=settings.retention_days_referral)
    contact = referrals.contact(referral) if with_contact and referral.contact else None
    return {
        "nummer": referral.reference,
        "stand": referral.status,
        "gemeente": referral.gemeente,
        "dienst": referral.service_id,
        "situatie": referral.situation,
        "fase": referral.phase,
        "behoefte": referral.need,
        "haast": referral.urgency,
        "vraag": readable(referral.question),
        "gedeeld": [
            {"wat": item["label"], "tekst": readable(item["text"])} for item in referral.context
        ],
        "wens": referral.wish and readable(referral.wish),
        "contact": {"soort": referral.contact_kind, "gegeven": contact},
        "toestemming": {"tekst": referral.consent_text, "op": _iso(referral.consent_at)},
        "gevraagd_op": _iso(referral.created_at),
        "contact_uiterlijk": _iso(referral.due_at),
        "afgesloten_op": _iso(referral.closed_at),
        "geholpen": referral.helped,
        "bewaard_tot": _iso(referral.created_at + term),
        "stappen": [
            {"op": _iso(event.at), "stand": event.status, "notitie": event.note}
            for event in referral.events
        ],
        "berichten_aan_het_loket": [
            {"op": _iso(row.created_at), "over": row.about, "stand": row.status}
            for row in referral.handovers
        ],
        "je_rechten": RIGHTS,
    }


def in_words(found: Mapping[str, Any]) -> str:
    """The numbers of each kind as a list, for in the chat."""
    lines = [f"- {name}: {number}" for name, number in found["aantallen"].items()]
    lines += [f"- aanvraag om contact: {reference}" for reference in found["aanvragen"]]
    return "\n".join(lines)


def _messages(session: Session, conversation_id: str, restore: Restore) -> list[dict[str, Any]]:
    given = ratings.given(session, conversation_id)
    query = (
        sa.select(StoredMessage)
        .where(StoredMessage.conversation_id == conversation_id)
        .order_by(StoredMessage.seq)
    )
    return [
        {
            "nummer": message.seq,
            "van": "bot" if message.direction == "out" else "jij",
            "op": message.at.isoformat(),
            "tekst": restore(message.text),
            "keuzes": [choice["title"] for choice in message.choices],
            "jouw_keuze": message.choice,
            "jouw_oordeel": given.get(message.seq),
        }
        for message in session.execute(query).scalars()
    ]


def _understood(session: Session, conversation_id: str, restore: Restore) -> list[dict[str, Any]]:
    query = (
        sa.select(ReviewTurn)
        .where(ReviewTurn.conversation_id == conversation_id)
        .order_by(ReviewTurn.seq)
    )
    return [
        {
            "bericht": turn.seq,
            "tekst": restore(turn.text),
            "onderwerp": turn.intent,
            "zekerheid": turn.confidence,
            "herkend": turn.entities,
            "onthouden": turn.slots,
        }
        for turn in session.execute(query).scalars()
    ]


def _remembered(session: Session, conversation_id: str) -> dict[str, Any]:
    """What the bot's dialogue keeps: the last value of everything that it noted (slots)."""
    query = (
        sa.select(TrackerEvent.data)
        .where(TrackerEvent.sender_id == conversation_id, TrackerEvent.type_name == "slot")
        .order_by(TrackerEvent.id)
    )
    slots: dict[str, Any] = {}
    for data in session.execute(query).scalars():
        event = json.loads(data)
        slots[str(event.get("name"))] = event.get("value")
    return {name: value for name, value in slots.items() if value is not None}


def _results(session: Session, conversation_id: str) -> list[dict[str, Any]]:
    query = sa.select(Result).where(Result.conversation_id == conversation_id)
    return [
        {
            "soort": result.kind,
            "gemaakt_op": result.created_at.isoformat(),
            "antwoorden": result.answers,
            "uitslag": result.page,
            "besluit": result.outcome,
        }
        for result in session.execute(query.order_by(Result.created_at)).scalars()
    ]


def _whatsapp(session: Session, conversation_id: str) -> dict[str, Any] | None:
    """That there is a number, not which: the person has it, and nobody else needs it here."""
    person = session.get(WhatsAppPerson, conversation_id)
    if person is None:
        return None
    return {
        "nummer": "bewaard, versleuteld",
        "laatste_bericht_op": _iso(person.last_in_at),
        "afgemeld_op": _iso(person.opted_out_at),
    }


def _staff_work(session: Session, conversation_id: str, restore: Restore) -> dict[str, Any]:
    """What staff made of it, without who they are (AVG art. 15 lid 4: the rights of others)."""

    def column(wanted: Any) -> list[Any]:
        owner = wanted.class_.conversation_id
        return list(session.execute(sa.select(wanted).where(owner == conversation_id)).scalars())

    return {
        "trefwoorden": column(ReviewTag.tag),
        "opmerkingen": [restore(text) for text in column(ReviewComment.text)],
        "verbeteringen": [restore(text) for text in column(Correction.text)],
    }


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
