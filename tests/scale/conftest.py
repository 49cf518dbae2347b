"""A Redis, for the tests of what several processes share."""

import pytest

from bench.servers import RedisServer


@pytest.fixture(scope="session")
def redis_running():
    """One for all tests that leave it running."""
    with RedisServer() as server:
        yield server


@pytest.fixture
def redis_alone():
    """One for a test that kills it."""
    with RedisServer() as server:
        yield server
