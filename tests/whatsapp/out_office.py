"""People on WhatsApp, what the bot says to them, and a worker with a clock that a test moves."""

import asyncio
import datetime

import aiohttp
from graph_peer import NUMBER, TOKEN

from bot.assessment.results import Links
from bot.conversations import log
from bot.conversations.log import Reply
from bot.conversations.messages import About
from bot.gateway.whatsapp.client import GraphClient
from bot.gateway.whatsapp.sending import RESULT_PATH, Sender
from bot.privacy.vault import Vault
from bot.whatsapp.identity import Address, People
from bot.whatsapp.model import WhatsAppDelivery, WhatsAppPerson
from bot.whatsapp.templates import read_templates

SECRET = "een-geheim-van-minstens-32-tekens-lang"
PUBLIC = "http://ons.example"
NEWS = "startwijzer_bericht"


class Clock:
    """Stands still until it is moved."""

    def __init__(self):
        self.moment = datetime.datetime.now(datetime.timezone.utc)

    def __call__(self):
        return self.moment

    def forward(self, **amount):
        self.moment += datetime.timedelta(**amount)

    def seconds(self):
        return self.moment.timestamp()


class Office:
    """One installation."""

    def __init__(self, database, clock=None):
        self.database = database
        self.clock = clock or Clock()
        self.people = People(SECRET, (), NUMBER)
        self.vault = Vault(SECRET)
        self.links = Links(SECRET, PUBLIC)

    def meet(self, wa_id="31600000001", user_id=None, gemeente="Voorbeeldstad", wamid="wamid.in"):
        """Somebody who just wrote; the id of the conversation."""
        with self.database.session() as session:
            made = log.start(session, channel="whatsapp", gemeente=gemeente, page=None)
            person = self.people.add(session, made.id, Address(wa_id, user_id))
            self.people.heard(session, person, wamid, self.clock())
            return made.id

    def writes(self, conversation):
        """The person writes again."""
        with self.database.session() as session:
            person = session.get(WhatsAppPerson, conversation)
            self.people.heard(session, person, "wamid.again", self.clock())

    def say(self, conversation, *texts, choices=(), image=None, about=None):
        """The bot says something; the number of the last message."""
        offered = [{"title": title, "payload": "/x"} for title in choices]
        replies = [Reply(text, offered, image, (about or About()).as_dict()) for text in texts]
        with self.database.session() as session:
            log.put_out(session, conversation, replies)
            return log.newest(session, conversation)

    def rows(self, conversation=None):
        with self.database.session() as session:
            query = session.query(WhatsAppDelivery).order_by(
                WhatsAppDelivery.seq, WhatsAppDelivery.part, WhatsAppDelivery.kind
            )
            return [r for r in query.all() if conversation in (None, r.conversation_id)]

    def statuses(self, conversation=None):
        return [row.status for row in self.rows(conversation)]

    def person(self, conversation):
        with self.database.session() as session:
            return session.get(WhatsAppPerson, conversation)

    def sender(self, peer, http, *, templates=(f"general={NEWS}:nl",), timeout=5.0, **options):
        client = GraphClient(
            http, peer.url, NUMBER, TOKEN, aiohttp.ClientTimeout(total=timeout, sock_connect=2)
        )
        return Sender(
            self.database,
            client,
            self.people,
            self.vault,
            self.links,
            f"{PUBLIC}{RESULT_PATH}",
            read_templates(templates),
            clock=self.clock,
            **options,
        )


async def until(condition, seconds=30):
    """Returns when the condition holds.

    Raises:
        AssertionError: it did not within so many seconds.
    """
    for _ in range(int(seconds / 0.02)):
        if condition():
            return
        await asyncio.sleep(0.02)
    raise AssertionError("it did not happen in time")
