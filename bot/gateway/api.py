"""The public conversation API, version 1 (described in openapi.yml)."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any

from aiohttp import web
from sqlalchemy.orm import Session

from bot.catalogue import gemeenten
from bot.conversations import log
from bot.conversations.model import StoredMessage
from bot.database import Database
from bot.gateway.inbox import RETRY, Inbox
from bot.gateway.limits import RateLimit
from bot.gateway.pages import headers_for
from bot.gateway.problems import UNAUTHORISED, Problem
from bot.gateway.sessions import InvalidSession, Sessions
from bot.privacy.vault import Vault
from bot.settings import Settings

LONGEST_TEXT = 2000
LONGEST_PAGE = 300
CHANNELS = ("web",)
HEARTBEAT_SECONDS = 15.0


class ConversationApi:
    """The handlers, and what they need."""

    def __init__(self, settings: Settings, database: Database, inbox: Inbox, vault: Vault) -> None:
        self._settings = settings
        self._database = database
        self._inbox = inbox
        self._vault = vault
        self._sessions = Sessions(settings.secret_key)
        self._new_conversations = RateLimit(most=60, seconds=60)
        self._messages = RateLimit(most=60, seconds=60)

    def routes(self) -> list[web.AbstractRouteDef]:
        """The routes, for an aiohttp application."""
        one = "/api/v1/conversations/{id}"
        return [
            web.post("/api/v1/conversations", self.start),
            web.delete(one, self.erase),
            web.post(f"{one}/messages", self.say),
            web.get(f"{one}/messages", self.history),
            web.get(f"{one}/events", self.events),
        ]

    async def start(self, request: web.Request) -> web.Response:
        """Starts a conversation; the bot speaks first."""
        if not self._new_conversations.allows(request.remote or ""):
            raise Problem(429, "Er zijn even te veel nieuwe gesprekken. Wacht een minuut.")
        body = await _body(request, {"gemeente", "page", "channel"})
        gemeente = body.get("gemeente", self._settings.gemeente)
        if gemeente is not None and not _is_gemeente(gemeente):
            raise Problem(422, "Deze gemeente ken ik niet.")
        channel = body.get("channel", "web")
        if not isinstance(channel, str) or channel not in CHANNELS:
            raise Problem(422, f"Dit kanaal ken ik niet. Kies uit: {', '.join(CHANNELS)}.")
        page = body.get("page")
        if page is not None and (not isinstance(page, str) or not page.isprintable()):
            raise Problem(422, "'page' moet een tekst zijn.")
        # What stands behind the path may point to a person.
        page = page and re.split(r"[?#]", page)[0][:LONGEST_PAGE]

        def make() -> str:
            with self._database.session() as session:
                made = log.start(session, channel=channel, gemeente=gemeente, page=page)
                return str(made.id)

        conversation_id = await asyncio.to_thread(make)
        known = {"gemeente": gemeente} if gemeente else {}
        greeting = f"/groet{json.dumps(known, ensure_ascii=False)}"
        seq = await self._inbox.say(conversation_id, "", greeting)
        return web.json_response(
            {
                "id": conversation_id,
                "token": self._sessions.issue(conversation_id),
                "messages": await self._answers(conversation_id, seq),
            },
            status=201,
        )

    async def say(self, request: web.Request) -> web.Response:
        """Takes a text or a choice, and gives the bot's answer."""
        conversation_id = self._conversation(request)
        if not self._messages.allows(conversation_id):
            raise Problem(429, "Dat gaat even te snel. Wacht een minuut en probeer het opnieuw.")
        body = await _body(request, {"text", "choice"})
        if ("text" in body) == ("choice" in body):
            raise Problem(422, "Stuur een tekst of een keuze, niet allebei.")
        try:
            if "choice" in body:
                seq = await self._choose(conversation_id, body["choice"])
            else:
                seq = await self._say(conversation_id, _text(body["text"]))
        except log.UnknownConversation as error:
            raise Problem(404, UNAUTHORISED) from error
        return web.json_response({"messages": await self._answers(conversation_id, seq)})

    async def history(self, request: web.Request) -> web.Response:
        """Everything that was said, or what came after a message."""
        conversation_id = self._conversation(request)
        after = _number(request.query.get("after", "0"))
        return web.json_response({"messages": await self._read(conversation_id, after)})

    async def erase(self, request: web.Request) -> web.Response:
        """Erases the conversation at once."""
        conversation_id = self._conversation(request)

        def erase() -> None:
            with self._database.session() as session:
                self._vault.erase(session, conversation_id)
                log.erase(session, conversation_id)

        try:
            await asyncio.to_thread(erase)
        except log.UnknownConversation as error:
            raise Problem(404, UNAUTHORISED) from error
        self._inbox.changes.tell(conversation_id)
        return web.Response(status=204)

    async def events(self, request: web.Request) -> web.StreamResponse:
        """Messages as they come (server-sent events), resumable after a lost line."""
        conversation_id = self._conversation(request)
        last = _number(request.headers.get("Last-Event-ID") or request.query.get("after", "0"))
        messages = await self._read(conversation_id, last)
        if request.method == "HEAD":
            return web.Response(content_type="text/event-stream", charset="utf-8")
        response = web.StreamResponse(
            headers={
                **headers_for(request),
                "Content-Type": "text/event-stream; charset=utf-8",
                "X-Accel-Buffering": "no",
            }
        )
        await response.prepare(request)
        while True:
            for message in messages:
                last = message["id"]
                data = json.dumps(message, ensure_ascii=False)
                await response.write(f"id: {last}\nevent: message\ndata: {data}\n\n".encode())
            await self._inbox.changes.wait(conversation_id, HEARTBEAT_SECONDS)
            try:
                messages = await self._read(conversation_id, last)
            except Problem:  # erased
                return response
            if not messages:
                await response.write(b": hartslag\n\n")

    def _conversation(self, request: web.Request) -> str:
        """The conversation in the address, when the token is for that one."""
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Problem(401, UNAUTHORISED)
        try:
            conversation_id = self._sessions.read(token.strip())
        except InvalidSession as error:
            raise Problem(401, UNAUTHORISED) from error
        if conversation_id != request.match_info["id"]:
            raise Problem(403, UNAUTHORISED)
        return conversation_id

    async def _say(self, conversation_id: str, text: str) -> int:
        """A text; when it is the title of a choice in the last message, that choice."""

        def find() -> str | None:
            with self._database.session() as session:
                said = log.history(session, conversation_id)
                offered = said[-1].choices if said else []
                titles = {c["title"].casefold(): c["id"] for c in offered}
                return titles.get(text.strip(" .!").casefold())

        choice_id = await asyncio.to_thread(find)
        if choice_id is not None:
            return await self._choose(conversation_id, choice_id)
        return await self._inbox.say(conversation_id, text)

    async def _choose(self, conversation_id: str, choice_id: Any) -> int:
        def find() -> tuple[dict[str, str], int]:
            with self._database.session() as session:
                log.get(session, conversation_id)
                offered = log.choice(session, conversation_id, str(choice_id))
                newest = max(m.seq for m in log.history(session, conversation_id))
                return offered, newest

        try:
            offered, newest = await asyncio.to_thread(find)
        except log.UnknownChoice as error:
            raise Problem(
                422, "Deze keuze heb ik je niet gegeven. Kies een van de knoppen."
            ) from error
        if offered["payload"] == RETRY:
            await self._inbox.try_again(conversation_id)
            return newest
        return await self._inbox.say(conversation_id, offered["title"], offered["payload"])

    async def _answers(self, conversation_id: str, seq: int) -> list[dict[str, Any]]:
        messages = await self._read(conversation_id, seq)
        return [message for message in messages if message["from"] == "bot"]

    async def _read(self, conversation_id: str, after: int) -> list[dict[str, Any]]:
        def read() -> list[dict[str, Any]]:
            with self._database.session() as session:
                log.get(session, conversation_id)
                found = log.history(session, conversation_id, after)
                return [self._public(session, message) for message in found]

        try:
            return await asyncio.to_thread(read)
        except log.UnknownConversation as error:
            raise Problem(404, UNAUTHORISED) from error

    def _public(self, session: Session, message: StoredMessage) -> dict[str, Any]:
        """A message as its citizen gets it: with their own details back in place."""
        about = message.about or {"topic": None, "services": [], "flow": None, "step": None}
        return {
            "id": message.seq,
            "from": "citizen" if message.direction == "in" else "bot",
            "at": message.at.isoformat(),
            "text": self._vault.restore(session, message.conversation_id, message.text),
            "choices": [{"id": c["id"], "title": c["title"]} for c in message.choices],
            "image": message.image,
            "about": {"by": "bot", **about} if message.direction == "out" else None,
        }


