"""What a person sees while they wait: that their message was read, and that somebody types."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any

from bot.database import Database
from bot.gateway.changes import Changes
from bot.gateway.whatsapp.client import GraphClient
from bot.whatsapp.errors import GraphError, Uncertain, Unreachable
from bot.whatsapp.identity import People
from bot.whatsapp.model import WhatsAppPerson

logger = logging.getLogger(__name__)
# As long as Meta shows that somebody types
# (https://developers.facebook.com/documentation/business-messaging/whatsapp/typing-indicators).
LISTEN_SECONDS = 25.0


class Attention:
    """Attends to who has just written.

    Args:
        changes: tells of news in a conversation.
        wake: lets the sender look at once.
    """

    def __init__(
        self,
        database: Database,
        client: GraphClient,
        people: People,
        changes: Changes,
        wake: Callable[[], None],
    ) -> None:
        self._database = database
        self._client = client
        self._people = people
        self._changes = changes
        self._wake = wake
        self._tasks: set[asyncio.Task[None]] = set()
        self._listening: set[str] = set()

    def mark_read(self, conversation_id: str) -> None:
        """Shows that the newest message was read and an answer is made, which then goes at once.

        Returns at once. When it does not work nobody misses anything: the sender also looks by
        itself.
        """
        self._start(self._show(conversation_id))
        if conversation_id not in self._listening:
            self._listening.add(conversation_id)
            self._start(self._listen(conversation_id))

    async def close(self) -> None:
        """Ends what is under way."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _show(self, conversation_id: str) -> None:
        try:
            wamid = await asyncio.to_thread(self._newest, conversation_id)
            if wamid is not None:
                await self._client.mark_read(wamid)
        except (GraphError, Unreachable, Uncertain) as error:
            logger.warning("not marked as read: %s", error)
        except Exception as error:
            logger.warning("not marked as read: %s", type(error).__name__)

    async def _listen(self, conversation_id: str) -> None:
        try:
            with self._changes.listen(conversation_id) as news:
                while not self._changes.closed and await news.wait(LISTEN_SECONDS):
                    self._wake()
        finally:
            self._listening.discard(conversation_id)

    def _newest(self, conversation_id: str) -> str | None:
        with self._database.session() as session:
            person = session.get(WhatsAppPerson, conversation_id)
            sealed = person and person.last_in_wamid
            return str(self._people.unseal(sealed)) if sealed else None
