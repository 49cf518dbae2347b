"""The audit log: who did what, when, to whom and why; for the privacy officer."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from bot.console import context
from bot.console.html import render
from bot.console.page import Page
from bot.staff import audit
from bot.staff.audit import AuditFilter
from bot.staff.roles import Right


def pages() -> list[Page]:
    """The pages of this section."""
    return [Page("GET", "/logboek", overview, Right.AUDIT, menu="Logboek")]


async def overview(request: web.Request) -> web.StreamResponse:
    """Searches the log. Looking in it is itself an entry, once for each search."""
    wanted = AuditFilter.from_query(request.query)
    number = request.query.get("pagina", "1")
    page = int(number) if number.isascii() and number.isdigit() and len(number) < 7 else 1
    values = await asyncio.to_thread(_search, request, wanted, max(page, 1))
    return render(request, "privacy/audit.html", values)


def _search(request: web.Request, wanted: AuditFilter, page: int) -> dict[str, Any]:
    me = context.person(request)
    query = wanted.as_query()
    with context.database(request).session() as session:
        rows, total = audit.search(session, wanted, me.gemeenten, page)
        people = audit.people(session, me.gemeenten)
        if page == 1:
            looked_for = ", ".join(sorted(query)) or "alles"
            audit.record(session, me, "audit_searched", f"logboek: {looked_for}")
    last = max(1, -(-total // audit.PER_PAGE))
    return {
        "wanted": wanted,
        "since": wanted.since.isoformat() if wanted.since else "",
        "until": wanted.until.isoformat() if wanted.until else "",
        "rows": rows,
        "total": total,
        "page": min(page, last),
        "last": last,
        "address": lambda number: (
            f"{context.ROOT}/logboek?{urlencode({**query, 'pagina': number})}"
        ),
        "people": [("", "iedereen"), *((row.id, row.name) for row in people)],
        "actions": [("", "alles"), *sorted(audit.ACTIONS.items(), key=lambda item: item[1])],
        "labels": audit.ACTIONS,
        "gemeenten": _gemeenten(me.gemeenten),
    }


def _gemeenten(gemeenten: frozenset[str] | None) -> list[tuple[str, str]] | None:
    """The gemeenten to choose from; None where it can be any."""
    if gemeenten is None:
        return None
    return [("", "alle"), *((name, name) for name in sorted(gemeenten))]
