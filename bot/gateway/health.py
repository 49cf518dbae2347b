"""Whether every part answers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

import aiohttp
import sqlalchemy as sa
from aiohttp import web

from bot import redis_client
from bot.database import Database, now
from bot.gateway.rasa import RasaClient
from bot.gateway.whatsapp.sending import is_sending
from bot.operations import backlog
from bot.settings import Settings

if TYPE_CHECKING:
    from redis.asyncio import Redis

TIMEOUT = aiohttp.ClientTimeout(total=3)
# The projection takes seconds; staff who see the talk of minutes ago should know.
LATE_SECONDS = 300.0
NEEDED = ("database", "rasa", "actions", "redis")
Work = Callable[[], Coroutine[Any, Any, dict[str, bool]]]


class Health:
    """What stands before us asks here.

    - `/health/live`: this process answers. When it does not, start it again.
    - `/health/ready`: all that an answer to a citizen needs. When not (503), send nobody here.
    - `/health`: that, and the channels; with warnings of what needs a person but is no outage.

    Checks that are asked at the same time are done once: asking is no way to tire the parts.
    """

    def __init__(
        self,
        settings: Settings,
        database: Database,
        rasa: RasaClient,
        http: aiohttp.ClientSession,
        redis: Redis | None = None,
    ) -> None:
        self._settings = settings
        self._database = database
        self._rasa = rasa
        self._http = http
        self._redis = redis
        self._running: dict[str, asyncio.Task[dict[str, bool]]] = {}

    def routes(self) -> list[web.AbstractRouteDef]:
        """The routes, for an aiohttp application."""
        return [
            web.get("/health", self.health),
            web.get("/health/ready", self.ready),
            web.get("/health/live", self.live),
        ]

    async def health(self, request: web.Request) -> web.Response:
        """The state of each part, in one word: 200 when all answer, else 503."""
        parts = await self._once("parts", self._ask_all)
        warnings = {}
        if parts["database"]:
            found = await self._once("warnings", self._look_for_warnings)
            texts = {"handover": "niet aangekomen", "projection": "loopt achter"}
            warnings = {name: texts[name] for name, present in found.items() if present}
        return _respond(parts, {"warnings": warnings})

    async def ready(self, request: web.Request) -> web.Response:
        """The state of the parts that no answer can do without: 200 or 503."""
        parts = await self._once("parts", self._ask_all)
        return _respond({name: parts[name] for name in NEEDED if name in parts}, {})

    async def live(self, request: web.Request) -> web.Response:
        """That this process answers: always 200."""
        return web.json_response({"status": "ok"})

    async def _once(self, name: str, work: Work) -> dict[str, bool]:
        """What comes of it, or of the same work that is being done already."""
        running = self._running.get(name)
        if running is None:
            running = self._running[name] = asyncio.create_task(work())
            running.add_done_callback(lambda _: self._running.pop(name, None))
        return await asyncio.shield(running)

    async def _ask_all(self) -> dict[str, bool]:
        checks = {
            "database": asyncio.to_thread(self._ask_database),
            "rasa": self._rasa.is_healthy(),
            "actions": self._ask_actions(),
        }
        if self._redis is not None:
            checks["redis"] = redis_client.answers(self._redis)
        if self._settings.whatsapp:
            checks["whatsapp"] = asyncio.to_thread(self._ask_whatsapp)
        return dict(zip(checks, await asyncio.gather(*checks.values()), strict=True))

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

    def _ask_whatsapp(self) -> bool:
        try:
            return is_sending(self._database)
        except sa.exc.SQLAlchemyError:
            return False

    async def _look_for_warnings(self) -> dict[str, bool]:
        try:
            found = await asyncio.to_thread(self._read_backlog)
        except sa.exc.SQLAlchemyError:
            return {}
        late = self._settings.console and found.projection.oldest_seconds > LATE_SECONDS
        return {"handover": found.handover.given_up > 0, "projection": late}

    def _read_backlog(self) -> backlog.Backlog:
        with self._database.session() as session:
            return backlog.read(session, now())


def _respond(parts: dict[str, bool], more: dict[str, object]) -> web.Response:
    healthy = all(parts.values())
    body = {
        "status": "ok" if healthy else "storing",
        "parts": {name: "ok" if up else "weg" for name, up in parts.items()},
        **more,
    }
    return web.json_response(body, status=200 if healthy else 503)
