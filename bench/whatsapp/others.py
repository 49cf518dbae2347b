"""What is around the web process in a measurement: `python -m bench.whatsapp.others PORT SECRET`.

One process with three servers' worth of routes on loopback:

- `/webhooks/whatsapp`: the peer to compare with. It checks the signature, and does nothing.
- `/webhooks/rest/webhook`: a Rasa that answers at once.
- `/v25.0/NUMBER/messages`: a Graph API that takes everything.
"""

from __future__ import annotations

import hashlib
import hmac
import itertools
import sys

from aiohttp import web

counter = itertools.count(1)


def make(secret: bytes) -> web.Application:
    """The application; `secret` is the app secret that webhooks are signed with."""

    async def acknowledge(request: web.Request) -> web.Response:
        right = hmac.new(secret, await request.read(), hashlib.sha256).hexdigest()
        given = request.headers.get("X-Hub-Signature-256", "")
        return web.Response(status=200 if hmac.compare_digest(given, f"sha256={right}") else 403)

    async def answer(_: web.Request) -> web.Response:
        about = {"topic": None, "services": [], "flow": None, "step": None}
        return web.json_response(
            [{"text": "Waar kan ik je mee helpen?"}, {"custom": {"about": about}}]
        )

    async def take(_: web.Request) -> web.Response:
        return web.json_response({"messages": [{"id": f"wamid.bench{next(counter)}"}]})

    app = web.Application()
    app.add_routes(
        [
            web.post("/webhooks/whatsapp", acknowledge),
            web.post("/webhooks/rest/webhook", answer),
            web.post("/v25.0/{number}/messages", take),
        ]
    )
    return app


if __name__ == "__main__":
    web.run_app(
        make(sys.argv[2].encode()), host="127.0.0.1", port=int(sys.argv[1]), access_log=None
    )
