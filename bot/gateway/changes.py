"""News in conversations: told within this process, and heard or seen of what others wrote.

PostgreSQL tells at once what any process writes (bot/gateway/notices.py). SQLite tells nothing, so
there this process looks for itself; beside PostgreSQL it does so too, seldom while it hears, in
case something was not heard.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from bot.conversations.model import StoredMessage
from bot.database import Database
from bot.gateway import notices
from bot.gateway.waiting import wait_for

logger = logging.getLogger(__name__)
# How many of the newest messages are compared with the look before. PostgreSQL can show a message
# later than one with a higher number, and an erased one makes a number free again in SQLite: a
# look at a whole stretch has trouble with neither.
STRETCH = 500
LOOK_EVERY = 0.5
# So many times less often while the database tells what changes.
SELDOM = 10
# Seconds until a broken line to the database is tried again.
OPEN_AGAIN_AFTER = 1.0

Stretch = frozenset[tuple[int, str]]


class News:
    """One listener's ear: remembers that there was news until it is waited for."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def tell(self) -> None:
        """There is news."""
        self._event.set()

    async def wait(self, seconds: float) -> bool:
        """Returns when there was news since the last time, or after so many seconds.

        Returns:
            Whether there was news.
        """
        await wait_for(self._event, seconds)
        heard = self._event.is_set()
        self._event.clear()
        return heard


class _Line:
    """How the line to the database is: whether it was ever tried, is open, and when it breaks."""

    def __init__(self) -> None:
        self.tried = asyncio.Event()
        self.broke = asyncio.Event()
        self.is_open = False

    def opened(self) -> None:
        self.is_open = True
        self.broke.clear()
        self.tried.set()

    def lost(self) -> None:
        self.is_open = False
        self.broke.set()
        self.tried.set()


class Changes:
    """Wakes who waits for news in a conversation, in whichever process it was written.

    Args:
        database: where other processes write.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._listeners: dict[str, set[News]] = defaultdict(set)
        self._followers: list[Callable[[], None]] = []
        self._someone_listens = asyncio.Event()
        self._line = _Line()
        self.closed = False

    def close(self) -> None:
        """There will be no more news from this process: who listens can go."""
        self.closed = True
        self.tell_all()

    def tell(self, conversation_id: str) -> None:
        """There is something new in this conversation."""
        for news in self._listeners.get(conversation_id, ()):
            news.tell()

    def tell_all(self) -> None:
        """There may be something new in any conversation."""
        for conversation_id in self._listeners:
            self.tell(conversation_id)

    def follow(self, wake: Callable[[], None]) -> None:
        """Has this called at whatever the database tells; for who looks now and then by itself."""
        self._followers.append(wake)

    @contextmanager
    def listen(self, conversation_id: str) -> Iterator[News]:
        """Hears of all news from now on: begin before reading, so that nothing falls between."""
        news = News()
        self._listeners[conversation_id].add(news)
        self._someone_listens.set()
        try:
            yield news
        finally:
            self._listeners[conversation_id].discard(news)
            if not self._listeners[conversation_id]:
                del self._listeners[conversation_id]
            if not self._listeners:
                self._someone_listens.clear()

    async def wait(self, conversation_id: str, seconds: float) -> bool:
        """Returns when there is something new, or after so many seconds; whether there was."""
        with self.listen(conversation_id) as news:
            return await news.wait(seconds)

    async def watch(self, every: float = LOOK_EVERY) -> None:
        """Hears and sees what other processes write, until it is cancelled: one query per look.

        Nothing is asked of the database while nobody listens.
        """
        if not notices.can_tell(self._database):
            await self._look(every)
            return
        hearing = asyncio.create_task(self._hear())
        try:
            await self._line.tried.wait()
            await self._look(every)
        finally:
            hearing.cancel()
            await asyncio.gather(hearing, return_exceptions=True)

    async def _look(self, every: float) -> None:
        seen: Stretch | None = None
        while True:
            if not self._someone_listens.is_set():
                seen = None
                await self._someone_listens.wait()
            try:
                newest = await asyncio.to_thread(self._newest)
                self._compare(seen, newest)
                seen = newest
            except Exception as error:
                logger.error("look for changes failed: %s", type(error).__name__)
                seen = None
            if self._line.is_open:
                await wait_for(self._line.broke, every * SELDOM)
            else:
                await asyncio.sleep(every)

    async def _hear(self) -> None:
        """Keeps the line to the database open."""
        while True:
            try:
                await notices.hear(self._database, self._opened, self._told)
            except Exception as error:
                logger.warning("the database tells nothing: %s", type(error).__name__)
            self._line.lost()
            await asyncio.sleep(OPEN_AGAIN_AFTER)

    def _opened(self) -> None:
        if self._line.tried.is_set():  # what was told in between is not known
            self.tell_all()
            self._wake_followers()
        self._line.opened()

    def _told(self, conversation_id: str) -> None:
        self.tell(conversation_id)
        self._wake_followers()

    def _wake_followers(self) -> None:
        for wake in self._followers:
            wake()

    def _compare(self, seen: Stretch | None, newest: Stretch) -> None:
        if seen is None or (seen and not seen & newest):  # what came in between is not known
            self.tell_all()
            return
        lowest = min(newest, default=(0, ""))
        for conversation_id in {name for number, name in seen ^ newest if number >= lowest[0]}:
            self.tell(conversation_id)

    def _newest(self) -> Stretch:
        query = sa.select(StoredMessage.id, StoredMessage.conversation_id)
        with self._database.session() as session:
            rows = session.execute(query.order_by(StoredMessage.id.desc()).limit(STRETCH))
            return frozenset((row.id, row.conversation_id) for row in rows)
