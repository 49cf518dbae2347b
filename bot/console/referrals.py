"""Requests for contact: the queue of each desk, one request, its state, and its contact detail."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from aiohttp import web
from cryptography.fernet import InvalidToken
from sqlalchemy.orm import Session

from bot.catalogue.model import Service
from bot.console import context
from bot.console.deliveries import ABOUT
from bot.console.html import flash, render, see_other
from bot.console.page import Page
from bot.database import now
from bot.referral import life, queue, status
from bot.referral.file import Referrals, find_reference
from bot.referral.helped import ANSWERS
from bot.referral.message import CONTACT_LABELS, URGENT, readable
from bot.referral.model import Referral
from bot.review.scope import clean
from bot.staff import audit
from bot.staff.accounts import Person
from bot.staff.roles import Right
from bot.taxonomy import taxonomy

STATES: Mapping[str, str] = {
    life.RECEIVED: "Ontvangen",
    life.IN_HAND: "In behandeling",
    life.CONTACT: "Contact gelegd",
    life.DONE: "Afgerond",
    life.NO_CONTACT: "Geen contact gekregen",
    life.WITHDRAWN: "Ingetrokken",
}
# What a state means where it is chosen.
CHOICES: Mapping[str, str] = {
    life.RECEIVED: "Terug naar de lijst. De termijn begint opnieuw.",
    life.IN_HAND: "Een adviseur heeft de aanvraag opgepakt.",
    life.CONTACT: "Een adviseur heeft de inwoner gesproken.",
    life.NO_CONTACT: "De inwoner was niet te bereiken. Die kan het contactgegeven nog verbeteren.",
    life.DONE: "De vraag is afgehandeld. De inwoner krijgt de vraag of het geholpen heeft.",
    life.WITHDRAWN: (
        "De inwoner wil niet meer. Het contactgegeven wordt meteen gewist en het loket krijgt "
        "bericht. Dit kun je niet terugdraaien."
    ),
}
FILTERS = {queue.ALL_OPEN: "Open", queue.LATE: "Te laat", queue.ALL: "Alle", **STATES}
LONGEST_NOTE, LONGEST_REASON, SHORTEST_REASON = 1000, 500, 10


def pages() -> list[Page]:
    """The routes."""
    return [
        Page("GET", "/aanvragen", overview, Right.REFERRALS, menu="Aanvragen"),
        Page("GET", "/aanvragen/{reference}", detail, Right.REFERRALS),
        Page("POST", "/aanvragen/{reference}/status", change, Right.REFERRALS),
        Page("POST", "/aanvragen/{reference}/contact", reveal, Right.REVEAL),
    ]


async def overview(request: web.Request) -> web.Response:
    """The requests of a desk, what is late first."""
    query, person = request.query, context.person(request)
    chosen = query.get("stand", queue.ALL_OPEN)
    wanted = queue.Wanted(
        desk=clean(query["loket"]) if query.get("loket") else None,
        status=chosen if chosen in queue.FILTERS else queue.ALL_OPEN,
        gemeente=clean(query.get("gemeente", "")) or None,
    )
    page = _page_number(query.get("pagina", ""))
    moment = now()

    def read(session: Session) -> tuple[queue.Listed, list[queue.Desk], list[str]]:
        return (
            queue.listed(session, wanted, person.gemeenten, moment, page),
            queue.desks(session, person.gemeenten, moment),
            queue.gemeenten_with_requests(session, person.gemeenten),
        )

    found, desks, gemeenten = await context.in_session(request, read)
    values = {
        "found": found,
        "desks": desks,
        "gemeenten": gemeenten,
        "wanted": wanted,
        "filters": FILTERS,
        "states": STATES,
        "urgent": URGENT,
        "page": page,
        "last": max(1, -(-found.count // queue.PAGE_SIZE)),
        "address": lambda number: _address(wanted, number),
    }
    return render(request, "referrals/queue.html", values)


async def detail(request: web.Request) -> web.Response:
    """One request, without its contact detail. That it was opened is in the audit log."""
    person = context.person(request)

    def read(session: Session) -> View:
        referral = _find(session, request, person)
        _record(session, person, "referral_opened", referral)
        return _view(session, referral)

    view = await context.in_session(request, read)
    return render(request, "referrals/detail.html", _values(view))


async def change(request: web.Request) -> web.Response:
    """Brings the request into another state; what cannot be is said at the field."""
    form, person = await request.post(), context.person(request)
    wanted, note = _text(form, "stand"), _text(form, "notitie")
    errors: dict[str, str] = {}
    if not wanted:
        errors["stand"] = "Kies wat er met de aanvraag gebeurt."
    if len(note) > LONGEST_NOTE:
        errors["notitie"] = f"Maak de notitie korter dan {LONGEST_NOTE} tekens."

    def work(session: Session) -> None:
        referral = _find(session, request, person)
        status.set_status(session, referral, wanted, person.name[: life.LONGEST_NAME], note)
        _record(session, person, "referral_changed", referral)

    if not errors:
        try:
            await context.in_session(request, work)
        except life.UnknownReferral as error:
            raise web.HTTPNotFound from error
        except life.ReferralError as error:
            errors["stand"] = str(error)
    reference = request.match_info["reference"]
    if not errors:
        flash(request, f"Aanvraag {reference} is nu: {STATES[wanted].lower()}.")
        return see_other(f"/aanvragen/{reference}")
    view = await context.in_session(request, lambda s: _view(s, _find(s, request, person)))
    values = _values(view) | {"errors": errors, "note": note, "chosen": wanted}
    return render(request, "referrals/detail.html", values, status=409 if wanted else 400)


async def reveal(request: web.Request) -> web.Response:
    """Shows the contact detail on this one page, after the reason is in the audit log.

    The entry is committed before anything is decrypted: without it nobody sees the detail.
    """
    form, person = await request.post(), context.person(request)
    reason = _text(form, "reden")
    if not SHORTEST_REASON <= len(reason) <= LONGEST_REASON:
        view = await context.in_session(request, lambda s: _view(s, _find(s, request, person)))
        told = f"Schrijf in {SHORTEST_REASON} tot {LONGEST_REASON} tekens waarom je het nodig hebt."
        values = _values(view) | {"errors": {"reden": told}, "reason": reason}
        return render(request, "referrals/detail.html", values, status=400)

    def log(session: Session) -> View:
        referral = _find(session, request, person)
        _record(session, person, "contact_revealed", referral, reason)
        return _view(session, referral)

    settings = context.settings(request)
    referrals = Referrals(settings.secret_key, settings.secret_key_old)

    def read(session: Session) -> str | None:
        referral = _find(session, request, person)
        try:
            return referrals.contact(referral) if referral.contact else None
        except InvalidToken:
            return None

    view = await context.in_session(request, log)
    values = _values(view) | {"contact": await context.in_session(request, read), "revealed": True}
    return render(request, "referrals/detail.html", values)


@dataclass(frozen=True)
class View:
    """A request in words, without its contact detail."""

    reference: str
    status: str
    following: tuple[str, ...]
    late: bool
    facts: tuple[tuple[str, str], ...]
    due_at: Any
    question: str
    context: tuple[tuple[str, str], ...]
    contact_kind: str
    has_contact: bool
    consent_text: str
    events: tuple[Any, ...]
    messages: tuple[Any, ...]


def _view(session: Session, referral: Referral) -> View:
    service = session.get(Service, referral.service_id)
    words = taxonomy()
    facts = {
        "Gemeente": referral.gemeente,
        "Loket": service.provider.name if service else "het loket bestaat niet meer",
        "Dienst": service.name if service else referral.service_id,
        "Haast": "ja, deze week" if referral.urgency == URGENT else "",
        "Situatie": words.target_groups.get(referral.situation or "", referral.situation),
        "Fase": words.phases.get(referral.phase or "", referral.phase),
        "Wens": readable(referral.wish) if referral.wish else "",
        "Geholpen": ANSWERS.get(referral.helped or "", ""),
    }
    return View(
        reference=referral.reference,
        status=referral.status,
        following=tuple(life.ALLOWED.get(referral.status, ())),
        late=queue.is_late(referral, now()),
        facts=tuple((label, str(value)) for label, value in facts.items() if value),
        due_at=referral.due_at if referral.status in life.WAITING else None,
        question=readable(referral.question),
        context=tuple((item["label"], readable(item["text"])) for item in referral.context or ()),
        contact_kind=CONTACT_LABELS.get(referral.contact_kind, referral.contact_kind),
        has_contact=bool(referral.contact),
        consent_text=referral.consent_text,
        events=tuple((e.at, e.status, e.by, e.note) for e in referral.events),
        messages=tuple((m.created_at, m.about, m.kind, m.status) for m in referral.handovers),
    )


def _values(view: View) -> dict[str, Any]:
    return {
        "view": view,
        "states": STATES,
        "abouts": ABOUT,
        "choices": [(name, STATES[name], CHOICES[name]) for name in view.following],
        "errors": {},
        "note": "",
        "chosen": "",
        "reason": "",
        "contact": None,
        "revealed": False,
        "longest_note": LONGEST_NOTE,
        "longest_reason": LONGEST_REASON,
    }


def _find(session: Session, request: web.Request, person: Person) -> Referral:
    reference = find_reference(request.match_info["reference"])
    if reference != request.match_info["reference"]:
        raise web.HTTPNotFound
    try:
        return queue.find(session, reference, person.gemeenten)
    except life.UnknownReferral as error:
        raise web.HTTPNotFound from error


def _record(
    session: Session, person: Person, action: str, referral: Referral, reason: str | None = None
) -> None:
    subject = f"aanvraag {referral.reference}"
    audit.record(session, person, action, subject, reason, gemeente=referral.gemeente)


def _text(form: Any, name: str) -> str:
    value = form.get(name)
    return value.replace("\x00", "").strip() if isinstance(value, str) else ""


def _page_number(text: str) -> int:
    return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) < 6 else 1


def _address(wanted: queue.Wanted, number: int) -> str:
    found = {"stand": wanted.status, "loket": wanted.desk, "gemeente": wanted.gemeente}
    chosen = {name: value for name, value in found.items() if value}
    return f"{context.ROOT}/aanvragen?{urlencode({**chosen, 'pagina': number})}"
