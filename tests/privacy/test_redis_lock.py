"""The lock of a turn in a real Redis is what the data map says of it."""

import re

import pytest
from rasa.utils.endpoints import EndpointConfig

from bench.servers import RedisServer
from bot import redis_client
from bot.nlu.locks import ConversationLocks
from bot.privacy.datamap import read_data_map

CONVERSATION = "een-nummer-van-een-gesprek"


@pytest.fixture
def store(monkeypatch):
    with RedisServer() as server:
        monkeypatch.setenv("REDIS_URL", server.url)
        yield ConversationLocks(EndpointConfig())


async def test_the_lock_holds_the_conversation_for_as_long_as_the_map_says(store):
    redis = store._redis
    async with store.lock(CONVERSATION):
        (key,) = [key.decode() for key in await redis.keys("*")]
        left = await redis.pttl(key)
        value = await redis.get(key)
    after = await redis.keys("*")
    await redis.aclose()

    on_the_map = {kind for item in read_data_map().places for kind in item.redis_keys}
    prefix, kind, about = key.split(":", 2)
    assert (prefix, about) == (redis_client.PREFIX, CONVERSATION)
    assert kind in on_the_map
    most = redis_client.TURN_TERM.total_seconds() * 1000
    assert 0 < left <= most
    assert re.fullmatch(rb"[0-9a-f]{32}", value), "a mark, nothing that was said"
    assert after == []
