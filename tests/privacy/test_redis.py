"""What stands in Redis is on the data map: by the code, and by a real Redis that was used."""

import re
import time
from asyncio import create_task, gather, sleep

import pytest
from served import SECRET, settings_in

from bench.servers import RedisServer
from bot import redis_client
from bot.content import ContentError
from bot.gateway.access import Access
from bot.gateway.limits import RateLimit
from bot.gateway.shared_counts import SharedCounts
from bot.privacy.datamap import DATA_MAP, in_words, read_data_map
from bot.settings import ROOT

# How a module gets at Redis, and how it makes a key: the kind stands behind the prefix.
REACHES = re.compile(r"^\s*(?:from|import) .*\bredis(?:_client)?\b", re.MULTILINE)
KEY = re.compile(r"\{(?:redis_client\.)?PREFIX\}(?::([a-z_]+):)?")
# A module that is new here gives its keys the prefix and a kind; then it may be on this list.
REACHING = {
    "bot/gateway/app.py",
    "bot/gateway/health.py",
    "bot/gateway/shared_counts.py",
    "bot/nlu/locks.py",
    "bot/redis_client.py",
}


def sources(root):
    """The text of each module that reaches Redis, by its place."""
    files = (file for folder in ("bot", "actions") for file in (root / folder).rglob("*.py"))
    texts = {
        str(f.relative_to(root)): f.read_text() for f in files if "node_modules" not in f.parts
    }
    return {name: text for name, text in texts.items() if REACHES.search(text)}


def kinds_in_code(root=ROOT):
    """The kinds of key that the code makes; empty text for a key without a kind."""
    return {kind for text in sources(root).values() for kind in KEY.findall(text)}


def on_the_map(data_map):
    return {kind for item in data_map.places for kind in item.redis_keys}


@pytest.fixture
def data_map():
    return read_data_map()


@pytest.fixture
def redis_of_this_test():
    with RedisServer() as server:
        yield server


def test_every_kind_of_key_in_the_code_is_on_the_map_and_nothing_else(data_map):
    assert kinds_in_code() == on_the_map(data_map) == {"limit", "turn"}


def test_only_known_modules_reach_redis():
    assert set(sources(ROOT)) == REACHING


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ('redis.set(f"{PREFIX}:address:{ip}", 1)', "address"),
        ('redis.set(f"{redis_client.PREFIX}:name:{name}", 1)', "name"),
        ('redis.set(f"{PREFIX}{name}", 1)', ""),
    ],
)
def test_a_new_kind_of_key_is_noticed(tmp_path, data_map, line, found):
    (tmp_path / "bot").mkdir()
    (tmp_path / "bot" / "new.py").write_text(f"from bot.redis_client import PREFIX\n\n{line}\n")

    assert kinds_in_code(tmp_path) - on_the_map(data_map) == {found}


def test_a_place_that_has_no_kind_of_key_is_refused(tmp_path):
    path = tmp_path / "gegevens.yml"
    path.write_text(DATA_MAP.read_text().replace("redis_keys: [turn]", 'redis_keys: ["turn:*"]'))
    with pytest.raises(ContentError, match="redis_keys"):
        read_data_map(path)


async def test_what_every_limit_leaves_in_a_real_redis_is_what_the_map_says(
    tmp_path, data_map, redis_of_this_test
):
    # The least that an administrator can choose lasts as long as any limit can.
    in_a_day = {
        name: "1"
        for name in (
            "MESSAGES_PER_DAY",
            "MESSAGES_PER_DAY_AND_ADDRESS",
            "CONVERSATIONS_PER_DAY_AND_ADDRESS",
        )
    }
    access = Access(settings_in(tmp_path, "sqlite://", **in_a_day))
    limits = [limit for limit in vars(access).values() if isinstance(limit, RateLimit)]
    redis = redis_client.connect(redis_of_this_test.url)
    counts = SharedCounts(redis, SECRET)
    access.share(counts)
    task = create_task(counts.run())
    try:
        for limit in limits:
            assert limit.allows("192.0.2.7")
        deadline = time.monotonic() + 30
        while counts._untold or len(await redis.keys("*")) < len(limits):
            assert time.monotonic() < deadline, "Redis was not told"
            await sleep(0.02)
        keys = [key.decode() for key in await redis.keys("*")]
        left = [await redis.pttl(key) for key in keys]
        values = [await redis.get(key) for key in keys]
    finally:
        task.cancel()
        await gather(task, return_exceptions=True)
        await redis.aclose()

    assert {key.split(":")[1] for key in keys} <= on_the_map(data_map)
    assert all(re.fullmatch(r"startwijzer:limit:[0-9a-f]{32}", key) for key in keys)
    assert all(re.fullmatch(rb"\d+\.\d+", value) for value in values), "a moment, nothing else"
    most = redis_client.LIMIT_TERM.total_seconds() * 1000
    assert 0.9 * most < max(left) <= most
    assert min(left) > 0, "a key that stays for ever"


def test_the_map_says_the_terms_of_the_code(data_map, tmp_path):
    settings = settings_in(tmp_path, "sqlite://")
    terms = {
        kind: data_map.terms[item.term].length(settings)
        for item in data_map.places
        for kind in item.redis_keys
    }
    assert terms == {
        "limit": in_words(redis_client.LIMIT_TERM),
        "turn": in_words(redis_client.TURN_TERM),
    }
    assert terms == {"limit": "24 uur", "turn": "15 seconden"}
