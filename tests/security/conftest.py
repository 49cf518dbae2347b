"""The whole web process on a real port, as an attacker meets it, with a Rasa that does as told."""

import contextlib

import pytest
from scripted_rasa import ScriptedRasa
from security_site import serving


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
