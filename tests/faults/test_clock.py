"""The clock of the machine is set two hours ahead or back, while the web process runs.

What waits or claims for a while goes by a clock that only goes forward, or sees that a moment in
the database cannot be right.
"""

import time
from contextlib import closing
from pathlib import Path

import pytest
from gateway_citizen import Citizen, texts
from scripted_rasa import ScriptedRasa
from served import WebProcess

from bot.gateway.trouble import LATE

# libfaketime reads its file so often (s).
CACHED = 1.1
AHEAD, BACK = "+2h", "-2h"
JUMPS = pytest.mark.parametrize("jump", [AHEAD, BACK], ids=["ahead", "back"])


class Clock:
    """What processes with `environment` take for the time of the wall."""

    def __init__(self, folder):
        found = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
        assert found, "libfaketime is not installed: run scripts/test-tools.sh"
        self._file = folder / "clock"
        self._file.write_text("+0\n")
        self.environment = {
            "LD_PRELOAD": str(found[0]),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_CACHE_DURATION": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }

    def set(self, offset):
        """Sets it, for all from now on; `+0` is the real time."""
        new = self._file.with_suffix(".new")
        new.write_text(f"{offset}\n")
        new.replace(self._file)
        time.sleep(CACHED)


@pytest.fixture(scope="module")
def database(new_database, tmp_path_factory):
    """One for all tests here, as the process is."""
    with closing(new_database(tmp_path_factory.mktemp("clock"))) as database:
        yield database


@pytest.fixture(scope="module")
def rasa(database):
    with ScriptedRasa(database) as rasa:
        yield rasa


@pytest.fixture(scope="module")
def running(database, rasa, tmp_path_factory):
    folder = tmp_path_factory.mktemp("var")
    clock = Clock(folder)
    with closing(WebProcess(database.url, rasa.port, folder, **clock.environment)) as process:
        yield process, clock


@pytest.fixture
def process(running):
    return running[0]


@pytest.fixture
def clock(running):
    """Right at the begin and at the end."""
    clock = running[1]
    yield clock
    clock.set("+0")


def wait_for_answer(citizen, text, seconds=15):
    with citizen.stream() as stream:
        stream.wait_for(lambda s: f"Antwoord op: {text}" in texts(s.messages), seconds)
    assert texts(citizen.history()).count(f"Antwoord op: {text}") == 1


@JUMPS
def test_a_conversation_goes_on(process, rasa, clock, jump):
    citizen = Citizen(process.url)
    citizen.say("voor")
    with citizen.stream() as stream:
        clock.set(jump)
        assert texts(citizen.say("na")) == ["Antwoord op: na"]
        stream.wait_for(lambda s: "Antwoord op: na" in texts(s.messages))
        assert not stream.ended
    assert texts(Citizen(process.url).say("iemand anders")) == ["Antwoord op: iemand anders"]


@JUMPS
def test_a_turn_that_is_under_way_is_answered_once(process, rasa, clock, jump):
    citizen = Citizen(process.url)
    with rasa.busy_with(citizen, "btw") as asked:
        clock.set(jump)
        assert texts(asked.result(60).json()["messages"]) == [LATE.text]
    rasa.gate.set()
    wait_for_answer(citizen, "btw")
    assert rasa.turns_of(citizen.id)[1:] == ["btw"]


@JUMPS
def test_what_was_put_off_is_tried_again_soon(process, rasa, clock, jump):
    citizen = Citizen(process.url)
    rasa.statuses = [500]
    citizen.say("btw")
    clock.set(jump)
    wait_for_answer(citizen, "btw")


@JUMPS
def test_what_a_dead_process_held_is_taken_up(process, rasa, clock, jump):
    citizen = Citizen(process.url)
    with rasa.busy_with(citizen, "btw") as asked:
        process.kill()
        assert asked.exception(60) is not None
    rasa.gate.set()
    clock.set(jump)
    process.start()
    citizen.url = process.url
    wait_for_answer(citizen, "btw")
