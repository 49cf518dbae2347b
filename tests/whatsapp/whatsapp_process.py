"""A web process of its own with WhatsApp, on a free port; and how the application is made."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

from aiohttp import web

ROOT = Path(__file__).resolve().parents[2]
PATH = "/webhooks/whatsapp"


async def make(settings, database):
    """The gateway with WhatsApp."""
    from bot.gateway import whatsapp
    from bot.gateway.app import make_app
    from bot.gateway.inbox import INBOX

    app = await make_app(settings, database)
    if not any(resource.canonical == PATH for resource in app.router.resources()):
        whatsapp.install(app, settings, database, app[INBOX])
    return app


class WhatsAppProcess:
    """Starts it on a database, and kills it.

    Args:
        environment: its settings.
    """

    def __init__(self, **environment):
        self._environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            **environment,
        }
        self.start()

    def start(self):
        self._process = subprocess.Popen(
            [sys.executable, __file__],
            env=self._environment,
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.url = self._process.stdout.readline().strip()
        assert self.url, "the web process did not start"

    def kill(self):
        """As `kill -9` does."""
        self._process.kill()
        self._process.wait(30)
        self._process.stdout.close()

    def close(self):
        """Ends it, if it still runs."""
        if self._process.poll() is None:
            self.kill()


async def _serve():
    from bot.database import Database
    from bot.settings import Settings

    settings = Settings.from_environment()
    app = await make(settings, Database(settings.database_url))
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0]
    print(f"http://{host}:{port}", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_serve())
