"""Whether every part answers."""

from __future__ import annotations

import asyncio

import aiohttp
import sqlalchemy as sa
from aiohttp import web

from bot.database import Database
from bot.gateway.rasa import RasaClient
from bot.settings import Settings

TIMEOUT = aiohttp.ClientTimeout(total=3)


class Health:
    """`/health`: 200 when all parts answer, 503 with the part that does not."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        rasa: RasaClient,
        http: aiohttp.ClientSession,
    ) -> None:
        self._settings = settings
        self._database = database
        self._rasa = rasa
        self._http = http

    def routes(self) -> list[web.AbstractRouteDef]:
        """The route, for an aiohttp application."""
        return [web.get("/health", self.health)]

    async def health(self, request: web.Request) -> web.Response:
        """The state of each part, in one word."""
        names = ("database", "rasa", "actions")
        checks = (
            asyncio.to_thread(self._ask_database),
            self._rasa.is_healthy(),
            self._ask_actions(),
        )
        parts = dict(zip(names, await asyncio.gather(*checks), strict=True))
        healthy = all(parts.values())
        body = {
            "status": "ok" if healthy else "storing",
            "parts": {name: "ok" if up else "weg" for name, up in parts.items()},
        }
        return web.json_response(body, status=200 if healthy else 503)

    def _ask_database(self) -> bool:
        try:
            with self._database.session() as session:
                return session.execute(sa.text("SELECT 1")).scalar() == 1
        except sa.exc.SQLAlchemyError:
            return False

    async def _ask_actions(self) -> bool:
        try:
            async with self._http.get(
                f"{self._settings.actions_url}/health", timeout=TIMEOUT
            ) as response:
                return response.status == 200
        except (aiohttp.ClientError, asyncio.TimeoutError):
            return False
