"""The database: engine, sessions, migrations. SQLite by default, PostgreSQL by its address."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session, declarative_base, sessionmaker
from sqlalchemy.pool import QueuePool

MIGRATIONS = Path(__file__).parent / "migrations"
Base: Any = declarative_base()
# The longest that a transaction waits for another to end before it fails.
BUSY_SECONDS = 5
PRAGMAS = (
    # Lets the gateway, the actions and Rasa read while one of them writes.
    "journal_mode=WAL",
    # Waits for the disk at a checkpoint, not at every commit: nothing is lost when a process is
    # killed; a power cut may take the last moments with it. Who cannot have that uses PostgreSQL.
    "synchronous=NORMAL",
    f"busy_timeout={BUSY_SECONDS * 1000}",
    "foreign_keys=ON",
    # Overwrites what is erased.
    "secure_delete=ON",
)


def now() -> datetime:
    """This moment in UTC, as it is stored."""
    return datetime.now(timezone.utc)


class UtcDateTime(sa.types.TypeDecorator[datetime]):
    """A moment: stored in UTC without zone (SQLite has none), read back with it."""

    impl = sa.DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        """To the database: UTC without zone."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without time zone cannot be stored")
        return value.astimezone(timezone.utc).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:
        """From the database: UTC with its zone."""
        return None if value is None else value.replace(tzinfo=timezone.utc)


class Database:
    """Sessions on one database.

    Args:
        url: SQLAlchemy address, `sqlite:////absolute/path` or `postgresql://...`.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.engine = make_engine(url)
        self._sessions = sessionmaker(self.engine, future=True, expire_on_commit=False)

    @contextmanager
    def session(self) -> Iterator[Session]:
        """One transaction: committed at the end, rolled back when the block raises."""
        with self._sessions() as session, session.begin():
            yield session

    def upgrade(self) -> bool:
        """Brings the tables to the newest version; True when there was something to do."""
        if self.is_current():
            return False
        if self.url.startswith("sqlite:///"):
            Path(self.url.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
        with self.engine.begin() as connection:
            config = _alembic_config()
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
        return True

    def is_current(self) -> bool:
        """Whether the tables are at the newest version."""
        path = self.url.removeprefix("sqlite:///")
        if path != self.url and not Path(path).exists():
            return False
        head = ScriptDirectory.from_config(_alembic_config()).get_current_head()
        with self.engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision() == head

    def close(self) -> None:
        """Gives all connections back."""
        self.engine.dispose()


def make_engine(url: str) -> Engine:
    """An engine with the settings that each kind of database needs."""
    # What this name means differs: SQLAlchemy 2.1 takes it for psycopg 3.
    url = url.replace("postgresql://", "postgresql+psycopg2://", 1)
    if not url.startswith("sqlite"):
        return sa.create_engine(url, future=True, pool_pre_ping=True)
    # SQLAlchemy 1.4 opens a file anew for every session, which takes longer than most queries.
    # A connection is only ever used by one thread at a time.
    engine = sa.create_engine(
        url, future=True, poolclass=QueuePool, connect_args={"check_same_thread": False}
    )
    sa.event.listen(engine, "connect", _prepare_sqlite)
    _let_write_in_turn(engine)
    return engine


def _prepare_sqlite(connection: Any, _: Any) -> None:
    cursor = connection.cursor()
    for pragma in PRAGMAS:
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
    # SQLite's own knows no letter beyond Z, so "Één" would not be found by "één".
    connection.create_function("lower", 1, lambda t: t and str(t).lower(), deterministic=True)


def _let_write_in_turn(engine: Engine) -> None:
    """Lets the threads of this process write one after the other.

    SQLite has one writer. Who else wants to write sleeps and looks again, each time longer, up to
    0.1 s (https://www.sqlite.org/c3ref/busy_timeout.html): with many at once it is idle between
    them, and some wait long. Here the next one is woken at once. Other processes, and who waited
    in vain, are left to SQLite.
    """
    turn = threading.Lock()

    def wait(connection: Any, _c: Any, _s: Any, _p: Any, context: Any, _m: bool) -> None:
        if context is None or not (context.isinsert or context.isupdate or context.isdelete):
            return
        of_connection = connection.connection.record_info
        if "writes" not in of_connection:
            of_connection["writes"] = turn.acquire(timeout=BUSY_SECONDS)

    def leave(_: Any, record: Any) -> None:
        if record.record_info.pop("writes", False):
            turn.release()

    sa.event.listen(engine, "before_cursor_execute", wait)
    sa.event.listen(engine, "checkin", leave)


def _alembic_config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return config
