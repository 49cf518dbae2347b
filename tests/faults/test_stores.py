"""PostgreSQL and Redis go away and come back in the middle of turns: nothing is lost or doubled."""

import time
from contextlib import closing

import pytest
import requests
from running import PERSON, TURNS, running

from bench.load.faults import talk_through
from bench.servers import PostgresServer, RedisServer
from bot.database import Database

# How long a database is away, and how long people talk before and between (s).
AWAY = 4.0
BETWEEN = 6.0


@pytest.fixture(scope="module")
def stores(tmp_path_factory):
    """A PostgreSQL and a Redis that a test may take away; it brings them back."""
    with PostgresServer() as postgres, RedisServer() as redis:
        with closing(Database(f"{postgres.url}/postgres")) as database:
            database.upgrade()
        yield postgres, redis


@pytest.fixture(scope="module")
def site(stores, tmp_path_factory):
    """The product on these."""
    postgres, redis = stores
    folder = tmp_path_factory.mktemp("stores")
    url = f"{postgres.url}/postgres"
    with running(folder, DATABASE_URL=url, REDIS_URL=redis.url) as site:
        yield site


def check(outcome):
    print(outcome.counted, f"{outcome.seconds:.0f} s")
    assert outcome.counted.sent >= TURNS
    assert outcome.counted.is_clean, outcome.counted
    assert outcome.counted.refused == 0
    assert outcome.counted.answered == outcome.counted.logged == outcome.counted.sent
    assert outcome.crowd.errors == []


def test_a_restart_of_postgresql_loses_and_doubles_nothing(site, stores):
    postgres, _ = stores

    def crash():
        for mode in ("fast", "immediate"):
            time.sleep(BETWEEN)
            postgres.stop(mode)
            time.sleep(AWAY)
            postgres.start()
        time.sleep(BETWEEN)

    check(talk_through(site.product, site.keeper, 8, TURNS, crash))


def test_a_restart_of_redis_loses_and_doubles_nothing(site, stores):
    _, redis = stores

    def crash():
        for _ in range(2):
            time.sleep(BETWEEN)
            redis.kill()
            time.sleep(AWAY)
            redis.start()
        time.sleep(BETWEEN)

    check(talk_through(site.product, site.keeper, 8, TURNS, crash))


def test_a_database_that_is_away_is_told_and_not_hidden(site, stores):
    postgres, _ = stores
    citizen = site.citizen()
    citizen.short_scan()
    postgres.stop("fast")
    try:
        response = citizen.request("POST", "/messages", json={"text": "5"})
        health = requests.get(f"{site.product.url}/health", timeout=10)
        ready = requests.get(f"{site.product.url}/health/ready", timeout=10)
    finally:
        postgres.start()

    assert response.status_code == 503
    assert PERSON in response.json()["detail"]
    assert (health.status_code, ready.status_code) == (503, 503)
    assert health.json()["parts"]["database"] == "weg"
    assert "Vraag 2 van 18" in citizen.say("5"), "nothing was forgotten"
    citizen.say("5")
    assert citizen.step == "zs03"
