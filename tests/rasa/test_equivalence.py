"""Whole conversations with the trained model and the action server: our store beside Rasa's own.

What differs by nature is left out of the comparison: moments, and names that are made at random.
"""

import asyncio
import json
import logging
import os
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st
from rasa.core.agent import Agent
from rasa.core.channels.channel import CollectingOutputChannel, UserMessage
from rasa.core.tracker_store import SQLTrackerStore
from rasa.shared.core.events import ActionExecutionRejected
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.utils.endpoints import EndpointConfig
from rasa.utils.log_utils import configure_structlog
from tracker_turns import A_TURN, START, said, state

from bench.ports import free_port
from bot.catalogue.load import load
from bot.conversations.model import TrackerEvent
from bot.database import Database
from bot.nlu.tracker_store import DialogueTrackerStore, checkpoint
from bot.settings import ROOT, Settings
from bot.training import MODEL, QUIET

TOKEN = "a-token-of-the-tests-as-long-as-wanted"
# "#2" is the third choice of the last message, or its last one, or "ja" without any.
SCAN = ["ik wil de zelfscan doen", "#0"]
CONVERSATIONS = {
    "questions": [
        *("hoi", "wat is een vof", "ik woon in Assen", "moet ik btw betalen", "xqzv wrtplk", "#0"),
        *(
            "ik zit in de bijstand en ik wil een bedrijf beginnen",
            "hoe schrijf ik me in bij de kvk",
        ),
        *("bedankt", "ik wil een lening", "#0", "wat kost een vergunning", "mag ik thuis werken"),
    ],
    "zelfscan": [*SCAN, *(f"#{number % 5}" for number in range(18)), "#1", "#0", "bedankt"],
    "referral": [
        *("ik wil praten met een adviseur", "Assen", "#0", "ik wil een lening voor mijn winkel"),
        *("#0", "#0", "#0", "nee", "#0", "hoe staat het met mijn aanvraag", "#0", "dankjewel"),
    ],
    "interrupted": [
        *(*SCAN, "#2", "#3", "terug", "#1", "waarom vraag je dit", "wat is een vof", "#2"),
        *("xqzv wrtplk", "#2", "moet ik btw betalen", "#4", "ik wil stoppen", "#0"),
        *("ik wil de zelfscan doen", "#0", "#3", "ik wil de quickscan doen", "#0", "#0", "stop"),
    ],
    "started over": [
        *("wat is een vof", *SCAN, "#2", "opnieuw beginnen", "wat is een vof", *SCAN, "#1", "#1"),
        *("ik wil niet meer leven", "dankjewel", "ik wil de zelfscan doen", "#0", "#2"),
    ],
}
AT_RANDOM = re.compile(
    r"https?://[^\s)\"\\]+|\b[0-9a-f]{8,}(?:-[0-9a-f]{4,})*\b|\b[A-Z]{2}-[0-9A-Z]{4}(?:-[0-9A-Z]{4})*"
    r"|\"(?:run|message_id|timestamp|trigger_message)\": (?:\"[^\"]*\"|[0-9.]+)"
)


@pytest.fixture(scope="module")
def content(tmp_path_factory):
    """A database with the content, for the actions and for every tracker store."""
    var = tmp_path_factory.mktemp("equivalence")
    database = Database(f"sqlite:///{var / 'startwijzer.sqlite3'}")
    database.upgrade()
    with database.session() as session:
        load(session)
    yield database
    database.close()


@pytest.fixture(scope="module")
def actions(content, tmp_path_factory):
    """The address of the action server."""
    port = free_port()
    env = {key: value for key, value in os.environ.items() if key != "ENVIRONMENT"} | QUIET
    env |= {"DATABASE_URL": content.url, "RASA_TOKEN": TOKEN, "SANIC_HOST": "127.0.0.1"}
    env |= {"SECRET_KEY": "of-the-tests", "VAR_DIR": str(tmp_path_factory.mktemp("var"))}
    env |= {"PORT_ACTIONS": str(port), "PYTHONPATH": str(ROOT)}
    url = Settings.from_environment(env).actions_url
    command = [sys.executable, "-m", "actions.server", "--actions", "actions", "--port", str(port)]
    process = subprocess.Popen(command, cwd=ROOT, env=env)
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                urllib.request.urlopen(f"{url}/health", timeout=2).close()
                break
            except (urllib.error.URLError, OSError):
                assert process.poll() is None and time.monotonic() < deadline
                time.sleep(0.2)
        yield f"{url}/webhook"
    finally:
        process.terminate()
        process.wait(20)


