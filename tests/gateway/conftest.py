"""The web process in a thread: with a scripted Rasa, or without one so that it apologises."""

import asyncio
import contextlib
import sys
import threading
from pathlib import Path

import pytest
from aiohttp import web

sys.path.insert(0, str(Path(__file__).parent))

from gateway_process import SECRET
from scripted_rasa import ScriptedRasa

from bot.database import Database
from bot.gateway.app import make_app
from bot.settings import Settings

NOWHERE = "9"  # the discard port: nothing answers there


@contextlib.contextmanager
def serving(database, folder, **environment):
    """The address of the running application; it may write in the folder."""
    settings = settings_in(folder, database, **environment)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    def wait_for(work):
        return asyncio.run_coroutine_threadsafe(work, loop).result(30)

    async def start():
        runner = web.AppRunner(await make_app(settings, database), access_log=None)
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


def settings_in(folder, database, **environment):
    return Settings.from_environment(
        {
            "VAR_DIR": str(folder),
            "DATABASE_URL": database.url,
            "SECRET_KEY": SECRET,
            "RASA_TOKEN": "a token of at least thirty-two characters",
            "PORT_RASA": NOWHERE,
            "PORT_ACTIONS": NOWHERE,
            **environment,
        }
    )


@pytest.fixture(scope="session")
def serve():
    """Runs the application with a database; for tests that need one of their own."""
    return serving


@pytest.fixture
def rasa(database):
    """A Rasa that does as the test says, and stores its events where the application is."""
    with ScriptedRasa(database) as rasa:
        yield rasa


@pytest.fixture
def url(database, rasa, tmp_path):
    """The application on that database, with that Rasa."""
    with serving(database, tmp_path, PORT_RASA=str(rasa.port)) as url:
        yield url


@pytest.fixture(scope="session")
def catalogue_url(catalogue_database, tmp_path_factory):
    """The application with the real catalogue; nothing may be written."""
    with serving(catalogue_database, tmp_path_factory.mktemp("catalogue-var")) as url:
        yield url


@pytest.fixture(scope="module")
def talking_url(tmp_path_factory):
    """The application with an empty database, and without limits on how much one person asks."""
    folder = tmp_path_factory.mktemp("talking")
    database = Database(f"sqlite:///{folder / 'talking.sqlite3'}")
    database.upgrade()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("bot.gateway.limits.RateLimit.allows", lambda *_: True)
        with serving(database, folder) as url:
            yield url
    database.close()
