"""Two whole units behind nginx, on one PostgreSQL and one Redis: as docker-compose.yml has them."""

import contextlib
import json
import os
import re
import shutil
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
import sqlalchemy as sa
import urllib3
from gateway_citizen import Citizen as Api
from product import Citizen, Product
from test_security_proxy import Proxy

from bench.servers import RedisServer
from bot.conversations.log import Reply
from bot.conversations.model import TrackerEvent
from bot.gateway import trouble

urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
TROUBLE = [said for said in vars(trouble).values() if isinstance(said, Reply)]
HOST = "startwijzer.example.nl"
ALL = ("actions", "rasa", "web")
AT_ONCE = 20
POSTED = re.compile(
    r'^startwijzer_http_requests_total\{method="POST",.*/messages".*\} (\S+)$', re.M
)
TOKEN = "a token of at least thirty-two characters"


class Units:
    """Both, and what stands before and behind them."""

    def __init__(self, one, two, proxy, redis, database):
        self.both, self.proxy, self.redis, self.database = (one, two), proxy, redis, database

    def served(self):
        """How many messages each unit took from citizens so far."""
        return [sum(map(float, POSTED.findall(self._figures(unit)))) for unit in self.both]

    def _figures(self, unit):
        headers = {"Authorization": f"Bearer {TOKEN}"}
        return requests.get(f"{unit.url}/metrics", headers=headers, timeout=10).text

    def turns(self, conversation):
        """The turns as Rasa's log has them: the number that went with each, in order."""
        query = sa.select(TrackerEvent.data).where(
            TrackerEvent.sender_id == conversation, TrackerEvent.type_name == "user"
        )
        with self.database.session() as session:
            rows = session.execute(query.order_by(TrackerEvent.id)).scalars().all()
        return [json.loads(data)["metadata"]["turn"] for data in rows]


class Hopping(Citizen):
    """A citizen on the website: nginx gives each request to the next unit."""

    def request(self, method, path="", **options):
        headers = {"Host": HOST, "Authorization": f"Bearer {self.token}"}
        return requests.request(
            method,
            f"{self.url}/api/v1/conversations/{self.id}{path}",
            headers=headers,
            verify=False,
            timeout=60,
            **options,
        )

    def _post(self, body):
        """On a busy machine the answer may be late: then it comes by itself."""
        super()._post(body)
        if is_late(self.messages):
            told = self.messages[-1]["id"]
            until(lambda: self.history()[-1]["id"] > told, 90)
            self.messages = [message for message in self.history() if message["id"] > told]
        return self.text

    def start(self):
        answer = requests.post(
            f"{self.url}/api/v1/conversations",
            json={"gemeente": self.gemeente},
            headers={"Host": HOST},
            verify=False,
            timeout=60,
        )
        assert answer.status_code == 201, answer.text
        body = answer.json()
        self.id, self.token, self.messages = body["id"], body["token"], body["messages"]
        return self


@pytest.fixture(scope="module")
def units(new_postgres, tmp_path_factory):
    program = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin:/usr/local/sbin")
    assert program, "nginx is not installed: run scripts/test-tools.sh"
    with contextlib.ExitStack() as stack:
        redis = stack.enter_context(RedisServer())
        database = stack.enter_context(new_postgres())
        more = {"DATABASE_URL": database.url, "REDIS_URL": redis.url, "METRICS_TOKEN": TOKEN}
        more |= {"TRUSTED_PROXIES": "127.0.0.1/32"}
        both = [Product(tmp_path_factory.mktemp("unit"), **more) for _ in range(2)]
        for unit in both:
            stack.callback(unit.stop)
        starting = [threading.Thread(target=unit.start, args=ALL) for unit in both]
        for thread in starting:
            thread.start()
        for thread in starting:
            thread.join()
        upstream = "; server ".join(unit.url.removeprefix("http://") for unit in both)
        proxy = stack.enter_context(Proxy(program, tmp_path_factory.mktemp("proxy"), upstream))
        for unit in both:
            until(lambda unit=unit: ready(unit).ok)
        yield Units(*both, proxy, redis, database)


