"""The catalogue for everyone: services and providers, read only (described in openapi.yml)."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Callable
from typing import Any

from aiohttp import ETag, web
from sqlalchemy.orm import Session

from bot.catalogue import query
from bot.catalogue.model import Provider, Service
from bot.database import Database
from bot.gateway.description import BASE, SPELLINGS, preflight, read_query, version
from bot.gateway.problems import Problem

SERVICES = "/catalogue/services"
PROVIDERS = "/catalogue/providers"
FACETS = ("phase", "need", "provider", "target_group", "gemeente", "status", "q")
# An identifier in an address; any other is not found, and never asked of the database.
ID = "{id:[a-z0-9-]{1,80}}"
# A correction by an editor is visible to everyone within five minutes.
CACHE_CONTROL = "public, max-age=300"


class CatalogueApi:
    """The handlers, and what they need."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def routes(self) -> list[web.AbstractRouteDef]:
        """The routes, for an aiohttp application."""
        handlers = {
            f"{BASE}{SERVICES}": self.services,
            f"{BASE}{SERVICES}/{ID}": self.service,
            f"{BASE}{PROVIDERS}": self.providers,
            f"{BASE}{PROVIDERS}/{ID}": self.provider,
        }
        return [
            route
            for path, handler in handlers.items()
            for route in (web.get(path, handler), web.options(path, preflight))
        ]

    async def services(self, request: web.Request) -> web.Response:
        """Services by any combination of facets, in pages."""
        given = read_query(request, SERVICES)
        number, size, descending = _paging(given)
        facets = {name: given.get(SPELLINGS.get(name, name)) for name in FACETS}

        def find(session: Session) -> dict[str, Any]:
            page = query.service_page(session, number, size, descending=descending, **facets)
            return _list(request, "services", page, query.as_dict, number, size)

        return await self._answer(request, find)

    async def service(self, request: web.Request) -> web.Response:
        """One service."""
        read_query(request, f"{SERVICES}/{{id}}")

        def find(session: Session) -> dict[str, Any]:
            service = session.get(Service, request.match_info["id"])
            if service is None:
                raise Problem(404, "Deze dienst bestaat niet.")
            return query.as_dict(service)

        return await self._answer(request, find)

    async def providers(self, request: web.Request) -> web.Response:
        """Providers, in pages."""
        given = read_query(request, PROVIDERS)
        number, size, descending = _paging(given)

        def find(session: Session) -> dict[str, Any]:
            page = query.provider_page(
                session,
                number,
                size,
                descending=descending,
                kind=given.get("kind"),
                q=given.get("q"),
            )
            return _list(request, "providers", page, query.provider_as_dict, number, size)

        return await self._answer(request, find)

    async def provider(self, request: web.Request) -> web.Response:
        """One provider."""
        read_query(request, f"{PROVIDERS}/{{id}}")

        def find(session: Session) -> dict[str, Any]:
            provider = session.get(Provider, request.match_info["id"])
            if provider is None:
                raise Problem(404, "Deze aanbieder bestaat niet.")
            return query.provider_as_dict(provider)

        return await self._answer(request, find)

    async def _answer(
        self, request: web.Request, find: Callable[[Session], dict[str, Any]]
    ) -> web.Response:
        """What was found, or 304 when the client has it already."""

        def read() -> tuple[str, dict[str, Any]]:
            with self._database.session() as session:
                # First the fingerprint: when new content comes in between, the client asks again.
                return query.fingerprint(session), find(session)

        fingerprint, body = await asyncio.to_thread(read)
        tag = hashlib.sha256(f"{version()} {fingerprint}".encode()).hexdigest()[:32]
        if any(known.value in (tag, "*") for known in request.if_none_match or ()):
            response = web.Response(status=304)
        else:
            response = web.json_response(body, dumps=_dumps)
        response.etag = ETag(tag)
        response.headers["Cache-Control"] = CACHE_CONTROL
        return response


def _dumps(data: Any) -> str:
    return json.dumps(data, ensure_ascii=False)


def _paging(given: dict[str, Any]) -> tuple[int, int, bool]:
    """Number of the page, its size, and whether the order is from Z to A."""
    return given["page"], given["pageSize"], given["sort"] == "-name"


def _list(
    request: web.Request,
    name: str,
    page: query.Page[Any],
    as_dict: Callable[[Any], dict[str, Any]],
    number: int,
    size: int,
) -> dict[str, Any]:
    """A page as its reader gets it, with the addresses of its neighbours."""
    last = max(1, -(-page.count // size))
    if number > last:
        pages = "is 1 pagina" if last == 1 else f"zijn {last} pagina's"
        raise Problem(404, f"Pagina {number} bestaat niet: er {pages}.")

    def address(other: int) -> str | None:
        if not 1 <= other <= last:
            return None
        return str(request.rel_url.update_query(page=str(other)))

    return {
        "count": page.count,
        "next": address(number + 1),
        "previous": address(number - 1),
        name: [as_dict(item) for item in page.items],
    }
