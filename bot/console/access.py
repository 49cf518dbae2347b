"""Logging in and out: password, code, the link for a new account, the first authenticator."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import segno
from aiohttp import web
from markupsafe import Markup

from bot.console import context, sessions
from bot.console.html import flash, moment, render, see_other
from bot.console.notices import tell
from bot.console.page import Page
from bot.console.security import safe_next, to_login
from bot.staff import accounts, audit, passwords
from bot.staff import sessions as staff_sessions
from bot.staff.accounts import as_person
from bot.staff.login import DEVICE_TERM, Login, Outcome
from bot.staff.notices import notice
from bot.staff.second_factor import SecondFactor

DEVICE_COOKIE = "console-device"
NEXT = "next"
WRONG = "Dit e-mailadres of wachtwoord klopt niet."
WRONG_CODE = (
    "Deze code klopt niet, of is al gebruikt. Wacht op de volgende en probeer het nog eens."
)
WAIT = "Er is te vaak iets verkeerds ingevuld. Probeer het weer na {}."
LOGIN_OVER = "Het aanmelden duurde te lang. Begin opnieuw."
BROWSERS = ("Edg", "Firefox", "Chrome", "Safari")
SYSTEMS = ("Android", "iPhone", "iPad", "Windows", "Mac OS", "Linux")


def pages() -> list[Page]:
    """The pages of logging in, and the first page."""
    return [
        Page("GET", "/", home, None, signed_in=True),
        Page("GET", "/aanmelden", login_form, None),
        Page("POST", "/aanmelden", log_in, None),
        Page("GET", "/aanmelden/code", code_form, None),
        Page("POST", "/aanmelden/code", give_code, None),
        Page("GET", "/aanmelden/instellen", enrol_form, None),
        Page("POST", "/aanmelden/instellen", enrol, None),
        Page("GET", "/welkom/{token}", welcome_form, None),
        Page("POST", "/welkom/{token}", welcome, None),
        Page("POST", "/afmelden", log_out, None, signed_in=True),
        Page("GET", "/sessie", still_here, None, signed_in=True),
    ]


async def home(request: web.Request) -> web.StreamResponse:
    """The first page of the menu that this person may open, or the own account."""
    person = context.person(request)
    for page in request.config_dict[context.MENU]:
        if page.right is not None and person.may(page.right):
            raise web.HTTPFound(context.ROOT + page.path)
    raise web.HTTPFound(f"{context.ROOT}/account")


async def login_form(request: web.Request) -> web.StreamResponse:
    """The form for e-mail address and password."""
    wanted = safe_next(request.query.get(NEXT))
    if context.someone(request):
        return see_other(wanted)
    return _login_page(request, wanted)


async def log_in(request: web.Request) -> web.StreamResponse:
    """Judges e-mail address and password."""
    form = await fields(request)
    email, password = form.get("email", ""), form.get("password", "")
    wanted = safe_next(form.get(NEXT))
    outcome = await asyncio.to_thread(
        login(request).with_password,
        email[:254],
        password[: passwords.LONGEST * 2],
        address=request.config_dict[context.ADDRESS_OF](request),
        browser=browser(request),
        device=request.cookies.get(DEVICE_COOKIE, ""),
    )
    if outcome.wait_until:
        return _login_page(request, wanted, email, wait_text(outcome), 429)
    if not outcome.token:
        return _login_page(request, wanted, email, WRONG, 422)
    await _replace_session(request, outcome)
    step = "code" if outcome.stage == staff_sessions.CODE else "instellen"
    return see_other(_with_next(f"/aanmelden/{step}", wanted))


async def code_form(request: web.Request) -> web.StreamResponse:
    """The form for the code of the authenticator."""
    if sessions.current(request).stage != staff_sessions.CODE:
        return to_login(request)
    return _code_page(request)


async def give_code(request: web.Request) -> web.StreamResponse:
    """Judges the code."""
    form = await fields(request)
    try:
        outcome = await asyncio.to_thread(
            login(request).with_code,
            sessions.current(request).token,
            form.get("code", "")[:40],
            terms=staff_sessions.terms(context.settings(request)),
            device=request.cookies.get(DEVICE_COOKIE, ""),
        )
    except LookupError:
        return _start_again(request)
    tell(request, *outcome.notices)
    if outcome.wait_until:
        return _code_page(request, wait_text(outcome), 429)
    if not outcome.token:
        return _code_page(request, WRONG_CODE, 422)
    return _in(request, outcome, see_other(safe_next(request.query.get(NEXT))))


async def enrol_form(request: web.Request) -> web.StreamResponse:
    """The picture for the authenticator, the first time."""
    session = sessions.current(request)
    if session.stage != staff_sessions.ENROL:
        return to_login(request)
    return await authenticator_page(request, "access/enrol.html", {})


async def enrol(request: web.Request) -> web.StreamResponse:
    """Sets the authenticator, lets someone in, and shows the recovery codes this one time."""
    form = await fields(request)
    try:
        outcome, codes = await asyncio.to_thread(
            login(request).enrolled,
            sessions.current(request).token,
            form.get("code", "")[:40],
            terms=staff_sessions.terms(context.settings(request)),
        )
    except LookupError:
        return _start_again(request)
    tell(request, *outcome.notices)
    if not outcome.token:
        return await authenticator_page(request, "access/enrol.html", {"code": WRONG_CODE})
    sessions.begin(request, outcome.token)
    values = {"codes": codes, "onward": safe_next(request.query.get(NEXT))}
    return _in(request, outcome, render(request, "access/recovery_codes.html", values))


async def welcome_form(request: web.Request) -> web.StreamResponse:
    """The form to choose a password, for who has a link of a colleague."""
    token = request.match_info["token"]
    found = await asyncio.to_thread(_find_enrolment, request, token)
    return _welcome_page(request, found)


async def welcome(request: web.Request) -> web.StreamResponse:
    """Uses the link: the password is set, the authenticator comes next."""
    form = await fields(request)
    token = request.match_info["token"]
    found = await asyncio.to_thread(_find_enrolment, request, token)
    if found is None:
        return _welcome_page(request, None)
    password, again = form.get("password", ""), form.get("again", "")
    wrong = password_errors(password, again, found.name, found.email)
    if wrong:
        return _welcome_page(request, found, wrong)
    outcome = await asyncio.to_thread(_enrol, request, token, password)
    if outcome is None:
        return _welcome_page(request, None)
    tell(request, *outcome.notices)
    sessions.begin(request, outcome.token)
    return see_other("/aanmelden/instellen")


async def log_out(request: web.Request) -> web.StreamResponse:
    """Ends the session, here and on the server."""
    await asyncio.to_thread(_log_out, request)
    sessions.forget(request)
    flash(request, "Je bent afgemeld.")
    return see_other("/aanmelden")


async def still_here(request: web.Request) -> web.StreamResponse:
    """Nothing, but it counts as activity: the page asks before a session ends (WCAG 2.2.1)."""
    return web.Response(status=204)


# What the pages above share, and those of the own account.


def login(request: web.Request) -> Login:
    """The steps of logging in, for this installation."""
    settings = context.settings(request)
    return Login(context.database(request), settings.secret_key, settings.secret_key_old)


def second_factor(request: web.Request) -> SecondFactor:
    """The second factor, for this installation."""
    settings = context.settings(request)
    return SecondFactor(settings.secret_key, settings.secret_key_old)


async def fields(request: web.Request) -> dict[str, str]:
    """The fields of a form as texts; files are left out."""
    return {name: value for name, value in (await request.post()).items() if isinstance(value, str)}


def browser(request: web.Request) -> str:
    """The browser in words that someone recognises in the list of sessions."""
    agent = request.headers.get("User-Agent", "")
    name = next((name for name in BROWSERS if name in agent), "Onbekende browser")
    system = next((system for system in SYSTEMS if system in agent), "")
    return f"{name.replace('Edg', 'Edge')} op {system}" if system else name


def wait_text(outcome: Outcome) -> str:
    """Until when to wait, for people."""
    return WAIT.format(moment(outcome.wait_until).rpartition(", ")[2])


def password_errors(password: str, again: str, *about: str) -> dict[str, str]:
    """What is wrong with a new password, by field."""
    wrong = passwords.objection(password, *about)
    if wrong:
        return {"password": wrong}
    if password != again:
        return {"again": "Dit is niet hetzelfde als het wachtwoord hierboven."}
    return {}


async def authenticator_page(
    request: web.Request, template: str, errors: Mapping[str, str]
) -> web.Response:
    """A page with the picture for a new authenticator, whose secret waits in the session."""
    uri, secret = await asyncio.to_thread(_pending, request)
    picture = segno.make(uri, error="m").svg_inline(
        scale=5, light="#ffffff", title="QR-code voor je authenticator", omitsize=False
    )
    groups = " ".join(secret[i : i + 4] for i in range(0, len(secret), 4))
    values: dict[str, Any] = {
        "picture": Markup(picture),  # noqa: S704 - made here, of our own address
        "secret": groups,
        "errors": errors,
        "onward": safe_next(request.query.get(NEXT)),
    }
    return render(request, template, values, 422 if errors else 200)


def _pending(request: web.Request) -> tuple[str, str]:
    session, second = sessions.current(request), second_factor(request)
    with context.database(request).session() as database_session:
        found = staff_sessions.find(
            database_session, session.token, staff_sessions.terms(context.settings(request))
        )
        if found is None:
            raise web.HTTPFound(f"{context.ROOT}/aanmelden")
        row, staff = found
        if row.pending is None:
            row.pending = second.new_secret()
        return second.uri(row.pending, staff.email), second.secret(row.pending)


def _login_page(
    request: web.Request, wanted: str, email: str = "", error: str = "", status: int = 200
) -> web.Response:
    settings = context.settings(request)
    values = {
        "email": email[:254],
        "wanted": wanted,
        "error": error,
        "oidc": bool(settings.oidc_issuer),
    }
    return render(request, "access/login.html", values, status)


def _code_page(request: web.Request, error: str = "", status: int = 200) -> web.Response:
    values = {
        "errors": {"code": error} if error else {},
        "onward": safe_next(request.query.get(NEXT)),
    }
    return render(request, "access/code.html", values, status)


def _with_next(path: str, wanted: str) -> str:
    return path if wanted == "/" else f"{path}?{urlencode({NEXT: wanted})}"


def _start_again(request: web.Request) -> web.Response:
    flash(request, LOGIN_OVER, "warning")
    return see_other("/aanmelden")


async def _replace_session(request: web.Request, outcome: Outcome) -> None:
    """The browser's earlier session ends; another token is for the new one."""
    await asyncio.to_thread(end_session, request, sessions.current(request).token)
    sessions.begin(request, outcome.token)


