"""The web application on a real port: in a thread of the test, or in a process of its own.

In a thread it is whatever application the test makes:

    with served(make_app(settings, database)) as site:
        requests.get(site.url)

In a process it is the gateway, and that one can be killed:

    process = WebProcess(database.url, rasa.port, folder)
"""

import asyncio
import contextlib
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import requests
from aiohttp import web

from bot.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
SECRET = "a secret of at least thirty-two characters"
NOWHERE = "9"  # the discard port: nothing answers there
REDIS_AWAY = f"redis://127.0.0.1:{NOWHERE}/0"


def until(reached, seconds=30):
    """Waits for what another thread or process does; fails when it does not come."""
    deadline = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < deadline, "it did not come to that"
        time.sleep(0.02)


def environment_of(folder, database_url, **more):
    """The settings of an installation with nothing around it, and `more` besides or instead."""
    return {
        "VAR_DIR": str(folder),
        "DATABASE_URL": database_url,
        "SECRET_KEY": SECRET,
        "RASA_TOKEN": SECRET,
        "PORT_RASA": NOWHERE,
        "PORT_ACTIONS": NOWHERE,
        "WHATSAPP_API_URL": f"http://127.0.0.1:{NOWHERE}/v25.0",
        **more,
    }


def settings_in(folder, database_url, **more):
    """The same, as the product reads them."""
    return Settings.from_environment(environment_of(folder, database_url, **more))


class Background:
    """An event loop in a thread of its own, for what has to go on while a test runs."""

    def __init__(self):
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def close(self):
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(30)
        self._loop.close()

    def run(self, coroutine, seconds=60):
        """What it returns, when it is there."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(seconds)


@dataclass(frozen=True)
class Site:
    """An application that runs.

    Attributes:
        url: its address.
        app: itself, for who wants to know its routes.
    """

    url: str
    app: web.Application

    @property
    def place(self):
        """Host and port."""
        address = urlsplit(self.url)
        return address.hostname, address.port


@contextlib.contextmanager
def served(application):
    """The `Site` of an application, until the end; `application` is the coroutine that makes it."""
    with contextlib.closing(Background()) as background:
        runner = background.run(_listen(application))
        try:
            yield Site(_address(runner), runner.app)
        finally:
            background.run(runner.cleanup())


class WebProcess:
    """Starts the gateway on a database, and kills it.

    Args:
        environment: settings of its own.
    """

    def __init__(self, database_url, rasa_port, folder, **environment):
        environment = {"PORT_RASA": str(rasa_port), **environment}
        self._environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            **environment_of(folder, database_url, **environment),
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

    def limit_files(self, size=None):
        """From now on it writes in files up to so many bytes; without a limit when it is None."""
        _, most = resource.prlimit(self._process.pid, resource.RLIMIT_FSIZE)
        limits = (most if size is None else size, most)
        resource.prlimit(self._process.pid, resource.RLIMIT_FSIZE, limits)

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


async def _listen(application, patience=1):
    """Its runner; on a stop, requests that are under way may take so many seconds."""
    runner = web.AppRunner(await application, access_log=None, shutdown_timeout=patience)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    return runner


def _address(runner):
    host, port = runner.addresses[0]
    return f"http://{host}:{port}"


async def _serve_until_stopped():
    from bot.database import Database
    from bot.gateway.app import make_app

    settings = Settings.from_environment()
    runner = await _listen(make_app(settings, Database(settings.database_url)), patience=60)
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    print(_address(runner), flush=True)
    await stop.wait()
    await runner.cleanup()


if __name__ == "__main__":
    asyncio.run(_serve_until_stopped())