@pytest.fixture(scope="module")
def agent(actions):
    """The trained model as the server loads it."""
    configure_structlog(logging.ERROR)
    endpoint = EndpointConfig(actions, headers={"Authorization": f"Bearer {TOKEN}"})
    endpoint.kwargs["enable_selective_domain"] = True
    return Agent.load(str(MODEL), action_endpoint=endpoint)


class Talk:
    """One conversation of an agent with one tracker store."""

    def __init__(self, agent, database, store, sender):
        self._agent, self._database, self._sender = agent, database, sender
        self._store = store
        self._choices = []
        self._seen = 0

    async def say(self, text):
        """What came of one turn: the messages, the events, and where the dialogue stands."""
        if text.startswith("#"):
            chosen = min(int(text[1:]), len(self._choices) - 1)
            text = self._choices[chosen] if self._choices else "ja"
        channel = CollectingOutputChannel()
        self._agent.tracker_store = self._agent.processor.tracker_store = self._store
        await self._agent.handle_message(UserMessage(text, channel, self._sender))
        self._choices = [b["payload"] for m in channel.messages for b in m.get("buttons", [])]
        tracker = await self._store.retrieve(self._sender)
        return [
            self._same(found) for found in (channel.messages, self._events(), state(tracker), text)
        ]

    def _events(self):
        """Of this turn, from what was said on: a checkpoint would come before it."""
        mine = TrackerEvent.sender_id == self._sender, TrackerEvent.id > self._seen
        with self._database.session() as session:
            found = session.execute(
                sa.select(TrackerEvent.id, TrackerEvent.data).where(*mine).order_by(TrackerEvent.id)
            ).all()
        self._seen = found[-1].id
        events = [json.loads(row.data) for row in found]
        start = next(i for i, event in enumerate(events) if event["event"] == "user")
        return events[start:]

    def _same(self, found):
        text = json.dumps(found, default=str, ensure_ascii=False).replace(self._sender, "SENDER")
        return AT_RANDOM.sub("*", text)


def played(agent, database, store, sender, script):
    """Every turn of a script with one store."""
    talk = Talk(agent, database, store, sender)

    async def run():
        return [await talk.say(text) for text in script]

    return asyncio.run(run())


@pytest.mark.parametrize("name", CONVERSATIONS)
def test_a_conversation_goes_as_with_rasas_own_store(agent, content, name):
    script = CONVERSATIONS[name]
    stock = SQLTrackerStore(agent.domain, host=content.url)
    ours = DialogueTrackerStore(agent.domain, host=content.url)
    # So few that every second turn begins with a stored checkpoint.
    compact = DialogueTrackerStore(agent.domain, host=content.url, checkpoint_after=12)

    expected = played(agent, content, stock, f"stock-{name}", script)
    for label, store in (("ours", ours), ("compact", compact)):
        turns = played(agent, content, store, f"{label}-{name}", script)
        for number, (wanted, got) in enumerate(zip(expected, turns, strict=True)):
            assert got == wanted, f"{label}, turn {number}: {script[number]}"


INTENTS = ["zelfscan", "rechtsvorm", "stoppen", "nlu_fallback", "noodsituatie", "bevestigen"]


@settings(max_examples=40)
@given(turns=st.lists(A_TURN, max_size=6), intent=st.sampled_from(INTENTS))
def test_the_next_actions_after_a_checkpoint_are_those_without(agent, turns, intent):
    events = [event for turn in [START, *turns] for event in turn]
    slots = agent.domain.slots
    full = DialogueStateTracker.from_events("iemand", events, slots)
    short = DialogueStateTracker.from_events("iemand", checkpoint(full), slots)

    assert state(short) == state(full)
    for tracker in (full, short):
        tracker.update(said("x", intent))
    assert next_actions(agent, short) == next_actions(agent, full)


def next_actions(agent, tracker):
    """What is predicted now, and after a form left the message alone."""
    found = [predicted(agent, tracker)]
    if tracker.active_loop_name:
        tracker.update(ActionExecutionRejected(tracker.active_loop_name))
        found.append(predicted(agent, tracker))
    return found


def predicted(agent, tracker):
    made = agent.processor.predict_next_with_tracker(tracker)
    return {score["action"]: score["score"] for score in made["scores"] if score["score"]}
