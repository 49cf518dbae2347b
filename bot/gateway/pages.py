"""The demo page, and the headers that every response carries."""

from __future__ import annotations

from pathlib import Path

from aiohttp import web

from bot.gateway import description
from bot.gateway.cors import ORIGINS
from bot.gateway.problems import Handler
from bot.settings import ROOT

DEMO = ROOT / "bot" / "widget" / "demo"
# Everything comes from ourselves: no inline script or style, no third party, no framing.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    # What another website may show says so itself: the script of the chat, and pictures.
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Server": "Startwijzer",  # instead of the names and versions of what we are built with
}
HTML = {"Content-Type": "text/html; charset=utf-8"}
API = "/api/"
JSON_TYPES = ("application/json", "application/problem+json")
# Who opens an answer of the API by itself gets a file: no browser shows it as a page of ours
# (ASVS 4.0.3, 14.4.2).
ATTACHMENT = 'attachment; filename="api.json"'
ONE_YEAR = 365 * 24 * 3600


def routes() -> list[web.AbstractRouteDef]:
    """The demo page of the fictitious gemeente Voorbeeldstad with its files."""

    async def index(request: web.Request) -> web.StreamResponse:
        return web.FileResponse(Path(DEMO / "index.html"), headers=HTML)

    return [web.get("/", index), web.static("/demo", DEMO)]


@web.middleware
async def headers(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Adds the headers for every response, and those of the API."""
    response = await handler(request)
    if not response.prepared:  # a stream has sent its headers already, see `headers_for`
        for name, value in headers_for(request).items():
            response.headers.setdefault(name, value)
        if request.path.startswith(API) and response.content_type in JSON_TYPES:
            response.headers.setdefault("Content-Disposition", ATTACHMENT)
    return response


def headers_for(request: web.Request) -> dict[str, str]:
    """The headers for this response; a stream sets them before it starts.

    Those of the API are what the NL API Design Rules 2.1 ask for (/core/version-header,
    /core/transport/security-headers, /core/transport/cors): nothing is kept by a browser or proxy
    unless the handler says otherwise, and any website may read what is public.
    """
    found = dict(HEADERS)
    if request.secure or request.headers.get("X-Forwarded-Proto") == "https":
        found["Strict-Transport-Security"] = f"max-age={ONE_YEAR}"
    if request.path.startswith(API):
        found["API-Version"] = description.version()
        found["Cache-Control"] = "no-store"
    if description.is_open(request.path):
        found["Access-Control-Allow-Origin"] = "*"
        found["Access-Control-Expose-Headers"] = "API-Version, ETag"
    origins = request.app.get(ORIGINS)
    return {**found, **origins.headers(request)} if origins else found
