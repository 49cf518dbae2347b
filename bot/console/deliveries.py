"""What did not arrive: messages to desks, and messages to people on WhatsApp."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from aiohttp import web
from sqlalchemy.orm import Session

from bot.console import context
from bot.console.html import flash, render, see_other
from bot.console.page import Page
from bot.database import now
from bot.referral import life, outbox, queue
from bot.referral.file import find_reference
from bot.staff import audit
from bot.staff.roles import Right
from bot.whatsapp import outbox as whatsapp
from bot.whatsapp.errors import GraphError, Group
from bot.whatsapp.model import WhatsAppPerson
from bot.whatsapp.window import remaining

MOST_FAILED = 200
ABOUT = {
    "nieuw": "nieuwe aanvraag",
    "ingetrokken": "aanvraag ingetrokken",
    "gewijzigd": "aanvraag gewijzigd",
    "herinnering": "herinnering",
}
WAYS = {"email": "e-mail", "openklant": "Open Klant", "open_klant": "Open Klant"}
STATES = {outbox.WAITING: "wordt opnieuw geprobeerd", outbox.DEAD: "opgegeven"}
# What to do about an error of WhatsApp, by what kind of error it is.
REASONS: Mapping[Group, str] = {
    Group.LATER: "WhatsApp had een storing en het is te vaak mislukt.",
    Group.PAIR: "Er gingen te veel berichten achter elkaar naar deze persoon.",
    Group.BUSY: "Er gingen te veel berichten tegelijk de deur uit.",
    Group.TEMPLATE: "De 24 uur waarin je vrij mag antwoorden, waren voorbij.",
    Group.MEDIA: "WhatsApp nam de afbeelding niet aan.",
    Group.ALARM: "De koppeling met WhatsApp werkt niet. Kijk de instellingen na.",
    Group.NEVER: "WhatsApp weigerde dit bericht. Opnieuw proberen helpt niet.",
}
# Where we can say more than by the kind.
BY_CODE: Mapping[int, str] = {
    131026: "Dit nummer kan geen WhatsApp-berichten krijgen, of de app is te oud.",
    131049: "WhatsApp hield het bericht tegen, omdat deze persoon al veel berichten kreeg.",
    131050: "Deze persoon wil geen berichten meer.",
    131048: "Te veel mensen noemden onze berichten ongewenst.",
    190: "De toegangssleutel van WhatsApp is verlopen. De beheerder moet een nieuwe zetten.",
}


@dataclass(frozen=True)
class NotArrived:
    """A message that did not reach a person on WhatsApp, in words; nothing of what it said."""

    conversation_id: str
    gemeente: str | None
    at: datetime
    reason: str
    code: int | None
    window: str


def pages() -> list[Page]:
    """The routes."""
    return [
        Page("GET", "/bezorging", overview, Right.DELIVERY, menu="Bezorging"),
        Page("POST", "/bezorging/{reference}/opnieuw", again, Right.DELIVERY),
    ]


async def overview(request: web.Request) -> web.Response:
    """Everything that did not arrive, for the gemeenten of this person."""
    gemeenten = context.person(request).gemeenten

    def read(session: Session) -> tuple[list[queue.Unsent], list[NotArrived]]:
        return queue.unsent(session, gemeenten), _failed(session, gemeenten)

    unsent, failed = await context.in_session(request, read)
    values = {
        "unsent": unsent,
        "failed": failed,
        "about": ABOUT,
        "ways": WAYS,
        "states": STATES,
        "dead": outbox.DEAD,
        "most_failed": MOST_FAILED,
    }
    return render(request, "deliveries/deliveries.html", values)


async def again(request: web.Request) -> web.Response:
    """Lets what was given up for a request be tried anew."""
    person = context.person(request)
    reference = request.match_info["reference"]
    if find_reference(reference) != reference:
        raise web.HTTPNotFound

    def work(session: Session) -> int:
        number = queue.revive(session, reference, person.gemeenten, now())
        if number:
            gemeente = queue.find(session, reference, person.gemeenten).gemeente
            subject = f"aanvraag {reference}"
            audit.record(session, person, "delivery_revived", subject, gemeente=gemeente)
        return number

    try:
        number = await context.in_session(request, work)
    except life.UnknownReferral as error:
        raise web.HTTPNotFound from error
    if number:
        flash(request, f"Aanvraag {reference} gaat opnieuw naar het loket.")
    else:
        flash(request, f"Voor aanvraag {reference} was niets opgegeven.", "info")
    return see_other("/bezorging")


def reason_of(code: int | None) -> str:
    """Why a message did not arrive, in Dutch."""
    if code is None:
        return "WhatsApp zei niet waarom."
    return BY_CODE.get(code) or REASONS[GraphError(code).group]


def window_in_words(left: timedelta | None) -> str:
    """How long one may still answer freely, such as "nog 3 uur"."""
    if not left:
        return "voorbij: alleen nog met een vast bericht"
    minutes = int(left.total_seconds() // 60)
    if minutes >= 60:
        return f"nog {minutes // 60} uur"
    return "nog 1 minuut" if minutes <= 1 else f"nog {minutes} minuten"


def _failed(session: Session, gemeenten: frozenset[str] | None) -> list[NotArrived]:
    own = None if gemeenten is None else sorted(gemeenten)
    moment, rows = now(), whatsapp.failed(session, own, MOST_FAILED)
    found = sa.select(WhatsAppPerson).where(
        WhatsAppPerson.conversation_id.in_({row.conversation_id for row in rows})
    )
    left = {
        person.conversation_id: remaining(person, moment)
        for person in session.execute(found).scalars()
    }
    return [
        NotArrived(
            row.conversation_id,
            row.gemeente,
            row.at,
            reason_of(row.code),
            row.code,
            window_in_words(left.get(row.conversation_id)),
        )
        for row in rows
    ]
