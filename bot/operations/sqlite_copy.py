"""A copy of an SQLite database while it is used, and back (https://www.sqlite.org/backup.html)."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

from bot.operations.copies import BackupError, check_version, new_file

MAGIC = b"SQLite format 3\0"
BUSY_SECONDS = 5.0
BROKEN = "is beschadigd, of geen database"


def back_up(database: Path, target: Path) -> None:
    """Writes one file that needs no other; who writes meanwhile neither waits nor is half in it.

    Raises:
        BackupError: there is no database, it is damaged, or the file exists.
    """
    if not database.exists():
        raise BackupError(f"Er is nog geen database: {database}.")
    with new_file(target) as part:
        try:
            with _reading(database) as source, closing(sqlite3.connect(part)) as copy:
                source.backup(copy)
                copy.execute("PRAGMA journal_mode=DELETE")
                _check(copy)
        except sqlite3.DatabaseError as error:
            raise BackupError(f"De database {BROKEN} ({error}). Er is geen back-up.") from error


def check(source: Path) -> None:
    """Whether a copy is whole and of a version that we know.

    Raises:
        BackupError: it is not.
    """
    try:
        with _reading(source) as copy:
            _check(copy)
            found = copy.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.DatabaseError as error:
        raise BackupError(f"De back-up {BROKEN} ({error}).") from error
    check_version(found and found[0])


def is_empty(database: Path) -> bool:
    """Whether there are no tables to overwrite; a file that cannot be read counts as something."""
    if not database.exists():
        return True
    try:
        with _reading(database) as source:
            return source.execute("SELECT 1 FROM sqlite_master").fetchone() is None
    except sqlite3.DatabaseError:
        return False


def is_in_use(database: Path) -> bool:
    """Whether another process has the database open: only who is alone can leave WAL mode."""
    if not database.exists():
        return False
    try:
        with closing(sqlite3.connect(database, timeout=0)) as connection:
            connection.execute("PRAGMA journal_mode=DELETE")
    except sqlite3.OperationalError:
        return True
    except sqlite3.DatabaseError:  # damaged
        return False
    return False


def restore(source: Path, database: Path) -> None:
    """Puts a copy in the place of the database, in one transaction: others see all or nothing.

    Raises:
        BackupError: another process keeps the database for itself.
    """
    if not database.exists():
        database.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(database, os.O_CREAT | os.O_WRONLY, 0o600))
    try:
        _copy(source, database)
    except sqlite3.OperationalError as error:
        raise BackupError(
            f"De database is niet te overschrijven ({error}). Stop Startwijzer en probeer het "
            "opnieuw."
        ) from error
    except sqlite3.DatabaseError:  # what is there cannot be read, so there is nothing to keep
        for name in ("", "-wal", "-shm"):
            database.with_name(database.name + name).unlink(missing_ok=True)
        restore(source, database)


def _copy(source: Path, database: Path) -> None:
    with _reading(source) as copy, closing(sqlite3.connect(database)) as target:
        target.execute(f"PRAGMA busy_timeout={int(BUSY_SECONDS * 1000)}")
        target.execute("PRAGMA secure_delete=ON")
        target.execute("BEGIN IMMEDIATE")  # or `backup` would wait for ever for who writes
        target.execute("ROLLBACK")
        copy.backup(target)
        _check(target)


def _check(connection: sqlite3.Connection) -> None:
    found = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
    if found != "ok":
        raise sqlite3.DatabaseError(found)


@contextmanager
def _reading(path: Path) -> Iterator[sqlite3.Connection]:
    address = f"file:{quote(str(path.resolve()))}?mode=ro"
    with closing(sqlite3.connect(address, uri=True, timeout=BUSY_SECONDS)) as connection:
        yield connection
