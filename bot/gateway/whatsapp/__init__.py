"""WhatsApp over the Cloud API: the webhook, and the workers behind it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator

import aiohttp
from aiohttp import web

from bot.database import Database
from bot.gateway.inbox import Inbox
from bot.gateway.waiting import end
from bot.gateway.whatsapp.attention import Attention
from bot.gateway.whatsapp.receiving import Receiver
from bot.gateway.whatsapp.sending import make_client, make_sender
from bot.gateway.whatsapp.webhook import Webhook
from bot.settings import Settings
from bot.whatsapp.handling import Handler
from bot.whatsapp.identity import People
from bot.whatsapp.texts import texts

logger = logging.getLogger(__name__)
# What is being sent may still arrive; the web process has 15 seconds (bot/run.py).
STOP_WITHIN_SECONDS = 10.0


def install(app: web.Application, settings: Settings, database: Database, inbox: Inbox) -> None:
    """Adds the routes and the workers of both directions; nothing where WhatsApp is not set.

    Call it on a running event loop.

    Raises:
        bot.content.ContentError: the texts have mistakes.
        bot.settings.SettingsError: a template is not set right.
    """
    if not settings.whatsapp:
        logger.info("WhatsApp is off: WHATSAPP_APP_SECRET is not set")
        return
    people = People(settings.secret_key, settings.secret_key_old, settings.whatsapp_phone_number_id)
    said = texts()
    handler = Handler(people, said, settings.gemeente, said.introduce(settings))
    http = aiohttp.ClientSession()
    client = make_client(settings, http)
    sender = make_sender(settings, database, client)
    attention = Attention(database, client, people, inbox.changes, sender.wake)
    receiver = Receiver(database, inbox, handler, attention.mark_read, sender.wake)
    webhook = Webhook(settings, database, people, receiver.wake)
    app.add_routes(webhook.routes())

    async def work(_: web.Application) -> AsyncIterator[None]:
        tasks = [asyncio.create_task(receiver.run())]
        if not settings.works_apart:  # what goes out is sent by bot/worker.py then
            tasks.append(asyncio.create_task(sender.run()))
        yield
        await end(tasks, STOP_WITHIN_SECONDS)
        await attention.close()
        webhook.close()
        await http.close()

    app.cleanup_ctx.append(work)
