"""Session tokens: signed by us, for one conversation, for a limited time."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone

import jwt

from bot.database import now
from bot.privacy.keys import derive

ALGORITHM = "HS256"
TERM = timedelta(hours=24)


class InvalidSession(Exception):
    """The token is not ours, was changed, or is too old."""


@dataclass(frozen=True)
class Session:
    """A token: which conversation it opens, and until when (UTC)."""

    conversation_id: str
    expires_at: datetime
    token: str = field(repr=False)

    def as_dict(self) -> dict[str, str]:
        """The shape of the public API."""
        return {"token": self.token, "expires_at": self.expires_at.isoformat()}


class Sessions:
    """Issues and reads tokens (JWT, RFC 7519).

    Args:
        secret: the installation's `SECRET_KEY`.
    """

    def __init__(self, secret: str) -> None:
        self._key = derive(secret, "session")

    def begin(self, conversation_id: str) -> Session:
        """A new session for this conversation."""
        moment = now().replace(microsecond=0)  # a token counts in whole seconds
        claims = {"sub": conversation_id, "iat": moment, "exp": moment + TERM}
        token = jwt.encode(claims, self._key, algorithm=ALGORITHM)
        return Session(conversation_id, moment + TERM, token)

    def issue(self, conversation_id: str) -> str:
        """A token for this conversation."""
        return self.begin(conversation_id).token

    def open(self, token: str) -> Session:
        """The session that this token is for.

        Raises:
            InvalidSession: it does not hold.
        """
        try:
            claims = jwt.decode(
                token, self._key, algorithms=[ALGORITHM], options={"require": ["exp", "sub"]}
            )
            expires_at = datetime.fromtimestamp(int(claims["exp"]), timezone.utc)
        except (jwt.InvalidTokenError, OverflowError, OSError, ValueError) as error:
            raise InvalidSession(type(error).__name__) from error
        return Session(str(claims["sub"]), expires_at, token)

    def read(self, token: str) -> str:
        """The id of the conversation that the token is for.

        Raises:
            InvalidSession: it does not hold.
        """
        return self.open(token).conversation_id
