"""What is past its term or erased is gone from the bytes of the database, not only as rows."""

import os
import random
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from everything import fill_conversation, fill_referral, in_files, in_relations, mark

from bot.conversations import log
from bot.conversations.model import Conversation, StoredMessage
from bot.database import now
from bot.models import METADATA
from bot.privacy import erasure, kept, wipe
from bot.referral.file import find
from bot.retention import purge
from bot.settings import Settings

SECRET = "een-geheim-van-minstens-32-tekens-lang"
LONG_AGO = now() - timedelta(days=400)
# So that what is in the vault is not past its term.
STILL = now() + timedelta(minutes=50)
MANY, GONE = 24, range(0, 24, 2)


@pytest.fixture
def settings(tmp_path):
    env = {"VAR_DIR": str(tmp_path), "SECRET_KEY": SECRET, "RASA_TOKEN": SECRET}
    return Settings.from_environment(env)


@pytest.fixture
def purge_by_day(settings, monkeypatch):
    """The purge without the nightly wipe, which it does by itself when a test runs at that hour."""

    def run(database):
        with monkeypatch.context() as day:
            day.setattr(wipe, "NIGHT", ())
            return purge(settings, database)

    return run


def fill(database, rounds=3):
    """Conversations and requests of which every second one is past its term, through each other.

    In rounds, so that pages fill up and are split, as in a database that is used.
    """
    for number in range(MANY):
        moment = LONG_AGO if number in GONE else STILL
        with database.session() as session:
            fill_conversation(session, f"gesprek-{number}", mark(number), moment)
            fill_referral(session, f"SW-{number:04d}", mark(number), moment)
    for _ in range(rounds):
        for number in range(MANY):
            with database.session() as session:
                log.take_in(session, f"gesprek-{number}", f"{mark(number)} " + "nog iets " * 40)
    with database.session() as session:
        for number in GONE:
            session.get(Conversation, f"gesprek-{number}").last_message_at = LONG_AGO
    return {mark(number) for number in GONE}


def stayed(number=1):
    return {mark(number)}


def test_after_a_purge_nothing_is_left_in_the_files_of_sqlite(database, purge_by_day):
    gone = fill(database)
    assert in_files(database, gone)

    removed = purge_by_day(database)
    assert wipe.rewrite(database)

    assert removed["conversations"] == removed["referrals"] == len(GONE)
    assert in_files(database, gone) == {}
    assert in_files(database, stayed())


def test_the_running_system_leaves_nothing_in_the_wal_and_the_full_text_index(
    database, purge_by_day
):
    gone = fill(database)
    purge_by_day(database)

    files = in_files(database, gone)
    with database.engine.connect() as connection:
        pieces = connection.execute(sa.text("SELECT block FROM review_words_data")).scalars().all()

    assert set(files) <= {"startwijzer.sqlite3"}
    assert not any(b"zq0000" in piece or b"q0002" in piece for piece in pieces)
    wal = Path(database.url.removeprefix("sqlite:///") + "-wal")
    assert wal.stat().st_size == 0


def message(number, seq, length):
    text = f"{mark(number)} " + "woord " * length
    said = {"direction": "in", "status": "answered", "choices": [], "about": {}, "attempts": 0}
    return {**said, "conversation_id": f"gesprek-{number}", "seq": seq, "text": text, "at": now()}


def test_the_night_takes_what_moved_rows_left_behind(database, purge_by_day):
    """Where SQLite moves a row to another page, secure_delete does not follow the first copy."""
    chance = random.Random(4)
    gone = set(chance.sample(range(240), 160))
    with database.session() as session:
        for number in range(240):
            last = LONG_AGO if number in gone else now()
            talk = Conversation(id=f"gesprek-{number}", channel="web", created_at=last)
            talk.last_message_at = last
            session.add(talk)
        session.flush()
        rows = [
            message(chance.randrange(240), seq, chance.choice([1, 5, 40, 200]))
            for seq in range(3600)
        ]
        session.execute(sa.insert(StoredMessage.__table__), rows)
    words = {mark(number) for number in gone}
    assert purge_by_day(database)["conversations"] == 160
    assert in_files(database, words), "or this proves nothing: fill the pages in another way"
    night = now().astimezone(wipe.AMSTERDAM).replace(hour=3, minute=30)

    assert wipe.nightly(database, night)

    assert in_files(database, words) == {}


def test_one_process_wipes_once_a_night_and_never_by_day(database):
    night = now().astimezone(wipe.AMSTERDAM).replace(hour=3, minute=30)

    assert not wipe.nightly(database, night.replace(hour=12))
    assert wipe.nightly(database, night)
    assert not wipe.nightly(database, night + timedelta(minutes=1))
    assert wipe.nightly(database, night + timedelta(days=1))


def test_who_still_reads_keeps_the_wal_and_is_not_in_the_way_for_long(database, settings):
    fill(database, rounds=0)
    with database.engine.connect() as reader:
        reader.exec_driver_sql("BEGIN")
        reader.execute(sa.text("SELECT count(*) FROM message")).scalar()
        with database.session() as session:
            erasure.erase_conversation(session, "gesprek-1", by=erasure.CITIZEN)
        assert not wipe.tidy(database)
    assert wipe.tidy(database)


def test_what_a_citizen_erases_is_gone_from_the_files(database):
    fill(database)
    with database.session() as session:
        erasure.erase_conversation(session, "gesprek-1", by=erasure.CITIZEN)
        erasure.erase_referral(
            session, find(session, "SW-0001"), kept.Ledger(SECRET), by=erasure.CITIZEN
        )
    assert in_files(database, {mark(1)})

    assert wipe.rewrite(database)

    assert in_files(database, {mark(1)}) == {}
    assert in_files(database, {mark(3)})


def test_after_a_purge_nothing_is_left_in_the_files_of_postgresql(postgres, purge_by_day):
    gone = fill(postgres)
    with postgres.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(sa.text("ANALYZE"))  # as autovacuum does
    purge_by_day(postgres)
    assert in_relations(postgres, gone), "without VACUUM FULL it is still there, as the docs say"

    assert wipe.rewrite(postgres)

    assert in_relations(postgres, gone) == {}
    assert in_relations(postgres, stayed())
    dump = dumped(postgres)
    assert not [word for word in gone if word in dump]
    assert mark(1) in dump


def dumped(database):
    program = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_dump"))[-1]
    url = database.engine.url
    command = [program, "-h", url.host, "-p", str(url.port), "-U", url.username, url.database]
    done = subprocess.run(
        command, check=True, capture_output=True, timeout=60, env={**os.environ, "LC_ALL": "C"}
    )
    return done.stdout.decode()


def test_the_night_of_postgresql_locks_nobody_out(postgres, settings):
    fill(postgres, rounds=0)
    night = now().astimezone(wipe.AMSTERDAM).replace(hour=4)
    with postgres.engine.connect() as reader:
        reader.execute(sa.text("SELECT count(*) FROM message")).scalar()
        assert wipe.nightly(postgres, night)


def test_no_table_about_a_conversation_or_request_is_forgotten():
    """`review_due` holds ids only, and is a queue; `referral` is kept by its own term."""
    listed = {
        column.class_.__tablename__
        for kinds in (kept.OF_CONVERSATION, kept.OF_REFERRAL)
        for columns in kinds.values()
        for column in columns
    }
    about = {
        table.name
        for table in METADATA.sorted_tables
        if {"conversation_id", "sender_id", "reference"} & set(table.columns.keys())
    }

    assert about - listed == {"review_due"}
