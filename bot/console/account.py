"""The own account: password, authenticator, recovery codes, and where one is logged in."""

from __future__ import annotations

import asyncio
from typing import Any

from aiohttp import web

from bot.console import access, context, sessions
from bot.console.html import flash, render, see_other
from bot.console.notices import tell
from bot.console.page import Page
from bot.staff import accounts, audit, passwords
from bot.staff import sessions as staff_sessions
from bot.staff.model import OWN_ISSUER, Staff
from bot.staff.notices import notice
from bot.staff.roles import ROLE_TEXTS
from bot.staff.second_factor import recovery_codes_left

NOT_CURRENT = "Dit is niet je wachtwoord."


def pages() -> list[Page]:
    """The pages of the own account, for everyone who is logged in."""
    return [
        Page("GET", "/account", overview, None, signed_in=True),
        Page("GET", "/account/wachtwoord", password_form, None, signed_in=True),
        Page("POST", "/account/wachtwoord", change_password, None, signed_in=True),
        Page("GET", "/account/authenticator", authenticator_form, None, signed_in=True),
        Page("POST", "/account/authenticator", change_authenticator, None, signed_in=True),
        Page("GET", "/account/herstelcodes", codes_form, None, signed_in=True),
        Page("POST", "/account/herstelcodes", make_codes, None, signed_in=True),
        Page("POST", "/account/sessies/{id}/beeindigen", end_session, None, signed_in=True),
    ]


async def overview(request: web.Request) -> web.StreamResponse:
    """What is known of this person, and where the account is logged in."""
    values = await asyncio.to_thread(_overview, request)
    return render(request, "access/account.html", values)


def _overview(request: web.Request) -> dict[str, Any]:
    me = context.person(request)
    with context.database(request).session() as session:
        row = accounts.find(session, me.id)
        return {
            "own": row is not None and row.issuer == OWN_ISSUER,
            "roles": [(role, ROLE_TEXTS.get(role, "")) for role in sorted(me.roles)],
            "codes_left": recovery_codes_left(session, me.id),
            "sessions": staff_sessions.of_staff(
                session, me.id, staff_sessions.terms(context.settings(request))
            ),
            "this_session": sessions.current(request).id,
        }


async def password_form(request: web.Request) -> web.StreamResponse:
    """The form for a new password."""
    await _own(request)
    return _password_page(request)


async def change_password(request: web.Request) -> web.StreamResponse:
    """Changes the password; other browsers are logged out."""
    await _own(request)
    me = context.person(request)
    form = await access.fields(request)
    password = form.get("password", "")
    errors = access.password_errors(password, form.get("again", ""), me.name, me.email)
    errors = await _confirm(request, form) or errors
    if errors:
        return _password_page(request, errors)

    def change(session: Any, row: Staff) -> None:
        accounts.set_password(session, row, password)
        audit.record(session, me, "password_changed", f"medewerker {me.id}")

    await _change(request, change)
    tell(request, notice("password_changed", me))
    flash(request, "Je wachtwoord is veranderd. Op andere apparaten ben je afgemeld.")
    return see_other("/account")


async def authenticator_form(request: web.Request) -> web.StreamResponse:
    """The picture for a new authenticator."""
    await _own(request)
    return await access.authenticator_page(request, "access/authenticator_change.html", {})


async def change_authenticator(request: web.Request) -> web.StreamResponse:
    """Replaces the authenticator; other browsers are logged out."""
    await _own(request)
    form = await access.fields(request)
    errors = await _confirm(request, form)
    if not errors and not await asyncio.to_thread(_new_authenticator, request, form):
        errors = {"code": access.WRONG_CODE}
    if errors:
        page = "access/authenticator_change.html"
        return await access.authenticator_page(request, page, errors)
    tell(request, notice("second_factor_changed", context.person(request)))
    flash(request, "Je nieuwe authenticator werkt. Op andere apparaten ben je afgemeld.")
    return see_other("/account")


