"""What comes in with a request, checked and in the form that the handlers want."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any

from aiohttp import web

from bot.gateway.problems import Problem

LONGEST_TEXT = 2000
LONGEST_PAGE = 300
LONGEST_KEY = 64
# A body has at most 32 kB; who needs longer keeps a connection occupied.
LONGEST_READ = 10.0


async def body(request: web.Request, allowed: set[str]) -> dict[str, Any]:
    """The JSON object in the body; empty when there is none.

    Raises:
        Problem: it is something else (400), has other fields (422), or comes too slowly (408).
    """
    raw = await read(request)
    if not raw.strip():
        return {}
    try:
        found = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise Problem(400, "Dit verzoek is geen geldige JSON.") from error
    if not isinstance(found, dict):
        raise Problem(400, "Dit verzoek moet een JSON-object zijn.")
    if set(found) - allowed:
        raise Problem(422, f"Onbekend veld. Toegestaan: {', '.join(sorted(allowed))}.")
    return found


async def read(request: web.BaseRequest) -> bytes:
    """The body as it came.

    Raises:
        Problem: it comes too slowly (408).
    """
    try:
        return await asyncio.wait_for(request.read(), LONGEST_READ)
    except asyncio.TimeoutError as error:
        headers = {"Connection": "close"}
        raise Problem(408, "Je bericht kwam te langzaam binnen.", headers=headers) from error


def text(value: Any) -> str:
    """What was typed, without control characters, and never a command for Rasa (`/intent`)."""
    if not isinstance(value, str):
        raise Problem(422, "De tekst van je bericht ontbreekt.")
    if len(value) > LONGEST_TEXT:
        raise Problem(
            413, f"Je bericht is te lang: hoogstens {LONGEST_TEXT} tekens. Stuur het in delen."
        )
    printable = "".join(c for c in value if c.isprintable() or c in "\n\t ")
    said = re.sub(r"^[\s/]+", "", printable).rstrip()
    if not said:
        raise Problem(422, "Je bericht is leeg. Typ een vraag of kies een knop.")
    return said


def page(value: Any) -> str | None:
    """The page where the conversation begins, without what may point to a person."""
    if value is None:
        return None
    if not isinstance(value, str) or not value.isprintable():
        raise Problem(422, "'page' moet een tekst zijn.")
    return re.split(r"[?#]", value)[0][:LONGEST_PAGE]


def number(value: str) -> int:
    """The number of a message."""
    if not (value.isascii() and value.isdigit() and len(value) <= 9):
        raise Problem(400, "Het nummer van het laatste bericht klopt niet.")
    return int(value)


def key(request: web.Request) -> str | None:
    """The sender's own id of this message, from the header Idempotency-Key."""
    found = request.headers.get("Idempotency-Key")
    if found is not None and not re.fullmatch(rf"[ -~]{{1,{LONGEST_KEY}}}", found):
        raise Problem(
            400, f"Idempotency-Key moet 1 tot en met {LONGEST_KEY} leesbare ASCII-tekens zijn."
        )
    return found
