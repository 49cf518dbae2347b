"""The whole web process on a real port, as an attacker meets it, with a Rasa that does as told."""

import asyncio
import contextlib
import sys
import threading
from pathlib import Path

import pytest
from aiohttp import web

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "gateway"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "whatsapp"))
sys.path.insert(0, str(Path(__file__).parent))

from gateway_process import SECRET
from meta import ENVIRONMENT
from scripted_rasa import ScriptedRasa

from bot.settings import Settings
from bot.web import application

NOWHERE = "9"  # the discard port: nothing answers there


class Site:
    """The running process: its address, and its application for who wants to know its routes."""

    def __init__(self, url, app):
        self.url, self.app = url, app
        host, port = url.removeprefix("http://").split(":")
        self.place = (host, int(port))


@contextlib.contextmanager
def serving(database, folder, **environment):
    """The running web process with these settings besides those of the tests."""
    settings = Settings.from_environment(
        {
            "VAR_DIR": str(folder),
            "DATABASE_URL": database.url,
            "SECRET_KEY": SECRET,
            "RASA_TOKEN": SECRET,
            "PORT_RASA": NOWHERE,
            "PORT_ACTIONS": NOWHERE,
            "WHATSAPP_API_URL": "http://127.0.0.1:9/v25.0",
            "SECURITY_CONTACT": "mailto:veilig@voorbeeldstad.example",
            **ENVIRONMENT,
            **environment,
        }
    )
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    def wait_for(work):
        return asyncio.run_coroutine_threadsafe(work, loop).result(60)

    async def start():
        app = await application(settings, database)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        return runner, app

    runner, app = wait_for(start())
    host, port = runner.addresses[0]
    try:
        yield Site(f"http://{host}:{port}", app)
    finally:
        wait_for(runner.cleanup())
        loop.call_soon_threadsafe(loop.stop)
        thread.join(30)
        loop.close()


@pytest.fixture
def rasa(database):
    """A Rasa that does as the test says."""
    with ScriptedRasa(database) as rasa:
        yield rasa


@pytest.fixture
def attacked(database, rasa, tmp_path):
    """`attacked(NAME=value)`: the process with that Rasa and these settings, until the end."""
    with contextlib.ExitStack() as stack:

        def start(database=database, **environment):
            more = {"PORT_RASA": str(rasa.port), **environment}
            return stack.enter_context(serving(database, tmp_path, **more))

        yield start


@pytest.fixture
def site(attacked):
    """The process with the settings of the tests."""
    return attacked()
