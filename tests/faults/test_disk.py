"""A disk without room: nobody's message is half stored, people are told, and it goes on after."""

import subprocess

import pytest
import sqlalchemy as sa
from gateway_citizen import Citizen
from scripted_rasa import ScriptedRasa
from served import WebProcess

from bot.conversations.model import StoredMessage
from bot.database import Database

ROOM = "3m"
PERSON = "14 met daarachter het netnummer"


@pytest.fixture
def disk(tmp_path):
    """A disk of a few megabytes."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={ROOM}", "tmpfs", str(folder)]
    try:
        done = subprocess.run(mount, capture_output=True, timeout=20)
    except FileNotFoundError:
        pytest.skip("there is no mount here")
    if done.returncode != 0:
        pytest.skip("only an administrator may mount a small disk")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True, timeout=20)


def fill(folder):
    """Takes all the room that is left."""
    with (folder / "ballast").open("wb", buffering=0) as ballast:
        for size in (64 * 1024, 4096, 1):
            try:
                while True:
                    ballast.write(b"x" * size)
            except OSError:
                continue


def stored(database):
    with database.session() as session:
        return list(session.execute(sa.select(StoredMessage)).scalars())


def test_a_full_disk_is_told_and_nothing_is_half_stored(disk, tmp_path):
    database = Database(f"sqlite:///{disk / 'startwijzer.sqlite3'}")
    database.upgrade()
    with ScriptedRasa(database) as rasa:
        process = WebProcess(database.url, rasa.port, tmp_path)
        try:
            _talk_on_a_full_disk(Citizen(process.url), database, disk)
        finally:
            process.close()
    database.close()


def _talk_on_a_full_disk(citizen, database, disk):
    long = "een lang verhaal over mijn bedrijf " * 50
    citizen.say("eerst", key="eerst")
    fill(disk)
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

    (disk / "ballast").unlink()
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
