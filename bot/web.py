"""The web process: the gateway on the public port."""

from __future__ import annotations

from aiohttp import web

from bot.database import Database
from bot.gateway.app import make_app
from bot.settings import Settings


def main(settings: Settings) -> None:
    """Serves until it is told to stop."""
    database = Database(settings.database_url)
    web.run_app(
        make_app(settings, database),
        host=settings.host_web,
        port=settings.port_web,
        access_log=None,
        print=lambda *_: None,
    )
    database.close()
