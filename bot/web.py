"""The web process: the gateway on the public port, and the worker that hands referrals over."""

from __future__ import annotations

from aiohttp import web

from bot.database import Database
from bot.gateway.app import make_app
from bot.handover.worker import working
from bot.settings import Settings


async def application(settings: Settings, database: Database) -> web.Application:
    """The gateway, with the worker beside it.

    Raises:
        bot.settings.SettingsError: the way to a desk is not set right.
    """
    app = await make_app(settings, database)
    app.cleanup_ctx.append(working(settings, database))
    return app


def main(settings: Settings) -> None:
    """Serves until it is told to stop."""
    database = Database(settings.database_url)
    web.run_app(
        application(settings, database),
        host=settings.host_web,
        port=settings.port_web,
        access_log=None,
        print=lambda *_: None,
    )
    database.close()
