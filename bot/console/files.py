"""Handing out a table as a file, whatever its size: written to disk first, then sent in pieces."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import IO, cast

from aiohttp import web
from sqlalchemy.orm import Session

from bot.console import context
from bot.database import now
from bot.review.block import Block
from bot.review.export import AMSTERDAM, FORMATS, Table, Value, file_name
from bot.review.scope import Scope
from bot.staff import audit

# Large files have threads of their own, so that they never take those of the pages.
AT_ONCE = 2
_writers = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="export")


async def download(request: web.Request, make: Callable[[Session], Table]) -> web.Response:
    """The table as the file that the address asks for (`{ending}`: csv or xlsx).

    Who took which table along is in the audit log before anything is sent.

    Raises:
        web.HTTPNotFound: another ending.
    """
    ending = request.match_info["ending"]
    if ending not in FORMATS:
        raise web.HTTPNotFound
    person = context.person(request)
    database = context.database(request)
    media, write = FORMATS[ending]

    def write_file() -> tuple[str, IO[bytes]]:
        file = tempfile.TemporaryFile()  # noqa: SIM115 - the response closes it
        try:
            with database.session() as session:
                table = make(session)
                write(table, cast(IO[bytes], file))
            with database.session() as session:
                audit.record(session, person, "exported", f"{table.title} ({ending})")
            file.seek(0)
        except BaseException:
            file.close()
            raise
        return file_name(table, ending, today()), cast(IO[bytes], file)

    name, file = await asyncio.get_running_loop().run_in_executor(_writers, write_file)
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Content-Type": media}
    return web.Response(body=file, headers=headers)


def as_table(block: Block, scope: Scope) -> Table:
    """A figure as a table to write, with what it is about at the top."""
    about: list[tuple[str, Value]] = [
        ("Cijfer", block.title),
        ("Periode en gemeente", scope.in_words),
        (f"Aantal {block.of} (n)", block.n),
        ("Wat het is", block.definition),
        ("Gemaakt op", now()),
    ]
    if block.is_silent:
        about.append(("Let op", f"Minder dan {block.fewest} {block.of}: te weinig om te tonen."))
    return Table(block.title, block.headings, block.rows, about)


def today() -> date:
    """The day that it is in the Netherlands."""
    return now().astimezone(AMSTERDAM).date()
