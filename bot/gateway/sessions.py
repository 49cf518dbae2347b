"""Session tokens: signed by us, for one conversation, for a limited time."""

from __future__ import annotations

from datetime import timedelta

import jwt

from bot.database import now
from bot.privacy.keys import derive

ALGORITHM = "HS256"
TERM = timedelta(hours=24)


class InvalidSession(Exception):
    """The token is not ours, was changed, or is too old."""


class Sessions:
    """Issues and reads tokens (JWT, RFC 7519).

    Args:
        secret: the installation's `SECRET_KEY`.
    """

    def __init__(self, secret: str) -> None:
        self._key = derive(secret, "session")

    def issue(self, conversation_id: str) -> str:
        """A token for this conversation."""
        moment = now()
        claims = {"sub": conversation_id, "iat": moment, "exp": moment + TERM}
        return jwt.encode(claims, self._key, algorithm=ALGORITHM)

    def read(self, token: str) -> str:
        """The id of the conversation that the token is for.

        Raises:
            InvalidSession: it does not hold.
        """
        try:
            claims = jwt.decode(
                token, self._key, algorithms=[ALGORITHM], options={"require": ["exp", "sub"]}
            )
        except jwt.InvalidTokenError as error:
            raise InvalidSession(type(error).__name__) from error
        return str(claims["sub"])
