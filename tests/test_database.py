from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from threading import Event

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

import bot.database as database_module
from bot.conversations.model import Conversation, StoredMessage
from bot.database import Database, UtcDateTime, now
from bot.models import METADATA

# Made by SQLite's full-text index itself (migration 0008).
FULL_TEXT = {"review_words"} | {
    f"review_words_{part}" for part in ("config", "data", "docsize", "idx")
}


def is_ours(thing, name, kind, *_):
    """For Alembic: whether it compares this."""
    return kind != "table" or name not in FULL_TEXT


def conversation(name, moment=None):
    moment = moment or now()
    return Conversation(id=name, channel="web", created_at=moment, last_message_at=moment)


def test_the_migrations_make_exactly_the_tables_of_the_models(database):
    with database.engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "include_object": is_ours}
        )

        assert compare_metadata(context, METADATA) == []


def test_there_are_no_tables_but_those_of_the_models(database):
    tables = set(sa.inspect(database.engine).get_table_names())

    assert tables - FULL_TEXT == {*METADATA.tables, "alembic_version"}


def test_the_second_upgrade_has_nothing_to_do(tmp_path):
    database = Database(f"sqlite:///{tmp_path / 'nieuw' / 'map' / 'test.sqlite3'}")

    assert not database.is_current()
    assert database.upgrade() is True
    assert database.is_current()
    assert database.upgrade() is False
    database.close()


def test_looking_whether_the_tables_are_current_makes_no_file(tmp_path):
    database = Database(f"sqlite:///{tmp_path / 'test.sqlite3'}")

    assert not database.is_current()
    assert list(tmp_path.iterdir()) == []


def test_upgrading_keeps_what_is_stored(database):
    with database.session() as session:
        session.add(conversation("c"))
    database.upgrade()

    with database.session() as session:
        assert session.get(Conversation, "c") is not None


def test_a_session_commits_at_the_end(database):
    with database.session() as session:
        session.add(conversation("c"))

    with database.session() as session:
        assert session.get(Conversation, "c") is not None


def test_a_session_that_fails_changes_nothing(database):
    with pytest.raises(RuntimeError), database.session() as session:
        session.add(conversation("c"))
        session.flush()
        raise RuntimeError

    with database.session() as session:
        assert session.get(Conversation, "c") is None


def test_a_moment_comes_back_in_utc_whatever_zone_it_had(database):
    amsterdam = timezone(timedelta(hours=2))
    moment = datetime(2026, 7, 1, 0, 30, tzinfo=amsterdam)
    with database.session() as session:
        session.add(conversation("c", moment))

    with database.session() as session:
        found = session.get(Conversation, "c").created_at
        stored = session.execute(sa.text("SELECT created_at FROM conversation")).scalar()

    assert found == moment
    assert found.utcoffset() == timedelta(0)
    assert stored.startswith("2026-06-30 22:30")


def test_a_moment_without_time_zone_is_refused(database):
    naive = now().replace(tzinfo=None)

    with pytest.raises(sa.exc.StatementError, match="without time zone"):  # noqa: SIM117
        with database.session() as session:
            session.add(conversation("c", naive))


def test_no_moment_stays_no_moment():
    kind = UtcDateTime()

    assert kind.process_bind_param(None, None) is None
    assert kind.process_result_value(None, None) is None


def test_this_moment_is_in_utc():
    assert now().utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    ("pragma", "expected"),
    [("journal_mode", "wal"), ("foreign_keys", 1), ("secure_delete", 1), ("busy_timeout", 5000)],
)
def test_sqlite_is_prepared_for_several_processes_and_for_erasing(database, pragma, expected):
    with database.engine.connect() as connection:
        assert connection.execute(sa.text(f"PRAGMA {pragma}")).scalar() == expected


def test_a_message_cannot_exist_without_its_conversation(database):
    message = StoredMessage(
        conversation_id="weg",
        seq=1,
        direction="in",
        status="received",
        text="hallo",
        choices=[],
        about={},
        at=now(),
        attempts=0,
    )

    with pytest.raises(sa.exc.IntegrityError), database.session() as session:
        session.add(message)


@pytest.fixture
def impatient(tmp_path, monkeypatch):
    """A database in SQLite that does not wait itself: who writes at the same moment fails."""
    patience = [p for p in database_module.PRAGMAS if not p.startswith("busy_timeout")]
    monkeypatch.setattr(database_module, "PRAGMAS", (*patience, "busy_timeout=0"))
    made = Database(f"sqlite:///{tmp_path / 'impatient.db'}")
    made.upgrade()
    yield made
    made.close()


def write(database, name, holds=None, go_on=None):
    """Writes a conversation, and holds the transaction open until it may go on."""
    with database.session() as session:
        session.add(conversation(name))
        session.flush()
        if holds is not None:
            holds.set()
            assert go_on.wait(10)


def test_threads_write_one_after_the_other(impatient):
    holds, go_on = Event(), Event()
    with ThreadPoolExecutor() as pool:
        first = pool.submit(write, impatient, "een", holds, go_on)
        assert holds.wait(10)
        others = [pool.submit(write, impatient, name) for name in ("twee", "drie")]
        with impatient.session() as session:  # reading waits for nobody
            assert session.execute(sa.select(sa.func.count(Conversation.id))).scalar() == 0
        assert not any(other.done() for other in others)
        go_on.set()
        for written in (first, *others):
            written.result(10)
    with impatient.session() as session:
        names = set(session.execute(sa.select(Conversation.id)).scalars())
    assert names == {"een", "twee", "drie"}


def test_a_writer_that_fails_lets_the_next_one_in(impatient):
    with pytest.raises(RuntimeError), impatient.session() as session:
        session.add(conversation("een"))
        session.flush()
        raise RuntimeError
    write(impatient, "twee")


def test_a_writer_in_another_process_is_waited_for(database):
    other = Database(database.url)
    holds, go_on = Event(), Event()
    with ThreadPoolExecutor() as pool:
        first = pool.submit(write, other, "een", holds, go_on)
        assert holds.wait(10)
        second = pool.submit(write, database, "twee")
        go_on.set()
        first.result(10)
        second.result(10)
    other.close()
