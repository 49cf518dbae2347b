"""Wiping: nothing of what was removed stays behind in the files of the database.

SQLite overwrites what it deletes (secure_delete), but that leaves three places:
- the WAL holds the pages of before until it is emptied;
- the full-text index only marks words as gone (before SQLite 3.42) until its pieces are merged;
- a row that was moved when its page filled up leaves a copy in the unused part of that page.
The first two are done after every purge that removed something. For the third the file is written
anew (VACUUM), once a night, because nobody can write meanwhile.

PostgreSQL marks rows as gone; VACUUM lets their place be used again, and only VACUUM FULL gives it
back to the disk. That locks each table while it is copied, so it is done by command only. Its WAL
(`pg_wal`, and an archive of it) keeps what was written until it is recycled: see docs/terms.md.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.database import Database
from bot.models import METADATA
from bot.privacy.erasure_model import Upkeep
from bot.review import search

logger = logging.getLogger(__name__)
AMSTERDAM = ZoneInfo("Europe/Amsterdam")
NAME = "wipe"
# Hours in which hardly anybody asks anything; a choice.
NIGHT = range(3, 5)
# Less than a day, so that a night is never skipped, and more than the night is long.
EVERY = timedelta(hours=20)
# How long emptying the WAL waits for readers, with writers behind it; a minute later it tries anew.
PATIENCE_MS = 500
# How long VACUUM FULL waits for a table that is in use.
LOCK_TIMEOUT = "10s"


def tidy(database: Database) -> bool:
    """Empties the WAL and the full-text index of what is gone; True when nothing was in the way.

    Short enough for the running system. Without anything to do it costs next to nothing.
    """
    with database.session() as session:
        search.tidy(session)
    if database.engine.dialect.name != "sqlite":
        return True
    with _autocommit(database) as connection:
        return _empty_wal(connection)


def rewrite(database: Database) -> bool:
    """Writes the files of the database anew; True when nothing of before can be left in them.

    Needs free disk space of about the size of the database. Citizens wait meanwhile.
    """
    if database.engine.dialect.name == "sqlite":
        with database.session() as session:
            search.tidy(session)
        with _autocommit(database) as connection:
            connection.execute(sa.text("VACUUM"))
            return _empty_wal(connection)
    return _vacuum_postgresql(database, full=True)


def nightly(database: Database, moment: datetime) -> bool:
    """What the running system does, by one of its processes, once a night; whether it did.

    SQLite is written anew; of PostgreSQL the place of what is gone is given free.
    """
    if moment.astimezone(AMSTERDAM).hour not in NIGHT or not _claim(database, moment):
        return False
    try:
        if database.engine.dialect.name == "sqlite":
            rewrite(database)
        else:
            _vacuum_postgresql(database, full=False)
    except sa.exc.DBAPIError as error:
        logger.warning("not wiped tonight yet: %s", type(error.orig).__name__)
        _give_back(database, moment)
        return False
    return True


def _claim(database: Database, moment: datetime) -> bool:
    """Whether this process is the one to do it."""
    mine = sa.and_(Upkeep.name == NAME, Upkeep.at <= moment - EVERY)
    try:
        with database.session() as session:
            if session.get(Upkeep, NAME) is None:
                session.add(Upkeep(name=NAME, at=moment))
                return True
            change = sa.update(Upkeep).where(mine).values(at=moment)
            done = session.execute(change.execution_options(synchronize_session=False))
            return bool(done.rowcount)
    except sa.exc.IntegrityError:
        return False  # another process was first


def _give_back(database: Database, moment: datetime) -> None:
    with database.session() as session:
        row = session.get(Upkeep, NAME)
        if row is not None and row.at == moment:
            row.at = moment - EVERY


def _empty_wal(connection: Connection) -> bool:
    connection.execute(sa.text(f"PRAGMA busy_timeout={PATIENCE_MS}"))
    busy = connection.execute(sa.text("PRAGMA wal_checkpoint(TRUNCATE)")).scalar()
    connection.execute(sa.text("PRAGMA busy_timeout=5000"))
    return not busy


def _vacuum_postgresql(database: Database, *, full: bool) -> bool:
    """All our tables; one that is in use, or not ours, is passed over and said in the log."""
    complete = True
    # The planner keeps samples of what is in a column; those are taken anew as well.
    how = "FULL, ANALYZE" if full else "ANALYZE"
    with _autocommit(database) as connection:
        connection.execute(sa.text(f"SET lock_timeout = '{LOCK_TIMEOUT}'"))
        for table in METADATA.sorted_tables:
            name = connection.dialect.identifier_preparer.format_table(table)
            try:
                connection.execute(sa.text(f"VACUUM ({how}) {name}"))
            except sa.exc.DBAPIError as error:
                logger.warning("%s not wiped: %s", table.name, type(error.orig).__name__)
                complete = False
        connection.execute(sa.text("RESET lock_timeout"))
        if full:
            _for_administrators(connection)
    return complete


def _for_administrators(connection: Connection) -> None:
    """The planner's samples of before, and the files of before: only who may do so wipes them."""
    for statement in ("VACUUM (FULL) pg_catalog.pg_statistic", "CHECKPOINT"):
        try:
            connection.execute(sa.text(statement))
        except sa.exc.DBAPIError as error:
            logger.info("%s was refused: %s", statement, type(error.orig).__name__)


def _autocommit(database: Database) -> Connection:
    return database.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
