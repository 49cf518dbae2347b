"""The whole web process on a real port, in a thread."""

import asyncio
import contextlib
import threading

from aiohttp import web
from gateway_process import SECRET
from meta import ENVIRONMENT

from bot.settings import Settings
from bot.web import application

NOWHERE = "9"  # the discard port: nothing answers there


class Site:
    """The running process: its address, and its application for who wants to know its routes."""

    def __init__(self, url, app):
        self.url, self.app = url, app
        host, port = url.removeprefix("http://").split(":")
        self.place = (host, int(port))


@contextlib.contextmanager
def serving(database, folder, **environment):
    """The running web process with these settings besides those of the tests."""
    settings = Settings.from_environment(
        {
            "VAR_DIR": str(folder),
            "DATABASE_URL": database.url,
            "SECRET_KEY": SECRET,
            "RASA_TOKEN": SECRET,
            "PORT_RASA": NOWHERE,
            "PORT_ACTIONS": NOWHERE,
            "WHATSAPP_API_URL": "http://127.0.0.1:9/v25.0",
            "SECURITY_CONTACT": "mailto:veilig@voorbeeldstad.example",
            **ENVIRONMENT,
            **environment,
        }
    )
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    def wait_for(work):
        return asyncio.run_coroutine_threadsafe(work, loop).result(60)

    async def start():
        app = await application(settings, database)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        return runner, app

    runner, app = wait_for(start())
    host, port = runner.addresses[0]
    try:
        yield Site(f"http://{host}:{port}", app)
    finally:
        wait_for(runner.cleanup())
        loop.call_soon_threadsafe(loop.stop)
        thread.join(30)
        loop.close()
