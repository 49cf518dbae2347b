"""The web process with WhatsApp in a thread, with a scripted Rasa behind it."""

import asyncio
import contextlib
import threading
import time

import sqlalchemy as sa
from aiohttp import web
from meta import ENVIRONMENT, Meta, Phone
from whatsapp_process import make

from bot.conversations import log
from bot.conversations.model import Conversation
from bot.settings import Settings
from bot.whatsapp.model import WhatsAppUpdate

SECRET = "a secret of at least thirty-two characters"


def settings_in(folder, database, **environment):
    return Settings.from_environment(
        {
            "VAR_DIR": str(folder),
            "DATABASE_URL": database.url,
            "SECRET_KEY": SECRET,
            "RASA_TOKEN": SECRET,
            "PORT_RASA": "9",
            "PORT_ACTIONS": "9",
            # Nothing answers there: what goes out is for other tests.
            "WHATSAPP_API_URL": "http://127.0.0.1:9/v25.0",
            **ENVIRONMENT,
            **environment,
        }
    )


@contextlib.contextmanager
def serving(database, folder, **environment):
    """The address of the running application."""
    settings = settings_in(folder, database, **environment)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    def wait_for(work):
        return asyncio.run_coroutine_threadsafe(work, loop).result(30)

    async def start():
        runner = web.AppRunner(await make(settings, database), access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        return runner

    runner = wait_for(start())
    host, port = runner.addresses[0]
    try:
        yield f"http://{host}:{port}"
    finally:
        wait_for(runner.cleanup())
        loop.call_soon_threadsafe(loop.stop)
        thread.join(30)
        loop.close()


class Service:
    """The running application, seen from both sides: Meta's, and the database's."""

    def __init__(self, url, database, rasa):
        self.url, self.database, self.rasa = url, database, rasa
        self.meta = Meta(url)

    def phone(self, wa_id="31600000001", user_id=None):
        return Phone(self.meta, wa_id, user_id)

    def settle(self, seconds=20.0):
        """Returns when everything that came in is handled and answered."""
        self.until(lambda: not self._open(), seconds)

    @staticmethod
    def until(reached, seconds=20.0):
        """Returns when it is reached."""
        deadline = time.monotonic() + seconds
        while not reached():
            assert time.monotonic() < deadline, "it never came to this"
            time.sleep(0.02)

    def conversations(self):
        with self.database.session() as session:
            return list(session.execute(sa.select(Conversation.id)).scalars())

    def log(self, conversation_id=None):
        """What was said in the one conversation there is: (direction, text)."""
        (here,) = [conversation_id] if conversation_id else self.conversations()
        with self.database.session() as session:
            return [(m.direction, m.text) for m in log.history(session, here)]

    def said(self):
        """The bot's texts in the one conversation there is."""
        return [text for direction, text in self.log() if direction == "out"]

    def last(self):
        """The last message of the bot in the one conversation there is."""
        (here,) = self.conversations()
        with self.database.session() as session:
            return [m for m in log.history(session, here) if m.direction == "out"][-1]

    def turns(self):
        """What Rasa got, without the greetings."""
        return [t.message for t in self.rasa.turns if not t.message.startswith("/groet")]

    def _open(self):
        waiting = sa.text("SELECT count(*) FROM message WHERE status = 'received'")
        received = sa.select(sa.func.count(WhatsAppUpdate.id)).where(
            WhatsAppUpdate.status == "received"
        )
        with self.database.session() as session:
            return sum(session.execute(query).scalar() for query in (waiting, received))
