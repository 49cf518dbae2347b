"""Session tokens: signed by us, for one conversation, for a limited time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.database import now
from bot.privacy.signed import InvalidToken, Tokens

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
    """Issues and reads tokens.

    Args:
        secret: the installation's `SECRET_KEY`.
        old: `SECRET_KEY_OLD`: who is talking while the key changes can go on.
    """

    def __init__(self, secret: str, old: Sequence[str] = ()) -> None:
        self._tokens = Tokens(secret, "session", old)

    def begin(self, conversation_id: str) -> Session:
        """A new session for this conversation."""
        expires_at = now().replace(microsecond=0) + TERM  # a token counts in whole seconds
        return Session(conversation_id, expires_at, self._tokens.issue(conversation_id, expires_at))

    def issue(self, conversation_id: str) -> str:
        """A token for this conversation."""
        return self.begin(conversation_id).token

    def open(self, token: str) -> Session:
        """The session that this token is for.

        Raises:
            InvalidSession: it does not hold.
        """
        try:
            claim = self._tokens.read(token)
        except InvalidToken as error:
            raise InvalidSession from error
        return Session(claim.subject, claim.expires_at, token)

    def read(self, token: str) -> str:
        """The id of the conversation that the token is for.

        Raises:
            InvalidSession: it does not hold.
        """
        return self.open(token).conversation_id
