"""Accounts of colleagues: add, change, disable, and a new link; for the administrator."""

from __future__ import annotations

from typing import Any

from aiohttp import web
from sqlalchemy.orm import Session

from bot.console import access, context
from bot.console.html import flash, render, see_other
from bot.console.notices import tell
from bot.console.page import Page
from bot.console.security import note_refusal
from bot.staff import accounts, audit
from bot.staff.accounts import Person, StaffError, as_person
from bot.staff.model import OWN_ISSUER, Staff
from bot.staff.notices import notice
from bot.staff.roles import ROLE_TEXTS, Right

EVERYWHERE = "alle"
YOURSELF = "Je kunt je eigen rollen niet veranderen. Vraag een andere beheerder."
NOT_YOURS = "Kies alleen gemeenten waar je zelf voor werkt."


class NotAllowed(StaffError):
    """Something that is possible, but not for who asks it."""


def pages() -> list[Page]:
    """The pages of this section."""
    right = Right.STAFF
    return [
        Page("GET", "/medewerkers", overview, right, menu="Medewerkers"),
        Page("GET", "/medewerkers/nieuw", new_form, right),
        Page("POST", "/medewerkers/nieuw", add, right),
        Page("GET", "/medewerkers/{id}", change_form, right),
        Page("POST", "/medewerkers/{id}", change, right),
        Page("POST", "/medewerkers/{id}/link", new_link, right),
        Page("POST", "/medewerkers/{id}/uit", disable, right),
        Page("POST", "/medewerkers/{id}/aan", enable, right),
    ]


async def overview(request: web.Request) -> web.StreamResponse:
    """All colleagues of the own gemeenten."""

    own = context.person(request).gemeenten
    rows = await context.in_session(request, lambda session: accounts.every(session, own))
    return render(request, "staff/overview.html", {"rows": rows})


async def new_form(request: web.Request) -> web.StreamResponse:
    """The form for a new account."""
    return _form_page(request, None, {})


async def add(request: web.Request) -> web.StreamResponse:
    """Makes an account and shows its link, this one time."""
    form = await _read(request)

    def work(session: Session) -> tuple[Person, str]:
        me = context.person(request)
        _check_gemeenten(me, form["gemeenten"])
        row = accounts.add(session, **form)
        audit.record(session, me, "staff_added", f"medewerker {row.id}", ", ".join(row.roles))
        return as_person(row), accounts.enrolment_token(row)

    try:
        person, token = await context.in_session(request, work)
    except StaffError as error:
        return _form_page(request, None, form, error)
    return _link_page(request, person, token)


async def change_form(request: web.Request) -> web.StreamResponse:
    """One colleague."""
    row = await context.in_session(request, lambda session: _find(request, session))
    values = {"name": row.name, "roles": row.roles, "gemeenten": row.gemeenten}
    return _form_page(request, row, values)


async def change(request: web.Request) -> web.StreamResponse:
    """Changes name, roles and gemeenten; new rights log someone out."""
    form = await _read(request)
    form.pop("email")

    def work(session: Session) -> bool:
        row, me = _find(request, session), context.person(request)
        same = set(form["roles"]) == set(row.roles) and form["gemeenten"] == row.gemeenten
        if row.id == me.id and not same:
            raise NotAllowed(YOURSELF, "roles")
        _check_gemeenten(me, form["gemeenten"])
        changed = accounts.change(session, row, **form)
        audit.record(session, me, "staff_changed", f"medewerker {row.id}", ", ".join(row.roles))
        return changed

    try:
        changed = await context.in_session(request, work)
    except StaffError as error:
        row = await context.in_session(request, lambda session: _find(request, session))
        return _form_page(request, row, form, error)
    flash(
        request,
        "Bewaard. De collega is afgemeld en moet opnieuw aanmelden." if changed else "Bewaard.",
    )
    return see_other("/medewerkers")


async def new_link(request: web.Request) -> web.StreamResponse:
    """A new link to choose a password and authenticator, for who cannot log in any more."""

    def work(session: Session) -> tuple[Person, str]:
        row, me = _find(request, session), context.person(request)
        token = accounts.enrolment_token(row)
        audit.record(session, me, "staff_link", f"medewerker {row.id}")
        return as_person(row), token

    try:
        person, token = await context.in_session(request, work)
    except StaffError as error:
        flash(request, str(error), "error")
        return see_other(f"/medewerkers/{request.match_info['id']}")
    tell(request, notice("staff_link", person))
    return _link_page(request, person, token)


async def disable(request: web.Request) -> web.StreamResponse:
    """Lets someone no longer in, from this moment."""

    def work(session: Session) -> bool:
        row, me = _find(request, session), context.person(request)
        if row.id == me.id:
            return False
        accounts.disable(session, row)
        audit.record(session, me, "staff_disabled", f"medewerker {row.id}")
        return True

    if await context.in_session(request, work):
        flash(request, "Het account is uitgezet. De collega is overal afgemeld.")
    else:
        flash(request, "Je kunt je eigen account niet uitzetten.", "error")
    return see_other("/medewerkers")


async def enable(request: web.Request) -> web.StreamResponse:
    """Lets someone in again."""

    def work(session: Session) -> None:
        row = _find(request, session)
        accounts.enable(row)
        audit.record(session, context.person(request), "staff_enabled", f"medewerker {row.id}")

    await context.in_session(request, work)
    flash(request, "Het account is weer aan.")
    return see_other("/medewerkers")


def _find(request: web.Request, session: Session) -> Staff:
    """The colleague of this address; of another gemeente is the same as not there."""
    number = request.match_info["id"]
    row = None
    if number.isascii() and number.isdigit() and len(number) < 10:
        row = accounts.find(session, int(number))
    if row is None or not context.person(request).sees(row.gemeenten):
        raise web.HTTPNotFound
    return row


async def _read(request: web.Request) -> dict[str, Any]:
    form = await request.post()
    texts = await access.fields(request)
    names = texts.get("gemeenten", "").split(",")
    everywhere = texts.get("where") == EVERYWHERE
    return {
        "email": texts.get("email", ""),
        "name": texts.get("name", ""),
        "roles": [role for role in form.getall("roles", []) if isinstance(role, str)],
        "gemeenten": None if everywhere else sorted({n.strip() for n in names if n.strip()}),
    }


def _check_gemeenten(me: Person, gemeenten: list[str] | None) -> None:
    if not me.sees(gemeenten):
        raise NotAllowed(NOT_YOURS, "gemeenten")


def _form_page(
    request: web.Request, row: Staff | None, values: dict[str, Any], error: StaffError | None = None
) -> web.Response:
    if isinstance(error, NotAllowed):
        note_refusal(request, 422)
    me = context.person(request)
    gemeenten = values.get("gemeenten", sorted(me.gemeenten) if me.gemeenten else None)
    shown = {
        "row": row,
        "values": {"email": "", "name": "", "roles": [], **values, "gemeenten": gemeenten},
        "roles": [(role, role, text) for role, text in ROLE_TEXTS.items()],
        "errors": {error.field or "name": str(error)} if error else {},
        "everywhere": EVERYWHERE,
        "may_everywhere": me.gemeenten is None,
        "own": row is None or row.issuer == OWN_ISSUER,
        "is_me": row is not None and row.id == me.id,
    }
    return render(request, "staff/form.html", shown, 422 if error else 200)


def _link_page(request: web.Request, person: Person, token: str) -> web.Response:
    link = f"{context.settings(request).public_url}{context.ROOT}/welkom/{token}"
    days = accounts.ENROL_TERM.days
    return render(request, "staff/link.html", {"who": person, "link": link, "days": days})
