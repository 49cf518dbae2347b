"""Rasa's lock: one turn at a time in a conversation, over all Rasa processes where there is Redis.

Rasa's own lock in Redis reads and writes in separate steps, so two processes can get the same
ticket, and it holds up the whole process while it waits for Redis.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from rasa.core.lock import TicketLock
from rasa.core.lock_store import LOCK_LIFETIME, InMemoryLockStore, LockError
from rasa.utils.endpoints import EndpointConfig
from redis.exceptions import LockNotOwnedError

from bot import redis_client
from bot.settings import redis_url

logger = logging.getLogger(__name__)
# In seconds. Longer than a turn, in which an action may take ten; and shorter than the gateway
# waits before another process takes over from one that died (bot/conversations/turns.py).
LIFETIME = redis_client.TURN_TERM.total_seconds()
# The gateway sends one message of a conversation at a time, so somebody rarely waits.
LOOK_EVERY = 0.05


class ConversationLocks(InMemoryLockStore):
    """A lock in Redis when REDIS_URL is set; else Rasa's lock in the memory of this process.

    Without its Redis a turn fails, and the gateway apologises and tries again later: two processes
    that answer without a lock would lose what somebody said.
    """

    def __init__(self, endpoint_config: EndpointConfig | None = None) -> None:
        super().__init__()
        url = redis_url()
        self._redis = redis_client.connect(url) if url else None

    @asynccontextmanager
    async def lock(
        self,
        conversation_id: str,
        lock_lifetime: float = LOCK_LIFETIME,
        wait_time_in_seconds: float = 1,
    ) -> AsyncGenerator[TicketLock, None]:
        """Holds the conversation until the end of the block.

        Raises:
            rasa.core.lock_store.LockError: another turn goes on for too long.
            redis.exceptions.RedisError: Redis is away.
        """
        if self._redis is None:
            async with super().lock(conversation_id, lock_lifetime, wait_time_in_seconds) as held:
                yield held
            return
        lock = self._redis.lock(
            f"{redis_client.PREFIX}:turn:{conversation_id}",
            timeout=LIFETIME,
            sleep=LOOK_EVERY,
            blocking_timeout=LIFETIME + 1,  # until what a dead process held has come free
        )
        if not await lock.acquire():
            raise LockError("another turn of this conversation goes on")
        try:
            yield TicketLock(conversation_id)
        finally:
            try:
                await lock.release()
            except LockNotOwnedError:
                logger.warning("a turn took longer than its lock")
