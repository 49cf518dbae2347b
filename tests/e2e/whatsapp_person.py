"""WhatsApp around the running product: Meta on loopback, and people with a phone."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import requests
import sqlalchemy as sa
from graph_peer import GraphPeer, words
from meta import DISPLAYED, ENVIRONMENT, Meta, Phone, envelope, value
from product import Product
from served import Background

from bot.conversations.model import StoredMessage
from bot.database import Database, now
from bot.whatsapp import outbox
from bot.whatsapp.model import WhatsAppPerson, WhatsAppUpdate

Body = dict[str, Any]
NEWS, QUESTION = "startwijzer_nieuws", "startwijzer_vraag"
TEMPLATES = f"referral_news={NEWS}:nl,closing_question={QUESTION}:nl"
LOOK_EVERY_SECONDS = 0.05
# Above the one message in six seconds of a person who has had many.
ANSWER_SECONDS = 90.0


class WhatsApp:
    """Meta: takes what the product sends, delivers it, and says so.

    Attributes:
        peer: the Graph API.
        meta: posts to the webhook.
    """

    def __init__(self) -> None:
        self._background = Background()
        self.peer = GraphPeer()
        self.peer.templates = {(name, "nl") for name in (NEWS, QUESTION)}
        self._background.run(self.peer.start())
        self._told = 0

    @property
    def environment(self) -> dict[str, str]:
        """What the product is set to."""
        return {
            **ENVIRONMENT,
            "WHATSAPP_API_URL": self.peer.url,
            "WHATSAPP_TEMPLATES": TEMPLATES,
        }

    def join(self, product: Product) -> None:
        """From now on this is the WhatsApp of that product."""
        self.product = product
        self.meta = Meta(product.url)
        self.database = Database(product.settings.database_url)

    def close(self) -> None:
        """Ends the server."""
        self.database.close()
        self._background.run(self.peer.stop())
        self._background.close()

    def settle(self, seconds: float = ANSWER_SECONDS) -> None:
        """Returns when all that was said is answered, and all that may go has gone."""
        self.until(self._is_quiet, seconds)

    def until(self, reached: Callable[[], bool], seconds: float = ANSWER_SECONDS) -> None:
        """Returns when it is reached; meanwhile the messages arrive on phones.

        Raises:
            AssertionError: it was not, within so many seconds.
        """
        deadline = time.monotonic() + seconds
        while not (self._tell() and reached()):
            assert time.monotonic() < deadline, "it never came to this"
            time.sleep(LOOK_EVERY_SECONDS)

    def _tell(self) -> bool:
        """Posts what became of the messages; whether the product knows it of all."""
        while self._told < len(self.peer.taken):
            statuses = [self.peer.status(self._told, name) for name in ("sent", "delivered")]
            body = envelope(value(statuses=statuses))
            try:
                if self.meta.post(body).status_code != 200:
                    return False
            except requests.RequestException:
                return False  # Meta posts it again, later
            self._told += 1
        return True

    def _is_quiet(self) -> bool:
        said = sa.select(StoredMessage.id).join(
            WhatsAppPerson, WhatsAppPerson.conversation_id == StoredMessage.conversation_id
        )
        open_ = (
            sa.select(WhatsAppUpdate.id).where(WhatsAppUpdate.status == "received"),
            sa.select(StoredMessage.id).where(StoredMessage.status == "received"),
            said.where(
                StoredMessage.direction == "out", StoredMessage.seq > WhatsAppPerson.rendered_seq
            ),
        )
        with self.database.session() as session:
            if any(session.execute(query.limit(1)).first() for query in open_):
                return False
            return outbox.health(session, now()).waiting == 0


@dataclass(frozen=True)
class Offer:
    """A choice that a message shows: what is on it, and what tapping it sends."""

    shown: tuple[str, ...]
    reply: Body
    message: str


class Person(Phone):
    """Somebody who talks to the bot over WhatsApp.

    Attributes:
        news: the messages of the bot since the last thing this person did.
        log: the whole conversation as JSON: webhooks that came in, and calls that went out.
    """

    def __init__(self, whatsapp: WhatsApp, wa_id: str) -> None:
        super().__init__(whatsapp.meta, wa_id)
        self.whatsapp = whatsapp
        self.news: list[Body] = []
        self.log: list[Body] = []
        self._mine: set[str] = set()
        self._seen = self._read = 0

    def say(self, said: str) -> str:
        """Types something; the words of the answer."""
        return self.do(self.text(said))

    def press(self, title: str) -> str:
        """Taps the newest button or row that shows this; the words of the answer."""
        return self.do(self.pressed(title))

    def pressed(self, title: str) -> Body:
        """The message of that tap, which was not sent yet."""
        offers = [offer for body in self.received for offer in _offers(body)]
        for offer in reversed(offers):
            if any(title.casefold() in text.casefold() for text in offer.shown):
                context = {"from": DISPLAYED, "id": offer.message}
                kind = "button" if "payload" in offer.reply else "interactive"
                return dict(self.message(kind, offer.reply, context=context))
        raise AssertionError(f"{title!r} was not offered: {[o.shown for o in offers[-8:]]}")

    def do(self, *messages: Body) -> str:
        """Sends messages in one webhook; the words of the answer."""
        self.post(*messages)
        self.whatsapp.settle()
        return self.look()

    def post(self, *messages: Body) -> None:
        """Sends messages in one webhook, and does not wait for an answer."""
        body = self.body(*messages)
        self._mine |= {message["id"] for message in messages}
        self.meta.deliver(body)
        self.log.append({"webhook": body})

    def look(self) -> str:
        """Takes the phone; the words of what came since the last time."""
        received = self.received
        self.news, self._seen = received[self._seen :], len(received)
        reads = [body for body in self.whatsapp.peer.reads if body["message_id"] in self._mine]
        self.log += [{"call": body} for body in (*reads[self._read :], *self.news)]
        self._read = len(reads)
        return self.words

    @property
    def received(self) -> list[Body]:
        """All that ever came."""
        return [body for body in self.whatsapp.peer.taken if body.get("to") == self.wa_id]

    @property
    def words(self) -> str:
        """All words of the news."""
        return "\n\n".join(words(body) for body in self.news)


def _offers(body: Body) -> Iterator[Offer]:
    if body["type"] == "template":
        for component in body["template"].get("components", ()):
            (parameter,) = component["parameters"]
            reply = {"text": "Lees het bericht", "payload": parameter["payload"]}
            yield Offer((reply["text"],), reply, body["id"])
    with contextlib.suppress(KeyError):
        for button in body["interactive"]["action"]["buttons"]:
            reply = {"type": "button_reply", "button_reply": button["reply"]}
            yield Offer((button["reply"]["title"],), reply, body["id"])
    with contextlib.suppress(KeyError):
        for section in body["interactive"]["action"]["sections"]:
            for row in section["rows"]:
                shown = (row["title"], row.get("description", ""))
                yield Offer(shown, {"type": "list_reply", "list_reply": row}, body["id"])
