"""Random tokens, of which the database only knows a hash."""

from __future__ import annotations

import hashlib
import secrets

TOKEN_BYTES = 32


def new_token() -> str:
    """256 random bits, safe in an address and in a cookie."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def hashed(token: str) -> str:
    """What is kept of a token (SHA-256, hexadecimal).

    A token this long cannot be guessed, so a slow hash with salt adds nothing (NIST 800-63B,
    revision 3, 5.1.2.2: from 112 bits of entropy on, an approved hash is enough).
    """
    return hashlib.sha256(token.encode()).hexdigest()
