"""The stream of events: messages as they come, whichever web process wrote them."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from aiohttp import web

from bot.conversations.log import UnknownConversation
from bot.database import now
from bot.gateway import reading
from bot.gateway.access import Access
from bot.gateway.changes import Changes, News
from bot.gateway.pages import headers_for
from bot.gateway.presentation import Seen, Transcript
from bot.gateway.sessions import Session

HEARTBEAT_SECONDS = 15.0
# How long a browser waits before it comes back after a lost line, in milliseconds.
RETRY_AFTER = 2000
# Who takes nothing in for so long is gone.
LONGEST_WRITE = 30.0


class EventsApi:
    """The handler, and what it needs (server-sent events, https://html.spec.whatwg.org)."""

    def __init__(self, access: Access, transcript: Transcript, changes: Changes) -> None:
        self._access = access
        self._transcript = transcript
        self._changes = changes

    def routes(self) -> list[web.AbstractRouteDef]:
        """The one route."""
        return [web.get("/api/v1/conversations/{id}/events", self.events)]

    async def events(self, request: web.Request) -> web.StreamResponse:
        """Messages after Last-Event-ID, then the new ones, until the conversation ends."""
        session = self._access.other(request)
        after = request.headers.get("Last-Event-ID") or request.query.get("after", "0")
        last = reading.number(after)
        conversation_id = session.conversation_id
        with (
            self._access.stream(request, session),
            self._changes.listen(conversation_id) as news,
        ):
            seen = await self._transcript.after(conversation_id, last)
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
            try:
                await self._stream(_Stream(response), session, seen, last, news)
            except ConnectionResetError:
                # They left, or take nothing in: what is in the buffer goes to nobody.
                if request.transport is not None:
                    request.transport.abort()
            return response

    async def _stream(
        self, stream: _Stream, session: Session, seen: Seen, last: int, news: News
    ) -> None:
        await stream.write(f"retry: {RETRY_AFTER}\n\n")
        is_typing = False
        while not self._changes.closed:
            for message in seen.messages:
                last = message["id"]
                await stream.event("message", message, last)
            if seen.working != is_typing:
                is_typing = seen.working
                await stream.event("typing", {"active": is_typing})
            left = (session.expires_at - now()).total_seconds()
            if left <= 0:
                await stream.event("ended", {"reason": "expired"})
                return
            if not await news.wait(min(HEARTBEAT_SECONDS, left)):
                await stream.write(": hartslag\n\n")
            try:
                seen = await self._transcript.after(session.conversation_id, last)
            except UnknownConversation:
                await stream.event("ended", {"reason": "erased"})
                return


class _Stream:
    """Writes events, and gives up on who takes nothing in."""

    def __init__(self, response: web.StreamResponse) -> None:
        self._response = response

    async def event(self, name: str, data: dict[str, Any], number: int | None = None) -> None:
        begin = "" if number is None else f"id: {number}\n"
        content = json.dumps(data, ensure_ascii=False)
        await self.write(f"{begin}event: {name}\ndata: {content}\n\n")

    async def write(self, text: str) -> None:
        try:
            await asyncio.wait_for(self._response.write(text.encode()), LONGEST_WRITE)
        except asyncio.TimeoutError as error:
            raise ConnectionResetError from error
