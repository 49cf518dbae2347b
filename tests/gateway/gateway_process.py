"""A web process of its own: the gateway alone, on a free port."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import requests
from aiohttp import web

ROOT = Path(__file__).resolve().parents[2]
SECRET = "a secret of at least thirty-two characters"


class WebProcess:
    """Starts it on a database, and kills it.

    Args:
        environment: settings of its own.
    """

    def __init__(self, database_url, rasa_port, folder, **environment):
        self._environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "VAR_DIR": str(folder),
            "DATABASE_URL": database_url,
            "SECRET_KEY": SECRET,
            "RASA_TOKEN": SECRET,
            "PORT_RASA": str(rasa_port),
            "PORT_ACTIONS": "9",
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
        assert requests.get(f"{self.url}/api/v1/openapi.json", timeout=30).ok

    def kill(self):
        """As `kill -9` does."""
        self._process.kill()
        self._process.wait(30)
        self._process.stdout.close()

    def stop(self):
        """As a restart does; how it ended."""
        self._process.send_signal(signal.SIGTERM)
        status = self._process.wait(30)
        self._process.stdout.close()
        return status

    def close(self):
        """Ends it, if it still runs."""
        if self._process.poll() is None:
            self.kill()


async def _serve():
    from bot.database import Database
    from bot.gateway.app import make_app
    from bot.settings import Settings

    settings = Settings.from_environment()
    app = await make_app(settings, Database(settings.database_url))
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    host, port = runner.addresses[0]
    print(f"http://{host}:{port}", flush=True)
    await stop.wait()
    await runner.cleanup()


if __name__ == "__main__":
    asyncio.run(_serve())
