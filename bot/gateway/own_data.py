"""What is kept of a conversation, for who has its token or link; and certificates of erasing."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from aiohttp import web
from sqlalchemy.orm import Session

from bot.conversations.log import UnknownConversation
from bot.database import Database
from bot.gateway import own_data_page
from bot.gateway.access import Access
from bot.gateway.problems import Problem
from bot.privacy import access, erasure
from bot.privacy.vault import Vault
from bot.settings import Settings

# Nobody keeps a copy on the way, and no address of it is told to another site.
PRIVATE = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
OVERVIEW = "mijn-gegevens.json"
GONE = "Deze link werkt niet (meer). Vraag in het gesprek om een nieuwe."


class OwnData:
    """The handlers, and what they need."""

    def __init__(self, settings: Settings, database: Database, gate: Access, vault: Vault) -> None:
        self._settings = settings
        self._database = database
        self._gate = gate
        self._vault = vault
        self._links = access.Links(
            settings.secret_key, settings.public_url, settings.secret_key_old
        )

    def routes(self) -> list[web.AbstractRouteDef]:
        """The routes, for an aiohttp application."""
        return [
            web.get("/api/v1/conversations/{id}/export", self.export),
            web.get("/api/v1/own-data/{token}", self.page),
            web.get("/api/v1/own-data/{token}/json", self.by_link),
            web.get("/api/v1/erasures/{code:[A-Za-z0-9-]{1,20}}", self.certificate),
        ]

    async def export(self, request: web.Request) -> web.Response:
        """All of it, for who has the token of the session; with the details that they typed."""
        conversation_id = self._gate.other(request).conversation_id
        return _file(await self._overview(conversation_id, self._vault), OVERVIEW)

    async def page(self, request: web.Request) -> web.Response:
        """All of it as a page, by the link that the bot gave; without details from the vault.

        A link that is wrong, too old, or of a conversation that is gone gets one answer.
        """
        found = await self._behind_the_link(request)
        download = f"{quote(request.match_info['token'], safe='')}/json"
        html = await asyncio.to_thread(own_data_page.render, found, download)
        headers = {**PRIVATE, "X-Robots-Tag": "noindex"}
        headers["Content-Security-Policy"] = own_data_page.CONTENT_SECURITY_POLICY
        return web.Response(text=html, content_type="text/html", headers=headers)

    async def by_link(self, request: web.Request) -> web.Response:
        """The same as a file."""
        return _file(await self._behind_the_link(request), OVERVIEW)

    async def certificate(self, request: web.Request) -> web.Response:
        """What was erased under this code: kinds and numbers, nothing of what it was."""
        self._gate.link(request)
        code = request.match_info["code"]

        def read(session: Session) -> dict[str, Any] | None:
            found = erasure.certificate(session, code)
            return None if found is None else found.as_dict()

        found = await self._read(read)
        if found is None:
            raise Problem(404, "Er is geen bewijs van wissen met dit nummer (meer).")
        return _file(found, "bewijs-van-wissen.json")

    async def _behind_the_link(self, request: web.Request) -> dict[str, Any]:
        self._gate.link(request)
        try:
            conversation_id = self._links.read(request.match_info["token"])
            return await self._overview(conversation_id, None)
        except (access.InvalidLink, UnknownConversation) as error:
            raise Problem(404, GONE) from error

    async def _overview(self, conversation_id: str, vault: Vault | None) -> dict[str, Any]:
        def read(session: Session) -> dict[str, Any]:
            return access.of_the_conversation(session, conversation_id, self._settings, vault)

        return dict(await self._read(read))

    async def _read(self, read: Callable[[Session], Any]) -> Any:
        def work() -> Any:
            with self._database.session() as session:
                return read(session)

        return await asyncio.to_thread(work)


def _file(content: Any, name: str) -> web.Response:
    text = json.dumps(content, ensure_ascii=False, indent=2)
    headers = {**PRIVATE, "Content-Disposition": f'attachment; filename="{name}"'}
    return web.Response(text=text, content_type="application/json", headers=headers)
