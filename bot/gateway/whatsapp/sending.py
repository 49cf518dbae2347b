"""The worker that empties the outbox to WhatsApp, until it is cancelled.

Several may run at the same time, in one process or on several machines.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, TypeVar

import aiohttp
from sqlalchemy.exc import SQLAlchemyError

from bot.assessment import render
from bot.assessment.results import Links, UnknownResult
from bot.database import Database, now
from bot.gateway.waiting import wait_for
from bot.gateway.whatsapp.client import GraphClient
from bot.privacy.vault import Vault
from bot.settings import Settings
from bot.whatsapp import deliveries, outbox, outcomes
from bot.whatsapp.deliveries import Claim
from bot.whatsapp.errors import GraphError, Group, Uncertain, Unreachable, wait_after
from bot.whatsapp.identity import People
from bot.whatsapp.pacing import Pace
from bot.whatsapp.templates import Template, read_templates

logger = logging.getLogger(__name__)
Result = TypeVar("Result")
# Far below the 80 messages a second that Meta allows.
MOST_AT_ONCE = 8
STOP_WITHIN_SECONDS = 8.0
WRITE_AGAIN_SECONDS = (0.5, 1.0, 2.0, 4.0)
TIDY_EVERY = timedelta(seconds=30)
# Nobody waits longer than this for the news that an outage is over.
LONGEST_PAUSE = timedelta(minutes=1)
# So many errors without one success are no longer about single messages.
OUTAGE = 3
OWN_MISTAKE_WAIT = timedelta(minutes=5)
RESULT_PATH = "/api/v1/results/"


class Sender:
    """Sends what the bot says over WhatsApp.

    Args:
        links: reads the pictures of our own results.
        results: how the address of such a picture begins.
        templates: by kind.
        clock: gives this moment.
    """

    def __init__(
        self,
        database: Database,
        client: GraphClient,
        people: People,
        vault: Vault,
        links: Links,
        results: str,
        templates: Mapping[str, Template],
        pace: Pace | None = None,
        clock: Callable[[], datetime] = now,
    ) -> None:
        self._database = database
        self._client = client
        self._people = people
        self._vault = vault
        self._links = links
        self._results = results
        self._templates = templates
        self._pace = pace or Pace()
        self._clock = clock
        self._news = asyncio.Event()
        self._sending: dict[asyncio.Task[None], Claim] = {}
        self._seen = 0
        self._tidied: datetime | None = None
        self._paused_until: datetime | None = None
        self._failures = 0
        self._missing = 0

    def wake(self) -> None:
        """The bot said something."""
        self._news.set()

    async def run(self, every: float = 1.0) -> None:
        """Sends what waits, and looks every so many seconds. Lets what is being sent arrive."""
        try:
            while True:
                self._news.clear()
                try:
                    await self.round()
                except Exception as error:
                    logger.error("outbox round failed: %s", type(error).__name__)
                    logger.debug("details", exc_info=True)
                await wait_for(self._news, every)
        finally:
            await self._stop()

    async def round(self) -> int:
        """Puts what was said in the outbox, and begins to send what may go; how many parts."""
        await asyncio.to_thread(self._prepare)
        begun = 0
        while not self._is_paused():
            if len(self._sending) >= MOST_AT_ONCE:
                await asyncio.wait(self._sending, return_when=asyncio.FIRST_COMPLETED)
                continue
            claim = await self._do(deliveries.claim, self._people, self._clock(), self._pace)
            if claim is None:
                break
            task = asyncio.create_task(self._deliver(claim))
            self._sending[task] = claim
            task.add_done_callback(self._delivered)
            begun += 1
        return begun

    async def settle(self) -> None:
        """Sends until there is nothing that may go now."""
        while await self.round() or self._sending:
            if self._sending:
                await asyncio.wait(self._sending)
            await asyncio.sleep(0)

    def _delivered(self, task: asyncio.Task[None]) -> None:
        self._sending.pop(task, None)
        self._news.set()  # the next part of this person can go

    async def _stop(self) -> None:
        tasks = list(self._sending)
        if tasks:
            await asyncio.wait(tasks, timeout=STOP_WITHIN_SECONDS)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _prepare(self) -> None:
        """All steps that need no network."""
        moment = self._clock()
        tidy = self._tidied is None or moment - self._tidied >= TIDY_EVERY
        with self._database.session() as session:
            ids, newest = outbox.people_due(session, 0 if tidy else self._seen)
            if tidy:
                outcomes.tidy(session, moment)
                self._tidied = moment
        for conversation_id in ids:
            self._render(conversation_id, moment)
        self._seen = newest
        with self._database.session() as session:
            missing = outbox.announce(session, self._people, self._templates, moment)
        if missing > self._missing:
            logger.warning("%d people wait outside the window, and no template is set", missing)
        self._missing = missing

    async def _deliver(self, claim: Claim) -> None:
        """Tries one part, and writes down what came of it."""
        try:
            wamid = await self._send(claim)
        except GraphError as error:
            await self._refused(claim, error)
        except Unreachable as error:
            await self._lost(claim, str(error))
        except Uncertain as error:
            logger.warning("delivery %d: no answer (%s)", claim.id, error)
            await self._lost(claim, outcomes.UNCERTAIN, outcomes.GRACE)
        except Exception as error:
            # Such as a body under a key that is gone (InvalidToken): see SECRET_KEY_OLD.
            logger.error("delivery %d: %s", claim.id, type(error).__name__)
            logger.debug("details", exc_info=True)
            until = self._clock() + OWN_MISTAKE_WAIT
            await self._write(outcomes.postpone, claim, until, type(error).__name__)
        else:
            await self._write(outcomes.sent, self._people, claim, wamid, self._clock())
            was_out, self._failures = self._failures >= OUTAGE, 0
            if was_out or self._paused_until:
                logger.info("sending works again")
                self._paused_until = None
                await self._do(outcomes.wake, self._clock())

    async def _send(self, claim: Claim) -> str:
        body = claim.body
        image = body.get("image") or {}
        if "result" in image:
            body = await self._with_picture(image)
        return await self._client.send(claim.address, body, claim.key)

    async def _with_picture(self, image: Mapping[str, str]) -> dict[str, Any]:
        """The body with the uploaded picture of a result; its words where it is gone by now."""
        caption = image.get("caption")
        try:
            page = await self._do(self._links.read, image["result"])
        except UnknownResult:
            words = caption or "Dit plaatje is er niet meer."
            return {"type": "text", "text": {"body": words}}
        picture = await asyncio.to_thread(render.png, page)
        media = {"id": await self._client.upload(picture)}
        return {"type": "image", "image": {**media, **({"caption": caption} if caption else {})}}

    async def _refused(self, claim: Claim, error: GraphError) -> None:
        moment = self._clock()
        status = await self._write(outcomes.failed, self._people, claim, error, moment)
        log = logger.error if status == deliveries.FAILED else logger.warning
        log("delivery %d: %s after try %d (%s)", claim.id, status, claim.attempts, error)
        if error.group is Group.ALARM:
            logger.error("WhatsApp refuses us (%s): sending waits until that is mended", error)
            self._failures += 1
            self._paused_until = moment + outcomes.ALARM_WAIT
        elif error.group is Group.BUSY:
            self._pause(moment)
        elif error.group is Group.LATER:
            self._failures += 1

    async def _lost(self, claim: Claim, why: str, wait: timedelta = timedelta(0)) -> None:
        """There was no answer: everybody waits a little, this message perhaps longer."""
        moment = self._clock()
        self._pause(moment)
        until = max(self._paused_until or moment, moment + wait)
        await self._write(outcomes.postpone, claim, until, why)

    def _pause(self, moment: datetime) -> None:
        self._failures += 1
        wait = min(wait_after(min(self._failures, 10)), LONGEST_PAUSE)
        self._paused_until = max(self._paused_until or moment, moment + wait)

    def _is_paused(self) -> bool:
        return self._paused_until is not None and self._paused_until > self._clock()

    def _render(self, conversation_id: str, moment: datetime) -> None:
        """In a transaction for each person, so that one with a problem keeps nobody waiting."""
        try:
            with self._database.session() as session:
                outbox.render_new(
                    session, self._people, self._vault, conversation_id, moment, self._results
                )
        except Exception as error:
            logger.error("a message could not be rendered: %s", type(error).__name__)
            logger.debug("details", exc_info=True)

    async def _write(self, change: Callable[..., Result], *values: Any) -> Result:
        """Writes what happened, and does not give up soon: else it is sent again."""
        for wait in WRITE_AGAIN_SECONDS:
            try:
                return await self._do(change, *values)
            except SQLAlchemyError:
                await asyncio.sleep(wait)
        return await self._do(change, *values)

    async def _do(self, change: Callable[..., Result], *values: Any) -> Result:
        def work() -> Result:
            with self._database.session() as session:
                return change(session, *values)

        return await asyncio.to_thread(work)


def make_client(settings: Settings, http: aiohttp.ClientSession) -> GraphClient:
    """The calls of this installation.

    Args:
        http: session for the calls; stays the caller's.
    """
    number, token = settings.whatsapp_phone_number_id, settings.whatsapp_access_token
    return GraphClient(http, settings.whatsapp_api_url, number, token)


def make_sender(settings: Settings, database: Database, client: GraphClient) -> Sender:
    """The worker of this installation.

    Raises:
        bot.settings.SettingsError: a template is not set right.
    """
    secrets = (settings.secret_key, settings.secret_key_old)
    return Sender(
        database,
        client,
        People(*secrets, settings.whatsapp_phone_number_id),
        Vault(*secrets),
        Links(settings.secret_key, settings.public_url, settings.secret_key_old),
        f"{settings.public_url}{RESULT_PATH}",
        read_templates(settings.whatsapp_templates),
    )


def is_sending(database: Database) -> bool:
    """For `/health`: whether Meta takes our messages. Blocks on the database."""
    with database.session() as session:
        return outbox.health(session, now()).ok
