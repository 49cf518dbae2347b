"""The console as an aiohttp application, mounted below /console."""

from __future__ import annotations

from pathlib import Path

from aiohttp import web

from bot.console import context, html, oidc, security
from bot.console.notices import NOTICES, Notices
from bot.console.sections import SECTIONS
from bot.console.sessions import session_middleware
from bot.database import Database
from bot.settings import Settings
from bot.smtp import Mailer

STATIC = Path(__file__).parent / "static"


def remote(request: web.Request) -> str:
    """The address that the connection comes from."""
    return request.remote or ""


def make_console(
    settings: Settings, database: Database, address_of: context.AddressOf = remote
) -> web.Application:
    """The application with all sections. What it is mounted in says how much a form may send.

    Args:
        address_of: where a request comes from, for who knows the proxies in front of us.

    Raises:
        bot.settings.SettingsError: the way to the gemeente's own accounts, or to the mail server,
            is not set right.
    """
    app = web.Application(
        middlewares=[
            security.headers_middleware,
            security.errors_middleware,  # of the session itself
            session_middleware,
            security.errors_middleware,  # of the handlers, so that their cookies are set
            security.input_middleware,
        ],
    )
    oidc.check(settings)
    pages = [page for section in SECTIONS for page in section.pages()]
    app[context.SETTINGS] = settings
    app[context.DATABASE] = database
    app[context.ADDRESS_OF] = address_of
    app[NOTICES] = Notices(Mailer(settings))
    app.on_cleanup.append(app[NOTICES].close)
    app[context.MENU] = tuple(page for page in pages if page.menu)
    for page in pages:
        app.router.add_route(page.method, page.path, security.guarded(page))
    app.router.add_static("/static", STATIC)
    html.setup(app)
    return app


def mount(
    app: web.Application,
    settings: Settings,
    database: Database,
    address_of: context.AddressOf = remote,
) -> None:
    """Puts the console below /console of another application."""

    async def to_console(_: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": f"{context.ROOT}/"})

    app.router.add_get(context.ROOT, to_console)
    app.add_subapp(f"{context.ROOT}/", make_console(settings, database, address_of))
