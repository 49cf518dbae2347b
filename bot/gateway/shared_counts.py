"""What the processes know of each other's limits, by way of Redis.

A process decides by itself, at once, with what it knows; what it allowed it tells the others, and
hears how much was allowed by all. So nobody waits for Redis, and while Redis is away each process
counts its own. The price: someone who turns to a process for the first time can do one thing more
than the limit there.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.redis_client import PREFIX

if TYPE_CHECKING:
    from redis.asyncio import Redis

logger = logging.getLogger(__name__)
# At most so many stay untold while Redis is away or slow; older ones are forgotten.
MOST_UNTOLD = 10_000
AT_ONCE = 500
TRY_AGAIN_AFTER = 1.0
# The same count as `limits.RateLimit` makes, on the clock of Redis: it adds one, and gives the
# seconds until the key has everything back. Then Redis forgets the key.
ADD_ONE = """
local time = redis.call('TIME')
local now = time[1] + time[2] / 1000000
local full_at = math.max(tonumber(redis.call('GET', KEYS[1]) or 0), now) + tonumber(ARGV[1])
redis.call('SET', KEYS[1], string.format('%.6f', full_at), 'PX', math.ceil((full_at - now) * 1000))
return string.format('%.6f', full_at - now)
"""


@dataclass(frozen=True)
class _Note:
    key: str
    interval: float
    learn: Callable[[float], None]


class SharedCounts:
    """Tells Redis what this process allowed, and hears what all did.

    Args:
        redis: stays the caller's.
        secret: keys are addresses and conversations, which nobody can read back without it.
    """

    def __init__(self, redis: Redis, secret: str) -> None:
        self._redis = redis
        self._secret = secret.encode()
        self._untold: deque[_Note] = deque(maxlen=MOST_UNTOLD)
        self._work = asyncio.Event()

    def note(self, limit: str, key: str, interval: float, learn: Callable[[float], None]) -> None:
        """This process allowed one more; returns at once.

        Args:
            limit: its name.
            key: whose it is.
            interval: seconds that one counts for.
            learn: called later with the seconds until this key has everything back, of all
                processes together.
        """
        digest = hmac.new(self._secret, f"{limit}:{key}".encode(), hashlib.sha256).hexdigest()
        self._untold.append(_Note(f"{PREFIX}:limit:{digest[:32]}", interval, learn))
        self._work.set()

    async def run(self) -> None:
        """Tells and hears, until it is cancelled."""
        was_away = False
        while True:
            await self._work.wait()
            self._work.clear()
            notes = list(self._untold)[:AT_ONCE]
            try:
                await self._tell(notes)
            except Exception as error:
                if not was_away:
                    logger.warning("limits are not shared: %s", type(error).__name__)
                was_away = True
                await asyncio.sleep(TRY_AGAIN_AFTER)
            else:
                was_away = False
            if self._untold:
                self._work.set()

    async def _tell(self, notes: list[_Note]) -> None:
        async with self._redis.pipeline(transaction=False) as pipeline:
            for note in notes:
                pipeline.eval(ADD_ONE, 1, note.key, str(note.interval))
            answers = await pipeline.execute()
        for note, left in zip(notes, answers, strict=True):
            if self._untold and self._untold[0] is note:
                self._untold.popleft()
            note.learn(float(left))
