"""The line by which PostgreSQL tells in which conversations something was said or erased.

LISTEN and NOTIFY (https://www.postgresql.org/docs/current/sql-notify.html); a trigger on the table
of the messages does the telling, so it makes no difference which program wrote. What is told while
the line is broken is lost: who opens it has to look around once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from bot.database import Database

# As in the migration that made the trigger.
LISTEN = "LISTEN startwijzer_message"


def can_tell(database: Database) -> bool:
    """Whether this kind of database tells anything."""
    return bool(database.engine.dialect.name == "postgresql")


async def hear(database: Database, opened: Callable[[], None], told: Callable[[str], None]) -> None:
    """Hears of every change, until it is cancelled or the line breaks.

    Args:
        opened: called when the line is there.
        told: called with the id of each conversation.

    Raises:
        Exception: of the driver: the line broke, or could not be opened.
    """
    line = await asyncio.to_thread(_open, database)
    loop = asyncio.get_running_loop()
    broken: asyncio.Future[None] = loop.create_future()

    def read() -> None:
        try:
            line.poll()
        except Exception as error:
            loop.remove_reader(number)
            if not broken.done():
                broken.set_exception(error)
        while line.notifies:
            told(line.notifies.pop(0).payload)

    number = line.fileno()
    loop.add_reader(number, read)
    try:
        opened()
        await broken
    finally:
        loop.remove_reader(number)
        line.close()


def _open(database: Database) -> Any:
    """A connection of its own: one of the pool would be missing there for good."""
    dialect = database.engine.dialect
    positional, named = dialect.create_connect_args(database.engine.url)
    line = dialect.connect(*positional, **named)
    line.autocommit = True
    with line.cursor() as cursor:
        cursor.execute(LISTEN)
    return line
