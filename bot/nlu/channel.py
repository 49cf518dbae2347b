"""Rasa's REST channel for the gateway.

Rasa's own takes a message from anybody, and lets all who name no sender talk in one conversation.
"""

from __future__ import annotations

import gc
import hmac
from collections.abc import Awaitable, Callable
from typing import Any

from rasa.core.channels.channel import UserMessage
from rasa.core.channels.rest import RestInput
from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse, json

from bot.settings import channel_token

# The column `events.sender_id`; what is longer would be cut off, or lost.
LONGEST_SENDER = 255
# Four times what a citizen may say at once: masking and payloads make it longer.
LONGEST_MESSAGE = 8000


class GatewayChannel(RestInput):
    """The same address and the same answers, for who says who is talking.

    Args:
        token: what every message has to come with; nothing when it is empty.
    """

    def __init__(self, token: str = "") -> None:
        self._token = token

    @classmethod
    def name(cls) -> str:
        """The part of the address after /webhooks/: as Rasa's own."""
        return "rest"

    @classmethod
    def from_credentials(cls, credentials: dict[str, Any] | None) -> GatewayChannel:
        """The channel as credentials.yml asks for it.

        Raises:
            bot.settings.SettingsError: there is no token in production.
        """
        return cls(channel_token())

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> Blueprint:
        """The routes of Rasa's own channel, behind the checks."""
        blueprint = super().blueprint(on_new_message)

        async def check(request: Request) -> HTTPResponse | None:
            return self._check(request)

        # A function of its own: Sanic forgets a method silently here.
        blueprint.middleware("request")(check)
        blueprint.listener("after_server_start")(_leave_model_out_of_collection)
        return blueprint

    def _check(self, request: Request) -> HTTPResponse | None:
        if request.method != "POST":
            return None
        given = request.args.get("token") or ""
        if self._token and not hmac.compare_digest(given.encode(), self._token.encode()):
            return _refuse(401, "The token is missing or wrong.")
        # A browser asks us first before it sends this for a website, and we do not answer that.
        if request.content_type.partition(";")[0].strip().lower() != "application/json":
            return _refuse(415, "The content type must be application/json.")
        body = request.json
        if not isinstance(body, dict):
            return _refuse(422, "The body must be a JSON object.")
        if not _is_text(body.get("sender"), LONGEST_SENDER):
            return _refuse(422, f"'sender' must be a text of at most {LONGEST_SENDER} characters.")
        if not _is_text(body.get("message"), LONGEST_MESSAGE):
            return _refuse(
                422, f"'message' must be a text of at most {LONGEST_MESSAGE} characters."
            )
        if not isinstance(body.get("metadata"), dict | None):
            return _refuse(422, "'metadata' must be an object.")
        return None


def _leave_model_out_of_collection(*_: object) -> None:
    """Python looks for garbage among all objects, and those of a loaded model take .2 s."""
    gc.collect()
    gc.freeze()


def _is_text(value: object, longest: int) -> bool:
    return isinstance(value, str) and value.strip() != "" and len(value) <= longest


def _refuse(status: int, error: str) -> HTTPResponse:
    return json({"error": error}, status=status)
