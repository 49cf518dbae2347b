"""The inbox: every message is stored first, answered in order, and tried again if it failed."""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta
from weakref import WeakValueDictionary

from bot.conversations import log
from bot.conversations.log import Reply
from bot.conversations.messages import About
from bot.conversations.model import StoredMessage
from bot.database import Database, now
from bot.gateway.rasa import RasaClient, RasaUnavailable
from bot.privacy.vault import Vault

logger = logging.getLogger(__name__)
# Marks the choice by which a citizen asks to try again; it never goes to Rasa.
RETRY = "retry"
LONGEST_WAIT = 60.0
GIVE_UP_AFTER = timedelta(hours=1)
APOLOGY = Reply(
    "Sorry, er gaat iets mis aan onze kant. Wat je zei is bewaard. Ik probeer het zo vanzelf "
    "opnieuw. Liever een mens? Bel je gemeente via 14 met daarachter het netnummer.",
    [{"title": "Probeer het nu opnieuw", "payload": RETRY}],
    about=About().as_dict(),
)
GIVEN_UP = Reply(
    "Het is niet gelukt om je bericht te beantwoorden. Dat spijt me. Stel je vraag nog een keer, "
    "of bel je gemeente via 14 met daarachter het netnummer.",
    about=About().as_dict(),
)


class Changes:
    """Wakes who waits for news in a conversation."""

    def __init__(self) -> None:
        self._events: dict[str, set[asyncio.Event]] = defaultdict(set)

    def tell(self, conversation_id: str) -> None:
        """There is something new in this conversation."""
        for event in self._events.get(conversation_id, ()):
            event.set()

    async def wait(self, conversation_id: str, seconds: float) -> None:
        """Returns when there is something new, or after so many seconds."""
        event = asyncio.Event()
        self._events[conversation_id].add(event)
        try:
            await asyncio.wait_for(event.wait(), seconds)
        except asyncio.TimeoutError:
            pass
        finally:
            self._events[conversation_id].discard(event)
            if not self._events[conversation_id]:
                del self._events[conversation_id]


class Inbox:
    """Takes messages in and answers them, one at a time per conversation."""

    def __init__(self, database: Database, rasa: RasaClient, vault: Vault) -> None:
        self._database = database
        self._rasa = rasa
        self._vault = vault
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self.changes = Changes()

    async def say(self, conversation_id: str, text: str, payload: str | None = None) -> int:
        """Stores a message (its identifying details replaced by tokens) and answers it.

        Args:
            payload: what a choice means; None for typed text.

        Returns:
            The number of the message; what follows it in the history is the answer.
        """
        async with self._lock(conversation_id):
            message = await asyncio.to_thread(self._store, conversation_id, text, payload)
            self.changes.tell(conversation_id)
            await self._answer_waiting(conversation_id)
        return int(message.seq)

    async def try_again(self, conversation_id: str) -> None:
        """Answers what still waits in this conversation."""
        async with self._lock(conversation_id):
            await self._answer_waiting(conversation_id)

    async def run(self, every: float = 1.0) -> None:
        """Answers what waits in any conversation, until it is cancelled; also after a restart."""
        while True:
            try:
                for conversation_id in await asyncio.to_thread(self._due):
                    await self.try_again(conversation_id)
            except Exception as error:
                logger.error("inbox round failed: %s", type(error).__name__)
            await asyncio.sleep(every)

    def _lock(self, conversation_id: str) -> asyncio.Lock:
        return self._locks.setdefault(conversation_id, asyncio.Lock())

    def _store(self, conversation_id: str, text: str, payload: str | None) -> StoredMessage:
        with self._database.session() as session:
            log.get(session, conversation_id)
            masked = self._vault.mask(session, conversation_id, text) if payload is None else text
            return log.take_in(session, conversation_id, masked, payload)

    def _due(self) -> list[str]:
        with self._database.session() as session:
            return log.conversations_due(session, now())

    def _waiting(self, conversation_id: str) -> list[StoredMessage]:
        with self._database.session() as session:
            return log.waiting(session, conversation_id)

    async def _answer_waiting(self, conversation_id: str) -> None:
        for message in await asyncio.to_thread(self._waiting, conversation_id):
            try:
                if message.attempts:
                    await asyncio.to_thread(self._undo, message)
                replies = await self._rasa.send(
                    conversation_id, message.payload or message.text, message.id
                )
            except RasaUnavailable as error:
                logger.warning("no answer from Rasa (%s), attempt %d", error, message.attempts + 1)
                await asyncio.to_thread(self._postpone, message)
                break
            else:
                await asyncio.to_thread(self._finish, message, "answered", replies)
            finally:
                self.changes.tell(conversation_id)

    def _undo(self, message: StoredMessage) -> None:
        with self._database.session() as session:
            log.undo_turn(session, message.conversation_id, message.id)

    def _finish(self, message: StoredMessage, status: str, replies: Sequence[Reply]) -> None:
        with self._database.session() as session:
            stored = session.get(StoredMessage, message.id)
            if stored is None:  # erased in the meantime
                return
            stored.status = status
            log.put_out(session, message.conversation_id, replies)

    def _postpone(self, message: StoredMessage) -> None:
        if now() - message.at > GIVE_UP_AFTER:
            self._finish(message, "failed", [GIVEN_UP])
            return
        with self._database.session() as session:
            stored = session.get(StoredMessage, message.id)
            if stored is None:
                return
            stored.attempts += 1
            wait = min(2.0**stored.attempts, LONGEST_WAIT)
            stored.next_attempt_at = now() + timedelta(seconds=wait)
            if stored.attempts == 1:
                log.put_out(session, message.conversation_id, [APOLOGY])
