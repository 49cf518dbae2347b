"""The inbox: every message is stored first, answered in order, and tried again if it failed.

Several web processes may work on one database: all of them store, and one at a time answers in a
conversation (`bot.conversations.turns`). Nobody waits long without a word (`bot.gateway.trouble`):
who asked hears that the answer is late, and it goes on being made.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import Any

from aiohttp import web
from sqlalchemy.orm import Session

from bot.conversations import log, turns
from bot.conversations.log import Reply, UnknownConversation
from bot.conversations.model import StoredMessage
from bot.conversations.turns import Turn
from bot.database import Database, now
from bot.gateway import trouble
from bot.gateway.changes import Changes
from bot.gateway.presentation import answers, public
from bot.gateway.rasa import RasaClient, RasaUnavailable
from bot.gateway.waiting import end, wait_for
from bot.privacy.vault import Vault

logger = logging.getLogger(__name__)
LONGEST_WAIT = turns.LONGEST_PAUSE.total_seconds()
GIVE_UP_AFTER = timedelta(hours=1)
# How often to look whether another process answered, or gave the conversation back.
LOOK_EVERY = 0.25
# Conversations that the worker answers at once; Rasa takes them one by one anyway.
MOST_AT_ONCE = 8
# Who failed lets other processes go first with what is due, for so long: their Rasa may be there.
AFTER_YOU = timedelta(seconds=1.5)
# What is being answered may end when we are told to stop.
STOP_WITHIN_SECONDS = 5.0


@dataclass(frozen=True)
class Said:
    """What somebody said.

    Attributes:
        text: as they typed it, or the title of what they chose.
        payload: what a choice means; None for typed text, of which the details are masked.
        choice: id of the choice that it is.
    """

    text: str
    payload: str | None = None
    choice: str | None = None

    @classmethod
    def chosen(cls, offered: Mapping[str, str]) -> Said:
        """A choice of those that the bot offered, see `log.choice`."""
        return cls(offered["title"], offered["payload"], offered["id"])


# Finds what was said, in the transaction that stores it.
Find = Callable[[Session], Said]
# Messages in the shape of the public API.
Answers = list[dict[str, Any]]


class Outcome(Enum):
    """What came of answering a conversation.

    ANSWERED: everything that waited has its answer. FAILED: an attempt failed, and was put off.
    ELSEWHERE: another process has it, or nothing waited.
    """

    ANSWERED = auto()
    FAILED = auto()
    ELSEWHERE = auto()


class Inbox:
    """Takes messages in and answers them, one at a time per conversation."""

    def __init__(self, database: Database, rasa: RasaClient, vault: Vault) -> None:
        self._database = database
        self._rasa = rasa
        self._vault = vault
        # By conversation and number of the message: where to leave its answer for who waits for
        # it. Not by its id: SQLite gives that of an erased message to the next, of anybody.
        self._asked: dict[tuple[str, int], list[Answers]] = {}
        self._work = asyncio.Event()
        self._answering: dict[str, asyncio.Task[Outcome]] = {}
        self._by_worker: set[str] = set()
        self._has_failed = False
        self.changes = Changes(database)

    async def say(self, conversation_id: str, find: Find, key: str | None = None) -> Answers:
        """Stores a message (its identifying details replaced by tokens) and answers it.

        Who chose to try again (`trouble.RETRY`) gets that instead; nothing is stored.

        Args:
            find: gives what was said; what it raises comes out, and then nothing is stored.
            key: the sender's own id of the message; the same key in the same conversation is
                stored once, and the second call waits for the answer to the first.

        Returns:
            What was said to it. When the answer takes longer than `trouble.PATIENCE` that is that
            it is late; the answer comes later.

        Raises:
            log.UnknownConversation: it does not exist, or was erased before the answer came.
        """
        stored = await self._store(conversation_id, find, key, answer=True)
        if stored is None:
            seq = await self.try_again(conversation_id)
            return await asyncio.to_thread(self._answers, conversation_id, seq)
        message, turn = stored
        read = self._asked[conversation_id, message.seq] = []
        try:
            if turn is not None:
                self._begin(conversation_id, turn)
            await self._until_answered(message)
        finally:
            self._asked.pop((conversation_id, message.seq), None)
        if read:
            return read[0]
        # Late, put off, or answered by another process.
        return await asyncio.to_thread(self._answers, conversation_id, message.seq)

    async def take(self, conversation_id: str, said: Said, key: str | None = None) -> None:
        """Stores a message as `say` does, and leaves the answer to the worker, which it wakes."""
        await self._store(conversation_id, lambda _: said, key, answer=False)
        self._work.set()

    async def try_again(self, conversation_id: str) -> int:
        """Answers now what was put off in this conversation, or says that it did not work again.

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
            await asyncio.to_thread(self._tell_still, waiting[-1], seq)
            self.changes.tell(conversation_id)
        return seq

    async def run(self, every: float = 1.0) -> None:
        """Answers what waits in any conversation, until it is cancelled; also after a restart."""
        try:
            while True:
                self._work.clear()
                try:
                    await self._round()
                except Exception as error:
                    logger.error("inbox round failed: %s", type(error).__name__)
                await wait_for(self._work, every)
        finally:
            await end(self._answering.values(), STOP_WITHIN_SECONDS, at_once=False)

    async def _round(self) -> None:
        for conversation_id in await asyncio.to_thread(self._due):
            if len(self._by_worker) >= MOST_AT_ONCE:
                break  # the first that is done wakes us
            if conversation_id not in self._answering:
                self._by_worker.add(conversation_id)
                self._begin(conversation_id)
        for conversation_id in await asyncio.to_thread(self._tell_all_late):
            self.changes.tell(conversation_id)

    def _begin(self, conversation_id: str, turn: Turn | None = None) -> asyncio.Task[Outcome]:
        """Answers what waits in a conversation, in the background; once at a time.

        Args:
            turn: what this process has to answer first, when it has that already.
        """
        task = self._answering.get(conversation_id)
        if task is None or turn is not None:
            task = asyncio.create_task(self._answer_waiting(conversation_id, turn))
            self._answering[conversation_id] = task
            task.add_done_callback(lambda done: self._ended(conversation_id, done))
        return task

    def _ended(self, conversation_id: str, task: asyncio.Task[Outcome]) -> None:
        if self._answering.get(conversation_id) is task:
            del self._answering[conversation_id]
        if conversation_id in self._by_worker:
            self._by_worker.discard(conversation_id)
            self._work.set()
        if not task.cancelled() and task.exception() is not None:
            logger.error("answering failed: %s", type(task.exception()).__name__)

    async def _store(
        self, conversation_id: str, find: Find, key: str | None, *, answer: bool
    ) -> tuple[StoredMessage, Turn | None] | None:
        """Stores a message, and with `answer` claims the conversation in the same transaction.

        Returns:
            None for who wants to try again.
        """

        def store() -> tuple[StoredMessage, Turn | None] | None:
            with self._database.session() as session:
                log.lock(session, conversation_id)  # for the numbers of messages and in the vault
                said = find(session)
                if said.payload == trouble.RETRY:
                    return None
                text = said.text
                if said.payload is None:
                    text = self._vault.mask(session, conversation_id, text)
                stored = log.take_in(
                    session, conversation_id, text, said.payload, key=key, choice=said.choice
                )
                waits = answer and stored.status == "received"
                return stored, turns.take(session, conversation_id, now()) if waits else None

        stored = await asyncio.to_thread(store)
        self.changes.tell(conversation_id)
        return stored

    async def _until_answered(self, message: StoredMessage) -> None:
        """Has it answered, by this process or another, and waits for that.

        It also returns when the message was put off, or when it takes too long: the answer comes
        later then, by the stream of events.
        """
        conversation_id = message.conversation_id
        deadline = time.monotonic() + trouble.PATIENCE
        if message.status != "received":
            return
        with self.changes.listen(conversation_id) as news:
            work = self._begin(conversation_id)
            while (left := deadline - time.monotonic()) > 0:
                heard = await news.wait(min(LOOK_EVERY, left))
                outcome = _outcome(work)
                answered = self._asked.get((conversation_id, message.seq))
                if answered or outcome is Outcome.ANSWERED:
                    return
                if heard and outcome is None:
                    continue  # of this very turn, likely; else a look without news comes soon
                if not await asyncio.to_thread(self._is_waiting, message):
                    return
                if outcome is Outcome.FAILED:  # at what stands before it
                    break
                if outcome is Outcome.ELSEWHERE:
                    work = self._begin(conversation_id)
            await asyncio.to_thread(trouble.tell_late, self._database, message)
            self.changes.tell(conversation_id)

    async def _answer_waiting(self, conversation_id: str, turn: Turn | None) -> Outcome:
        """Answers what waits, beginning with a turn that this process has already."""
        if turn is None:
            turn = await asyncio.to_thread(self._take, conversation_id)
            if turn is None:
                return Outcome.ELSEWHERE
        try:
            while turn is not None:
                answered, turn = await self._answer(turn)
                if not answered:
                    return Outcome.FAILED
            return Outcome.ANSWERED
        finally:
            if turn is not None:
                await asyncio.to_thread(self._release, conversation_id, turn.held)
            self.changes.tell(conversation_id)

    async def _answer(self, turn: Turn) -> tuple[bool, Turn | None]:
        """Has one message answered.

        Returns:
            True with the next turn, or False with this one when it failed and was put off.
        """
        message = turn.message
        try:
            replies = await self._rasa.send(
                message.conversation_id, message.payload or message.text, message.id
            )
            following = await asyncio.to_thread(self._finish, turn, replies)
            self._has_failed = False
            return True, following
        except Exception as error:
            # Also what cannot be stored; when nothing can be, this fails too and it stays as it is.
            reason = error if isinstance(error, RasaUnavailable) else type(error).__name__
            logger.warning("no answer (%s), attempt %d", reason, message.attempts + 1)
            self._has_failed = True
            await asyncio.to_thread(self._postpone, message)
            return False, turn
        finally:
            self.changes.tell(message.conversation_id)

    def _due(self) -> list[str]:
        with self._database.session() as session:
            return turns.due(session, now() - AFTER_YOU if self._has_failed else now())

    def _tell_all_late(self) -> list[str]:
        return list(trouble.tell_all_late(self._database, now()))

    def _tell_still(self, message: StoredMessage, seq: int) -> None:
        """Says that it did not work again, when nothing was said after `seq`."""
        with self._database.session() as session:
            stored = self._unanswered(session, message)
            if stored is not None and not log.answers(session, message.conversation_id, seq):
                trouble.tell(session, stored, trouble.STILL)

    def _is_waiting(self, message: StoredMessage) -> bool:
        """Whether it has no answer yet, and was not put off either."""
        with self._database.session() as session:
            stored = log.message(session, message.conversation_id, message.id)
            if stored is None:
                raise UnknownConversation(message.conversation_id)
            return bool(stored.status == "received" and stored.attempts == message.attempts)

    def _take(self, conversation_id: str) -> Turn | None:
        with self._database.session() as session:
            try:
                log.lock(session, conversation_id)
            except UnknownConversation:
                return None
            return turns.take(session, conversation_id, now())

    def _release(self, conversation_id: str, held: datetime) -> None:
        with self._database.session() as session:
            turns.release(session, conversation_id, held)

    def _finish(self, turn: Turn, replies: Sequence[Reply]) -> Turn | None:
        """Stores the answer, and takes what waits next in the same transaction.

        It is read back there as well for who waits for it, which saves a transaction; what goes
        wrong in showing it leaves it stored.
        """
        message = turn.message
        asked = self._asked.get((message.conversation_id, message.seq))
        found = None
        with self._database.session() as session:
            stored = self._unanswered(session, message)
            if stored is not None:
                stored.status = "answered"
                log.put_out(session, message.conversation_id, replies, message.seq)
                if asked is not None:
                    found = answers(session, message.conversation_id, message.seq)
            following = turns.take(session, message.conversation_id, now(), turn.held)
        if asked is not None and found is not None:
            with self._database.session() as session:
                asked.append(public(session, self._vault, found))
        return following

    def _answers(self, conversation_id: str, seq: int) -> Answers:
        with self._database.session() as session:
            return public(session, self._vault, answers(session, conversation_id, seq))

    def _postpone(self, message: StoredMessage) -> None:
        """Puts off what failed, or gives it up; says so the first and the last time."""
        with self._database.session() as session:
            stored = self._unanswered(session, message)
            if stored is None:
                return
            if now() - message.at > GIVE_UP_AFTER:
                stored.status = "failed"
                log.put_out(session, message.conversation_id, [trouble.GIVEN_UP], message.seq)
                return
            stored.attempts += 1
            wait = min(2.0**stored.attempts, LONGEST_WAIT)
            stored.next_attempt_at = now() + timedelta(seconds=wait)
            if stored.attempts == 1:
                trouble.tell(session, stored, trouble.APOLOGY)

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
            stored = log.message(session, message.conversation_id, message.id)
        if stored is None:
            log.erase_remains(session, message.conversation_id)
            return None
        return stored if stored.status == "received" else None


def _outcome(work: asyncio.Task[Outcome]) -> Outcome | None:
    """What came of it; None while it goes on, FAILED when it broke."""
    if not work.done():
        return None
    return Outcome.FAILED if work.cancelled() or work.exception() else work.result()


INBOX = web.AppKey("inbox", Inbox)
