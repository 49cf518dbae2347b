"""Limits that hold for several processes together, by way of Redis."""

import asyncio
import contextlib
import time

import pytest
from served import REDIS_AWAY

from bench.servers import RedisServer
from bot import redis_client
from bot.gateway.limits import RateLimit
from bot.gateway.shared_counts import SharedCounts
from bot.settings import with_files

SECRET = "een geheim van minstens 32 tekens, of meer"


@contextlib.asynccontextmanager
async def process(url, most=10, seconds=600, name="berichten"):
    """The limit as one process has it."""
    redis = redis_client.connect(url)
    counts = SharedCounts(redis, SECRET)
    limit = RateLimit(most, seconds)
    limit.share(name, counts)
    task = asyncio.create_task(counts.run())
    try:
        yield limit
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await redis.aclose()


async def reaches(check, seconds=10.0):
    deadline = time.monotonic() + seconds
    while not await check():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.01)


def of_redis(url):
    return redis_client.connect(url)


async def counted(redis):
    """How much Redis has counted: the seconds until everything is back, of all keys."""
    await redis.ping()
    left = [await redis.pttl(key) for key in await redis.keys("startwijzer:limit:*")]
    return sum(left) / 1000


async def use(limit, redis, key, times):
    """Uses it, and returns when Redis knows."""
    before = await counted(redis)
    allowed = sum(limit.allows(key) for _ in range(times))

    async def told():
        return await counted(redis) > before + (allowed - 0.5) * limit._interval

    await reaches(told)
    return allowed


@pytest.fixture
def redis_empty():
    """One that counted nothing yet."""
    with RedisServer() as server:
        yield server


async def test_what_one_process_allowed_counts_in_the_other(redis_empty):
    redis = of_redis(redis_empty.url)
    async with process(redis_empty.url) as one, process(redis_empty.url) as other:
        assert await use(one, redis, "anna", 6) == 6
        # The first is allowed before the other has heard anything.
        assert await use(other, redis, "anna", 1) == 1
        await reaches(lambda: _knows(other, "anna", 7))

        assert sum(other.allows("anna") for _ in range(20)) == 3
        await reaches(lambda: _is_full(one, redis, "anna"))
        assert not other.allows("anna")
        assert other.allows("bert")
    await redis.aclose()


async def _knows(limit, key, number):
    left = limit._full_at.get(key, 0) - time.monotonic()
    return left > (number - 0.5) * limit._interval


async def _is_full(limit, redis, key):
    return await counted(redis) > 9.5 * limit._interval


async def test_processes_that_know_nothing_of_each_other_allow_twice_as_much():
    """What the test above would see without sharing."""
    one, other = RateLimit(10, 600), RateLimit(10, 600)

    assert sum(limit.allows("anna") for limit in (one, other) for _ in range(20)) == 20


async def test_two_limits_do_not_mix(redis_empty):
    redis = of_redis(redis_empty.url)
    async with (
        process(redis_empty.url, name="starts") as starts,
        process(redis_empty.url, name="berichten") as messages,
    ):
        await use(starts, redis, "anna", 10)
        await use(messages, redis, "anna", 1)
        assert not starts.allows("anna")
        assert messages.allows("anna")
    await redis.aclose()


async def test_without_its_redis_each_process_counts_its_own():
    async with process(REDIS_AWAY, most=3) as limit:
        assert [limit.allows("anna") for _ in range(4)] == [True, True, True, False]
        await asyncio.sleep(0)
        assert not limit.allows("anna")


async def test_what_could_not_be_told_is_told_when_redis_is_back(redis_alone):
    async with process(redis_alone.url) as one:
        redis_alone.kill()
        assert sum(one.allows("anna") for _ in range(6)) == 6
        await asyncio.sleep(0.1)
        redis_alone.start()
        redis = of_redis(redis_alone.url)

        async def told():
            return await counted(redis) > 5.5 * 60

        await reaches(told)
        await redis.aclose()


async def test_redis_holds_no_address_and_forgets(redis_empty):
    redis = of_redis(redis_empty.url)
    async with process(redis_empty.url, most=10, seconds=1) as limit:
        assert limit.allows("192.0.2.7")
        async with process(redis_empty.url, most=1, seconds=600, name="lang") as long:
            await use(long, redis, "192.0.2.7", 1)
            keys = await redis.keys("*")
            assert keys
            assert not any(b"192.0.2.7" in key for key in keys)
            left = [await redis.pttl(key) for key in keys]
            assert -1 not in left, "a key that stays for ever"
    await redis.aclose()


def test_the_password_of_redis_may_stand_in_a_file(tmp_path):
    (tmp_path / "redis").write_text("geheim\n")
    found = with_files({"REDIS_PASSWORD_FILE": str(tmp_path / "redis")})
    assert found == {"REDIS_PASSWORD": "geheim"}


async def test_a_redis_with_a_password_lets_in_who_gives_it():
    with RedisServer("ge/h:ei@m") as server:
        redis = of_redis(server.url.replace("//", "//:ge%2Fh%3Aei%40m@"))
        assert await redis_client.answers(redis)
        await redis.aclose()
        stranger = of_redis(server.url)
        assert not await redis_client.answers(stranger)
        await stranger.aclose()
