"""What a desk is told about a referral: the facts, and the words (B1) for who reads them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from bot.catalogue.model import Service
from bot.dutch import date_in_words
from bot.privacy.detail import KINDS
from bot.privacy.detect import TOKEN
from bot.referral.file import Referrals
from bot.referral.model import Handover, Referral
from bot.taxonomy import taxonomy

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
DAYS = ("maandag", "dinsdag", "woensdag", "donderdag", "vrijdag", "zaterdag", "zondag")
WITHDRAWN, URGENT = "ingetrokken", "spoed"
SUBJECTS = {
    "nieuw": "Nieuwe aanvraag",
    WITHDRAWN: "Aanvraag ingetrokken",
    "gewijzigd": "Aanvraag gewijzigd",
    "herinnering": "Herinnering: aanvraag wacht nog",
}
OPENINGS = {
    "nieuw": (
        "Een inwoner vraagt of je contact opneemt. De aanvraag komt van Startwijzer, de chatbot "
        "van de gemeente. De inwoner vond het goed dat je dit krijgt."
    ),
    WITHDRAWN: (
        "De inwoner heeft de aanvraag ingetrokken. Neem geen contact meer op. Wis wat je eerder "
        "over deze aanvraag kreeg."
    ),
    "gewijzigd": (
        "De inwoner heeft de aanvraag veranderd. Hieronder staat wat nu geldt. Wis wat je eerder "
        "kreeg."
    ),
    "herinnering": (
        "Bij Startwijzer staat deze aanvraag nog open. Neem contact op met de inwoner. Is dat al "
        "gebeurd? Geef dat dan door aan de gemeente."
    ),
}
CONTACT_LABELS = {"telefoon": "Telefoon", "email": "E-mail"}


class Overtaken(Exception):
    """There is nothing to tell any more, because the request was withdrawn in the meantime."""


@dataclass(frozen=True)
class Section:
    """A heading with lines under it: a label (or none) and a text each."""

    title: str
    lines: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class DeskMessage:
    """One message to a desk. `contact` is readable here, so it is never shown or logged.

    Args:
        key: the same for every try, by which the receiver knows a message again.
        about: `nieuw`, `ingetrokken`, `gewijzigd` or `herinnering`.
        situation, phase, need: id and label of the vocabulary, or None.
        contact: None in a withdrawn message, in which question, context and wish are empty too.
    """

    key: str
    about: str
    reference: str
    desk: str
    service_id: str
    service: str
    gemeente: str
    situation: tuple[str, str] | None
    phase: tuple[str, str] | None
    need: tuple[str, str] | None
    urgency: str | None
    question: str
    context: tuple[tuple[str, str], ...]
    wish: str | None
    due_at: datetime | None
    contact_kind: str
    contact: str | None = field(repr=False)
    consent_text: str
    consent_at: datetime
    created_at: datetime

    @property
    def subject(self) -> str:
        """What it is about, without anything about the person."""
        hurry = "Spoed. " if self.urgency == URGENT and self.about != WITHDRAWN else ""
        return f"{hurry}{SUBJECTS[self.about]} {self.reference}: {self.service}"

    @property
    def opening(self) -> str:
        """What happened and what is asked of the desk."""
        return OPENINGS[self.about]

    @property
    def closing(self) -> str:
        """How to refer to it and what to do with the details."""
        if self.about == WITHDRAWN:
            return f"In dit bericht staan daarom geen gegevens van de inwoner. Kenmerk: {self.key}."
        return (
            "Gebruik deze gegevens alleen voor deze aanvraag. Wis ze als je klaar bent. Kreeg je "
            f"dit bericht twee keer? Dan is het kenmerk hetzelfde: {self.key}."
        )

    def sections(self) -> list[Section]:
        """The facts under their headings; a withdrawn message only says which request it was."""
        request = [("Referentie", self.reference), ("Dienst", self.service), ("Loket", self.desk)]
        if self.about == WITHDRAWN:
            asked = ("Aangevraagd op", moment_in_words(self.created_at))
            return [Section("Aanvraag", (*request, asked))]
        person = [("Gemeente", self.gemeente)]
        labelled = (("Situatie", self.situation), ("Fase", self.phase), ("Gaat over", self.need))
        person += [(name, found[1]) for name, found in labelled if found]
        if self.urgency == URGENT:
            person.append(("Haast", "ja, deze week"))
        found = [
            Section("Contact", tuple(self._contact())),
            Section("Vraag van de inwoner", (("", self.question),)),
            Section("Over de inwoner", tuple(person)),
            Section("De inwoner wil ook dit delen", self.context),
            Section("Aanvraag", tuple(request)),
            Section(
                "Toestemming",
                (
                    ("Gegeven op", moment_in_words(self.consent_at)),
                    ("Dit is gevraagd", self.consent_text),
                ),
            ),
        ]
        return [section for section in found if section.lines]

    def _contact(self) -> list[tuple[str, str]]:
        kind = CONTACT_LABELS.get(self.contact_kind, self.contact_kind)
        lines = [(kind, self.contact)] if self.contact else []
        if self.wish:
            lines.append(("Wens", self.wish))
        if self.due_at:
            lines.append(("Uiterlijk", moment_in_words(self.due_at)))
        return lines

    def as_dict(self) -> dict[str, Any]:
        """For machines: identifiers with labels, moments in UTC (RFC 3339)."""
        withdrawn = self.about == WITHDRAWN
        asked = {
            "gemeente": self.gemeente,
            "situation": _labelled(self.situation),
            "phase": _labelled(self.phase),
            "need": _labelled(self.need),
            "urgency": self.urgency,
            "question": self.question,
            "context": [{"label": label, "text": text} for label, text in self.context],
            "wish": self.wish,
            "dueAt": self.due_at and self.due_at.isoformat(),
            "consent": {"text": self.consent_text, "at": self.consent_at.isoformat()},
        }
        return {
            "version": 1,
            "key": self.key,
            "about": self.about,
            "reference": self.reference,
            "createdAt": self.created_at.isoformat(),
            "desk": self.desk,
            "service": {"id": self.service_id, "name": self.service},
            "contact": {"kind": self.contact_kind, "value": self.contact} if self.contact else None,
            "request": None if withdrawn else asked,
        }


def compose(session: Session, referrals: Referrals, handover: Handover) -> DeskMessage:
    """The message as the referral is now; the contact detail is decrypted here and nowhere before.

    Raises:
        Overtaken: the request was withdrawn, its contact detail is gone.
        cryptography.fernet.InvalidToken: the key of the contact detail is not known (any more).
    """
    referral = session.get(Referral, handover.reference)
    if not referral.contact and handover.about != WITHDRAWN:
        raise Overtaken(handover.key)
    service = session.get(Service, referral.service_id)
    words = taxonomy()
    withdrawn = handover.about == WITHDRAWN
    return DeskMessage(
        key=handover.key,
        about=handover.about,
        reference=referral.reference,
        desk=service.provider.name if service else "",
        service_id=referral.service_id,
        service=service.name if service else referral.service_id,
        gemeente=referral.gemeente,
        situation=_label(words.target_groups, referral.situation),
        phase=_label(words.phases, referral.phase),
        need=_label({name: need.label for name, need in words.needs.items()}, referral.need),
        urgency=referral.urgency,
        question="" if withdrawn else readable(referral.question),
        context=() if withdrawn else _context(referral),
        wish=readable(referral.wish) if referral.wish and not withdrawn else None,
        due_at=referral.due_at,
        contact_kind=referral.contact_kind,
        contact=None if withdrawn else referrals.contact(referral),
        consent_text="" if withdrawn else referral.consent_text,
        consent_at=referral.consent_at,
        created_at=referral.created_at,
    )


def moment_in_words(moment: datetime) -> str:
    """Such as "dinsdag 24 november 2026, 17.00 uur", in Dutch time."""
    local = moment.astimezone(AMSTERDAM)
    return f"{DAYS[local.weekday()]} {date_in_words(local.date())}, {local:%H.%M} uur"


def _label(labels: Mapping[str, str], name: str | None) -> tuple[str, str] | None:
    return (name, labels.get(name, name)) if name else None


def _labelled(found: tuple[str, str] | None) -> dict[str, str] | None:
    return {"id": found[0], "label": found[1]} if found else None


def _context(referral: Referral) -> tuple[tuple[str, str], ...]:
    return tuple((item["label"], readable(item["text"])) for item in referral.context or ())


def readable(text: str) -> str:
    """The text without tokens of the vault, which mean nothing to a desk."""

    def named(match: re.Match[str]) -> str:
        return f"({KINDS.get(match.group(1), 'gegeven')} weggelaten)"

    return TOKEN.sub(named, text)
