"""The whole web process in a thread, with a Rasa that does as it is told."""

import asyncio
import contextlib
import sys
import threading
from pathlib import Path

import pytest
from aiohttp import web

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "gateway"))

from gateway_process import SECRET
from scripted_rasa import ScriptedRasa

from bot.settings import Settings
from bot.web import application

NOWHERE = "9"  # the discard port: nothing answers there


@contextlib.contextmanager
def serving(database, folder, **environment):
    """The address of the running web process."""
    settings = settings_in(folder, database.url, **environment)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    def wait_for(work):
        return asyncio.run_coroutine_threadsafe(work, loop).result(30)

    async def start():
        app = await application(settings, database)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        return runner

    runner = wait_for(start())
    host, port = runner.addresses[0]
    try:
        yield f"http://{host}:{port}"
    finally:
        wait_for(runner.cleanup())
        loop.call_soon_threadsafe(loop.stop)
        thread.join(30)
        loop.close()


def settings_in(folder, database_url, **environment):
    return Settings.from_environment(
        {
            "VAR_DIR": str(folder),
            "DATABASE_URL": database_url,
            "SECRET_KEY": SECRET,
            "RASA_TOKEN": SECRET,
            "PORT_RASA": NOWHERE,
            "PORT_ACTIONS": NOWHERE,
            **environment,
        }
    )


@pytest.fixture(scope="session")
def serve():
    """Runs the web process on a database, with settings of its own."""
    return serving


@pytest.fixture(scope="session")
def make_settings():
    """Settings of an installation with this folder and database."""
    return settings_in


@pytest.fixture
def rasa(database):
    with ScriptedRasa(database) as rasa:
        yield rasa


@pytest.fixture
def url(database, rasa, tmp_path):
    """The web process with that Rasa."""
    with serving(database, tmp_path, PORT_RASA=str(rasa.port)) as url:
        yield url
