"""The gateway in a thread: with a scripted Rasa, or without one so that it apologises."""

import contextlib

import pytest
from scripted_rasa import ScriptedRasa
from served import served, settings_in

from bot.database import Database
from bot.gateway.app import make_app


@contextlib.contextmanager
def serving(database, folder, **environment):
    """The address of the running application; it may write in the folder."""
    settings = settings_in(folder, database.url, **environment)
    with served(make_app(settings, database)) as site:
        yield site.url


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
