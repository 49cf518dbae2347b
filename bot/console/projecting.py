"""Keeps the read model up to date while the web process runs; one process at a time does it."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import AsyncIterator, Callable

from aiohttp import web

from bot.database import Database, now
from bot.review import projection, search
from bot.rounds import beside, in_rounds

logger = logging.getLogger(__name__)
EVERY_SECONDS = 2.0
# Small, so that on SQLite nobody who talks with the bot waits for the lock.
BATCH = 200


class Projecting:
    """The worker: a round looks whether there is anything to do, and whether another does it.

    Args:
        holder: the name of this worker, other than that of any other.
    """

    def __init__(self, database: Database, holder: str | None = None) -> None:
        self._database = database
        self._holder = holder or secrets.token_hex(8)

    async def run(self, every: float = EVERY_SECONDS) -> None:
        """Looks every so many seconds, until it is cancelled."""
        try:
            await in_rounds("projection", self.round, every)
        finally:
            await asyncio.to_thread(self._release)

    async def round(self) -> None:
        """Brings in as many changes as there were when it began, batch after batch.

        What changes in the meantime is for the next round: while someone talks there is always
        something, and without a pause their whole conversation would be made anew at every word.
        """
        left = await asyncio.to_thread(self._changes)
        while left > 0 and (done := await asyncio.to_thread(self._project)):
            left -= done
        await asyncio.to_thread(self._tidy)

    def _changes(self) -> int:
        with self._database.session() as session:
            return projection.changes(session)

    def _project(self) -> int:
        """One batch; how many changes it brought in, 0 where another worker does it."""
        with self._database.session() as session:
            if not projection.lease(session, self._holder, now()):
                return 0
        return projection.project(self._database, BATCH)

    def _tidy(self) -> None:
        with self._database.session() as session:
            if not search.is_untidy(session):
                return
        with self._database.session() as session:
            if projection.lease(session, self._holder, now()):
                search.tidy(session)

    def _release(self) -> None:
        try:
            with self._database.session() as session:
                projection.release(session, self._holder)
        except Exception as error:
            logger.warning("lease not given back: %s", type(error).__name__)


def projecting(database: Database) -> Callable[[web.Application], AsyncIterator[None]]:
    """For `cleanup_ctx` of an aiohttp application: the worker runs as long as the application."""
    return beside(Projecting(database).run)
