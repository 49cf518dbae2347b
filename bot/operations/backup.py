"""A backup of the database, and back: what is past its term does not come back with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from bot import retention
from bot.database import Database
from bot.operations import postgres_copy, sqlite_copy
from bot.operations.copies import BackupError
from bot.privacy import erasure, kept, wipe
from bot.review import projection
from bot.settings import Settings
from bot.staff.model import StaffSession

SQLITE = "sqlite:///"


def back_up(settings: Settings, target: Path) -> None:
    """Writes a backup of the database of this installation, also while it is used.

    It does not hold SECRET_KEY: contact details in it stay encrypted, all else is readable.

    Args:
        target: a file that does not exist; only its owner can read it.

    Raises:
        BackupError: it could not be made; then there is no file.
    """
    url = settings.database_url
    if url.startswith(SQLITE):
        sqlite_copy.back_up(_path(url), target)
    else:
        postgres_copy.back_up(url, target)


def restore(
    settings: Settings,
    source: Path,
    *,
    force: bool = False,
    erased: Sequence[Mapping[str, Any]] = (),
) -> dict[str, int]:
    """Puts a backup back, brings it to this version, and removes at once what may not be back.

    That is what is past its term, and what was erased on request since the backup, as far as the
    database that is overwritten or `erased` knows it. Nobody stays logged in to the console: a
    session may have been ended since.

    Args:
        force: also over a database with tables, or one that others use.
        erased: certificates of erasure (`erasure.every`) that the database of now does not have.

    Returns:
        How many of each were removed.

    Raises:
        BackupError: the backup or the database does not allow it; then nothing has changed.
    """
    url = settings.database_url
    is_sqlite = url.startswith(SQLITE)
    _check_kind(source, is_sqlite)
    if is_sqlite:
        sqlite_copy.check(source)
        empty = sqlite_copy.is_empty(_path(url))
        in_use = sqlite_copy.is_in_use(_path(url))
    else:
        postgres_copy.check(url, source)
        empty, in_use = postgres_copy.is_empty(url), postgres_copy.is_in_use(url)
    if in_use and not force:
        raise BackupError(
            "De database is in gebruik. Stop Startwijzer en probeer het opnieuw (of gebruik "
            "--force: wie nu praat, raakt zijn gesprek kwijt)."
        )
    if not empty and not force:
        raise BackupError(
            "Er is al een database, en die wordt overschreven. Maak er eerst een back-up van, en "
            "gebruik dan --force."
        )
    certificates = [*_certificates(url, empty), *erased]
    if is_sqlite:
        sqlite_copy.restore(source, _path(url))
    else:
        postgres_copy.restore(url, source)
    return _settle(settings, certificates)


def _settle(settings: Settings, certificates: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """What a database needs before anyone may use it again."""
    database = Database(settings.database_url)
    try:
        database.upgrade()
        with database.session() as session:
            ledger = kept.Ledger(settings.secret_key, settings.secret_key_old)
            removed = {"erased": erasure.again(session, ledger, certificates)}
            ended = session.execute(sa.delete(StaffSession)).rowcount
        removed |= {**retention.purge(settings, database), "staff_sessions": ended}
        projection.catch_up(database)
        # Where somebody keeps on writing, the running system does it at night.
        with suppress(sa.exc.OperationalError):
            wipe.rewrite(database)
    finally:
        database.close()
    return removed


def _certificates(url: str, empty: bool) -> list[dict[str, Any]]:
    """What was erased on request, as the database of now knows it; nothing when it is damaged."""
    if empty:
        return []
    database = Database(url)
    try:
        with database.session() as session:
            return erasure.every(session)
    except sa.exc.DatabaseError:
        return []
    finally:
        database.close()


def _check_kind(source: Path, is_sqlite: bool) -> None:
    """Whether the backup is of the kind of this database."""
    if not source.is_file():
        raise BackupError(f"{source} is er niet, of is geen bestand.")
    with source.open("rb") as file:
        begin = file.read(len(sqlite_copy.MAGIC))
    kinds = {sqlite_copy.MAGIC: "SQLite", postgres_copy.MAGIC: "PostgreSQL"}
    kind = next((name for magic, name in kinds.items() if begin.startswith(magic)), None)
    if kind is None:
        raise BackupError(f"{source} is geen back-up van Startwijzer.")
    wanted = "SQLite" if is_sqlite else "PostgreSQL"
    if kind != wanted:
        raise BackupError(
            f"{source} is een back-up van {kind}, maar DATABASE_URL wijst naar {wanted}."
        )


def _path(url: str) -> Path:
    return Path(url.removeprefix(SQLITE))
