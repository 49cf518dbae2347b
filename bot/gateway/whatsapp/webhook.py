"""The webhook of WhatsApp: checks who sends, keeps what came, and answers at once."""

from __future__ import annotations

import asyncio
import json
import logging
from collections import Counter
from collections.abc import Callable

from aiohttp import web
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from bot.database import Database, now
from bot.gateway import reading
from bot.gateway.problems import Problem
from bot.gateway.whatsapp.signature import HEADER, is_same, is_signed
from bot.gateway.whatsapp.storing import Storing
from bot.settings import Settings
from bot.whatsapp import outbox
from bot.whatsapp.identity import People
from bot.whatsapp.intake import Batch, moment_of, unpack
from bot.whatsapp.shapes import Status

logger = logging.getLogger(__name__)
PATH = "/webhooks/whatsapp"
# What Meta may send at once (https://developers.facebook.com/documentation/business-messaging/
# whatsapp/webhooks/overview: payloads of up to 3 MB).
LARGEST_BODY = 3 * 1024 * 1024
LONGEST_CHALLENGE = 200


class Webhook:
    """The handlers.

    Args:
        wake: told when there is something new to handle.
    """

    def __init__(
        self, settings: Settings, database: Database, people: People, wake: Callable[[], None]
    ) -> None:
        self._settings = settings
        self._database = database
        self._people = people
        self._wake = wake
        self._storing = Storing(database, people)

    def close(self) -> None:
        """Ends its thread, when no request is under way any more."""
        self._storing.close()

    def routes(self) -> list[web.AbstractRouteDef]:
        """The routes, for an aiohttp application."""
        return [web.get(PATH, self.verify, allow_head=False), web.post(PATH, self.receive)]

    async def verify(self, request: web.Request) -> web.Response:
        """Answers Meta's challenge when the webhook is set up."""
        token = request.query.get("hub.verify_token", "")
        challenge = request.query.get("hub.challenge", "")
        known = is_same(token, self._settings.whatsapp_verify_token)
        if not known or request.query.get("hub.mode") != "subscribe":
            raise Problem(403, "Dit verzoek komt niet van WhatsApp.")
        return web.Response(text=challenge[:LONGEST_CHALLENGE])

    async def receive(self, request: web.Request) -> web.Response:
        """Keeps every message, and says so; the dialogue comes after."""
        header = request.headers.get(HEADER)
        if not header:
            raise Problem(401, "De handtekening ontbreekt.")
        # The limit of the application is for what people type.
        body = await reading.read(request.clone(client_max_size=LARGEST_BODY))
        if not is_signed(body, header, self._settings.whatsapp_app_secret):
            logger.warning("webhook with a wrong signature")
            raise Problem(403, "De handtekening klopt niet.")
        try:
            data = json.loads(body)
        except (ValueError, RecursionError) as error:
            raise Problem(400, "Dit verzoek is geen geldige JSON.") from error
        batch = unpack(data, self._people.number, now())
        try:
            new = await self._storing.store(batch.incoming) if batch.incoming else 0
            if batch.statuses:
                await asyncio.to_thread(self._record_all, batch)
        except SQLAlchemyError as error:
            # Not acknowledged, so Meta sends it again.
            logger.error("webhook not stored: %s", type(error).__name__)
            raise Problem(503, "Er is een storing. Probeer het later opnieuw.") from error
        if new:
            self._wake()
        _report(batch, new)
        return web.Response()

    def _record_all(self, batch: Batch) -> None:
        for status in batch.statuses:
            try:
                with self._database.session() as session:
                    self._record(session, status)
            except (ValueError, TypeError, LookupError) as error:
                batch.passed[f"status {type(error).__name__}"] += 1

    def _record(self, session: Session, status: Status) -> None:
        known = outbox.record_status(
            session,
            self._people,
            status.id,
            status.status,
            moment_of(status.timestamp, now()),
            status.errors,
            status.biz_opaque_callback_data,
        )
        if not known:
            logger.debug("status of a message that is not ours")


def _report(batch: Batch, new: int) -> None:
    """Counts and kinds: nothing of anyone."""
    kinds = Counter(message.kind for message in batch.incoming)
    logger.info(
        "webhook: %d new of %s, %d statuses, passed over %s",
        new,
        dict(kinds),
        len(batch.statuses),
        dict(batch.passed),
    )
