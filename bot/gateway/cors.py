"""Which websites may use the conversation API from a browser (CORS, https://fetch.spec.whatwg.org).

The catalogue is for every website, see `bot.gateway.description`; a conversation only for those in
`ALLOWED_ORIGINS` and our own.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from aiohttp import web

from bot.gateway.description import BASE
from bot.gateway.problems import Handler, Problem
from bot.settings import Settings

CONVERSATIONS = f"{BASE}/conversations"
PREFLIGHT = {
    "Access-Control-Allow-Headers": "Authorization, Content-Type, Idempotency-Key, Last-Event-ID",
    "Access-Control-Max-Age": "600",
}
EXPOSED = "API-Version, Retry-After"


class Origins:
    """The websites that may."""

    def __init__(self, settings: Settings) -> None:
        self._allowed = {*settings.allowed_origins, _origin(settings.public_url)}

    def allow(self, request: web.Request) -> bool:
        """Whether this request may come from where it comes from; a server names no origin."""
        origin = request.headers.get("Origin")
        if origin is None or origin in self._allowed:
            return True
        # Our own pages by whatever name they were reached; a proxy may have taken the TLS off.
        scheme, _, host = origin.partition("://")
        return scheme in ("http", "https") and host == request.host

    def headers(self, request: web.Request) -> Mapping[str, str]:
        """What the browser has to hear."""
        if not request.path.startswith(CONVERSATIONS):
            return {}
        found = {"Vary": "Origin"}
        origin = request.headers.get("Origin")
        if origin is not None and self.allow(request):
            found["Access-Control-Allow-Origin"] = origin
            found["Access-Control-Expose-Headers"] = EXPOSED
        return found


ORIGINS = web.AppKey("origins", Origins)


@web.middleware
async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuses a website that may not, before anything is done, and answers OPTIONS."""
    if not request.path.startswith(CONVERSATIONS):
        return await handler(request)
    if not request.app[ORIGINS].allow(request):
        raise Problem(403, "Deze website mag de chat niet gebruiken.")
    missing = request.match_info.http_exception
    if request.method == "OPTIONS" and isinstance(missing, web.HTTPMethodNotAllowed):
        methods = ", ".join(sorted({*missing.allowed_methods, "OPTIONS"}))
        headers = {"Allow": methods}
        if "Access-Control-Request-Method" in request.headers:
            headers.update(PREFLIGHT, **{"Access-Control-Allow-Methods": methods})
        return web.Response(status=204, headers=headers)
    return await handler(request)


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower()
