"""Hand-over by webhook: signed JSON to an address of the desk.

The receiver checks that `X-Startwijzer-Signature` is `sha256=` and the hexadecimal HMAC-SHA256
(RFC 2104), under the shared secret, of `X-Startwijzer-Timestamp` (seconds since 1970), a dot and
the body, and that the time is recent. `Idempotency-Key` is the same for every try
(draft-ietf-httpapi-idempotency-key-header): a receiver that knows it answers 2xx and does nothing.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import socket
from collections.abc import Iterable, Mapping
from datetime import datetime
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver

from bot.database import now
from bot.handover.desk import Progress, Refused, Unavailable
from bot.referral.message import DeskMessage
from bot.settings import Settings

TIMEOUT = aiohttp.ClientTimeout(total=20, connect=10)
# These 4xx say "later" (RFC 9110, 15.5.9; RFC 8470; RFC 6585); any other says "never like this".
LATER = (408, 425, 429)
# An IPv6 address that carries one of IPv4 (RFC 6052), so that a gateway leads back inside.
NAT64 = ip_network("64:ff9b::/96")


class NotAllowed(OSError):
    """The address lies inside a network where no desk of others can be."""


class Guard:
    """Which addresses may be called: public ones, and what the administrator allows.

    Addresses of desks are content, which is not the administrator's; without this, content could
    make the server call what only the server can reach (SSRF, OWASP Top 10 2021 A10).

    Args:
        networks: private networks that are allowed, such as `10.1.2.0/24`.
    """

    def __init__(self, networks: Iterable[str] = ()) -> None:
        self._networks = [ip_network(network) for network in networks]

    def is_inside(self, address: str) -> bool:
        """Whether the address lies in an allowed private network."""
        ip = _unwrapped(ip_address(address))
        return any(ip in network for network in self._networks)

    def check(self, address: str) -> None:
        """Raises NotAllowed: private, loopback, link-local or otherwise not of the internet."""
        ip = _unwrapped(ip_address(address.split("%")[0]))
        public = ip.is_global and not (ip.is_multicast or ip.is_reserved)
        if not public and not any(ip in network for network in self._networks):
            raise NotAllowed("address is not public")


class GuardedResolver(AbstractResolver):
    """Looks names up, and gives only addresses that may be called.

    The check is on the very addresses that are then connected to: a name that changes its address
    between a check and the call (DNS rebinding) gains nothing.
    """

    def __init__(self, guard: Guard, secure: bool) -> None:
        self._guard = guard
        self._secure = secure
        self._names = ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """See `AbstractResolver`; raises NotAllowed when one of the addresses is not allowed."""
        found = await self._names.resolve(host, port, family)
        for result in found:
            _check(self._guard, result["host"], self._secure)
        return found

    async def close(self) -> None:
        """See `AbstractResolver`."""
        await self._names.close()


class Webhook:
    """Posts to `{kind: webhook, url: ...}`."""

    def __init__(self, settings: Settings) -> None:
        self._secret = settings.webhook_secret
        self._guard = Guard(settings.webhook_private_networks)

    async def send(
        self, address: Mapping[str, Any], message: DeskMessage, progress: Progress
    ) -> None:
        """See `Adapter.send`. 2xx has arrived; 4xx but 408, 425 and 429 is never; else later."""
        if not self._secret:
            raise Unavailable("WEBHOOK_SECRET is not set")
        url = address["url"]
        try:
            host, secure = urlsplit(url).hostname or "", urlsplit(url).scheme == "https"
        except ValueError as error:
            raise Refused("the address of the desk is not valid") from error
        body = json.dumps(message.as_dict(), ensure_ascii=False).encode()
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": "Startwijzer",
            "Idempotency-Key": message.key,
            **signature(self._secret, body, now()),
        }
        try:
            self._check_literal(host, secure)
            connector = aiohttp.TCPConnector(
                resolver=GuardedResolver(self._guard, secure), use_dns_cache=False
            )
            async with (
                aiohttp.ClientSession(connector=connector, timeout=TIMEOUT) as http,
                http.post(url, data=body, headers=headers, allow_redirects=False) as response,
            ):
                status = response.status
        except NotAllowed as error:
            raise Refused(str(error)) from error
        except aiohttp.InvalidURL as error:
            raise Refused("the address of the desk is not valid") from error
        except aiohttp.ClientConnectorError as error:
            if isinstance(error.__cause__, NotAllowed):
                raise Refused(str(error.__cause__)) from error
            raise Unavailable(type(error).__name__) from error
        except (aiohttp.ClientError, asyncio.TimeoutError, OSError) as error:
            raise Unavailable(type(error).__name__) from error
        judge(status)

    def _check_literal(self, host: str, secure: bool) -> None:
        """An address in numbers is never looked up, so it is checked here."""
        try:
            ip_address(host)
        except ValueError:
            return
        _check(self._guard, host, secure)


def signature(secret: str, body: bytes, moment: datetime) -> dict[str, str]:
    """The headers that prove who sent this body, and when."""
    timestamp = str(int(moment.timestamp()))
    digest = hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256)
    return {
        "X-Startwijzer-Timestamp": timestamp,
        "X-Startwijzer-Signature": f"sha256={digest.hexdigest()}",
    }


def judge(status: int) -> None:
    """What the status of the answer means for the message: nothing when it has arrived.

    A redirect is not followed: it would take personal data to where nobody decided to send it.

    Raises:
        Refused: never like this.
        Unavailable: later.
    """
    if 200 <= status < 300:
        return
    if 400 <= status < 500 and status not in LATER:
        raise Refused(f"status {status}")
    raise Unavailable(f"status {status}")


def _check(guard: Guard, address: str, secure: bool) -> None:
    """Raises NotAllowed: not an address to call, or not without TLS."""
    guard.check(address)
    if not secure and not guard.is_inside(address.split("%")[0]):
        raise NotAllowed("https is needed outside the own network")


def _unwrapped(ip: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """The IPv4 address inside one of IPv6, where there is one."""
    if isinstance(ip, IPv6Address):
        if ip in NAT64:
            return IPv4Address(ip.packed[-4:])
        return ip.ipv4_mapped or ip.sixtofour or ip
    return ip
