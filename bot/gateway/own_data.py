"""What is kept of a conversation, for who has its link or token; and certificates of erasing."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

from aiohttp import web
from sqlalchemy.orm import Session

from bot.database import Database
from bot.gateway.problems import Problem
from bot.privacy import access, erasure
from bot.privacy.vault import Vault
from bot.settings import Settings

# Nobody keeps a copy on the way, and no address of it is told to another site.
PRIVATE = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}


class OwnData:
    """The handlers, and what they need."""

    def __init__(self, settings: Settings, database: Database) -> None:
        self._settings = settings
        self._database = database
        self._links = access.Links(settings.secret_key, settings.public_url)

    def routes(self) -> list[web.AbstractRouteDef]:
        """The routes, for an aiohttp application."""
        return [
            web.get("/api/v1/own-data/{token}", self.by_link),
            web.get("/api/v1/erasures/{code:[A-Za-z0-9-]{1,20}}", self.certificate),
        ]

    async def by_link(self, request: web.Request) -> web.Response:
        """All of it, by the link that the bot gave; without details from the vault."""
        try:
            conversation_id = self._links.read(request.match_info["token"])
        except access.InvalidLink as error:
            raise Problem(
                404, "Deze link werkt niet meer. Vraag in het gesprek om een nieuwe."
            ) from error
        return await self.overview(conversation_id, None)

    async def overview(self, conversation_id: str, vault: Vault | None) -> web.Response:
        """All of a conversation as a file to keep; with `vault` for who has its token."""

        def read(session: Session) -> dict[str, Any]:
            return access.of_the_conversation(session, conversation_id, self._settings, vault)

        return _file(await self._read(read), "mijn-gegevens.json")

    async def certificate(self, request: web.Request) -> web.Response:
        """What was erased under this code: kinds and numbers, nothing of what it was."""
        code = request.match_info["code"]

        def read(session: Session) -> dict[str, Any] | None:
            found = erasure.certificate(session, code)
            return None if found is None else found.as_dict()

        found = await self._read(read)
        if found is None:
            raise Problem(404, "Er is geen bewijs van wissen met dit nummer (meer).")
        return _file(found, "bewijs-van-wissen.json")

    async def _read(self, read: Callable[[Session], Any]) -> Any:
        def work() -> Any:
            with self._database.session() as session:
                return read(session)

        return await asyncio.to_thread(work)


def _file(content: Any, name: str) -> web.Response:
    text = json.dumps(content, ensure_ascii=False, indent=2)
    headers = {**PRIVATE, "Content-Disposition": f'attachment; filename="{name}"'}
    return web.Response(text=text, content_type="application/json", headers=headers)
