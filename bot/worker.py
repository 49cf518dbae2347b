"""The work behind the conversations: what must be sent, tidied and brought up to date.

None of it needs Rasa, so it can run anywhere that reaches the database: in every web process (the
default), or with WORKERS=apart in processes of its own (`startwijzer worker`). As many as you like
may run at the same time: each takes its work by a claim in the database, so nothing is done twice,
and what a process that died had in hand is taken up by another when its claim ends.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable

import aiohttp
import sqlalchemy as sa
from aiohttp import web

from bot.console.projecting import projecting
from bot.database import Database, now
from bot.gateway.changes import Changes
from bot.gateway.observing import observe
from bot.gateway.waiting import end
from bot.gateway.whatsapp.sending import Sender, make_client, make_sender
from bot.handover.worker import working
from bot.referral import helped
from bot.referral.life import remind_and_escalate
from bot.retention import purge
from bot.settings import Settings

logger = logging.getLogger(__name__)
TEND_EVERY_SECONDS = 60.0
# What is being sent may still arrive; a service manager gives a process more than this.
STOP_WITHIN_SECONDS = 10.0


def add_work(app: web.Application, settings: Settings, database: Database) -> None:
    """Lets an application do the work for as long as it runs, WhatsApp left out.

    Raises:
        bot.settings.SettingsError: the way to a desk is not set right.
    """
    app.cleanup_ctx.append(working(settings, database))
    app.cleanup_ctx.append(_tending(settings, database))
    if settings.console:
        app.cleanup_ctx.append(projecting(database))


async def application(settings: Settings, database: Database) -> web.Application:
    """A process that does nothing but the work, and says how it is.

    `/health/live`, `/health/ready` and `/health` are there (the last two: 503 without the
    database), and `/metrics` as the web process has it. No citizen is ever sent here.

    Raises:
        bot.settings.SettingsError: the way to a desk, or a template of WhatsApp, is not set right.
    """
    app = web.Application()
    add_work(app, settings, database)
    if settings.whatsapp:
        app.cleanup_ctx.append(_sending(settings, database))
    observe(app, settings, database)

    def ask() -> bool:
        try:
            with database.session() as session:
                return bool(session.execute(sa.text("SELECT 1")).scalar() == 1)
        except sa.exc.SQLAlchemyError:
            return False

    async def live(_: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def ready(_: web.Request) -> web.Response:
        up = await asyncio.to_thread(ask)
        body = {"status": "ok" if up else "storing", "parts": {"database": "ok" if up else "weg"}}
        return web.json_response(body, status=200 if up else 503)

    app.add_routes([web.get("/health/live", live)])
    app.add_routes([web.get(path, ready) for path in ("/health", "/health/ready")])
    return app


def main(settings: Settings) -> None:
    """Works until it is told to stop."""
    database = Database(settings.database_url)
    web.run_app(
        application(settings, database),
        host=settings.host_web,
        port=settings.port_worker,
        access_log=None,
        print=lambda *_: None,
    )
    database.close()


def _tending(
    settings: Settings, database: Database
) -> Callable[[web.Application], AsyncIterator[None]]:
    """Ends what is past its term, and reminds desks of requests that become due."""

    async def tend() -> None:
        while True:
            for name, work in (("purge", purge), ("reminders", _remind)):
                try:
                    await asyncio.to_thread(work, settings, database)
                except Exception as error:
                    logger.error("%s failed: %s", name, type(error).__name__)
            await asyncio.sleep(TEND_EVERY_SECONDS)

    async def context(_: web.Application) -> AsyncIterator[None]:
        task = asyncio.create_task(tend())
        yield
        await end([task], STOP_WITHIN_SECONDS)

    return context


def _remind(_: Settings, database: Database) -> None:
    with database.session() as session:
        remind_and_escalate(session, now())
    with database.session() as session:
        finished = helped.to_ask(session)
    for reference in finished:
        with database.session() as session:
            helped.put_question(session, reference)


def _sending(
    settings: Settings, database: Database
) -> Callable[[web.Application], AsyncIterator[None]]:
    """Sends what the bot said over WhatsApp, as soon as the database tells that it said something.

    A database that tells nothing (SQLite) is looked at every second by the sender itself.
    """

    async def context(_: web.Application) -> AsyncIterator[None]:
        async with aiohttp.ClientSession() as http:
            sender: Sender = make_sender(settings, database, make_client(settings, http))
            changes = Changes(database)
            changes.follow(sender.wake)
            tasks = [asyncio.create_task(work) for work in (sender.run(), changes.watch())]
            yield
            await end(tasks, STOP_WITHIN_SECONDS)

    return context
