"""Whether a webhook comes from Meta, who signs the raw body with our app secret.

https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/overview
(validating payloads): `X-Hub-Signature-256: sha256=` and the HMAC-SHA256 in hexadecimal.
"""

from __future__ import annotations

import hashlib
import hmac

HEADER = "X-Hub-Signature-256"
ALGORITHM = "sha256="


def is_signed(body: bytes, header: str, secret: str) -> bool:
    """Whether the header is the signature of these very bytes; takes as long for any wrong one."""
    right = ALGORITHM + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return is_same(header, right)


def is_same(given: str, right: str) -> bool:
    """Whether two texts are equal, in a time that does not say where they differ."""
    return hmac.compare_digest(given.encode(errors="replace"), right.encode())
