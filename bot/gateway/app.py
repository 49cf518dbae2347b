"""The gateway as an aiohttp application."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import aiohttp
from aiohttp import web

from bot import redis_client
from bot.assessment.results import Links
from bot.database import Database
from bot.gateway import broken, cors, description, pages, whatsapp
from bot.gateway.access import Access
from bot.gateway.api import ConversationApi
from bot.gateway.catalogue import CatalogueApi
from bot.gateway.events import EventsApi
from bot.gateway.health import Health
from bot.gateway.inbox import INBOX, Inbox
from bot.gateway.own_data import OwnData
from bot.gateway.presentation import Transcript
from bot.gateway.problems import problems
from bot.gateway.rasa import RasaClient
from bot.gateway.results import ResultApi
from bot.gateway.shared_counts import SharedCounts
from bot.gateway.waiting import end
from bot.gateway.widget import WidgetFile
from bot.privacy.vault import Vault
from bot.settings import Settings

LARGEST_BODY = 32 * 1024
# A turn that is under way may end; the web process has 15 seconds (bot/run.py).
STOP_WITHIN_SECONDS = 10.0


async def make_app(settings: Settings, database: Database) -> web.Application:
    """The public application: conversations, catalogue, demo page, health, and the inbox worker."""
    broken.install()
    middlewares = [pages.headers, problems, cors.guard]
    app = web.Application(middlewares=middlewares, client_max_size=LARGEST_BODY)
    app[cors.ORIGINS] = cors.Origins(settings)
    # With several Rasa processes behind one port each call is a connection of its own: the kernel
    # gives it to a process that waits for work, where a kept one would stay with the same.
    connector = aiohttp.TCPConnector(force_close=settings.rasa_workers > 1)
    http = aiohttp.ClientSession(connector=connector)
    rasa = RasaClient(http, settings.rasa_url, settings.rasa_token)
    vault = Vault(settings.secret_key, settings.secret_key_old)
    transcript = Transcript(database, vault)
    inbox = app[INBOX] = Inbox(database, rasa, vault)
    access = Access(settings)
    redis = redis_client.connect(settings.redis_url) if settings.redis_url else None
    app.add_routes(ConversationApi(settings, database, access, inbox, transcript).routes())
    app.add_routes(EventsApi(access, transcript, inbox.changes).routes())
    app.add_routes(CatalogueApi(database).routes())
    links = Links(settings.secret_key, settings.public_url, settings.secret_key_old)
    app.add_routes(ResultApi(database, access, links).routes())
    app.add_routes(OwnData(settings, database, access, vault).routes())
    app.add_routes(description.routes())
    app.add_routes(pages.routes())
    app.add_routes(WidgetFile().routes())
    app.add_routes(Health(settings, database, rasa, http, redis).routes())

    async def work(_: web.Application) -> AsyncIterator[None]:
        tasks = [
            asyncio.create_task(inbox.run()),
            asyncio.create_task(inbox.changes.watch()),
        ]
        if redis is not None:
            counts = SharedCounts(redis, settings.secret_key)
            access.share(counts)
            tasks.append(asyncio.create_task(counts.run()))
        yield
        await end(tasks, STOP_WITHIN_SECONDS)
        await http.close()
        if redis is not None:
            await redis.aclose()

    async def close_streams(_: web.Application) -> None:
        inbox.changes.close()

    app.cleanup_ctx.append(work)
    whatsapp.install(app, settings, database, inbox)
    app.on_shutdown.append(close_streams)
    return app
