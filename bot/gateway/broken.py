"""What is no HTTP, or fails outside all handlers: aiohttp answers that before any of ours sees it.

Its own answer repeats what was sent and names its version and Python's, and its log repeats what
was sent and names the address. It has no setting for that.
"""

from __future__ import annotations

import logging

from aiohttp import web
from aiohttp.web_protocol import RequestHandler

from bot.gateway.pages import HEADERS
from bot.gateway.problems import HTTP_TEXTS, respond

logger = logging.getLogger(__name__)


def install() -> None:
    """Lets every server in this process answer as we do."""
    RequestHandler.handle_error = _answer  # type: ignore[method-assign, assignment]


def _answer(
    handler: RequestHandler,
    request: web.BaseRequest,
    status: int = 500,
    exc: BaseException | None = None,
    message: str | None = None,
) -> web.StreamResponse:
    """A problem without anything of the request; the connection ends.

    Raises:
        ConnectionError: an answer was under way.
    """
    level = logging.ERROR if status >= 500 else logging.INFO
    logger.log(level, "request given up with %d: %s", status, type(exc).__name__)
    if request.writer.output_size > 0:
        raise ConnectionError("an answer was under way")
    text = "Er ging iets mis aan onze kant." if status >= 500 else "Dit verzoek klopt niet."
    response = respond(status, HTTP_TEXTS.get(status, text), headers=HEADERS)
    response.force_close()
    return response
