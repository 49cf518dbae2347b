"""The gateway as an aiohttp application."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator

import aiohttp
from aiohttp import web

from bot.assessment.results import Links
from bot.database import Database, now
from bot.gateway import broken, cors, description, pages, whatsapp
from bot.gateway.access import Access
from bot.gateway.api import ConversationApi
from bot.gateway.catalogue import CatalogueApi
from bot.gateway.events import EventsApi
from bot.gateway.health import Health
from bot.gateway.inbox import INBOX, Inbox
from bot.gateway.presentation import Transcript
from bot.gateway.problems import problems
from bot.gateway.rasa import RasaClient
from bot.gateway.results import ResultApi
from bot.gateway.waiting import end
from bot.gateway.widget import WidgetFile
from bot.privacy.vault import Vault
from bot.referral import helped
from bot.referral.life import remind_and_escalate
from bot.retention import purge
from bot.settings import Settings

logger = logging.getLogger(__name__)
LARGEST_BODY = 32 * 1024
TEND_EVERY_SECONDS = 60.0
# A turn that is under way may end; the web process has 15 seconds (bot/run.py).
STOP_WITHIN_SECONDS = 10.0


async def make_app(settings: Settings, database: Database) -> web.Application:
    """The public application: conversations, catalogue, demo page, health, and the inbox worker."""
    broken.install()
    middlewares = [pages.headers, problems, cors.guard]
    app = web.Application(middlewares=middlewares, client_max_size=LARGEST_BODY)
    app[cors.ORIGINS] = cors.Origins(settings)
    http = aiohttp.ClientSession()
    rasa = RasaClient(http, settings.rasa_url, settings.rasa_token)
    vault = Vault(settings.secret_key, settings.secret_key_old)
    inbox = app[INBOX] = Inbox(database, rasa, vault)
    access = Access(settings)
    transcript = Transcript(database, vault)
    app.add_routes(ConversationApi(settings, database, access, inbox, transcript).routes())
    app.add_routes(EventsApi(access, transcript, inbox.changes).routes())
    app.add_routes(CatalogueApi(database).routes())
    app.add_routes(ResultApi(database, Links(settings.secret_key, settings.public_url)).routes())
    app.add_routes(description.routes())
    app.add_routes(pages.routes())
    app.add_routes(WidgetFile().routes())
    app.add_routes(Health(settings, database, rasa, http).routes())

    async def work(_: web.Application) -> AsyncIterator[None]:
        tasks = [
            asyncio.create_task(inbox.run()),
            asyncio.create_task(inbox.changes.watch()),
            asyncio.create_task(_tend_forever(settings, database)),
        ]
        yield
        await end(tasks, STOP_WITHIN_SECONDS)
        await http.close()

    async def close_streams(_: web.Application) -> None:
        inbox.changes.close()

    app.cleanup_ctx.append(work)
    whatsapp.install(app, settings, database, inbox)
    app.on_shutdown.append(close_streams)
    return app


async def _tend_forever(settings: Settings, database: Database) -> None:
    """Ends what is past its term, and reminds desks of requests that become due."""
    while True:
        for name, work in (("purge", purge), ("reminders", _remind)):
            try:
                await asyncio.to_thread(work, settings, database)
            except Exception as error:
                logger.error("%s failed: %s", name, type(error).__name__)
        await asyncio.sleep(TEND_EVERY_SECONDS)


def _remind(_: Settings, database: Database) -> None:
    with database.session() as session:
        remind_and_escalate(session, now())
    with database.session() as session:
        finished = helped.to_ask(session)
    for reference in finished:
        with database.session() as session:
            helped.put_question(session, reference)
