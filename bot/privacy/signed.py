"""Signed tokens that die by themselves (JWT, RFC 7519), each good for one purpose only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timezone

import jwt

from bot.privacy.keys import derive

ALGORITHM = "HS256"


class InvalidToken(Exception):
    """The token is not ours, was changed, or is too old; the message does not say which part."""


@dataclass(frozen=True)
class Claim:
    """What a token says: for what it is, and until when (UTC)."""

    subject: str
    expires_at: datetime


class Tokens:
    """Issues and reads tokens.

    Args:
        secret: the installation's `SECRET_KEY`.
        purpose: what the tokens open; those of another purpose have another key.
        old: keys of before (`SECRET_KEY_OLD`): what was signed with them is read until it dies,
            nothing new is signed with them.
    """

    def __init__(self, secret: str, purpose: str, old: Sequence[str] = ()) -> None:
        self._keys = [derive(one, purpose) for one in (secret, *old)]

    def issue(self, subject: str, expires_at: datetime) -> str:
        """A token for this subject, signed with the key of now."""
        claims = {"sub": subject, "exp": expires_at}
        return jwt.encode(claims, self._keys[0], algorithm=ALGORITHM)

    def read(self, token: str) -> Claim:
        """What the token says.

        Every key is tried, whatever is wrong, and signatures are compared in constant time (PyJWT,
        hmac.compare_digest): how long it takes says nothing about the token.

        Raises:
            InvalidToken: it does not hold.
        """
        found = [claim for claim in map(lambda key: _read(token, key), self._keys) if claim]
        if not found:
            raise InvalidToken
        return found[0]


def _read(token: str, key: bytes) -> Claim | None:
    try:
        claims = jwt.decode(token, key, algorithms=[ALGORITHM], options={"require": ["exp", "sub"]})
        expires_at = datetime.fromtimestamp(int(claims["exp"]), timezone.utc)
    except (jwt.InvalidTokenError, OverflowError, OSError, ValueError):
        return None
    return Claim(str(claims["sub"]), expires_at)
