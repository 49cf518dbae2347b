"""Limits over two web processes, as real processes that share a Redis."""

import time
from contextlib import ExitStack

import pytest
from gateway_citizen import Citizen
from scripted_rasa import ScriptedRasa
from served import WebProcess

MOST = 10


@pytest.fixture
def pair(database, redis_alone, tmp_path):
    with ScriptedRasa(database) as rasa, ExitStack() as stack:
        more = {"REDIS_URL": redis_alone.url, "MESSAGES_PER_DAY": str(MOST)}
        found = [WebProcess(database.url, rasa.port, tmp_path, **more) for _ in range(2)]
        for process in found:
            stack.callback(process.close)
        yield [process.url for process in found]


def say(talk, url):
    return talk.ask("POST", "/messages", url, json={"text": "hallo"}).status_code


def test_who_turns_from_one_process_to_the_other_gets_no_more(pair, redis_alone):
    talk = Citizen(pair[0])
    statuses = []
    for number in range(3 * MOST):
        statuses.append(say(talk, pair[number % 2]))
        time.sleep(0.02)  # a person is no faster; what one process allowed is heard meanwhile

    allowed = statuses.count(200)
    assert set(statuses) == {200, 429}
    assert MOST <= allowed <= MOST + 1, "one more for who is new to a process"


def test_while_redis_is_away_each_process_counts_and_nobody_waits(pair, redis_alone):
    redis_alone.kill()
    talk = Citizen(pair[0])
    statuses = [say(talk, pair[number % 2]) for number in range(3 * MOST)]

    assert statuses.count(200) == 2 * MOST
    assert statuses.count(429) == MOST
