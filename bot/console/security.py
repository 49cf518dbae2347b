"""What guards every page: headers, forged forms, rights, and errors that give nothing away."""

from __future__ import annotations

import asyncio
import hmac
import logging
from collections.abc import Mapping
from urllib.parse import quote, urlsplit

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from bot.console import context, sessions
from bot.console.html import render
from bot.console.page import Handler, Page

logger = logging.getLogger(__name__)

# Everything comes from ourselves and goes to ourselves; nothing is inline, nothing is framed.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Another website learns nothing of our addresses; not `no-referrer`, because then browsers
    # send `Origin: null` with our own forms.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "X-Robots-Tag": "noindex",
    "Server": "Startwijzer",
}
ONE_YEAR = 365 * 24 * 3600
SAFE = ("GET", "HEAD")
# Seconds; who needs longer for a form of at most 32 kB keeps a connection occupied.
LONGEST_READ = 10.0
ERRORS = {
    400: ("Dit verzoek klopt niet", "Ga terug en probeer het nog eens."),
    403: (
        "Je hebt hier geen toegang toe",
        "Je account heeft het recht niet dat hiervoor nodig is. Vraag je beheerder erom.",
    ),
    404: ("Deze pagina bestaat niet", "Misschien is wat je zoekt gewist, of klopt het adres niet."),
    405: ("Dat kan hier niet", "Ga terug en probeer het nog eens."),
    408: ("Dit duurde te lang", "Ga terug en probeer het nog eens."),
    413: ("Dat is te veel tekst", "Maak het korter, of doe het in delen."),
    500: (
        "Er ging iets mis aan onze kant",
        "Probeer het zo nog eens. Blijft het misgaan? Meld het.",
    ),
}
FORGED = (
    "Dit formulier is verlopen",
    "Er is voor de zekerheid niets veranderd. Ga terug, ververs de pagina en probeer het nog eens.",
)


class Forged(web.HTTPForbidden):
    """A form that was not made by us for this session."""


@web.middleware
async def headers_middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Adds the headers. What a page shows is personal, so no browser or proxy keeps it."""
    response = await handler(request)
    if response.prepared:
        return response
    found = dict(HEADERS)
    found["Cache-Control"] = "no-cache" if _is_static(request) else "no-store"
    if sessions.is_secure(request):
        found["Strict-Transport-Security"] = f"max-age={ONE_YEAR}"
    for name, value in found.items():
        response.headers.setdefault(name, value)
    return response


def _is_static(request: web.Request) -> bool:
    return request.path.startswith(f"{context.ROOT}/static/")


@web.middleware
async def errors_middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Every error as a page in Dutch; what was not foreseen is logged without its content."""
    try:
        return await handler(request)
    except Forged as error:
        note_refusal(request, error.status)
        return _error_page(request, error.status, *FORGED)
    except web.HTTPException as error:
        if error.status < 400:
            return web.Response(
                status=error.status, headers={"Location": error.headers["Location"]}
            )
        # What is of another gemeente does not exist for this person, so that is a refusal too.
        if error.status == 403 or (error.status == 404 and context.someone(request)):
            note_refusal(request, error.status)
        page = _error_page(request, error.status, *ERRORS.get(error.status, ERRORS[400]))
        for name in ("Allow", "Connection"):
            if name in error.headers:
                page.headers[name] = error.headers[name]
        return page
    except (ConnectionResetError, asyncio.CancelledError):
        raise
    except Exception as error:
        logger.error("%s in %s %s", type(error).__name__, request.method, _route(request))
        logger.debug("details", exc_info=True)
        return _error_page(request, 500, *ERRORS[500])


def note_refusal(request: web.Request, status: int) -> None:
    """Logs who was refused what, without anything of its content (ASVS 4.0.3, 7.2.2).

    Args:
        status: of the answer.
    """
    person = context.someone(request)
    fields = {
        "account": person.id if person else None,
        "method": request.method,
        "route": _route(request),
        "status": status,
    }
    logger.warning("refused", extra={"fields": fields})


def _route(request: web.Request) -> str:
    """The template of the route: an address itself may hold anything."""
    resource = request.match_info.route.resource
    return resource.canonical if resource else "?"


def _error_page(request: web.Request, status: int, title: str, text: str) -> web.Response:
    return render(request, "errors/error.html", {"title": title, "text": text}, status)


@web.middleware
async def input_middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuses what no database can keep, and a change that another website asked for.

    Two independent checks (OWASP Cross-Site Request Forgery Prevention): where the browser says
    that the request comes from, and a token in the form or in `X-CSRF-Token` that only our pages
    know.
    """
    if "\x00" in request.path or any("\x00" in value for value in request.query.values()):
        raise web.HTTPBadRequest  # PostgreSQL has no place for it
    if request.method not in SAFE:
        _check_origin(request)
        form = await _form(request)
        if any(isinstance(value, str) and "\x00" in value for value in form.values()):
            raise web.HTTPBadRequest
        given = request.headers.get("X-CSRF-Token")
        if given is None:
            field = form.get("csrf")
            given = field if isinstance(field, str) else ""
        expected = sessions.csrf_token(request)
        if not hmac.compare_digest(given.encode(errors="replace"), expected.encode()):
            raise Forged
    return await handler(request)


async def _form(request: web.Request) -> Mapping[str, object]:
    try:
        return await asyncio.wait_for(request.post(), LONGEST_READ)
    except asyncio.TimeoutError as error:
        raise web.HTTPRequestTimeout(headers={"Connection": "close"}) from error
    except (ValueError, LookupError, AssertionError, HttpProcessingError) as error:
        # No boundary, a part without a name, an alphabet that nobody knows: no browser sends these.
        raise web.HTTPBadRequest from error


def _check_origin(request: web.Request) -> None:
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None and site not in ("same-origin", "none"):
        raise Forged
    origin = request.headers.get("Origin")
    if origin is None:
        return
    public = urlsplit(context.settings(request).public_url).netloc
    if urlsplit(origin).netloc not in (request.host, public):
        raise Forged


def guarded(page: Page) -> Handler:
    """The handler of the page, behind a login and the right that the page asks for."""
    if page.is_open:
        return page.handler

    async def guard(request: web.Request) -> web.StreamResponse:
        person = context.someone(request)
        if person is None:
            response = to_login(request)
            note_refusal(request, response.status)
            return response
        if page.right is not None and not person.may(page.right):
            raise web.HTTPForbidden
        return await page.handler(request)

    return guard


def to_login(request: web.Request) -> web.Response:
    """To the login page, and after it back to where someone was going."""
    location = f"{context.ROOT}/aanmelden"
    path = request.rel_url.raw_path_qs.removeprefix(context.ROOT)
    if request.method in SAFE and path not in ("", "/"):
        location += f"?next={quote(path, safe='')}"
    return web.Response(
        status=302 if request.method in SAFE else 303, headers={"Location": location}
    )


def safe_next(path: str | None) -> str:
    """Where to go after logging in: a page of ours, never another website.

    A browser reads "//host" and "/\\host" as another website, and drops tabs and line ends.
    """
    if not path or len(path) > 2000 or not path.startswith("/"):
        return "/"
    if path.startswith(("//", "/\\")) or not path.isprintable() or "\\" in path:
        return "/"
    parts = urlsplit(path)
    return "/" if parts.scheme or parts.netloc else path
