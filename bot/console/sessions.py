"""The cookies of the console: the session, the token against forged forms, and flashed messages."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from dataclasses import dataclass

from aiohttp import web
from cryptography.fernet import InvalidToken

from bot.console import context
from bot.console.page import Handler
from bot.privacy.keys import Cipher, derive
from bot.staff import sessions
from bot.staff.accounts import Person, as_person
from bot.staff.tokens import new_token

CURRENT = "console_session"
FLASHED = "console_flashed"
FLASH_COOKIE = "console-flash"
FLASH_SECONDS = 300
# A cookie of more than 4096 bytes is dropped by browsers (RFC 6265, 6.1).
MOST_FLASHED, LONGEST_FLASH = 3, 300


@dataclass
class Current:
    """The session of this request. `token` is that of the browser, known to us or not; what the
    response must set is in `fresh`: a token, "" to remove it, None to leave it.
    """

    token: str
    id: int = 0
    staff_id: int = 0
    stage: str = ""
    person: Person | None = None
    fresh: str | None = None


@dataclass
class Flashed:
    """Messages: those that came with the request, and those for the next page."""

    old: list[tuple[str, str]]
    new: list[tuple[str, str]]
    shown: bool = False


def is_secure(request: web.Request) -> bool:
    """Whether the browser came over https, itself or through a proxy."""
    forwarded = request.headers.get("X-Forwarded-Proto") == "https"
    public = context.settings(request).public_url.startswith("https://")
    return request.secure or forwarded or public


def cookie_name(request: web.Request) -> str:
    """`__Host-` ties the cookie to this host, this path and https, but only exists over https."""
    return "__Host-console" if is_secure(request) else "console"


def current(request: web.Request) -> Current:
    """The session of this request."""
    found: Current = request[CURRENT]
    return found


def begin(request: web.Request, token: str) -> None:
    """From the response on, the browser has this token of a new session."""
    current(request).token = current(request).fresh = token


def forget(request: web.Request) -> None:
    """From the response on, the browser has no session."""
    current(request).fresh = ""


def csrf_token(request: web.Request) -> str:
    """What a form must send back. It follows from the token of the session, that no other website
    can read, and gives nothing away about it (OWASP: HMAC based token pattern).
    """
    session = current(request)
    if not session.token:
        session.token = session.fresh = new_token()
    key = derive(context.settings(request).secret_key, "console csrf")
    return hmac.new(key, session.token.encode(), hashlib.sha256).hexdigest()


def flash(request: web.Request, text: str, kind: str = "ok") -> None:
    """Shows a message once, on the next page. `kind` is ok, info, warning or error."""
    request[FLASHED].new.append((kind, text[:LONGEST_FLASH]))


def take_flashed(request: web.Request) -> list[tuple[str, str]]:
    """The messages to show on this page."""
    found: Flashed = request[FLASHED]
    found.shown = True
    return [*found.old, *found.new]


@web.middleware
async def session_middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Finds out who asks, and sets the cookies of the response."""
    token = request.cookies.get(cookie_name(request), "")
    if not token.isascii():  # none of ours, and bytes that are no text cannot be hashed
        token = ""
    session = Current(token)
    request[CURRENT] = session
    request[FLASHED] = Flashed(_read_flash(request), [])
    if token:
        await asyncio.to_thread(_look_up, request, session)
    if session.stage == sessions.FULL:
        request[context.PERSON] = session.person
    response = await handler(request)
    if not response.prepared:
        _set_cookies(request, response)
    return response


def _look_up(request: web.Request, session: Current) -> None:
    with context.database(request).session() as database_session:
        found = sessions.find(
            database_session, session.token, sessions.terms(context.settings(request))
        )
        if found is not None:
            row, staff = found
            session.id, session.staff_id, session.stage = row.id, staff.id, row.stage
            session.person = as_person(staff)


def _set_cookies(request: web.Request, response: web.StreamResponse) -> None:
    secure, session = is_secure(request), current(request)
    name = cookie_name(request)
    if session.fresh:
        # Lax: the way back from a provider of OpenID Connect starts at another website.
        response.set_cookie(
            name, session.fresh, path="/", secure=secure, httponly=True, samesite="Lax"
        )
    elif session.fresh == "":
        response.del_cookie(name, path="/", secure=secure, httponly=True, samesite="Lax")
    flashed: Flashed = request[FLASHED]
    keep = flashed.new if flashed.shown is False else []
    if keep:
        left = [*flashed.old, *keep][-MOST_FLASHED:]
        text = _flash_cipher(request).encrypt(json.dumps(left)).decode()
        response.set_cookie(
            FLASH_COOKIE,
            text,
            path=context.ROOT,
            max_age=FLASH_SECONDS,
            secure=secure,
            httponly=True,
            samesite="Lax",
        )
    elif flashed.shown and FLASH_COOKIE in request.cookies:
        response.del_cookie(
            FLASH_COOKIE, path=context.ROOT, secure=secure, httponly=True, samesite="Lax"
        )


def _read_flash(request: web.Request) -> list[tuple[str, str]]:
    raw = request.cookies.get(FLASH_COOKIE)
    if not raw:
        return []
    try:
        return [
            (kind, text) for kind, text in json.loads(_flash_cipher(request).decrypt(raw.encode()))
        ]
    except (InvalidToken, ValueError):
        return []


def _flash_cipher(request: web.Request) -> Cipher:
    return Cipher(context.settings(request).secret_key, "console flash")
