"""Someone who does not give up: sends a message under the same key until it is taken in.

It talks as the web chat does. Where the answer is late, it looks in the history until it is there.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from bench.turns.talk import GEMEENTE, Choice, Reply, TurnFailed
from bot.gateway import trouble

# Longer than any process takes to start; after it a message counts as refused.
PATIENCE = 240.0
LOOK_EVERY = 0.5
TRY_EVERY = 0.5
CALL = aiohttp.ClientTimeout(total=60)
TROUBLE = tuple(said.text for said in (trouble.LATE, trouble.APOLOGY, trouble.STILL))


@dataclass
class Sent:
    """A message of a citizen, and what the citizen saw happen to it; moments in seconds.

    Attributes:
        heard: when there was any word about it, be it that the answer is late.
        answered: when its answer was there.
        answers: the numbers of the messages in which it was answered.
        tries: how often it was sent.
        statuses: of the tries that got an answer from the gateway at all.
    """

    conversation: str
    key: str
    at: float
    heard: float | None = None
    answered: float | None = None
    answers: tuple[int, ...] = ()
    tries: int = 0
    statuses: list[int] = field(default_factory=list)

    @property
    def accepted(self) -> bool:
        """Whether the gateway said that it has it."""
        return self.heard is not None


class InsistentTalk:
    """A conversation over the public API (`bench.turns.talk.Talk`).

    Args:
        sent: where every message goes that is sent; one list may serve many people.
    """

    def __init__(self, http: aiohttp.ClientSession, url: str, sent: list[Sent]) -> None:
        self._http = http
        self._url = f"{url}/api/v1/conversations"
        self._sent = sent
        self._headers: dict[str, str] = {}
        self._id = ""
        self._newest = 0

    async def begin(self) -> Reply:
        """The greeting; a conversation that begins badly is begun anew.

        Raises:
            TurnFailed: there was none in time.
        """
        deadline = time.monotonic() + PATIENCE
        while True:
            status, made = await self._call("POST", self._url, {"gemeente": GEMEENTE})
            if status == 201:
                break
            await self._pause(deadline)
        self._id = made["id"]
        self._url += f"/{self._id}/messages"
        self._headers = {"Authorization": f"Bearer {made['token']}"}
        found = _answers(made["messages"]) or await self._look(deadline, made["messages"])
        return self._reply(found)

    async def say(self, text: str) -> Reply:
        """The answer to something typed.

        Raises:
            TurnFailed: there was none in time, or it was refused.
        """
        return await self._send({"text": text})

    async def choose(self, choice: Choice) -> Reply:
        """The answer to a choice that was offered.

        Raises:
            TurnFailed: there was none in time, or it was refused.
        """
        return await self._send({"choice": choice.key})

    async def _send(self, body: dict[str, str]) -> Reply:
        one = Sent(self._id, secrets.token_urlsafe(12), time.monotonic())
        self._sent.append(one)
        deadline = one.at + PATIENCE
        while True:
            one.tries += 1
            headers = {**self._headers, "Idempotency-Key": one.key}
            status, answer = await self._call("POST", self._url, body, headers)
            if status:
                one.statuses.append(status)
            if status == 200:
                break
            if 400 <= status < 500 and status != 429:
                raise TurnFailed(f"status {status}")
            await self._pause(deadline)
        said = answer["messages"]
        if said:
            one.heard = time.monotonic()
        found = _answers(said) or await self._look(deadline, said)
        one.answered = time.monotonic()
        one.heard = one.heard or one.answered
        one.answers = tuple(message["id"] for message in found)
        return self._reply(found)

    async def _look(self, deadline: float, said: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """The answer, which comes later than what was said about it."""
        after = max([self._newest, *(message["id"] for message in said)])
        while True:
            await self._pause(deadline)
            status, answer = await self._call(
                "GET", f"{self._url}?after={after}", None, self._headers
            )
            if status == 200 and (found := _answers(answer["messages"])):
                return found

    async def _pause(self, deadline: float) -> None:
        if time.monotonic() > deadline:
            raise TurnFailed("no answer in time")
        await asyncio.sleep(TRY_EVERY)

    async def _call(
        self, method: str, url: str, body: Any, headers: dict[str, str] | None = None
    ) -> tuple[int, Any]:
        """Status and body; 0 when nothing answers."""
        try:
            async with self._http.request(
                method, url, json=body, headers=headers, timeout=CALL
            ) as response:
                return response.status, await response.json(content_type=None)
        except (aiohttp.ClientError, asyncio.TimeoutError, ValueError):
            return 0, None

    def _reply(self, messages: list[dict[str, Any]]) -> Reply:
        self._newest = max([self._newest, *(message["id"] for message in messages)])
        choices = tuple(Choice(c["title"], c["id"]) for m in messages for c in m["choices"])
        about = [message["about"] or {} for message in messages]
        topics = [found["topic"] for found in about if found.get("topic")]
        return Reply(choices, about[-1].get("step"), topics[-1] if topics else None)


def _answers(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What the bot said itself, without words about an answer that is late."""
    return [m for m in messages if m["from"] == "bot" and not m["text"].endswith(TROUBLE)]
