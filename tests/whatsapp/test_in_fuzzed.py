"""Ten thousand payloads with mistakes in them, through the real handler into a real database."""

import asyncio
import copy
import json
import random
from pathlib import Path
from unittest import mock

import pytest
import sqlalchemy as sa
from aiohttp.streams import StreamReader
from aiohttp.test_utils import make_mocked_request
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from meta import Phone, envelope, sign, value, wamid
from whatsapp_service import settings_in

from bot.gateway.problems import problems
from bot.gateway.whatsapp.webhook import PATH, Webhook
from bot.whatsapp.identity import Address
from bot.whatsapp.model import WhatsAppUpdate
from bot.whatsapp.reading import read

MESSAGES = [
    payload["message"]
    for payload in json.loads(
        (Path(__file__).parent / "payloads" / "messages.json").read_text()
    ).values()
]
STRANGE = [
    *(None, True, False, 0, -1, 3, 10**30, 1.5, float("nan"), float("inf"), [], {}, [[]], [None]),
    *(
        "",
        " ",
        "\x00",
        "\ud800",
        "é👍🏽",
        "x" * 5000,
        "/stop",
        "stop",
        "2",
        "wamid.",
        "text",
        "image",
    ),
    *({"id": {}}, {"\ud800": 1}, {"body": "hoi"}, {"a": [{}]}, ["\udfff"]),
]
MUTATIONS = ("replace", "delete", "rename", "repeat", "wrap")
AT_ONCE = 20


def seeds(number):
    """Runs a test with this many seeds, each of which gives the same mistakes every time."""

    def run(test):
        given_seed = given(st.integers(0, 2**32))(test)
        health = list(HealthCheck)
        return settings(max_examples=number, deadline=None, suppress_health_check=health)(
            given_seed
        )

    return run


def places(data, found=None):
    """Every place in the data: (container, key)."""
    found = [] if found is None else found
    items = data.items() if isinstance(data, dict) else enumerate(data)
    for key, inner in list(items):
        found.append((data, key))
        if isinstance(inner, (dict, list)):
            places(inner, found)
    return found


def mutated(data, chance):
    """A copy with one to five changes, each at some place."""
    data = copy.deepcopy(data)
    for _ in range(chance.randint(1, 5)):
        spots = places(data)
        if not spots:
            break
        container, key = chance.choice(spots)
        what, strange = chance.choice(MUTATIONS), copy.deepcopy(chance.choice(STRANGE))
        if what == "replace":
            container[key] = strange
        elif what == "delete":
            del container[key]
        elif what == "wrap":
            container[key] = [container[key]]
        elif what == "repeat" and isinstance(container, list):
            container.append(copy.deepcopy(container[key]))
        elif what == "rename" and isinstance(container, dict):
            container[str(strange)[:50]] = container.pop(key)
    return data


def strange_with_neighbour(chance, neighbour):
    """A webhook with mistakes, and with one good message in it."""
    message = {**chance.choice(MESSAGES), "id": wamid()}
    contacts = [{"profile": {"name": "x"}, "wa_id": "31600000007", "user_id": "NL.7"}]
    front = chance.random() < 0.5
    if chance.random() < 0.5:  # in one list
        strange = mutated([message], chance)
        pair = [neighbour, *strange] if front else [*strange, neighbour]
        return envelope(value(*pair, contacts=mutated(contacts, chance)))
    statuses = [{"id": wamid(), "status": "delivered", "timestamp": "1790000000"}]
    whole = envelope(value(message, contacts=contacts))
    whole["entry"] += envelope(value(statuses=statuses))["entry"]
    body = mutated(whole, chance)
    entries = body["entry"] if isinstance(body.get("entry"), list) else []
    good = envelope(value(neighbour))["entry"]
    entries = [*good, *entries] if front else [*entries, *good]
    return {**body, "entry": entries, "object": "whatsapp_business_account"}


class Hook:
    """The handler with its errors as the application shows them, and a database."""

    def __init__(self, configured, database, people):
        self.loop = asyncio.new_event_loop()
        self.database, self.people = database, people
        self._receive = Webhook(configured, database, people, lambda: None).receive

    def post(self, raw):
        """The status of the answer."""
        return self.loop.run_until_complete(self._post(raw))

    async def _post(self, raw):
        stream = StreamReader(mock.Mock(), 2**20, loop=self.loop)
        stream.feed_data(raw)
        stream.feed_eof()
        headers = {"X-Hub-Signature-256": sign(raw)}
        request = make_mocked_request("POST", PATH, headers=headers, payload=stream)
        return (await problems(request, self._receive)).status

    def stored(self, wamids):
        """How many of these messages were kept."""
        prints = [self.people.fingerprint(wamid) for wamid in wamids]
        with self.database.session() as session:
            return session.query(WhatsAppUpdate).filter(WhatsAppUpdate.wamid.in_(prints)).count()


@pytest.fixture
def hook(database, people, tmp_path):
    # What a power cut leaves is no question here, and the disk is slow.
    sa.event.listen(
        database.engine, "connect", lambda line, _: line.execute("PRAGMA synchronous=OFF")
    )
    database.engine.dispose()
    hook = Hook(settings_in(tmp_path, database), database, people)
    yield hook
    hook.loop.run_until_complete(hook.loop.shutdown_default_executor())
    hook.loop.close()


def neighbours():
    return [Phone(None).text("een goede buur") for _ in range(AT_ONCE)]


def test_ten_thousand_payloads_with_mistakes_are_taken_and_lose_no_neighbour(hook):
    """Twenty at a time, each with a good message next to it, in one webhook."""
    payloads = []

    @seeds(500)
    def check(seed):
        chance = random.Random(seed)
        good = neighbours()
        bodies = [strange_with_neighbour(chance, message) for message in good]
        together = {**bodies[0], "entry": [one for body in bodies for one in body["entry"]]}
        payloads.extend(bodies)

        assert hook.post(json.dumps(together).encode()) == 200
        assert hook.stored([message["id"] for message in good]) == AT_ONCE

    check()

    assert len(payloads) >= 10_000


@seeds(25)
def test_a_webhook_with_mistakes_is_taken_and_loses_no_neighbour(hook, seed):
    chance = random.Random(seed)
    good = neighbours()
    for message in good:
        body = strange_with_neighbour(chance, message)
        assert hook.post(json.dumps(body).encode()) == 200

    assert hook.stored([message["id"] for message in good]) == AT_ONCE


@seeds(25)
def test_bytes_that_were_broken_on_the_way_are_taken_or_refused(hook, seed):
    chance = random.Random(seed)
    for _ in range(AT_ONCE):
        raw = bytearray(json.dumps(envelope(value(chance.choice(MESSAGES)))).encode())
        for _ in range(chance.randint(1, 6)):
            spot = chance.randrange(len(raw))
            raw[spot : spot + chance.randint(0, 3)] = chance.randbytes(chance.randint(0, 4))

        assert hook.post(bytes(raw)) in (200, 400)


@seeds(25)
def test_whatever_was_taken_can_be_handled(hook, handler, seed):
    chance = random.Random(seed)
    with hook.database.session() as session:
        for _ in range(AT_ONCE):
            (strange, *_) = [*mutated([chance.choice(MESSAGES)], chance), {}]
            data = strange if isinstance(strange, dict) else {}
            message = read(data, wamid(), Address("31600000007"), 1_790_000_000.0)
            if message.kind != "silent":
                plan = handler.handle(session, message, hurry=True)

                assert plan is None or plan.turns or plan.after or message.kind == "welcome"
