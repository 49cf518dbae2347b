"""Stores the messages of webhooks; those that come at the same time in one transaction.

Every webhook is acknowledged after its commit. A commit may wait for another writer (SQLite has one
at a time) or for the disk: this way many webhooks wait as long as one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy.exc import SQLAlchemyError

from bot.database import Database
from bot.whatsapp.identity import People
from bot.whatsapp.intake import store
from bot.whatsapp.reading import Incoming

Messages = list[Incoming]


class Storing:
    """Stores messages on a thread of its own, which never waits behind the work on earlier ones."""

    def __init__(self, database: Database, people: People) -> None:
        self._database = database
        self._people = people
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="webhook")
        self._waiting: list[tuple[Messages, asyncio.Future[int]]] = []
        self._task: asyncio.Task[None] | None = None

    async def store(self, messages: Messages) -> int:
        """Returns after the commit; how many messages were new.

        Raises:
            SQLAlchemyError: nothing was stored.
        """
        stored: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._waiting.append((messages, stored))
        if self._task is None:
            self._task = asyncio.create_task(self._store_waiting())
        return await stored

    def close(self) -> None:
        """Ends the thread."""
        self._thread.shutdown()

    async def _store_waiting(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            while self._waiting:
                mine, self._waiting = self._waiting, []
                groups = [messages for messages, _ in mine]
                outcomes = await loop.run_in_executor(self._thread, self._store, groups)
                for (_, stored), outcome in zip(mine, outcomes, strict=True):
                    if stored.done():  # who asked has gone
                        continue
                    if isinstance(outcome, Exception):
                        stored.set_exception(outcome)
                    else:
                        stored.set_result(outcome)
        finally:
            self._task = None

    def _store(self, groups: Sequence[Messages]) -> list[int | Exception]:
        """How many were new of each, or why they were not stored."""
        try:
            with self._database.session() as session:
                return [store(session, self._people, messages) for messages in groups]
        except SQLAlchemyError as error:
            return [error for _ in groups]
        except Exception as error:
            if len(groups) == 1:
                return [error]
            # One that cannot be stored keeps none of the others out.
            return [outcome for messages in groups for outcome in self._store([messages])]
