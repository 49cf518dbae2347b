"""The web process with WhatsApp in a thread, with a scripted Rasa behind it."""

import contextlib
import time

import served
import sqlalchemy as sa
from meta import ENVIRONMENT, Meta, Phone

from bot.conversations import log
from bot.conversations.model import Conversation
from bot.gateway.app import make_app
from bot.whatsapp.model import WhatsAppUpdate


def settings_in(folder, database, **environment):
    return served.settings_in(folder, database.url, **{**ENVIRONMENT, **environment})


@contextlib.contextmanager
def serving(database, folder, **environment):
    """The address of the running application."""
    settings = settings_in(folder, database, **environment)
    with served.served(make_app(settings, database)) as site:
        yield site.url


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
