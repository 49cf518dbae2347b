"""A stand-in for Rasa on loopback that speaks its REST channel and does as it is told.

It runs in a thread of its own, so a test of any kind can use it:

    with ScriptedRasa() as rasa:
        rasa.answers["hallo"] = said("Dag.", choices=[("Ja", "/bevestigen")])
        ...  # an application with PORT_RASA=rasa.port
        assert rasa.turns_of(conversation_id) == ["/groet{}", "hallo"]

A message without an answer of its own gets `Antwoord op: <message>`.
"""

import asyncio
import contextlib
import json
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from aiohttp import web
from served import Background

from bot.conversations.messages import About
from bot.conversations.model import TrackerEvent


def said(text, choices=(), image=None, **about):
    """Rasa's list for one message of the bot: its paragraphs, and the custom data behind it."""
    custom = {"about": About(**about).as_dict()}
    if image:
        custom["image"] = image
    items = [{"text": paragraph} for paragraph in text.split("\n\n")]
    if choices:
        items[-1]["buttons"] = [{"title": title, "payload": payload} for title, payload in choices]
    return [*items, {"custom": custom}]


@dataclass(frozen=True)
class Turn:
    """One request: who, what, and the number that came with it."""

    sender: str
    message: str
    number: int


class ScriptedRasa:
    """A server with a script.

    Args:
        database: where it stores each message as Rasa does; nowhere when it is None.

    Attributes:
        answers: per message, what comes back (see `said`).
        delay: seconds that each turn takes.
        statuses: HTTP statuses of the next turns, instead of an answer; the message counts.
        gate: while this is clear, turns wait; it is set at the start.
        gates: per message, one of its own.
        turns: every turn that began, in order.
        finished: how many turns came to their end.
        most_at_once: per sender, the highest number of turns that ran at the same time.
    """

    def __init__(self, database=None):
        self.answers = {}
        self.delay = 0.0
        self.statuses = []
        self.gate = threading.Event()
        self.gate.set()
        self.gates = {}
        self.turns = []
        self.finished = 0
        self.most_at_once = Counter()
        self.port = 0
        self._database = database
        self._now = Counter()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def turns_of(self, sender):
        """The messages of one conversation, in the order in which they came."""
        return [turn.message for turn in self.turns if turn.sender == sender]

    def wait_for(self, number, sender=None, seconds=20.0):
        """Returns when so many turns have begun, of everyone or of one conversation."""
        deadline = time.monotonic() + seconds
        while sum(sender in (None, turn.sender) for turn in list(self.turns)) < number:
            assert time.monotonic() < deadline, f"{len(self.turns)} turns, waiting for {number}"
            time.sleep(0.01)

    @contextlib.contextmanager
    def busy_with(self, citizen, text):
        """The response to the first that somebody says, for later: the turn goes on meanwhile.

        It ends when `gate` is set.
        """
        self.gate.clear()
        with ThreadPoolExecutor(1) as pool:
            asked = pool.submit(citizen.ask, "POST", "/messages", json={"text": text})
            self.wait_for(2, citizen.id)
            yield asked

    def __enter__(self):
        self._background = Background()
        self._runner = self._background.run(self._start())
        return self

    def __exit__(self, *_):
        for gate in (self.gate, *self.gates.values()):
            gate.set()
        self._background.run(self._runner.cleanup())
        self._background.close()

    async def _start(self):
        app = web.Application()
        app.router.add_post("/webhooks/rest/webhook", self._answer)
        app.router.add_get("/status", self._status)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", self.port).start()
        self.port = runner.addresses[0][1]
        return runner

    async def _status(self, request):
        return web.json_response({"model_id": "scripted"})

    async def _answer(self, request):
        body = await request.json()
        turn = Turn(body["sender"], body["message"], body["metadata"]["turn"])
        self.turns.append(turn)
        self._now[turn.sender] += 1
        highest = max(self._now[turn.sender], self.most_at_once[turn.sender])
        self.most_at_once[turn.sender] = highest
        try:
            await asyncio.to_thread(self.gates.get(turn.message, self.gate).wait)
            await asyncio.sleep(self.delay)
            if self._database is not None:
                await asyncio.to_thread(self._store, turn)
        finally:
            self._now[turn.sender] -= 1
        self.finished += 1
        status = self.statuses.pop(0) if self.statuses else 200
        if status != 200:
            return web.Response(status=status)
        return web.json_response(
            self.answers.get(turn.message, said(f"Antwoord op: {turn.message}"))
        )

    def _store(self, turn):
        """As Rasa's tracker store, at the end of a turn."""
        data = {"event": "user", "text": turn.message, "metadata": {"turn": turn.number}}
        values = {"timestamp": time.time(), "data": json.dumps(data)}
        with self._database.session() as session:
            session.add(TrackerEvent(sender_id=turn.sender, type_name="user", **values))
            session.add(TrackerEvent(sender_id=turn.sender, type_name="action", **values))
