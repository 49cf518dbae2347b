"""The catalogue for who keeps it: the scheme of a gemeente, its services, what is to be reread."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from bot.catalogue.content import Content
from bot.console import charts, context
from bot.console.files import download, today
from bot.console.html import render
from bot.console.page import Page
from bot.content import ContentError
from bot.review import matrix as schemes
from bot.review.block import Block
from bot.review.export import Table
from bot.review.scope import clean
from bot.staff.roles import Right
from bot.taxonomy import taxonomy


def pages() -> list[Page]:
    """The routes."""
    return [
        Page("GET", "/catalogus", matrix, Right.STEER, menu="Catalogus"),
        Page("GET", "/catalogus/diensten", services, Right.STEER),
        Page("GET", "/catalogus/diensten/{id}", service, Right.STEER),
        Page("GET", "/catalogus/verouderd", stale, Right.CATALOGUE),
        Page("GET", "/catalogus/{figure}.{ending}", figure_file, Right.EXPORT),
    ]


async def matrix(request: web.Request) -> web.Response:
    """Phases beside kinds of provider, with white spots and overlaps, for one gemeente."""
    try:
        content = await asyncio.to_thread(schemes.current)
    except ContentError as error:
        return render(request, "catalogue/broken.html", {"problems": error.problems[:50]}, 503)
    gemeente = _gemeente(request, content)
    found = schemes.matrix(content, gemeente, today())
    values = {
        "matrix": found,
        "gemeente": gemeente,
        "gemeenten": _options(request, content),
        "needs": schemes.needs_block(content, found),
        "words": taxonomy(),
        "in_words": schemes.in_words,
        "verdicts": _VERDICTS,
        "query": _query(gemeente=gemeente),
        "address": _services_address,
        "shown": charts.shown,
    }
    return render(request, "catalogue/matrix.html", values)


async def services(request: web.Request) -> web.Response:
    """The services of a phase, a kind of provider or a need."""
    content = await _content()
    gemeente = _gemeente(request, content)
    words = taxonomy()
    chosen = {
        "fase": _one_of(request, "fase", words.phases),
        "aanbieder": _one_of(request, "aanbieder", words.providers),
        "behoefte": _one_of(request, "behoefte", words.needs),
    }
    rows = schemes.services(
        content,
        gemeente,
        today(),
        phase=chosen["fase"],
        kind=chosen["aanbieder"],
        need=chosen["behoefte"],
    )
    values = {
        "rows": rows,
        "gemeente": gemeente,
        "gemeenten": _options(request, content),
        "chosen": chosen,
        "words": words,
    }
    return render(request, "catalogue/services.html", values)


async def service(request: web.Request) -> web.Response:
    """One service; one of another gemeente does not exist."""
    content = await _content()
    name = request.match_info["id"]
    item = content.services.get(name)
    if item is None or not schemes.may_see(item, context.person(request).gemeenten):
        raise web.HTTPNotFound
    return render(
        request, "catalogue/service.html", {"facts": schemes.facts(content, name, today())}
    )


async def stale(request: web.Request) -> web.Response:
    """What should have been read again by now."""
    content = await _content()
    block = schemes.stale(content, context.person(request).gemeenten, today())
    return render(request, "catalogue/stale.html", {"block": block, "shown": charts.shown})


async def figure_file(request: web.Request) -> web.Response:
    """The scheme, the needs, or what is stale, as a file."""
    content = await _content()
    person = context.person(request)
    gemeente = _gemeente(request, content)
    found = schemes.matrix(content, gemeente, today())
    blocks = {
        "matrix": schemes.as_block(found),
        "behoeften": schemes.needs_block(content, found),
    }
    if person.may(Right.CATALOGUE):
        blocks["verouderd"] = schemes.stale(content, person.gemeenten, today())
    block = blocks.get(request.match_info["figure"])
    if block is None:
        raise web.HTTPNotFound
    return await download(request, lambda _: _table(block))


# The lists below the scheme: what a need is called there, and what that means.
_VERDICTS: Mapping[str, tuple[str, str]] = {
    schemes.NONE: ("Witte vlekken", "Behoeften waarvoor er in deze fase geen enkele dienst is."),
    schemes.NATIONAL: (
        "Alleen landelijk",
        "Behoeften waarvoor er wel iets is, maar niet van de gemeente zelf.",
    ),
    schemes.OVERLAP: (
        "Overlap",
        "Behoeften waarvoor meer dan één lokale aanbieder iets heeft in dezelfde fase.",
    ),
}


async def _content() -> Content:
    try:
        return await asyncio.to_thread(schemes.current)
    except ContentError as error:
        raise web.HTTPServiceUnavailable from error


def _known(request: web.Request, content: Content) -> list[str]:
    return schemes.known_gemeenten(content, context.person(request).gemeenten)


def _gemeente(request: web.Request, content: Content) -> str | None:
    """The gemeente that was chosen, or else the own one; None: only what is for the whole country.

    Raises:
        web.HTTPNotFound: a gemeente that is not there for this person.
    """
    known = _known(request, content)
    chosen = clean(request.query.get("gemeente", ""))
    if chosen:
        if chosen not in known:
            raise web.HTTPNotFound
        return chosen
    return _usual(request, known)


def _usual(request: web.Request, known: Sequence[str]) -> str | None:
    """The gemeente where none was chosen: the own one; None for who keeps all of them."""
    own = context.settings(request).gemeente
    if own in known:
        return own
    return known[0] if known and context.person(request).gemeenten is not None else None


def _options(request: web.Request, content: Content) -> list[tuple[str, str]]:
    """What can be chosen; the whole country only where that is shown when nothing is chosen."""
    known = _known(request, content)
    names = [(name, name) for name in known]
    return names if _usual(request, known) else [("", schemes.COUNTRY), *names]


def _one_of(request: web.Request, name: str, known: Mapping[str, Any]) -> str:
    value = request.query.get(name, "")
    return value if value in known else ""


def _query(**values: str | None) -> str:
    return urlencode({name: value for name, value in values.items() if value})


def _services_address(gemeente: str | None, **chosen: str) -> str:
    return f"{context.ROOT}/catalogus/diensten?{_query(gemeente=gemeente, **chosen)}"


def _table(block: Block) -> Table:
    return Table(
        block.title,
        block.headings,
        block.rows,
        [("Wat het is", block.definition), (f"Aantal {block.of} (n)", block.n)],
    )
