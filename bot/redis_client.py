"""The Redis that several processes share; only where REDIS_URL is set.

It holds what may be lost: who answers in a conversation at this moment, and how much somebody asked
lately. Nothing that a citizen said is in it. After `PREFIX` comes the kind of a key; each kind is
on the data map (data/privacy/gegevens.yml), with its term from here.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from redis.asyncio import Redis

# In seconds. It is near and answers in less than a millisecond; a citizen waits for it.
TIMEOUT = 2.0
# Every key of ours begins like this, so that a Redis can be shared with another program.
PREFIX = "startwijzer"
# The longest that a key stays: a turn that a dead process held, and the count of a whole day.
TURN_TERM = timedelta(seconds=15)
LIMIT_TERM = timedelta(days=1)


def connect(url: str) -> Redis:
    """A client; it opens its connections when they are needed, on the loop that asks.

    A command is tried twice, because every connection of before a restart of Redis fails once.

    Args:
        url: `redis://...`, or `rediss://...` with TLS.
    """
    # Only who uses a Redis needs the package.
    from redis.asyncio import Redis
    from redis.asyncio.retry import Retry
    from redis.backoff import NoBackoff

    return Redis.from_url(
        url,
        socket_timeout=TIMEOUT,
        socket_connect_timeout=TIMEOUT,
        retry=Retry(NoBackoff(), 1),
    )


async def answers(redis: Redis) -> bool:
    """Whether it answers now."""
    from redis.exceptions import RedisError

    try:
        return bool(await redis.ping())
    except (RedisError, OSError):
        return False
