"""The gateway as an aiohttp application."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator

import aiohttp
from aiohttp import web

from bot.database import Database
from bot.gateway import pages
from bot.gateway.api import ConversationApi
from bot.gateway.health import Health
from bot.gateway.inbox import Inbox
from bot.gateway.problems import problems
from bot.gateway.rasa import RasaClient
from bot.privacy.vault import Vault
from bot.retention import purge
from bot.settings import Settings

logger = logging.getLogger(__name__)
LARGEST_BODY = 32 * 1024
PURGE_EVERY_SECONDS = 60.0


async def make_app(settings: Settings, database: Database) -> web.Application:
    """The public application: conversation API, demo page, health, and the inbox worker."""
    app = web.Application(middlewares=[pages.headers, problems], client_max_size=LARGEST_BODY)
    http = aiohttp.ClientSession()
    rasa = RasaClient(http, settings.rasa_url, settings.rasa_token)
    vault = Vault(settings.secret_key)
    inbox = Inbox(database, rasa, vault)
    app.add_routes(ConversationApi(settings, database, inbox, vault).routes())
    app.add_routes(pages.routes())
    app.add_routes(Health(settings, database, rasa, http).routes())

    async def work(_: web.Application) -> AsyncIterator[None]:
        tasks = [
            asyncio.create_task(inbox.run()),
            asyncio.create_task(_purge_forever(settings, database)),
        ]
        yield
        for task in tasks:
            task.cancel()
        for task in tasks:
            with contextlib.suppress(asyncio.CancelledError):
                await task
        await http.close()

    app.cleanup_ctx.append(work)
    return app


async def _purge_forever(settings: Settings, database: Database) -> None:
    while True:
        try:
            await asyncio.to_thread(purge, settings, database)
        except Exception as error:
            logger.error("purge failed: %s", type(error).__name__)
        await asyncio.sleep(PURGE_EVERY_SECONDS)
