"""The whole web process in a thread, with a Rasa that does as it is told."""

import contextlib

import pytest
from scripted_rasa import ScriptedRasa
from served import served, settings_in

from bot.web import application


@contextlib.contextmanager
def serving(database, folder, **environment):
    """The address of the running web process."""
    settings = settings_in(folder, database.url, **environment)
    with served(application(settings, database)) as site:
        yield site.url


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
