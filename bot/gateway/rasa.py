"""The call to Rasa over loopback: its REST channel."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from typing import Any

import aiohttp

from bot.conversations.log import Reply

logger = logging.getLogger(__name__)
# A turn takes tens of milliseconds; after this long something is wrong and the citizen hears so.
TIMEOUT = aiohttp.ClientTimeout(total=10)


class RasaUnavailable(Exception):
    """No answer: Rasa or its actions are away, late, or failed."""


class RasaClient:
    """Talks to one Rasa server.

    Args:
        http: session for the calls; stays the caller's.
        url: base address.
        token: Rasa's `--auth-token`.
    """

    def __init__(self, http: aiohttp.ClientSession, url: str, token: str) -> None:
        self._http = http
        self._url = url
        self._token = token

    async def send(self, conversation_id: str, message: str, turn: int) -> list[Reply]:
        """The replies to one message.

        Args:
            turn: number that Rasa keeps with the message, by which `turns.undo` finds it.

        Raises:
            RasaUnavailable: there was no answer at all; every turn has at least one.
        """
        body = {"sender": conversation_id, "message": message, "metadata": {"turn": turn}}
        items = await self._call("POST", "/webhooks/rest/webhook", body)
        replies = merge(items)
        if not replies:
            raise RasaUnavailable("empty answer")
        return replies

    async def is_healthy(self) -> bool:
        """Whether the server answers and has a model."""
        try:
            return bool((await self._call("GET", "/status")).get("model_id"))
        except RasaUnavailable:
            return False

    async def _call(self, method: str, path: str, body: Any = None) -> Any:
        try:
            async with self._http.request(
                method,
                f"{self._url}{path}",
                params={"token": self._token},
                json=body,
                timeout=TIMEOUT,
            ) as response:
                if response.status != 200:
                    raise RasaUnavailable(f"status {response.status}")
                return await response.json()
        except (aiohttp.ClientError, asyncio.TimeoutError, ValueError) as error:
            raise RasaUnavailable(type(error).__name__) from error


def merge(items: Iterable[dict[str, Any]]) -> list[Reply]:
    """Rasa's list as replies.

    Rasa cuts a text into its paragraphs and sends the rest of a message behind it. Every message of
    ours ends with its custom data (`about`), so that is where one ends.
    """
    replies: list[Reply] = []
    paragraphs: list[str] = []
    choices: list[dict[str, str]] = []
    for item in items:
        if item.get("text"):
            paragraphs.append(item["text"])
            choices += [
                {"title": str(b["title"]), "payload": str(b["payload"])}
                for b in item.get("buttons") or ()
            ]
        custom = item.get("custom")
        if custom and paragraphs:
            text = "\n\n".join(paragraphs)
            replies.append(Reply(text, choices, custom.get("image"), custom.get("about") or {}))
            paragraphs, choices = [], []
    if paragraphs:
        replies.append(Reply("\n\n".join(paragraphs), choices))
    return replies
