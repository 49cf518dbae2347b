"""WhatsApp on real databases: its parts by themselves, and the web process in a thread."""

import contextlib
import json
from pathlib import Path

import pytest
from meta import NUMBER
from scripted_rasa import ScriptedRasa
from served import SECRET
from whatsapp_service import Service, serving

from bot.whatsapp.handling import Handler
from bot.whatsapp.identity import People
from bot.whatsapp.texts import texts


@pytest.fixture
def rasa(database):
    """A Rasa that does as the test says."""
    with ScriptedRasa(database) as rasa:
        yield rasa


@pytest.fixture
def service(database, rasa, tmp_path):
    """The application on an empty database."""
    with serving(database, tmp_path, PORT_RASA=str(rasa.port)) as url:
        yield Service(url, database, rasa)


@pytest.fixture
def serve(tmp_path):
    """Runs the application on a database, with settings of the test's own."""

    @contextlib.contextmanager
    def start(database, rasa, **environment):
        with serving(database, tmp_path, PORT_RASA=str(rasa.port), **environment) as url:
            yield Service(url, database, rasa)

    return start


@pytest.fixture
def people():
    return People(SECRET, (), NUMBER)


@pytest.fixture
def handler(people):
    return Handler(people, texts(), "Voorbeeldstad", "Je praat met een computer.")


@pytest.fixture(scope="session")
def payloads():
    """Messages of every kind by name, as the documentation gives them (payloads/README.md)."""
    return json.loads((Path(__file__).parent / "payloads" / "messages.json").read_text())
