"""The web process: gateway and console on the public port, and the worker of the referrals."""

from __future__ import annotations

from aiohttp import web

from bot.console.app import mount as mount_console
from bot.console.projecting import projecting
from bot.database import Database
from bot.gateway.addresses import Addresses
from bot.gateway.app import make_app
from bot.gateway.observing import observe
from bot.gateway.own_data import OwnData
from bot.handover.worker import working
from bot.settings import Settings


async def application(settings: Settings, database: Database) -> web.Application:
    """The gateway, with the console and the worker beside it.

    Raises:
        bot.settings.SettingsError: the way to a desk is not set right.
    """
    app = await make_app(settings, database)
    app.cleanup_ctx.append(working(settings, database))
    observe(app, settings, database)
    app.add_routes(OwnData(settings, database).routes())
    if settings.console:
        addresses = Addresses(settings.trusted_proxies)
        mount_console(app, settings, database, addresses.of)
        app.cleanup_ctx.append(projecting(database))
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
