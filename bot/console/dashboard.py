"""The figures of a period, with pictures, and every figure and list as a file."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Hashable
from typing import Any, TypeVar
from urllib.parse import urlencode

from aiohttp import web
from sqlalchemy.orm import Session

from bot.assessment.bank import read_bank
from bot.console import charts, context
from bot.console.files import as_table, download, today
from bot.console.html import render
from bot.console.page import Page
from bot.database import now
from bot.review import figures, funnel, lists, scans, unanswered
from bot.review.block import Block
from bot.review.filters import Filter
from bot.review.scope import Scope
from bot.staff.roles import Right

Found = TypeVar("Found")
# The same figures are not counted again within a minute, however often a page is opened.
KEPT_SECONDS, MOST_KEPT = 60.0, 64
# The only figure with words of citizens, so only for who may read conversations.
WITH_WORDS = frozenset(["onbeantwoord"])
LISTS = {"gesprekken": lists.conversations, "berichten": lists.turns}


def pages() -> list[Page]:
    """The routes."""
    return [
        Page("GET", "/cijfers", dashboard, Right.STEER, menu="Cijfers"),
        Page("GET", "/cijfers/{figure}.{ending}", figure_file, Right.EXPORT),
        Page("GET", "/export/{what}.{ending}", list_file, Right.EXPORT),
        Page("GET", "/zelfscan", zelfscan, Right.STEER, menu="Zelfscan"),
        Page("GET", "/zelfscan/{figure}.{ending}", zelfscan_file, Right.EXPORT),
    ]


async def dashboard(request: web.Request) -> web.Response:
    """Everything about the conversations of a period and a gemeente."""
    return await _page(request, "dashboard/dashboard.html", _figures)


async def figure_file(request: web.Request) -> web.Response:
    """One of the figures as a file."""
    return await _block_file(request, _figures)


async def list_file(request: web.Request) -> web.Response:
    """The conversations that the filters in the address choose, or what was said in them."""
    person = context.person(request)
    if not person.may(Right.READ):
        raise web.HTTPForbidden
    make = LISTS.get(request.match_info["what"])
    if make is None:
        raise web.HTTPNotFound
    wanted = Filter.from_query(request.query)
    return await download(request, lambda session: make(session, wanted, person.gemeenten))


async def zelfscan(request: web.Request) -> web.Response:
    """How well the statements measure, and what came out of the scans."""
    return await _page(request, "dashboard/zelfscan.html", _scans)


async def zelfscan_file(request: web.Request) -> web.Response:
    """One of the figures of the zelfscan as a file."""
    return await _block_file(request, _scans)


def scope_of(request: web.Request) -> Scope:
    """The period and gemeente in the address, within what this person may see."""
    query = request.query
    person = context.person(request)
    return Scope.of(
        query.get("van", ""),
        query.get("tot", ""),
        query.get("gemeente", ""),
        person.gemeenten,
        today(),
    )


class Kept:
    """What was made less than a minute ago; who asks for it meanwhile waits for the same work."""

    def __init__(self, seconds: float = KEPT_SECONDS, most: int = MOST_KEPT) -> None:
        self._seconds, self._most = seconds, most
        self._found: dict[Hashable, tuple[float, asyncio.Task[Any]]] = {}

    async def get(self, key: Hashable, make: Callable[[], Found]) -> Found:
        """What `make` gives in a thread; when it raises, nothing is kept."""
        moment = time.monotonic()
        loop = asyncio.get_running_loop()
        kept = self._found.get(key)
        if kept is None or kept[0] < moment or kept[1].get_loop() is not loop:
            self._found.pop(key, None)
            while len(self._found) >= self._most:
                self._found.pop(next(iter(self._found)))
            task: asyncio.Task[Any] = asyncio.create_task(asyncio.to_thread(make))
            kept = self._found[key] = (moment + self._seconds, task)
        try:
            # Someone who leaves does not stop the work for the others.
            found: Found = await asyncio.shield(kept[1])
            return found
        except Exception:
            if self._found.get(key) is kept:
                del self._found[key]
            raise


_kept = Kept()
Make = Callable[[Session, Scope], list[Block]]


async def _blocks(request: web.Request, make: Make, scope: Scope) -> list[Block]:
    """The figures that this person may read."""
    database = context.database(request)

    def read() -> list[Block]:
        with database.session() as session:
            return make(session, scope)

    found = await _kept.get((make, database.url, scope), read)
    may_read = context.person(request).may(Right.READ)
    return [one for one in found if may_read or one.id not in WITH_WORDS]


async def _page(request: web.Request, template: str, make: Make) -> web.Response:
    database, scope = context.database(request), scope_of(request)

    def gemeenten() -> list[str]:
        with database.session() as session:
            return figures.gemeenten_with_conversations(session, scope.gemeenten)

    blocks = await _blocks(request, make, scope)
    known = await _kept.get((gemeenten.__name__, database.url, scope.gemeenten), gemeenten)
    values = {
        "scope": scope,
        "gemeenten": [("", "Alle"), *((name, name) for name in known)],
        "blocks": {one.id: one for one in blocks},
        "charts": {one.id: charts.chart(one) for one in blocks},
        "shown": charts.shown,
        "query": query_of(scope),
        "terms": context.settings(request),
    }
    return render(request, template, values)


def query_of(scope: Scope) -> str:
    """The period and gemeente as an address says them."""
    found = {"van": scope.first.isoformat(), "tot": scope.last.isoformat()}
    if scope.gemeente:
        found["gemeente"] = scope.gemeente
    return urlencode(found)


async def _block_file(request: web.Request, make: Make) -> web.Response:
    scope = scope_of(request)
    wanted = request.match_info["figure"]
    blocks = await _blocks(request, make, scope)
    block = next((one for one in blocks if one.id == wanted), None)
    if block is None:
        raise web.HTTPNotFound
    return await download(request, lambda _: as_table(block, scope))


def _figures(session: Session, scope: Scope) -> list[Block]:
    return [
        *figures.overview(session, scope),
        unanswered.unanswered(session, scope),
        *funnel.blocks(session, scope, now()),
    ]


def _scans(session: Session, scope: Scope) -> list[Block]:
    bank = read_bank()
    return [*scans.made(session, scope, bank), *scans.statements(session, scope, bank)]
