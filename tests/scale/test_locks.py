"""The lock that Rasa processes share: in Redis, or in memory where there is none."""

import asyncio

import pytest
from rasa.core.lock_store import LockError, LockStore
from rasa.utils.endpoints import EndpointConfig, read_endpoint_config
from redis.exceptions import ConnectionError as RedisAway
from served import REDIS_AWAY

from bot.nlu import locks
from bot.nlu.locks import ConversationLocks
from bot.settings import ROOT, SettingsError


@pytest.fixture(autouse=True)
def _environment(monkeypatch):
    """What endpoints.yml asks for besides."""
    for name in ("ACTIONS_WEBHOOK", "RASA_TOKEN", "DATABASE_URL"):
        monkeypatch.setenv(name, "unused")


def as_configured():
    """What a Rasa process makes of endpoints.yml."""
    return LockStore.create(read_endpoint_config(str(ROOT / "endpoints.yml"), "lock_store"))


async def take_turns(stores, conversations, turns=20, lasting=0.005):
    """How many were in one conversation at once, at the most; and how many turns there were."""
    inside, most, done = dict.fromkeys(conversations, 0), 0, 0

    async def turn(number):
        nonlocal most, done
        conversation = conversations[number % len(conversations)]
        async with stores[number % len(stores)].lock(conversation):
            inside[conversation] += 1
            most = max(most, inside[conversation])
            await asyncio.sleep(lasting)
            inside[conversation] -= 1
            done += 1

    await asyncio.gather(*(turn(number) for number in range(turns)))
    return most, done


async def test_two_processes_are_never_in_one_conversation_at_once(redis_running, monkeypatch):
    monkeypatch.setenv("REDIS_URL", redis_running.url)
    stores = [as_configured(), as_configured()]

    assert await take_turns(stores, ["een"]) == (1, 20)


async def test_two_locks_in_memory_know_nothing_of_each_other(monkeypatch):
    """What the test above would see without a shared lock."""
    monkeypatch.delenv("REDIS_URL", raising=False)

    most, done = await take_turns([as_configured(), as_configured()], ["een"], turns=2)

    assert (most, done) == (2, 2)


async def test_without_redis_one_process_locks_in_memory(monkeypatch):
    monkeypatch.setenv("REDIS_URL", "")
    stores = [as_configured()]

    assert await take_turns(stores, ["een"], turns=2) == (1, 2)


async def test_other_conversations_do_not_wait(redis_running, monkeypatch):
    monkeypatch.setenv("REDIS_URL", redis_running.url)
    store = as_configured()
    inside = []

    async def turn():
        async with store.lock("twee"):
            inside.append("twee")

    async with store.lock("een"):
        await asyncio.wait_for(turn(), 10)

    assert inside == ["twee"]


async def test_what_a_dead_process_held_comes_free_by_itself(redis_running, monkeypatch):
    monkeypatch.setenv("REDIS_URL", redis_running.url)
    monkeypatch.setattr(locks, "LIFETIME", 0.5)
    dead = as_configured().lock("dood")
    await dead.__aenter__()  # and never comes back

    async with as_configured().lock("dood"):
        pass


async def test_a_turn_that_outlives_its_lock_still_ends_well(redis_running, monkeypatch):
    monkeypatch.setenv("REDIS_URL", redis_running.url)
    monkeypatch.setattr(locks, "LIFETIME", 0.05)
    async with as_configured().lock("lang"):
        await asyncio.sleep(0.2)


async def test_who_waits_too_long_is_told(redis_running, monkeypatch):
    monkeypatch.setenv("REDIS_URL", redis_running.url)
    async with as_configured().lock("bezet"):
        other = as_configured()
        monkeypatch.setattr(locks, "LIFETIME", 0.2)
        with pytest.raises(LockError):
            async with other.lock("bezet"):
                pass


async def test_without_its_redis_no_turn_begins(monkeypatch):
    monkeypatch.setenv("REDIS_URL", REDIS_AWAY)
    with pytest.raises(RedisAway):
        async with as_configured().lock("een"):
            pytest.fail("a turn without a lock")


async def test_a_restart_of_redis_is_survived(redis_alone, monkeypatch):
    monkeypatch.setenv("REDIS_URL", redis_alone.url)
    store = as_configured()
    assert await take_turns([store], ["een"]) == (1, 20)
    redis_alone.kill()
    with pytest.raises(RedisAway):
        async with store.lock("een"):
            pass
    redis_alone.start()

    assert await take_turns([store], ["een"]) == (1, 20)


async def test_nothing_stays_behind_in_redis(redis_running, monkeypatch):
    monkeypatch.setenv("REDIS_URL", redis_running.url)
    store = as_configured()
    async with store.lock("weg"):
        assert await store._redis.keys("*turn:weg")
    assert not await store._redis.keys("*turn:weg")


def test_an_address_that_is_none_is_named(monkeypatch):
    monkeypatch.setenv("REDIS_URL", "localhost:6379")
    with pytest.raises(SettingsError, match="REDIS_URL"):
        ConversationLocks(EndpointConfig())
