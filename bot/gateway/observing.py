"""Sees every request from begin to end: one line in the log, and the figures."""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections.abc import AsyncIterator
from importlib.metadata import version

from aiohttp import web

from bot.database import Database
from bot.gateway import security_txt
from bot.gateway.metrics import MetricsApi
from bot.gateway.problems import Handler
from bot.operations.logging import REQUEST
from bot.operations.metrics import METHODS, OTHER, Metrics
from bot.settings import Settings

logger = logging.getLogger(__name__)
HEADER = "X-Request-Id"
NUMBER = "number of the request"
STREAM = "is a stream"
UNKNOWN_ROUTE = "unknown"
# The status for who left before the answer was complete, as nginx writes it.
CLIENT_GONE = 499
# Asked every few seconds by machines; only what goes wrong there is news.
QUIET = ("/health", "/metrics")


def observe(app: web.Application, settings: Settings, database: Database) -> None:
    """Observes the application and whatever is mounted in it; call it before it starts."""
    metrics = Metrics(database, version("startwijzer"), settings.environment)
    observer = Observer(metrics)
    app.middlewares.insert(0, observer.middleware)
    app.on_response_prepare.append(observer.begins)
    app.add_routes(MetricsApi(settings, metrics).routes())
    app.add_routes(security_txt.routes(settings))

    async def counting(_: web.Application) -> AsyncIterator[None]:
        with metrics.counting_turns():
            yield

    app.cleanup_ctx.append(counting)


class Observer:
    """Gives each request a number of its own, which its answer and its log lines carry.

    What the log says of a request is its method, the template of its route, the status and how long
    it took. An address holds the number of a conversation or the token of a result, and may hold
    anything else when it leads nowhere, so it is not in it; nor is the address of who asks.
    """

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    @web.middleware
    async def middleware(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Around all others."""
        request[NUMBER] = secrets.token_hex(8)
        token = REQUEST.set(request[NUMBER])
        started = time.perf_counter()
        status = 500
        try:
            response = await handler(request)
            status = response.status
            return response
        except web.HTTPException as error:
            status = error.status
            raise
        except (ConnectionResetError, asyncio.CancelledError):
            status = CLIENT_GONE
            raise
        finally:
            self._ended(request, status, time.perf_counter() - started)
            REQUEST.reset(token)

    async def begins(self, request: web.Request, response: web.StreamResponse) -> None:
        """An answer is about to be sent."""
        if NUMBER in request:
            response.headers[HEADER] = request[NUMBER]
        if response.content_type == "text/event-stream" and request.method == "GET":
            request[STREAM] = True
            self._metrics.stream_opened()

    def _ended(self, request: web.Request, status: int, seconds: float) -> None:
        route = route_of(request)
        is_stream = request.get(STREAM, False)
        if is_stream:
            self._metrics.stream_closed()
        self._metrics.request(request.method, route, status, None if is_stream else seconds)
        fields = {
            "method": request.method if request.method in METHODS else OTHER,
            "route": route,
            "status": status,
            "ms": round(seconds * 1000, 1),
        }
        is_news = status >= 500 or not route.startswith(QUIET)
        logger.log(logging.INFO if is_news else logging.DEBUG, "request", extra={"fields": fields})


def route_of(request: web.Request) -> str:
    """The template of the route, such as `/api/v1/conversations/{id}/messages`."""
    resource = request.match_info.route.resource
    return UNKNOWN_ROUTE if resource is None else resource.canonical
