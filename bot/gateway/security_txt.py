"""`/.well-known/security.txt`: where somebody who found a leak can report it (RFC 9116)."""

from __future__ import annotations

from datetime import timedelta

from aiohttp import web

from bot.database import now
from bot.gateway.problems import Problem
from bot.settings import Settings

PATH = "/.well-known/security.txt"
# RFC 9116, 2.5.5 recommends less than a year. It counts from the start of the process: where nobody
# updates the product any more, nobody reads the reports either.
VALID_FOR = timedelta(days=180)


def routes(settings: Settings) -> list[web.AbstractRouteDef]:
    """The file, or 404 where SECURITY_CONTACT is not set."""
    contacts = [f"Contact: {contact}" for contact in settings.security_contact]
    expires = (now() + VALID_FOR).strftime("%Y-%m-%dT%H:%M:%SZ")
    canonical = f"Canonical: {settings.public_url}{PATH}"
    lines = [*contacts, f"Expires: {expires}", "Preferred-Languages: nl, en", canonical]
    text = "".join(f"{line}\r\n" for line in lines)

    async def serve(_: web.Request) -> web.Response:
        if not contacts:
            raise Problem(404, "Deze pagina bestaat niet.")
        return web.Response(text=text, content_type="text/plain", charset="utf-8")

    return [web.get(PATH, serve)]
