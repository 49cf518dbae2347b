"""A disk without room: nobody's message is half stored, people are told, and it goes on after."""

import subprocess
from contextlib import closing

import pytest
import sqlalchemy as sa
from gateway_citizen import Citizen
from scripted_rasa import ScriptedRasa
from served import WebProcess

from bot.conversations.model import StoredMessage

ROOM = "3m"
PERSON = "14 met daarachter het netnummer"


class SmallDisk:
    """A disk of a few megabytes."""

    def __init__(self, folder):
        self.folder = folder

    def fill(self, process):
        """Takes all the room that is left."""
        with (self.folder / "ballast").open("wb", buffering=0) as ballast:
            for size in (64 * 1024, 4096, 1):
                try:
                    while True:
                        ballast.write(b"x" * size)
                except OSError:
                    continue

    def free(self, process):
        """Gives it back."""
        (self.folder / "ballast").unlink()


class NoMore:
    """A folder where the process may write no more; for who has no right to mount a disk."""

    def __init__(self, folder):
        self.folder = folder

    def fill(self, process):
        process.limit_files(0)

    def free(self, process):
        process.limit_files()


@pytest.fixture
def disk(tmp_path):
    """Where the database is, with an end to its room."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if not mounted(folder):
        yield NoMore(folder)
        return
    yield SmallDisk(folder)
    subprocess.run(["umount", "--lazy", str(folder)], check=True, timeout=20)


def mounted(folder):
    """Mounts a small disk there, if that is allowed."""
    mount = ["mount", "-t", "tmpfs", "-o", f"size={ROOM}", "tmpfs", str(folder)]
    try:
        return subprocess.run(mount, capture_output=True, timeout=20).returncode == 0
    except FileNotFoundError:
        return False


def stored(database):
    with database.session() as session:
        return list(session.execute(sa.select(StoredMessage)).scalars())


def test_a_full_disk_is_told_and_nothing_is_half_stored(disk, new_database, tmp_path):
    with (
        closing(new_database(disk.folder)) as database,
        ScriptedRasa(database) as rasa,
        closing(WebProcess(database.url, rasa.port, tmp_path)) as process,
    ):
        _talk_on_a_full_disk(process, database, disk)


def _talk_on_a_full_disk(process, database, disk):
    citizen = Citizen(process.url)
    long = "een lang verhaal over mijn bedrijf " * 50
    citizen.say("eerst", key="eerst")
    disk.fill(process)
    statuses = []
    for number in range(12):
        key = {"Idempotency-Key": f"k{number}"}
        response = citizen.ask("POST", "/messages", headers=key, json={"text": f"{number} {long}"})
        statuses.append(response.status_code)
        if response.status_code == 503:
            assert PERSON in response.json()["detail"]
    assert set(statuses) <= {200, 503}
    assert 503 in statuses, "the disk was full"
    accepted = [number for number, status in enumerate(statuses) if status == 200]
    with database.session() as session:
        assert session.execute(sa.text("PRAGMA integrity_check")).scalar() == "ok"
    kept = {message.key for message in stored(database) if message.direction == "in"}
    assert {f"k{number}" for number in accepted} <= kept

    disk.free(process)
    for number in range(12):
        citizen.say(f"{number} {long}", key=f"k{number}")
    with citizen.stream() as stream:
        stream.wait_for(lambda s: sum(m["from"] == "citizen" for m in s.messages) == 13)
        stream.wait_for(lambda s: _answered(s.messages) == 14, seconds=60)
    messages = stored(database)
    keys = [message.key for message in messages if message.key]
    assert sorted(keys) == sorted(["eerst", *(f"k{number}" for number in range(12))])
    numbers = [message.seq for message in messages]
    assert sorted(numbers) == list(range(1, len(numbers) + 1)), "no gap, no double"


def _answered(messages):
    return sum(message["text"].startswith("Antwoord op") for message in messages)
