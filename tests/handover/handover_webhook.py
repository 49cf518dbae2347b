"""A desk's receiver of webhooks, as docs/handover.md tells its makers to build one."""

import hashlib
import hmac
import json
import time

from aiohttp import web
from handover_office import SECRET


class Receiver:
    """Takes a message once per key; `statuses` are given to the next requests instead."""

    def __init__(self):
        self.taken = {}
        self.requests = []
        self.statuses = []
        self.lose_answers = 0
        self.before_answer = None
        self.url = ""
        self._runner = None

    async def start(self, port=0):
        app = web.Application()
        app.router.add_post("/aanvragen", self._take)
        app.router.add_get("/elders", self._take)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", port).start()
        host, port = self._runner.addresses[0]
        self.url = f"http://{host}:{port}/aanvragen"
        return self

    async def stop(self):
        await self._runner.cleanup()

    async def _take(self, request):
        body = await request.read()
        self.requests.append((dict(request.headers), body))
        if self.statuses:
            return web.Response(status=self.statuses.pop(0), headers={"Location": "/elders"})
        timestamp = request.headers["X-Startwijzer-Timestamp"]
        expected = hmac.new(SECRET.encode(), f"{timestamp}.".encode() + body, hashlib.sha256)
        given = request.headers["X-Startwijzer-Signature"]
        if not hmac.compare_digest(f"sha256={expected.hexdigest()}", given):
            return web.Response(status=401)
        if abs(time.time() - int(timestamp)) > 300:
            return web.Response(status=401)
        self.taken.setdefault(request.headers["Idempotency-Key"], json.loads(body))
        if self.before_answer:
            self.before_answer()
        if self.lose_answers:
            self.lose_answers -= 1
            request.transport.close()
        return web.Response(status=202)
