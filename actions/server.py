"""The action server, for Rasa alone: `python -m actions.server --actions actions ...`.

rasa_sdk's own does what anybody asks in the name of any conversation, also for a website in a
browser on the same machine. This one wants the token that endpoints.yml lets Rasa send.
"""

from __future__ import annotations

import gc
import hmac

import pluggy
from rasa_sdk.__main__ import main as rasa_sdk
from rasa_sdk.plugin import plugin_manager
from sanic import Sanic
from sanic.request import Request
from sanic.response import HTTPResponse, json

from bot.settings import rasa_token

OPEN = ("/health",)
implements = pluggy.HookimplMarker("rasa_sdk")


class TokenCheck:
    """Refuses every request without the token, but those for `OPEN`.

    Args:
        token: what Rasa sends as `Authorization: Bearer`.
    """

    def __init__(self, token: str) -> None:
        self._right = f"Bearer {token}".encode()

    async def __call__(self, request: Request) -> HTTPResponse | None:
        """The refusal, or None for who may go on."""
        # Sanic hides bytes that are no UTF-8 in the text of a header.
        given = (request.headers.get("Authorization") or "").encode(errors="surrogateescape")
        if request.path in OPEN or hmac.compare_digest(given, self._right):
            return None
        return json({"error": "The token is missing or wrong."}, status=401)


class Extension:
    """What rasa_sdk asks for when it has made its application."""

    def __init__(self, token: str) -> None:
        self._check = TokenCheck(token)

    @implements
    def attach_sanic_app_extensions(self, app: Sanic) -> None:
        """Puts the check in front of everything, and what was loaded out of collection."""
        app.register_middleware(self._check, "request")
        app.register_listener(_leave_loaded_out_of_collection, "after_server_start")


def _leave_loaded_out_of_collection(*_: object) -> None:
    """Looking for garbage among all that was imported takes 60 ms, in the middle of a turn."""
    gc.collect()
    gc.freeze()


def main() -> None:
    """Runs the command line of rasa_sdk with the check.

    Raises:
        bot.settings.SettingsError: RASA_TOKEN is not set.
    """
    plugin_manager().register(Extension(rasa_token()))
    rasa_sdk()


if __name__ == "__main__":
    main()
