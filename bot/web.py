"""The web process: gateway and console on the public port, and the work behind them.

Several may share that port: the kernel spreads connections over those that listen on it
(SO_REUSEPORT, https://lwn.net/Articles/542629/). Each then has a port of its own besides, by which
it alone can be asked how it is.
"""

from __future__ import annotations

import asyncio
import socket

import uvloop
from aiohttp import web

from bot.console.app import mount as mount_console
from bot.database import Database
from bot.gateway.addresses import Addresses
from bot.gateway.app import make_app
from bot.gateway.observing import observe
from bot.privacy.detect import warm_up
from bot.settings import Settings
from bot.worker import add_work


async def application(settings: Settings, database: Database) -> web.Application:
    """The gateway, with the console; and with the work, unless that is done apart.

    Raises:
        bot.settings.SettingsError: the way to a desk is not set right.
    """
    app = await make_app(settings, database)
    await asyncio.to_thread(warm_up)
    if not settings.works_apart:
        add_work(app, settings, database)
    observe(app, settings, database)
    if settings.console:
        addresses = Addresses(settings.trusted_proxies)
        mount_console(app, settings, database, addresses.of)
    return app


def main(settings: Settings, number: int = 0) -> None:
    """Serves until it is told to stop.

    Args:
        number: which of several web processes this is; 0 when it is the only one.
    """
    database = Database(settings.database_url)
    web.run_app(
        application(settings, database),
        host=settings.host_web,
        port=settings.port_web,
        reuse_port=True if number else None,
        sock=_own_socket(settings, number) if number else None,
        access_log=None,
        loop=uvloop.new_event_loop(),
        print=lambda *_: None,
    )
    database.close()


def _own_socket(settings: Settings, number: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host_web else socket.AF_INET
    return socket.create_server((settings.host_web, settings.port_of_web(number)), family=family)
