"""The public conversation API, version 1 (described in openapi.yml)."""

from __future__ import annotations

import asyncio
import json
from functools import partial
from typing import Any

from aiohttp import web
from sqlalchemy.orm import Session

from bot.catalogue import gemeenten
from bot.conversations import choices, log, ratings
from bot.database import Database
from bot.gateway import reading
from bot.gateway.access import Access
from bot.gateway.inbox import Inbox, Said
from bot.gateway.presentation import Transcript
from bot.gateway.problems import Problem
from bot.privacy import erasure
from bot.privacy.preserve import Preserved
from bot.settings import Settings

CHANNELS = ("web",)


class ConversationApi:
    """The handlers, and what they need."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        access: Access,
        inbox: Inbox,
        transcript: Transcript,
    ) -> None:
        self._settings = settings
        self._database = database
        self._access = access
        self._inbox = inbox
        self._transcript = transcript

    def routes(self) -> list[web.AbstractRouteDef]:
        """The routes, for an aiohttp application."""
        one = "/api/v1/conversations/{id}"
        return [
            web.post("/api/v1/conversations", self.start),
            web.delete(one, self.erase),
            web.post(f"{one}/token", self.renew),
            web.post(f"{one}/messages", self.say),
            web.get(f"{one}/messages", self.history),
            web.put(f"{one}/messages/{{seq:[0-9]{{1,9}}}}/rating", self.rate),
            web.put(f"{one}/rating", self.rate_whole),
        ]

    async def start(self, request: web.Request) -> web.Response:
        """Starts a conversation; the bot speaks first."""
        self._access.start(request)
        body = await reading.body(request, {"gemeente", "page", "channel"})
        gemeente = body.get("gemeente", self._settings.gemeente)
        if gemeente is not None and not _is_gemeente(gemeente):
            raise Problem(422, "Deze gemeente ken ik niet.")
        channel = body.get("channel", "web")
        if not isinstance(channel, str) or channel not in CHANNELS:
            raise Problem(422, f"Dit kanaal ken ik niet. Kies uit: {', '.join(CHANNELS)}.")
        page = reading.page(body.get("page"))

        def make() -> str:
            with self._database.session() as session:
                made = log.start(session, channel=channel, gemeente=gemeente, page=page)
                return str(made.id)

        conversation_id = await asyncio.to_thread(make)
        known = {"gemeente": gemeente} if gemeente else {}
        greeting = f"/groet{json.dumps(known, ensure_ascii=False)}"
        answers = await self._inbox.say(conversation_id, lambda _: Said("", greeting))
        return web.json_response(
            {
                "id": conversation_id,
                **self._access.sessions.begin(conversation_id).as_dict(),
                "messages": answers,
            },
            status=201,
        )

    async def renew(self, request: web.Request) -> web.Response:
        """Gives a fresh token for one that still holds."""
        conversation_id = self._access.other(request).conversation_id

        def check() -> None:
            with self._database.session() as session:
                log.get(session, conversation_id)

        await asyncio.to_thread(check)
        return web.json_response(self._access.sessions.begin(conversation_id).as_dict())

    async def say(self, request: web.Request) -> web.Response:
        """Takes a text or a choice, and gives the bot's answer."""
        conversation_id = self._access.message(request)
        key = reading.key(request)
        body = await reading.body(request, {"text", "choice"})
        if ("text" in body) == ("choice" in body):
            raise Problem(422, "Stuur een tekst of een keuze, niet allebei.")
        if "choice" in body:
            find = partial(_chosen, conversation_id=conversation_id, choice_id=str(body["choice"]))
        else:
            text = reading.text(body["text"])
            find = partial(_typed, conversation_id=conversation_id, text=text)
        return web.json_response({"messages": await self._inbox.say(conversation_id, find, key)})

    async def history(self, request: web.Request) -> web.Response:
        """Everything that was said, or what came after a message."""
        conversation_id = self._access.other(request).conversation_id
        after = reading.number(request.query.get("after", "0"))
        seen = await self._transcript.after(conversation_id, after)
        return web.json_response({"messages": seen.messages})

    async def rate(self, request: web.Request) -> web.Response:
        """Takes what someone thinks of an answer."""
        conversation_id = self._access.other(request).conversation_id
        body = await reading.body(request, {"rating"})
        value = body.get("rating", "")
        if value is not None and value not in ratings.OF_A_MESSAGE:
            raise Problem(422, "'rating' moet up, down of null zijn.")
        seq = int(request.match_info["seq"])
        if seq == ratings.WHOLE:
            raise Problem(404, "Dit bericht bestaat niet.")
        return await self._rate(conversation_id, seq, value)

    async def rate_whole(self, request: web.Request) -> web.Response:
        """Takes whether the conversation helped."""
        conversation_id = self._access.other(request).conversation_id
        body = await reading.body(request, {"helped"})
        value = body.get("helped")
        if value not in ratings.OF_THE_WHOLE:
            raise Problem(422, "'helped' moet yes, partly of no zijn.")
        return await self._rate(conversation_id, ratings.WHOLE, value)

    async def erase(self, request: web.Request) -> web.Response:
        """Erases the conversation at once."""
        conversation_id = self._access.other(request).conversation_id

        def erase() -> None:
            var = self._settings.var
            with self._database.session() as session:
                erasure.erase_conversation(session, conversation_id, by=erasure.CITIZEN, var=var)

        try:
            await asyncio.to_thread(erase)
        except Preserved as error:
            raise Problem(409, str(error)) from error
        self._inbox.changes.tell(conversation_id)
        return web.Response(status=204)

    async def _rate(self, conversation_id: str, seq: int, value: Any) -> web.Response:
        def rate() -> None:
            with self._database.session() as session:
                ratings.rate(session, conversation_id, seq, value)

        try:
            await asyncio.to_thread(rate)
        except ratings.UnknownMessage as error:
            raise Problem(404, "Dit bericht bestaat niet.") from error
        return web.Response(status=204)


def _chosen(session: Session, conversation_id: str, choice_id: str) -> Said:
    """What the bot offered under this id."""
    try:
        return Said.chosen(log.choice(session, conversation_id, choice_id))
    except log.UnknownChoice as error:
        raise Problem(422, "Deze keuze heb ik je niet gegeven. Kies een van de knoppen.") from error


def _typed(session: Session, conversation_id: str, text: str) -> Said:
    """A text; when it is the title of a choice in the last message, that choice."""
    offered = choices.matching(session, conversation_id, text)
    return Said(text) if offered is None else Said.chosen(offered)


def _is_gemeente(name: object) -> bool:
    return isinstance(name, str) and name in gemeenten.names()
