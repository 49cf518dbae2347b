"""The call to Rasa over loopback: its REST channel."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import urlencode

import aiohttp
import msgspec

from bot.conversations.log import Reply

# A turn takes tens of milliseconds. Rasa itself gives up on an action after ten seconds
# (bot/nlu/rasa_patches.py) and then ends the turn in order; this is for a Rasa that hangs.
TIMEOUT = aiohttp.ClientTimeout(total=12)
# What asks whether we are healthy waits no longer either.
HEALTH_TIMEOUT = aiohttp.ClientTimeout(total=3)


class RasaUnavailable(Exception):
    """No answer: Rasa or its actions are away, late, failed, or said what is no answer."""


class Button(msgspec.Struct):
    """A choice in a part of an answer."""

    title: str
    payload: str


class Custom(msgspec.Struct):
    """What goes with a message: what it is about, and its picture."""

    about: dict[str, Any] = {}
    image: dict[str, str] | None = None


class Item(msgspec.Struct):
    """One part of an answer of Rasa's REST channel, as far as we use it."""

    text: str | None = None
    buttons: list[Button] | None = None
    custom: Custom | None = None


class RasaClient:
    """Talks to one Rasa server.

    Args:
        http: session for the calls; stays the caller's.
        url: base address.
        token: Rasa's `--auth-token`.
    """

    def __init__(self, http: aiohttp.ClientSession, url: str, token: str) -> None:
        self._http = http
        query = urlencode({"token": token})
        self._turns = f"{url}/webhooks/rest/webhook?{query}"
        self._status = f"{url}/status?{query}"

    async def send(self, conversation_id: str, message: str, turn: int) -> list[Reply]:
        """The replies to one message.

        Args:
            turn: number that Rasa keeps with the message, by which `turns.undo` finds it.

        Raises:
            RasaUnavailable: there was no answer at all; every turn has at least one.
        """
        body = {"sender": conversation_id, "message": message, "metadata": {"turn": turn}}
        replies = merge(await self._call("POST", self._turns, TIMEOUT, body))
        if not replies:
            raise RasaUnavailable("empty answer")
        return replies

    async def is_healthy(self) -> bool:
        """Whether the server answers and has a model."""
        try:
            status = await self._call("GET", self._status, HEALTH_TIMEOUT)
            return isinstance(status, dict) and bool(status.get("model_id"))
        except RasaUnavailable:
            return False

    async def _call(
        self, method: str, url: str, timeout: aiohttp.ClientTimeout, body: Any = None
    ) -> Any:
        try:
            async with self._http.request(method, url, json=body, timeout=timeout) as response:
                if response.status != 200:
                    raise RasaUnavailable(f"status {response.status}")
                return msgspec.json.decode(await response.read())
        except (aiohttp.ClientError, asyncio.TimeoutError, msgspec.DecodeError) as error:
            raise RasaUnavailable(type(error).__name__) from error


def merge(answer: Any) -> list[Reply]:
    """Rasa's list as replies.

    Rasa cuts a text into its paragraphs and sends the rest of a message behind it. Every message of
    ours ends with its custom data (`about`), so that is where one ends.

    Raises:
        RasaUnavailable: it is something else; what it is is not told, it may hold anything.
    """
    try:
        items = msgspec.convert(answer, list[Item])
    except msgspec.ValidationError:
        raise RasaUnavailable("this is no answer") from None
    replies: list[Reply] = []
    paragraphs: list[str] = []
    choices: list[dict[str, str]] = []
    for item in items:
        if item.text:
            paragraphs.append(item.text)
            choices += [{"title": b.title, "payload": b.payload} for b in item.buttons or ()]
        if item.custom is not None and paragraphs:
            text = "\n\n".join(paragraphs)
            replies.append(Reply(text, choices, item.custom.image, item.custom.about))
            paragraphs, choices = [], []
    if paragraphs:
        replies.append(Reply("\n\n".join(paragraphs), choices))
    return replies
