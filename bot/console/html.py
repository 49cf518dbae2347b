"""Templates: rendering them, and how times and numbers look."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import aiohttp_jinja2
import jinja2
from aiohttp import web
from markupsafe import Markup

from bot.console import context, sessions
from bot.console.sessions import flash
from bot.staff import sessions as staff_sessions
from bot.staff.roles import Right

__all__ = ["flash", "render", "see_other"]

TEMPLATES = Path(__file__).parent / "templates"
AMSTERDAM = ZoneInfo("Europe/Amsterdam")
MONTHS = ["jan", "feb", "mrt", "apr", "mei", "jun", "jul", "aug", "sep", "okt", "nov", "dec"]
NOTHING = "–"


# What templates can do with a value: {{ at|moment }}.
Filters = dict[str, Callable[..., str]]


def setup(app: web.Application) -> None:
    """Makes the templates available to the application."""
    filters: Filters = {
        "moment": moment,
        "day": day,
        "iso": iso,
        "number": number,
        "percent": percent,
    }
    aiohttp_jinja2.setup(
        app,
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        filters=filters,
    )


def render(
    request: web.Request, template: str, values: Mapping[str, Any] | None = None, status: int = 200
) -> web.Response:
    """The page that the template makes of the values.

    Every template also has: `root`, `person` (or None), `may(right)` by name of the right,
    `csrf_field()`, `menu`, `here` (the path of this page) and what `base.html` shows.
    """
    response = aiohttp_jinja2.render_template(
        template, request, {**_common(request), **(values or {})}
    )
    response.set_status(status)
    return response


def see_other(path: str) -> web.Response:
    """To another page of the console after a POST; `path` is below the root, such as "/account"."""
    if not path.startswith("/") or path.startswith(("//", "/\\")):
        raise ValueError("a path within the console begins with one slash")
    return web.Response(
        status=303, headers={"Location": quote(context.ROOT + path, safe="/?&=%#+,:@")}
    )


def _common(request: web.Request) -> dict[str, Any]:
    person = context.someone(request)
    menu = [
        page
        for page in request.config_dict[context.MENU]
        if person and (page.right is None or person.may(page.right))
    ]
    return {
        "root": context.ROOT,
        "person": person,
        "may": lambda right: person is not None and person.may(Right(right)),
        "csrf_field": lambda: _csrf_field(request),
        "menu": menu,
        "here": request.path.removeprefix(context.ROOT),
        "flashed": lambda: sessions.take_flashed(request),
        "idle_seconds": int(staff_sessions.terms(context.settings(request)).idle.total_seconds()),
    }


def _csrf_field(request: web.Request) -> Markup:
    field = Markup('<input type="hidden" name="csrf" value="{}">')
    return field.format(sessions.csrf_token(request))


def moment(value: datetime | None) -> str:
    """A moment in the Netherlands: 3 mei 2026, 14:05."""
    if value is None:
        return NOTHING
    there = value.astimezone(AMSTERDAM)
    return f"{day(there.date())}, {there:%H:%M}"


def day(value: date | datetime | None) -> str:
    """A day: 3 mei 2026."""
    if value is None:
        return NOTHING
    if isinstance(value, datetime):
        value = value.astimezone(AMSTERDAM).date()
    return f"{value.day} {MONTHS[value.month - 1]} {value.year}"


def iso(value: datetime) -> str:
    """A moment for the `datetime` attribute of `<time>`."""
    return value.isoformat(timespec="seconds")


def number(value: float | None, digits: int = 0) -> str:
    """A number the Dutch way: 1.234,5."""
    if value is None:
        return NOTHING
    return f"{value:,.{digits}f}".translate(str.maketrans(",.", ".,"))


def percent(value: float | None, digits: int = 0) -> str:
    """A share between 0 and 1 as a percentage: 12%."""
    return NOTHING if value is None else f"{number(value * 100, digits)}%"
