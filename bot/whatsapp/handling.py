"""What happens with a message that came in: who said it, and what the dialogue gets of it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.conversations import choices, log, turns
from bot.conversations.log import Reply
from bot.conversations.model import StoredMessage
from bot.database import now
from bot.privacy import kept, preserve
from bot.privacy.vault import Vault
from bot.whatsapp import consent
from bot.whatsapp.identity import Address, People
from bot.whatsapp.model import WhatsAppPerson
from bot.whatsapp.numbers import number_in
from bot.whatsapp.reading import Incoming
from bot.whatsapp.rendering import numbered
from bot.whatsapp.templates import READ
from bot.whatsapp.texts import Texts

CHANNEL = "whatsapp"


class NotYet(Exception):
    """What this message means depends on an answer that is still being made."""


@dataclass(frozen=True)
class Turn:
    """What the dialogue gets: see `Inbox.take`."""

    key: str
    text: str
    payload: str | None = None
    choice: str | None = None


@dataclass(frozen=True)
class Plan:
    """What is left to do for a message, in a conversation that exists now.

    Attributes:
        turns: for the dialogue, in order.
        after: what we say ourselves. With turns it is for later: handle the message again when the
            dialogue has them, and it is all that is left.
    """

    conversation_id: str
    turns: Sequence[Turn] = ()
    after: Sequence[Reply] = field(default=())


@dataclass(frozen=True)
class Handler:
    """Decides about each message; the same message twice gives the same, so it can be tried again.

    Args:
        gemeente: None where the installation serves several.
        notice: what somebody reads first, `Texts.introduce`.
    """

    people: People
    texts: Texts
    gemeente: str | None
    notice: str

    def handle(self, session: Session, message: Incoming, hurry: bool = False) -> Plan | None:
        """Writes down who said it, and what is left to do; None when that is nothing.

        Args:
            hurry: do not wait any longer for an answer to what came before.

        Raises:
            NotYet: try again a little later.
        """
        person = self.people.find(session, message.sender)
        if message.kind == "moved":
            if person is not None:
                self.people.update(session, person, message.moved_to)
            return None
        if person is None:
            person = self._meet(session, message.sender)
        else:
            self.people.update(session, person, message.sender)
        self.people.heard(session, person, message.wamid, message.moment)
        here = person.conversation_id
        if log.by_key(session, here, self.people.fingerprint(message.wamid)):
            # The dialogue got it, the last time: what we add comes after its answer.
            return Plan(here, after=_after_answer(session, here, self._notes(message), hurry))
        newest = _newest(session, here)
        chosen = _offered(session, here, message.choice) if message.kind == "choice" else None
        plan = self._decide(session, person, message, chosen is None, _in_flow(newest))
        if plan is not None:
            return plan
        if chosen is None and message.text:
            chosen = _named(session, here, newest, message.text, hurry)
        return self._talk(session, here, newest, message, chosen, hurry)

    def _meet(self, session: Session, address: Address) -> WhatsAppPerson:
        """Starts the conversation of somebody new; the first thing they read is with whom."""
        conversation = log.start(session, channel=CHANNEL, gemeente=self.gemeente, page=None)
        person = self.people.add(session, conversation.id, address)
        self._introduce(session, person)
        return person

    def _introduce(self, session: Session, person: WhatsAppPerson) -> None:
        log.put_out(session, person.conversation_id, [consent.notice(self.notice, "welkom")])
        person.told_at = now()
        session.flush()

    def _decide(
        self,
        session: Session,
        person: WhatsAppPerson,
        message: Incoming,
        in_words: bool,
        in_flow: bool,
    ) -> Plan | None:
        """What a person decides about the messages they get; None when it is not about that.

        Args:
            in_words: it is in their own words, and no choice that the bot offered.
        """
        here, says = person.conversation_id, self.texts.consent
        wish = consent.wish(self.texts, message.text, in_flow=in_flow) if in_words else None
        stopped = person.opted_out_at is not None
        if wish == "erase":
            return self._erase(session, person, message.sender)
        if wish == "stop" and not stopped:
            consent.opt_out(session, person)
            return Plan(here, after=[consent.notice(says["stopped"], "afgemeld")])
        if wish == "start" and stopped:
            consent.opt_in(session, person)
            return Plan(here, after=[consent.notice(says["started"], "aangemeld")])
        if not stopped:
            return None
        reminds = message.kind != "welcome" and consent.is_to_remind(session, here)
        reminder = consent.notice(says["still_stopped"], "nog_afgemeld")
        return Plan(here, after=[reminder] if reminds else [])

    def _erase(self, session: Session, person: WhatsAppPerson, address: Address) -> Plan:
        """Erases the conversation; what follows is another one, with the same wish about it."""
        stopped = person.opted_out_at
        old = person.conversation_id
        try:
            preserve.refuse(session, kept.CONVERSATION, old)
        except preserve.Preserved as error:
            return Plan(old, after=[consent.notice(str(error), "bewaard")])
        heard = (person.last_in_at, person.last_in_wamid)
        Vault.erase(session, old)
        log.erase(session, old)
        session.expunge_all()
        conversation = log.start(session, channel=CHANNEL, gemeente=self.gemeente, page=None)
        person = self.people.add(session, conversation.id, address)
        person.opted_out_at = stopped
        person.last_in_at, person.last_in_wamid = heard
        person.told_at = now()
        session.flush()
        return Plan(conversation.id, after=[consent.notice(self.texts.consent["erased"], "gewist")])

    def _talk(
        self,
        session: Session,
        here: str,
        newest: StoredMessage | None,
        message: Incoming,
        chosen: dict[str, str] | None,
        hurry: bool,
    ) -> Plan:
        """What the dialogue gets, and what we say to what is not for the dialogue."""
        key = self.people.fingerprint(message.wamid)
        first = not _said_something(session, here)
        greeting = [self._greeting(self.people.fingerprint(f"{message.wamid} groet"))]
        if message.kind == "welcome":
            return Plan(here, greeting if first else [])
        if message.kind == "choice" and message.choice == READ:
            return Plan(here)  # what waited for this is sent now
        if chosen is not None:
            turn = Turn(key, chosen["title"], chosen["payload"], chosen["id"])
        elif not message.text:
            kind = message.kind if message.kind in self.texts.unread else "unknown"
            reply = consent.notice(self.texts.unread[kind], "niet_gelezen", _open(newest))
            if first:
                return Plan(here, greeting, [reply])
            return Plan(here, after=_after_answer(session, here, [reply], hurry))
        elif first and consent.plain(message.text) in self.texts.greetings:
            return Plan(here, [self._greeting(key, message.text)])
        else:
            turn = Turn(key, message.text)
        return Plan(here, [*greeting, turn] if first else [turn], self._notes(message))

    def _notes(self, message: Incoming) -> list[Reply]:
        """What we add to what the dialogue says."""
        notes = []
        if message.shown is not None:
            notes.append(consent.notice(self.texts.only_words, "alleen_tekst"))
        typed = message.kind != "choice"
        if typed and consent.wish(self.texts, message.text, in_flow=False) == "stop":
            # The dialogue got it, so it was about a flow.
            notes.append(consent.notice(self.texts.consent["left_flow"], "lijst_gestopt"))
        return notes

    def _greeting(self, key: str, text: str = "") -> Turn:
        """The first turn of every conversation: the bot gets to know where it is."""
        known = {"gemeente": self.gemeente} if self.gemeente else {}
        return Turn(key, text, f"/groet{json.dumps(known, ensure_ascii=False)}")


def _after_answer(session: Session, here: str, said: list[Reply], hurry: bool) -> list[Reply]:
    """What we say ourselves, which never comes between a question and its answer.

    Raises:
        NotYet: an answer is still being made.
    """
    if said and not hurry and turns.is_working(session, here):
        raise NotYet
    return said


def _offered(session: Session, conversation_id: str, choice: str | None) -> dict[str, str] | None:
    """What was offered under this id; None for an id of somebody else's making."""
    try:
        return log.choice(session, conversation_id, choice or "")
    except log.UnknownChoice:
        return None


