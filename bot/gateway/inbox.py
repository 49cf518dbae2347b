"""The inbox: every message is stored first, answered in order, and tried again if it failed.

Several web processes may work on one database: all of them store, and one at a time answers in a
conversation (`bot.conversations.turns`).
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence
from datetime import datetime, timedelta

from aiohttp import web
from sqlalchemy.orm import Session

from bot.conversations import log, turns
from bot.conversations.log import Reply, UnknownConversation
from bot.conversations.messages import About
from bot.conversations.model import StoredMessage
from bot.database import Database, now
from bot.gateway.changes import Changes
from bot.gateway.rasa import RasaClient, RasaUnavailable
from bot.gateway.waiting import wait_for
from bot.privacy.vault import Vault

logger = logging.getLogger(__name__)
# Marks the choice by which a citizen asks to try again; it never goes to Rasa.
RETRY = "retry"
LONGEST_WAIT = 60.0
GIVE_UP_AFTER = timedelta(hours=1)
# How often to look whether another process gave the conversation back, and how long to go on.
LOOK_EVERY = 0.25
LONGEST_LOOK = 60.0
# Conversations that are answered at once by the worker; Rasa takes them one by one anyway.
MOST_AT_ONCE = 8
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


class Inbox:
    """Takes messages in and answers them, one at a time per conversation."""

    def __init__(self, database: Database, rasa: RasaClient, vault: Vault) -> None:
        self._database = database
        self._rasa = rasa
        self._vault = vault
        self._work = asyncio.Event()
        self._answering: dict[str, asyncio.Task[None]] = {}
        self.changes = Changes(database)

    async def say(
        self,
        conversation_id: str,
        text: str,
        payload: str | None = None,
        *,
        key: str | None = None,
        choice: str | None = None,
    ) -> int:
        """Stores a message (its identifying details replaced by tokens) and answers it.

        Args:
            payload: what a choice means; None for typed text.
            key: the sender's own id of the message; the same key in the same conversation is
                stored once, and the second call waits for the answer to the first.
            choice: id of the choice that this is.

        Returns:
            The number of the message; `log.answers` gives what was said to it.

        Raises:
            log.UnknownConversation: it does not exist, or was erased before the answer came.
        """
        message = await self._store(conversation_id, text, payload, key, choice)
        await self._until_answered(message)
        return int(message.seq)

    async def take(
        self,
        conversation_id: str,
        text: str,
        payload: str | None = None,
        *,
        key: str | None = None,
        choice: str | None = None,
    ) -> int:
        """Stores a message as `say` does, and leaves the answer to the worker, which it wakes."""
        message = await self._store(conversation_id, text, payload, key, choice)
        self._work.set()
        return int(message.seq)

    async def try_again(self, conversation_id: str) -> int:
        """Answers now what was put off in this conversation.

        Returns:
            The number of the newest message before that; `log.answers` gives what came of it.
        """

        def look() -> tuple[int, list[StoredMessage]]:
            with self._database.session() as session:
                waiting = turns.waiting(session, conversation_id)
                return log.newest(session, conversation_id), waiting

        seq, waiting = await asyncio.to_thread(look)
        if waiting:
            await self._until_answered(waiting[-1])
        return seq

    async def run(self, every: float = 1.0) -> None:
        """Answers what waits in any conversation, until it is cancelled; also after a restart."""
        room = asyncio.Semaphore(MOST_AT_ONCE)
        try:
            while True:
                self._work.clear()
                try:
                    for conversation_id in await asyncio.to_thread(self._due):
                        if conversation_id not in self._answering:
                            task = asyncio.create_task(self._answer_later(conversation_id, room))
                            self._answering[conversation_id] = task
                except Exception as error:
                    logger.error("inbox round failed: %s", type(error).__name__)
                await wait_for(self._work, every)
        finally:
            tasks = list(self._answering.values())
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _answer_later(self, conversation_id: str, room: asyncio.Semaphore) -> None:
        try:
            async with room:
                await self._answer_waiting(conversation_id)
        except Exception as error:
            logger.error("answering failed: %s", type(error).__name__)
        finally:
            del self._answering[conversation_id]

    async def _store(
        self,
        conversation_id: str,
        text: str,
        payload: str | None,
        key: str | None,
        choice: str | None,
    ) -> StoredMessage:
        def store() -> StoredMessage:
            with self._database.session() as session:
                log.lock(session, conversation_id)  # also for the numbers in the vault
                said = text
                if payload is None:
                    said = self._vault.mask(session, conversation_id, text)
                return log.take_in(session, conversation_id, said, payload, key=key, choice=choice)

        message = await asyncio.to_thread(store)
        self.changes.tell(conversation_id)
        return message

    async def _until_answered(self, message: StoredMessage) -> None:
        """Answers what waits up to this message, or waits for the process that does.

        It also returns when the message was put off, or when it takes too long: the answer comes
        later then, by the stream of events.
        """
        conversation_id = message.conversation_id
        deadline = time.monotonic() + LONGEST_LOOK
        with self.changes.listen(conversation_id) as news:
            while await asyncio.to_thread(self._is_waiting, message):
                done = await self._answer_waiting(conversation_id)
                if done or time.monotonic() > deadline:
                    return
                await news.wait(LOOK_EVERY)

    async def _answer_waiting(self, conversation_id: str) -> bool:
        """Answers what waits; False when it does nothing: another one has the conversation."""
        held, message = await asyncio.to_thread(self._next, conversation_id, None)
        if held is None:
            return False
        try:
            while held is not None and message is not None and await self._answer(message):
                held, message = await asyncio.to_thread(self._next, conversation_id, held)
        finally:
            if held is not None:
                await asyncio.to_thread(self._release, conversation_id, held)
            self.changes.tell(conversation_id)
        return True

    async def _answer(self, message: StoredMessage) -> bool:
        """Has one message answered; False when that failed and it was put off."""
        try:
            replies = await self._rasa.send(
                message.conversation_id, message.payload or message.text, message.id
            )
        except RasaUnavailable as error:
            logger.warning("no answer from Rasa (%s), attempt %d", error, message.attempts + 1)
            await asyncio.to_thread(self._postpone, message)
            return False
        else:
            await asyncio.to_thread(self._finish, message, "answered", replies)
            return True
        finally:
            self.changes.tell(message.conversation_id)

    def _due(self) -> list[str]:
        with self._database.session() as session:
            return turns.due(session, now())

    def _is_waiting(self, message: StoredMessage) -> bool:
        """Whether it has no answer yet, and was not put off either."""
        with self._database.session() as session:
            stored = session.get(StoredMessage, message.id)
            if stored is None or stored.conversation_id != message.conversation_id:
                raise UnknownConversation(message.conversation_id)
            return bool(stored.status == "received" and stored.attempts == message.attempts)

    def _next(
        self, conversation_id: str, held: datetime | None
    ) -> tuple[datetime | None, StoredMessage | None]:
        """Holds the conversation (again), and gives the oldest message that waits in it.

        Neither when another process holds it; when nothing waits it is given back.
        What an earlier attempt at that message did in Rasa is undone: this process may have been
        killed before it could store the answer.
        """
        with self._database.session() as session:
            until = turns.hold(session, conversation_id, now(), held)
            waiting = turns.waiting(session, conversation_id) if until else []
            if not waiting:
                if until:
                    turns.release(session, conversation_id, until)
                return None, None
            turns.undo(session, conversation_id, waiting[0].id)
            return until, waiting[0]

    def _release(self, conversation_id: str, held: datetime) -> None:
        with self._database.session() as session:
            turns.release(session, conversation_id, held)

    def _finish(self, message: StoredMessage, status: str, replies: Sequence[Reply]) -> None:
        with self._database.session() as session:
            stored = self._unanswered(session, message)
            if stored is not None:
                stored.status = status
                log.put_out(session, message.conversation_id, replies, message.seq)

    def _postpone(self, message: StoredMessage) -> None:
        if now() - message.at > GIVE_UP_AFTER:
            self._finish(message, "failed", [GIVEN_UP])
            return
        with self._database.session() as session:
            stored = self._unanswered(session, message)
            if stored is None:
                return
            stored.attempts += 1
            wait = min(2.0**stored.attempts, LONGEST_WAIT)
            stored.next_attempt_at = now() + timedelta(seconds=wait)
            if stored.attempts == 1:
                log.put_out(session, message.conversation_id, [APOLOGY], message.seq)

    @staticmethod
    def _unanswered(session: Session, message: StoredMessage) -> StoredMessage | None:
        """The message as it is stored, or None when another process answered it first.

        When it was erased in the meantime, what the turn left behind goes after it.
        """
        try:
            log.lock(session, message.conversation_id)
        except UnknownConversation:
            stored = None
        else:
            stored = session.get(StoredMessage, message.id)
        if stored is None or stored.conversation_id != message.conversation_id:
            log.erase_remains(session, message.conversation_id)
            return None
        return stored if stored.status == "received" else None


INBOX = web.AppKey("inbox", Inbox)
