"""Talking with a side as its clients do: ours through the gateway, stock through its REST API."""

from __future__ import annotations

import asyncio
import json
import secrets
from dataclasses import dataclass
from typing import Any, Protocol

import aiohttp

from bot.gateway import trouble
from bot.gateway.rasa import merge

GEMEENTE = "Voorbeeldstad"
TIMEOUT = aiohttp.ClientTimeout(total=120)
# Something to hear for a citizen, and a failed turn for the bench.
TROUBLE = (trouble.LATE, trouble.APOLOGY, trouble.STILL, trouble.GIVEN_UP)


class TurnFailed(Exception):
    """There was no answer, or an apology; the message says which."""


@dataclass(frozen=True)
class Choice:
    """Something that a citizen can choose: what it says, and by what the side knows it."""

    title: str
    key: str


@dataclass(frozen=True)
class Reply:
    """What the bot said to one message.

    `step` is the question that a form now waits for, `topic` the subject that was answered.
    """

    choices: tuple[Choice, ...]
    step: str | None
    topic: str | None


class Talk(Protocol):
    """One conversation with a side."""

    async def begin(self) -> Reply:
        """The greeting.

        Raises:
            TurnFailed: see there; so for all three.
        """

    async def say(self, text: str) -> Reply:
        """The answer to something typed."""

    async def choose(self, choice: Choice) -> Reply:
        """The answer to a choice that was offered."""


class OurTalk:
    """A conversation over the public API."""

    def __init__(self, http: aiohttp.ClientSession, url: str) -> None:
        self._http = http
        self._url = f"{url}/api/v1/conversations"
        self._headers: dict[str, str] = {}

    async def begin(self) -> Reply:
        """See Talk."""
        made = await _post(self._http, self._url, {"gemeente": GEMEENTE}, {})
        self._url += f"/{made['id']}/messages"
        self._headers = {"Authorization": f"Bearer {made['token']}"}
        return _ours(made)

    async def say(self, text: str) -> Reply:
        """See Talk."""
        return await self._send({"text": text})

    async def choose(self, choice: Choice) -> Reply:
        """See Talk."""
        return await self._send({"choice": choice.key})

    async def _send(self, body: dict[str, str]) -> Reply:
        return _ours(await _post(self._http, self._url, body, self._headers))


class StockTalk:
    """A conversation over Rasa's REST channel, that lets a client send payloads."""

    def __init__(self, http: aiohttp.ClientSession, url: str) -> None:
        self._http = http
        self._url = f"{url}/webhooks/rest/webhook"
        self._sender = secrets.token_urlsafe(24)

    async def begin(self) -> Reply:
        """See Talk."""
        return await self.say(f"/groet{json.dumps({'gemeente': GEMEENTE})}")

    async def say(self, text: str) -> Reply:
        """See Talk."""
        body = {"sender": self._sender, "message": text}
        replies = merge(await _post(self._http, self._url, body, {}))
        if not replies:
            raise TurnFailed("silence")
        choices = [Choice(c["title"], c["payload"]) for reply in replies for c in reply.choices]
        return _reply(choices, [reply.about for reply in replies])

    async def choose(self, choice: Choice) -> Reply:
        """See Talk."""
        return await self.say(choice.key)


async def _post(http: aiohttp.ClientSession, url: str, body: Any, headers: dict[str, str]) -> Any:
    try:
        async with http.post(url, json=body, headers=headers, timeout=TIMEOUT) as response:
            if response.status >= 300:
                raise TurnFailed(f"status {response.status}: {(await response.text())[:200]}")
            return await response.json()
    except (aiohttp.ClientError, asyncio.TimeoutError) as error:
        raise TurnFailed(type(error).__name__) from error


def _ours(body: dict[str, Any]) -> Reply:
    messages = body["messages"]
    if not messages:
        raise TurnFailed("silence")
    if any(said.text in messages[-1]["text"] for said in TROUBLE):
        raise TurnFailed("late, or an apology")
    choices = [Choice(c["title"], c["id"]) for m in messages for c in m["choices"]]
    return _reply(choices, [m["about"] or {} for m in messages])


def _reply(choices: list[Choice], about: list[dict[str, Any]]) -> Reply:
    topics = [found["topic"] for found in about if found.get("topic")]
    return Reply(tuple(choices), about[-1].get("step"), topics[-1] if topics else None)