def _newest(session: Session, conversation_id: str) -> StoredMessage | None:
    """The last message of the bot's dialogue."""
    query = (
        sa.select(StoredMessage)
        .where(
            StoredMessage.conversation_id == conversation_id,
            StoredMessage.direction == "out",
            StoredMessage.text != "",
        )
        .order_by(StoredMessage.seq.desc())
    )
    said = session.execute(query).scalars()
    return next((message for message in said if not consent.is_notice(message)), None)


def _named(
    session: Session, here: str, newest: StoredMessage | None, text: str, hurry: bool
) -> dict[str, str] | None:
    """The choice that the text is, by its title or by its number.

    Raises:
        NotYet: a number is about the next question, which is still to come.
    """
    number = number_in(text)
    if number is not None:
        if not hurry and turns.is_working(session, here):
            raise NotYet
        offered = newest.choices if newest is not None else []
        if number <= len(offered) and numbered(offered):
            return dict(offered[number - 1])
    return choices.matching(session, here, text)


def _open(newest: StoredMessage | None) -> list[dict[str, str]]:
    """The choices that still can be made, to offer again."""
    offered = newest.choices if newest is not None else []
    return [{"title": choice["title"], "payload": choice["payload"]} for choice in offered]


def _in_flow(newest: StoredMessage | None) -> bool:
    about = (newest.about or {}) if newest is not None else {}
    return bool(about.get("flow") and about.get("step"))


def _said_something(session: Session, conversation_id: str) -> bool:
    query = sa.select(StoredMessage.id).where(
        StoredMessage.conversation_id == conversation_id, StoredMessage.direction == "in"
    )
    return session.execute(query.limit(1)).first() is not None