async def _body(request: web.Request, allowed: set[str]) -> dict[str, Any]:
    raw = await request.read()
    if not raw.strip():
        return {}
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise Problem(400, "Dit verzoek is geen geldige JSON.") from error
    if not isinstance(body, dict):
        raise Problem(400, "Dit verzoek moet een JSON-object zijn.")
    if set(body) - allowed:
        raise Problem(422, f"Onbekend veld. Toegestaan: {', '.join(sorted(allowed))}.")
    return body


def _text(value: Any) -> str:
    """What was typed, without control characters, and never a command for Rasa (`/intent`)."""
    if not isinstance(value, str):
        raise Problem(422, "De tekst van je bericht ontbreekt.")
    if len(value) > LONGEST_TEXT:
        raise Problem(
            413, f"Je bericht is te lang: hoogstens {LONGEST_TEXT} tekens. Stuur het in delen."
        )
    printable = "".join(c for c in value if c.isprintable() or c in "\n\t ")
    text = re.sub(r"^[\s/]+", "", printable).rstrip()
    if not text:
        raise Problem(422, "Je bericht is leeg. Typ een vraag of kies een knop.")
    return text


def _number(value: str) -> int:
    if not (value.isascii() and value.isdigit() and len(value) <= 9):
        raise Problem(400, "Het nummer van het laatste bericht klopt niet.")
    return int(value)


def _is_gemeente(name: object) -> bool:
    return isinstance(name, str) and name in gemeenten.names()
