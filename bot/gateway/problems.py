"""Errors as a citizen's browser gets them: problem+json (RFC 9457), in Dutch, without internals."""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from aiohttp import web
from sqlalchemy.exc import OperationalError, TimeoutError

from bot.conversations.log import UnknownConversation

logger = logging.getLogger(__name__)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

UNAUTHORISED = "Dit gesprek is afgelopen of niet van jou. Begin een nieuw gesprek."
# The database is away, full or overloaded. What was sent may be stored or not, so nothing is said
# about that; a second time under the same key does no harm.
NO_DATABASE = (
    "Er is een storing: ik kan nu niets bewaren of opzoeken. Stuur je bericht over een minuut nog "
    "een keer. Kan het niet wachten? Bel je gemeente via 14 met daarachter het netnummer."
)
RETRY_AFTER = "5"
TITLES = {
    401: "Niet aangemeld",
    403: "Geen toegang",
    404: "Niet gevonden",
    405: "Methode niet toegestaan",
    408: "Te langzaam",
    413: "Te groot",
    429: "Te veel verzoeken",
}
HTTP_TEXTS = {
    404: "Deze pagina bestaat niet.",
    405: "Dat kan hier niet.",
    413: "Je bericht is te lang. Maak het korter, of stuur het in delen.",
}


class Problem(Exception):
    """An error to show: HTTP status and what is wrong, in Dutch.

    Args:
        errors: each wrong value by itself: `in`, `location`, `code` (for machines) and `detail`.
        headers: what goes with the answer.
    """

    def __init__(
        self,
        status: int,
        detail: str,
        errors: Sequence[dict[str, str]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.errors = errors
        self.headers = headers


def respond(
    status: int,
    detail: str,
    errors: Sequence[dict[str, str]] = (),
    headers: Mapping[str, str] | None = None,
) -> web.Response:
    """The error as a response."""
    title = TITLES.get(status, "Ongeldig verzoek" if status < 500 else "Storing")
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": title,
        "status": status,
        "detail": detail,
    }
    if errors:
        body["errors"] = list(errors)
    challenge = {"WWW-Authenticate": "Bearer"} if status == 401 else {}
    return web.Response(
        status=status,
        text=json.dumps(body, ensure_ascii=False),
        content_type="application/problem+json",
        headers={**challenge, **(headers or {})},
    )


@web.middleware
async def problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turns every error into a problem; what was not foreseen is logged without its content."""
    try:
        return await handler(request)
    except Problem as problem:
        return respond(problem.status, problem.detail, problem.errors, problem.headers)
    except UnknownConversation:
        return respond(404, UNAUTHORISED)
    except web.HTTPException as error:
        if error.status < 400:
            raise
        text = HTTP_TEXTS.get(error.status, "Dit verzoek klopt niet.")
        allow = {"Allow": error.headers["Allow"]} if "Allow" in error.headers else None
        return respond(error.status, text, headers=allow)
    except ConnectionResetError:
        raise
    except (OperationalError, TimeoutError) as error:
        logger.error("the database fails: %s", type(error).__name__)
        logger.debug("details", exc_info=True)
        return respond(503, NO_DATABASE, headers={"Retry-After": RETRY_AFTER})
    except Exception as error:
        logger.error(
            "%s in %s %s", type(error).__name__, request.method, request.match_info.route.name
        )
        logger.debug("details", exc_info=True)
        return respond(500, "Er ging iets mis aan onze kant. Probeer het zo nog eens.")
