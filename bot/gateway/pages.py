"""The demo page, and the headers that every response carries."""

from __future__ import annotations

from pathlib import Path

from aiohttp import web

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
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


def routes() -> list[web.AbstractRouteDef]:
    """The demo page of the fictitious gemeente Voorbeeldstad with its files."""

    async def index(request: web.Request) -> web.StreamResponse:
        return web.FileResponse(Path(DEMO / "index.html"))

    return [web.get("/", index), web.static("/demo", DEMO)]


@web.middleware
async def headers(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Adds the security headers; answers of the API are never kept by a browser or proxy."""
    response = await handler(request)
    if not response.prepared:  # a stream has sent its headers already, see `headers_for`
        response.headers.update(headers_for(request))
    return response


def headers_for(request: web.Request) -> dict[str, str]:
    """The headers for this response; a stream sets them before it starts."""
    private = {"Cache-Control": "no-store"} if request.path.startswith("/api/") else {}
    return {**HEADERS, **private}