def end_session(request: web.Request, token: str) -> None:
    """The session of this token ends on the server."""
    with context.database(request).session() as database_session:
        staff_sessions.end(database_session, token)


def _in(request: web.Request, outcome: Outcome, response: web.Response) -> web.Response:
    sessions.begin(request, outcome.token)
    response.set_cookie(
        DEVICE_COOKIE,
        outcome.device,
        path=f"{context.ROOT}/aanmelden",
        max_age=int(DEVICE_TERM.total_seconds()),
        secure=sessions.is_secure(request),
        httponly=True,
        samesite="Lax",
    )
    return response


def _find_enrolment(request: web.Request, token: str) -> accounts.Person | None:
    with context.database(request).session() as database_session:
        row = accounts.find_enrolment(database_session, token)
        return row and as_person(row)


def _enrol(request: web.Request, token: str, password: str) -> Outcome | None:
    with context.database(request).session() as database_session:
        row = accounts.find_enrolment(database_session, token)
        if row is None or not accounts.enrol(database_session, row, token, password):
            return None
        audit.record(database_session, as_person(row), "enrolled", f"medewerker {row.id}")
        stage = staff_sessions.ENROL
        fresh = staff_sessions.start(database_session, row.id, stage, browser(request))
        return Outcome(fresh, stage, notices=(notice("enrolled", as_person(row)),))


def _welcome_page(
    request: web.Request, found: accounts.Person | None, errors: dict[str, str] | None = None
) -> web.Response:
    values = {"found": found, "errors": errors or {}, "shortest": passwords.SHORTEST}
    status = 404 if found is None else 422 if errors else 200
    return render(request, "access/welcome.html", values, status)


def _log_out(request: web.Request) -> None:
    with context.database(request).session() as database_session:
        staff_sessions.end(database_session, sessions.current(request).token)
        person = context.person(request)
        audit.record(database_session, person, "logout", f"medewerker {person.id}")
