"""What handlers find with the application and with the request."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

from aiohttp import web
from sqlalchemy.orm import Session

from bot.console.page import Page
from bot.database import Database
from bot.settings import Settings
from bot.staff.accounts import Person

Found = TypeVar("Found")
AddressOf = Callable[[web.Request], str]
SETTINGS: web.AppKey[Settings] = web.AppKey("settings", Settings)
DATABASE: web.AppKey[Database] = web.AppKey("database", Database)
ADDRESS_OF: web.AppKey[AddressOf] = web.AppKey("address_of")
MENU: web.AppKey[tuple[Page, ...]] = web.AppKey("menu", tuple)
ROOT = "/console"
PERSON = "console_person"


def person(request: web.Request) -> Person:
    """Who is logged in.

    Raises:
        RuntimeError: nobody is; the page is open to everyone, so its handler may not ask.
    """
    found = someone(request)
    if found is None:
        raise RuntimeError("nobody is logged in on this page")
    return found


def someone(request: web.Request) -> Person | None:
    """Who is logged in, or None."""
    found: Person | None = request.get(PERSON)
    return found


def database(request: web.Request) -> Database:
    """The database of this installation."""
    return request.config_dict[DATABASE]


def settings(request: web.Request) -> Settings:
    """The settings of this installation."""
    return request.config_dict[SETTINGS]


async def in_session(request: web.Request, work: Callable[[Session], Found]) -> Found:
    """What the work gives, done in a thread and in one transaction."""

    def in_thread() -> Found:
        with database(request).session() as session:
            return work(session)

    return await asyncio.to_thread(in_thread)
