"""Messages at a fixed rate, whether or not they are answered (an open loop)."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import itertools
import json
import time

import aiohttp

# So many people that nobody gets so many answers that our own pace slows them down.
PEOPLE = 400
counter = itertools.count(1)


class Webhooks:
    """Posts signed webhooks with one text each.

    Args:
        secret: the app secret.
        number: our number at Meta.
    """

    def __init__(self, secret: bytes, number: str) -> None:
        self._secret = secret
        self._number = number

    def make(self) -> tuple[bytes, dict[str, str]]:
        """A body that was never there before, and its headers."""
        count = next(counter)
        person = f"316{count % PEOPLE:08d}"
        message = {
            "from": person,
            "id": f"wamid.bench.{time.time_ns()}.{count}",
            "timestamp": str(int(time.time())),
            "type": "text",
            "text": {"body": f"Dit is vraag {count} over een eigen bedrijf."},
        }
        value = {
            "messaging_product": "whatsapp",
            "metadata": {"display_phone_number": "31850000000", "phone_number_id": self._number},
            "contacts": [{"profile": {"name": "Test"}, "wa_id": person}],
            "messages": [message],
        }
        entry = {"id": "1", "changes": [{"field": "messages", "value": value}]}
        body = json.dumps({"object": "whatsapp_business_account", "entry": [entry]}).encode()
        signature = hmac.new(self._secret, body, hashlib.sha256).hexdigest()
        return body, {"X-Hub-Signature-256": f"sha256={signature}"}

    async def post(self, url: str, rate: float, seconds: float) -> list[float]:
        """Milliseconds until each acknowledgement, from the moment that the message was due.

        Args:
            rate: messages a second.

        Raises:
            RuntimeError: one was not acknowledged.
        """
        made = [self.make() for _ in range(int(rate * seconds))]
        begin = time.perf_counter() + 0.1
        # New connections are part of Meta's traffic, but not of what is compared here.
        connector = aiohttp.TCPConnector(limit=0)
        async with aiohttp.ClientSession(connector=connector) as http:

            async def one(number: int, body: bytes, headers: dict[str, str]) -> float:
                due = begin + number / rate
                await asyncio.sleep(due - time.perf_counter())
                async with http.post(f"{url}/webhooks/whatsapp", data=body, headers=headers) as got:
                    if got.status != 200:
                        raise RuntimeError(f"status {got.status}")
                return (time.perf_counter() - due) * 1000

            return list(await asyncio.gather(*(one(n, *each) for n, each in enumerate(made))))
