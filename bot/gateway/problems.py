"""Errors as a citizen's browser gets them: problem+json (RFC 9457), in Dutch, without internals."""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable

from aiohttp import web

logger = logging.getLogger(__name__)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

UNAUTHORISED = "Dit gesprek is afgelopen of niet van jou. Begin een nieuw gesprek."
HTTP_TEXTS = {
    404: "Deze pagina bestaat niet.",
    405: "Dat kan hier niet.",
    413: "Je bericht is te lang. Maak het korter, of stuur het in delen.",
}


class Problem(Exception):
    """An error to show: HTTP status and what is wrong, in Dutch."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail


def respond(status: int, detail: str) -> web.Response:
    """The error as a response."""
    body = {"type": "about:blank", "title": detail, "status": status, "detail": detail}
    return web.Response(
        status=status,
        text=json.dumps(body, ensure_ascii=False),
        content_type="application/problem+json",
    )


@web.middleware
async def problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turns every error into a problem; what was not foreseen is logged without its content."""
    try:
        return await handler(request)
    except Problem as problem:
        return respond(problem.status, problem.detail)
    except web.HTTPException as error:
        if error.status < 400:
            raise
        return respond(error.status, HTTP_TEXTS.get(error.status, "Dit verzoek klopt niet."))
    except ConnectionResetError:
        raise
    except Exception as error:
        logger.error(
            "%s in %s %s", type(error).__name__, request.method, request.match_info.route.name
        )
        logger.debug("details", exc_info=True)
        return respond(500, "Er ging iets mis aan onze kant. Probeer het zo nog eens.")