@pytest.fixture
def citizen(units):
    return Hopping(f"https://127.0.0.1:{units.proxy.https}").start()


def is_late(messages):
    """Whether they only heard that the answer takes longer, or that something is wrong."""
    titles = {choice["title"] for message in messages for choice in message["choices"]}
    return bool(titles & {c["title"] for said in TROUBLE for c in said.choices})


def is_answered(history):
    """Whether the last that was said is what the bot had to say."""
    last = history[-1] if history else {"about": None}
    return last["about"] is not None and "broodfonds" in last["text"].lower()


def until(condition, seconds=60.0):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def ready(unit):
    return requests.get(f"{unit.url}/health/ready", timeout=30)


def test_both_are_ready_with_everything_they_share(units):
    for unit in units.both:
        parts = ready(unit).json()["parts"]
        assert parts == dict.fromkeys(("database", "rasa", "actions", "redis"), "ok")


def test_a_zelfscan_goes_on_while_it_hops_from_unit_to_unit(units, citizen):
    citizen.short_scan()
    steps = []
    while citizen.flow == "zelfscan" and citizen.step not in steps:
        steps.append(citizen.step)
        citizen.choose("eens")
        if len(steps) == 8:
            break

    assert len(steps) == 8, "each answer led to the next statement"
    turns = units.turns(citizen.id)
    assert turns == sorted(set(turns))
    assert len(turns) == 1 + 2 + 8, "the greeting, the start, and the answers"


def test_the_stream_of_one_unit_hears_at_once_what_the_other_said(units):
    one, two = (unit.url for unit in units.both)
    talk = Api(one)
    with talk.stream(one) as first, talk.stream(two) as second:
        for number in range(4):
            talk.say("wat is een broodfonds", url=(one, two)[number % 2])
        expected = talk.history()
        for stream in (first, second):
            stream.wait_for(lambda s: len(s.messages) >= len(expected))
            assert stream.messages == expected


def test_many_messages_of_one_person_over_both_units_are_answered_once_and_in_order(units):
    one, two = (unit.url for unit in units.both)
    talk = Api(one)
    texts = [f"wat is een broodfonds {number}" for number in range(AT_ONCE)]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        jobs = [
            pool.submit(talk.say, text, url=(one, two)[number % 2])
            for number, text in enumerate(texts)
        ]
        for job in jobs:
            job.result(90)

    def all_answered():
        return len(units.turns(talk.id)) == AT_ONCE + 1

    until(all_answered, 90)
    turns = units.turns(talk.id)
    assert turns == sorted(set(turns)), "in the order in which they came in, each once"


def test_both_units_have_worked(units):
    assert min(units.served()) > 5


def test_while_redis_is_away_people_hear_so_and_nothing_is_lost(units, citizen):
    units.redis.kill()
    said = citizen.request("POST", "/messages", json={"text": "wat is een broodfonds"})
    assert is_late(said.json()["messages"])
    for unit in units.both:
        found = ready(unit)
        assert found.status_code == 503
        assert found.json()["parts"]["redis"] == "weg"

    units.redis.start()
    until(lambda: is_answered(citizen.history()), 90)
    turns = units.turns(citizen.id)
    assert turns == sorted(set(turns))
    assert len(turns) == 2
    assert all(ready(unit).status_code == 200 for unit in units.both)


def test_what_a_unit_that_dies_had_in_hand_is_answered_by_the_other(units):
    one, two = units.both
    talk = Api(one.url)
    one.signal("rasa", signal.SIGKILL)
    assert is_late(talk.say("wat is een broodfonds"))
    assert ready(one).status_code == 503
    assert ready(two).status_code == 200
    for name in ("web", "actions"):  # as bot/run.py does when a part of the unit dies
        one.signal(name, signal.SIGKILL)

    with talk.stream(two.url) as stream:
        stream.wait_for(lambda s: is_answered(s.messages), 60)
    turns = units.turns(talk.id)
    assert turns == sorted(set(turns))
    assert len(turns) == 2
