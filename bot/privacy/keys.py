"""Keys for separate purposes, derived from the one secret of the installation."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
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
        old: keys of before (`SECRET_KEY_OLD`), the newest first: what was written with them can
            still be read, nothing new is (https://cryptography.io/en/latest/fernet/, MultiFernet).
    """

    def __init__(self, secret: str, purpose: str, old: Sequence[str] = ()) -> None:
        keys = [_fernet(one, purpose) for one in (secret, *old)]
        self._newest = keys[0]
        self._fernet = MultiFernet(keys)
        self._hash_keys = [derive(one, f"{purpose} fingerprint") for one in (secret, *old)]

    def encrypt(self, text: str) -> bytes:
        """The text, unreadable without the key."""
        return self._fernet.encrypt(text.encode())

    def decrypt(self, ciphertext: bytes) -> str:
        """The text again.

        Raises:
            cryptography.fernet.InvalidToken: another key, or tampered with.
        """
        return self._fernet.decrypt(ciphertext).decode()

    def is_current(self, ciphertext: bytes) -> bool:
        """Whether this was written with the key of now, so that the older ones can go."""
        try:
            self._newest.decrypt(ciphertext)
        except InvalidToken:
            return False
        return True

    def fingerprint(self, text: str) -> str:
        """Equal for equal texts, and useless without the key (HMAC-SHA256, hexadecimal)."""
        return self.fingerprints(text)[0]

    def fingerprints(self, text: str) -> list[str]:
        """The fingerprint under the key of now, and those under the older keys."""
        data = text.encode()
        return [hmac.new(key, data, hashlib.sha256).hexdigest() for key in self._hash_keys]


def _fernet(secret: str, purpose: str) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(derive(secret, purpose)))
