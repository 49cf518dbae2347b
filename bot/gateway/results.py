"""Results to take along: a page as PDF and a profile as a picture, behind a link that dies."""

from __future__ import annotations

import asyncio

from aiohttp import web

from bot.assessment import render
from bot.assessment.page import Page
from bot.assessment.results import Links, UnknownResult
from bot.database import Database
from bot.gateway.access import Access
from bot.gateway.problems import Problem

DRAW = {"pdf": (render.pdf, "application/pdf"), "png": (render.png, "image/png")}
GONE = "Deze link werkt niet (meer). Vraag in het gesprek om een nieuwe."
HEADERS = {
    "Cache-Control": "private, no-store",
    # The chat shows the picture on the website of the gemeente.
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Referrer-Policy": "no-referrer",  # who has the address has the result
    "X-Robots-Tag": "noindex",
}
FILE_NAME = 'inline; filename="startwijzer.{kind}"'


class ResultApi:
    """Serves the results; who has the link may see it, and nobody can guess one.

    Args:
        access: counts how often somebody tries.
        links: signs and reads the links.
    """

    def __init__(self, database: Database, access: Access, links: Links) -> None:
        self._database = database
        self._access = access
        self._links = links
        # Drawing takes a core for a moment; two at a time leave the conversations their turn.
        self._drawing = asyncio.Semaphore(2)

    def routes(self) -> list[web.AbstractRouteDef]:
        """The one route."""
        return [web.get("/api/v1/results/{token}/{kind:pdf|png}", self.show)]

    async def show(self, request: web.Request) -> web.Response:
        """The result, or 404 for a link that does not hold (whatever the reason)."""
        self._access.link(request)
        kind = request.match_info["kind"]
        draw, content_type = DRAW[kind]
        try:
            page = await asyncio.to_thread(self._page, request.match_info["token"])
        except UnknownResult as error:
            raise Problem(404, GONE) from error
        async with self._drawing:
            body = await asyncio.to_thread(draw, page)
        headers = {**HEADERS, "Content-Disposition": FILE_NAME.format(kind=kind)}
        return web.Response(body=body, content_type=content_type, headers=headers)

    def _page(self, token: str) -> Page:
        with self._database.session() as session:
            return self._links.read(session, token)