def _new_authenticator(request: web.Request, form: dict[str, str]) -> bool:
    current, me = sessions.current(request), context.person(request)
    with context.database(request).session() as session:
        found = staff_sessions.find(
            session, current.token, staff_sessions.terms(context.settings(request))
        )
        if found is None or found[0].pending is None:
            return False
        waiting, row = found
        code = form.get("code", "")[:40]
        if not access.second_factor(request).confirm(session, row, waiting.pending, code):
            return False
        audit.record(session, me, "second_factor_changed", f"medewerker {me.id}")
        staff_sessions.end_all(session, row.id)
        _renew(request, session, row)
    return True


async def codes_form(request: web.Request) -> web.StreamResponse:
    """Asks for the password before new recovery codes are made."""
    await _own(request)
    return render(request, "access/codes_new.html", {"errors": {}})


async def make_codes(request: web.Request) -> web.StreamResponse:
    """Makes new recovery codes and shows them, this one time; those of before end."""
    await _own(request)
    errors = await _confirm(request, await access.fields(request))
    if errors:
        return render(request, "access/codes_new.html", {"errors": errors}, 422)
    codes: list[str] = []

    def change(session: Any, row: Staff) -> None:
        codes.extend(access.second_factor(request).new_recovery_codes(session, row))
        audit.record(
            session, context.person(request), "recovery_codes_made", f"medewerker {row.id}"
        )
        staff_sessions.end(session, sessions.current(request).token)

    await _change(request, change)
    tell(request, notice("recovery_codes_made", context.person(request)))
    return render(request, "access/recovery_codes.html", {"codes": codes, "onward": "/account"})


async def end_session(request: web.Request) -> web.StreamResponse:
    """Logs one of the own browsers out."""
    if not await asyncio.to_thread(_end_session, request):
        raise web.HTTPNotFound
    flash(request, "Die sessie is beëindigd.")
    return see_other("/account")


def _end_session(request: web.Request) -> bool:
    number, me = request.match_info["id"], context.person(request)
    if not (number.isascii() and number.isdigit() and len(number) < 10):
        return False
    with context.database(request).session() as session:
        done = staff_sessions.end_one(session, me.id, int(number))
        if done:
            audit.record(session, me, "session_ended", f"medewerker {me.id}")
    return done


def _password_page(request: web.Request, errors: dict[str, str] | None = None) -> web.Response:
    values = {"errors": errors or {}, "shortest": passwords.SHORTEST}
    return render(request, "access/password.html", values, 422 if errors else 200)


async def _own(request: web.Request) -> None:
    """Passwords and authenticators of another provider are not ours to change."""

    def is_own() -> bool:
        with context.database(request).session() as session:
            row = accounts.find(session, context.person(request).id)
            return row is not None and row.issuer == OWN_ISSUER

    if not await asyncio.to_thread(is_own):
        raise web.HTTPNotFound


async def _confirm(request: web.Request, form: dict[str, str]) -> dict[str, str]:
    """Asks for the password again, because someone else can sit at an open screen."""
    outcome = await asyncio.to_thread(
        access.login(request).confirms, context.person(request).id, form.get("current", "")
    )
    if outcome is None:
        return {}
    return {"current": access.wait_text(outcome) if outcome.wait_until else NOT_CURRENT}


async def _change(request: web.Request, change: Any) -> None:
    """Changes the own account in one transaction, and gives this browser a new token."""

    def work() -> None:
        with context.database(request).session() as session:
            row = accounts.find(session, context.person(request).id)
            if row is None:
                raise web.HTTPNotFound
            change(session, row)
            _renew(request, session, row)

    await asyncio.to_thread(work)


def _renew(request: web.Request, session: Any, row: Staff) -> None:
    token = staff_sessions.start(session, row.id, staff_sessions.FULL, access.browser(request))
    sessions.begin(request, token)
