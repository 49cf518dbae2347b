"""Keys for separate purposes, derived from the one secret of the installation."""

from __future__ import annotations

import base64
import hashlib
import hmac

from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


def derive(secret: str, purpose: str) -> bytes:
    """32 bytes for one purpose (HKDF-SHA256, RFC 5869): one key never serves two purposes."""
    return HKDF(SHA256(), 32, salt=None, info=f"startwijzer {purpose}".encode()).derive(
        secret.encode()
    )


class Cipher:
    """Encrypts short texts (Fernet: AES-128-CBC with HMAC-SHA256) and fingerprints them.

    Args:
        secret: the installation's `SECRET_KEY`.
        purpose: what the texts are for; another purpose cannot read them.
    """

    def __init__(self, secret: str, purpose: str) -> None:
        self._fernet = Fernet(base64.urlsafe_b64encode(derive(secret, purpose)))
        self._hash_key = derive(secret, f"{purpose} fingerprint")

    def encrypt(self, text: str) -> bytes:
        """The text, unreadable without the key."""
        return self._fernet.encrypt(text.encode())

    def decrypt(self, ciphertext: bytes) -> str:
        """The text again.

        Raises:
            cryptography.fernet.InvalidToken: another key, or tampered with.
        """
        return self._fernet.decrypt(ciphertext).decode()

    def fingerprint(self, text: str) -> str:
        """Equal for equal texts, and useless without the key (HMAC-SHA256, hexadecimal)."""
        return hmac.new(self._hash_key, text.encode(), hashlib.sha256).hexdigest()
