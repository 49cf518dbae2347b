"""The worker that gives what came in to the dialogue: in order per person, each message once.

It may be killed at any moment. A message is handled in three steps that can all be done again:
who said it and what is to be done (one transaction), the turns of the dialogue (the inbox knows
each by its key), and that it is handled, together with what we say ourselves (one transaction).
That comes after the answer of the dialogue, so such a message is looked at more than once.
Several processes may work on one database: who moves `next_attempt_at` ahead has the message.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec
import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from bot.conversations import log
from bot.database import Database, now
from bot.gateway.inbox import Inbox, Said
from bot.gateway.trouble import RETRY
from bot.gateway.waiting import wait_for
from bot.whatsapp import consent
from bot.whatsapp.handling import Handler, NotYet, Plan
from bot.whatsapp.model import WhatsAppUpdate
from bot.whatsapp.reading import Incoming

logger = logging.getLogger(__name__)
# Longer than handling takes; after a crash a message waits this long, so not much longer either.
CLAIM_FOR = timedelta(seconds=10)
LOOK_AGAIN = timedelta(milliseconds=300)
# How long a message waits for the answer to what came before it.
WAIT_FOR_ANSWER = timedelta(seconds=45)
LONGEST_WAIT = timedelta(minutes=1)
MOST_ATTEMPTS = 10


class LostClaim(Exception):
    """Another worker has handled the message."""


@dataclass(frozen=True)
class Claim:
    """A message that is ours to handle for now."""

    id: int
    body: str | None
    attempts: int
    received_at: datetime


class Receiver:
    """Handles what the webhook stored.

    Args:
        heard: told the conversation of a message that gets an answer, before there is one.
        spoke: told that we said something ourselves.
        clock: gives this moment.
    """

    def __init__(
        self,
        database: Database,
        inbox: Inbox,
        handler: Handler,
        heard: Callable[[str], None] = lambda _: None,
        spoke: Callable[[], None] = lambda: None,
        clock: Callable[[], datetime] = now,
    ) -> None:
        self._database = database
        self._inbox = inbox
        self._handler = handler
        self._heard = heard
        self._spoke = spoke
        self._clock = clock
        self._news = asyncio.Event()
        self._retries: set[asyncio.Task[object]] = set()

    def wake(self) -> None:
        """There is something new."""
        self._news.set()

    async def run(self, every: float = 0.5) -> None:
        """Handles what is stored, also from before a restart, until it is cancelled."""
        while True:
            self._news.clear()
            try:
                await self.round()
            except Exception as error:
                logger.error("round of received messages failed: %s", type(error).__name__)
            await wait_for(self._news, every)

    async def round(self) -> int:
        """Handles everything that is due; how many messages that were."""
        done = 0
        while (claim := await asyncio.to_thread(self._claim)) is not None:
            await self._handle(claim)
            done += 1
        return done

    async def _handle(self, claim: Claim) -> None:
        try:
            plan = await asyncio.to_thread(self._plan, claim)
            if plan is not None and plan.turns:
                self._heard(plan.conversation_id)
                await self._talk(plan)
                if plan.after:
                    raise NotYet  # first the answer
                await asyncio.to_thread(self._finish, claim)
            if plan is not None:
                self._inbox.changes.tell(plan.conversation_id)
                self._spoke()
        except LostClaim:
            logger.warning("received message %d: another worker has it", claim.id)
        except NotYet:
            await asyncio.to_thread(self._again, claim, LOOK_AGAIN, claim.attempts)
        except Exception as error:
            logger.error(
                "received message %d, attempt %d: %s",
                claim.id,
                claim.attempts + 1,
                type(error).__name__,
            )
            logger.debug("details", exc_info=True)
            await self._failed(claim)

    async def _talk(self, plan: Plan) -> None:
        for turn in plan.turns:
            if turn.payload == RETRY:
                again = self._inbox.try_again(plan.conversation_id)
                task: asyncio.Task[object] = asyncio.create_task(again)
                self._retries.add(task)
                task.add_done_callback(self._retries.discard)
            else:
                said = Said(turn.text, turn.payload, turn.choice)
                await self._inbox.take(plan.conversation_id, said, turn.key)

    async def _failed(self, claim: Claim) -> None:
        attempts = claim.attempts + 1
        if attempts < MOST_ATTEMPTS:
            wait = min(timedelta(seconds=2.0**attempts), LONGEST_WAIT)
            await asyncio.to_thread(self._again, claim, wait, attempts)
        else:
            await asyncio.to_thread(self._give_up, claim)

    def _claim(self) -> Claim | None:
        """The oldest message of anyone whose oldest is due; theirs behind it wait."""
        moment = self._clock()
        before = aliased(WhatsAppUpdate)
        is_first = ~sa.exists().where(
            before.person_key == WhatsAppUpdate.person_key,
            before.status == "received",
            before.id < WhatsAppUpdate.id,
        )
        due = (WhatsAppUpdate.status == "received", WhatsAppUpdate.next_attempt_at <= moment)
        query = sa.select(WhatsAppUpdate).where(*due, is_first).order_by(WhatsAppUpdate.id)
        with self._database.session() as session:
            found = session.execute(query.limit(1)).scalar()
            if found is None:
                return None
            claimed = self._change(session, found.id, next_attempt_at=moment + CLAIM_FOR, due=due)
            if not claimed:
                return None  # another process was first, and wakes itself for the rest
            return Claim(found.id, found.body, found.attempts, found.received_at)

    def _plan(self, claim: Claim) -> Plan | None:
        """Who said it and what is to be done; that is the end of it without the dialogue."""
        with self._database.session() as session:
            message = self._message(claim)
            hurry = self._clock() - claim.received_at > WAIT_FOR_ANSWER
            plan = self._handler.handle(session, message, hurry)
            if plan is None or not plan.turns:
                self._end(session, claim, plan)
            return plan

    def _finish(self, claim: Claim) -> None:
        with self._database.session() as session:
            self._end(session, claim, None)

    def _end(self, session: Session, claim: Claim, plan: Plan | None) -> None:
        """It is handled; only once, so that what we say ourselves is said once.

        Raises:
            LostClaim: another worker handled it first.
        """
        if not self._change(session, claim.id, status="handled", body=None):
            raise LostClaim
        if plan is not None and plan.after:
            log.put_out(session, plan.conversation_id, plan.after)

    def _again(self, claim: Claim, wait: timedelta, attempts: int) -> None:
        with self._database.session() as session:
            self._change(session, claim.id, next_attempt_at=self._clock() + wait, attempts=attempts)

    def _give_up(self, claim: Claim) -> None:
        """The message is given up, and who sent it hears that, if that is still possible."""
        with self._database.session() as session:
            self._change(session, claim.id, status="failed", body=None)
        with self._database.session() as session:
            person = self._handler.people.find(session, self._message(claim).sender)
            if person is not None and consent.may_send(person, None):
                sorry = consent.notice(self._handler.texts.failed, "mislukt")
                log.put_out(session, person.conversation_id, [sorry])

    def _message(self, claim: Claim) -> Incoming:
        people = self._handler.people
        return msgspec.convert(people.unseal(claim.body or ""), Incoming)

    @staticmethod
    def _change(session: Session, id_: int, due: tuple[object, ...] = (), **values: object) -> bool:
        """Changes a message that is not handled yet; False when it is, or is not due."""
        changed = session.execute(
            sa.update(WhatsAppUpdate)
            .where(WhatsAppUpdate.id == id_, WhatsAppUpdate.status == "received", *due)
            .values(**values)
            .execution_options(synchronize_session=False)
        )
        return bool(changed.rowcount == 1)
