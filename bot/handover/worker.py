"""The worker that empties the outbox: a lane for each desk, so that none waits for another."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Any

from aiohttp import web
from cryptography.fernet import InvalidToken
from sqlalchemy.exc import SQLAlchemyError

from bot.database import Database, now
from bot.handover.circuit import Circuits
from bot.handover.desk import Adapter, Progress, Refused, Unavailable
from bot.handover.email import Email
from bot.handover.open_klant import OpenKlant
from bot.handover.webhook import Webhook
from bot.referral import outbox
from bot.referral.file import Referrals
from bot.referral.message import DeskMessage, Overtaken, compose
from bot.referral.model import Handover
from bot.referral.outbox import Claim
from bot.rounds import beside, in_rounds
from bot.settings import Settings

logger = logging.getLogger(__name__)
# Well within `outbox.CLAIM_FOR`.
SEND_WITHIN_SECONDS = 120.0
# What is being sent when we stop may still arrive; the web process has 15 seconds (bot/run.py).
STOP_WITHIN_SECONDS = 8.0
MARK_AGAIN_SECONDS = (0.5, 1.0, 2.0, 4.0)


class Worker:
    """Sends what waits, until it is cancelled.

    Several workers may run at the same time, in one process or on several machines.

    Args:
        referrals: reads the contact details.
        adapters: by the kind of a desk's `handover`.
        clock: gives this moment.
    """

    def __init__(
        self,
        database: Database,
        referrals: Referrals,
        adapters: Mapping[str, Adapter],
        clock: Callable[[], datetime] = now,
    ) -> None:
        self._database = database
        self._referrals = referrals
        self._adapters = adapters
        self._clock = clock
        self._circuits = Circuits()
        self._lanes: dict[str, asyncio.Task[None]] = {}
        self._sending: dict[str, Claim] = {}
        self._stopping = False

    async def run(self, every: float = 1.0) -> None:
        """Looks every so many seconds. When cancelled it lets what is being sent arrive first."""
        try:
            await in_rounds("outbox round", self.round, every)
        finally:
            await self._stop()

    async def round(self) -> None:
        """Opens a lane for each desk that is due, has none, and is not out of order."""
        for desk in await asyncio.to_thread(self._desks_due):
            if desk not in self._lanes and self._circuits.allows(desk, self._clock()):
                lane = asyncio.create_task(self._serve(desk))
                self._lanes[desk] = lane
                lane.add_done_callback(partial(self._ended, desk))

    def _ended(self, desk: str, _: asyncio.Task[None]) -> None:
        self._lanes.pop(desk, None)

    async def settle(self) -> None:
        """Returns when every lane has ended."""
        while self._lanes:
            await asyncio.wait(self._lanes.values())
            await asyncio.sleep(0)

    async def _stop(self) -> None:
        self._stopping = True
        lanes = list(self._lanes.values())
        if lanes:
            await asyncio.wait(lanes, timeout=STOP_WITHIN_SECONDS)
        for lane in lanes:
            lane.cancel()
        await asyncio.gather(*lanes, return_exceptions=True)
        for claim in self._sending.values():
            await asyncio.to_thread(self._change, outbox.release, claim)

    async def _serve(self, desk: str) -> None:
        """Sends what is due for one desk, in order, until there is no more or the desk fails."""
        try:
            while not self._stopping:
                claim = await asyncio.to_thread(self._claim, desk)
                if claim is None:
                    return
                self._sending[desk] = claim
                went_on = await self._deliver(claim)
                del self._sending[desk]
                if not went_on:
                    return
        except Exception as error:
            logger.error("desk %s: %s", desk, type(error).__name__)

    async def _deliver(self, claim: Claim) -> bool:
        """Tries one message; whether the desk can have the next."""
        try:
            await asyncio.wait_for(self._send(claim), SEND_WITHIN_SECONDS)
        except Refused as error:
            await self._failed(claim, str(error), permanent=True)
            return True
        except (Unavailable, asyncio.TimeoutError) as error:
            await self._failed(claim, str(error) or "late")
            until = self._circuits.failed(claim.desk, self._clock())
            logger.warning("desk %s is out of order until %s", claim.desk, f"{until:%H:%M:%S}")
            return False
        except Overtaken:
            await asyncio.to_thread(self._change, outbox.release, claim)
            return True
        except outbox.LostClaim:
            logger.warning("handover %s: another worker has it", claim.key)
            return True
        except InvalidToken:
            await self._failed(claim, "no key for the contact detail: see SECRET_KEY_OLD")
            return True
        except Exception as error:
            await self._failed(claim, f"{type(error).__name__} in {claim.kind}")
            return True
        await self._arrived(claim)
        logger.info("handover %s: sent by %s, try %d", claim.key, claim.kind, claim.attempts)
        if self._circuits.worked(claim.desk):
            await asyncio.to_thread(self._change, outbox.wake, claim.desk, self._clock())
        return True

    async def _arrived(self, claim: Claim) -> None:
        """Writes down that it has arrived, and does not give up soon: else it is sent again."""
        for wait in (*MARK_AGAIN_SECONDS, None):
            try:
                await asyncio.to_thread(self._change, outbox.mark_sent, claim, self._clock())
                return
            except SQLAlchemyError:
                if wait is None:
                    raise
                await asyncio.sleep(wait)

    async def _send(self, claim: Claim) -> None:
        message = await asyncio.to_thread(self._compose, claim)
        if message is None:
            raise outbox.LostClaim(claim.key)

        def keep(done: Mapping[str, Any]) -> None:
            self._change(outbox.keep_progress, claim, done)

        progress = Progress(claim.progress, keep)
        await self._adapters[claim.kind].send(claim.address, message, progress)

    async def _failed(self, claim: Claim, error: str, permanent: bool = False) -> None:
        status = await asyncio.to_thread(
            self._change, outbox.mark_failed, claim, self._clock(), error, permanent
        )
        log = logger.error if status == outbox.DEAD else logger.warning
        log("handover %s: %s after try %d (%s)", claim.key, status, claim.attempts, error)

    def _desks_due(self) -> list[str]:
        with self._database.session() as session:
            return outbox.desks_due(session, self._clock())

    def _claim(self, desk: str) -> Claim | None:
        with self._database.session() as session:
            return outbox.claim(session, desk, self._clock())

    def _compose(self, claim: Claim) -> DeskMessage | None:
        """The message; None when the referral is gone."""
        with self._database.session() as session:
            row = session.get(Handover, claim.id)
            return row and compose(session, self._referrals, row)

    def _change(self, change: Callable[..., Any], *values: Any) -> Any:
        with self._database.session() as session:
            return change(session, *values)


def make_worker(settings: Settings, database: Database) -> Worker:
    """The worker of this installation.

    Raises:
        bot.settings.SettingsError: a setting cannot be meant like this.
    """
    adapters: dict[str, Adapter] = {
        "email": Email(settings),
        "webhook": Webhook(settings),
        "open_klant": OpenKlant(settings),
    }
    referrals = Referrals(settings.secret_key, settings.secret_key_old)
    return Worker(database, referrals, adapters)


def working(
    settings: Settings, database: Database
) -> Callable[[web.Application], AsyncIterator[None]]:
    """For `cleanup_ctx` of an aiohttp application: the worker runs as long as the application."""
    return beside(make_worker(settings, database).run)
