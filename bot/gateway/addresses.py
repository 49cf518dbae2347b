"""Where a request comes from, also behind a proxy."""

from __future__ import annotations

import ipaddress
import logging
import re
from collections.abc import Sequence

from aiohttp import web

logger = logging.getLogger(__name__)
Address = ipaddress.IPv4Address | ipaddress.IPv6Address
WITH_PORT = re.compile(r"\[(?P<v6>[^]]+)\](?::\d+)?|(?P<v4>[\d.]+):\d+")
# What one customer of a provider gets (RFC 6177): who has it can use any address in it.
ONE_CUSTOMER = 64


class Addresses:
    """Finds the address of who asks.

    Args:
        trusted: networks of our own proxies; only what these say in X-Forwarded-For is believed.
    """

    def __init__(self, trusted: Sequence[str]) -> None:
        self._warned = False
        self._trusted = [ipaddress.ip_network(network) for network in trusted]

    def of(self, request: web.Request) -> str:
        """The address, or of IPv6 the network of one customer; empty when there is none."""
        hops = ",".join(request.headers.getall("X-Forwarded-For", ())).split(",")
        found = _read(request.remote or "")
        if not self._warned and hops[0] and found is not None and not self._is_trusted(found):
            self._warned = True
            logger.warning(
                "X-Forwarded-For from outside TRUSTED_PROXIES is not believed: if that is our own "
                "proxy, everyone behind it counts as one address"
            )
        while found is not None and hops and self._is_trusted(found):
            before = _read(hops.pop())
            if before is None:
                break
            found = before
        if found is None:
            return ""
        if found.version == 4:
            return str(found)
        return str(ipaddress.ip_network((int(found), ONE_CUSTOMER), strict=False))

    def _is_trusted(self, address: Address) -> bool:
        return any(address in network for network in self._trusted)


def _read(text: str) -> Address | None:
    """An address as a proxy writes it, with or without a port; None when it is none."""
    match = WITH_PORT.fullmatch(text.strip())
    bare = (match["v6"] or match["v4"]) if match else text.strip()
    try:
        address = ipaddress.ip_address(bare)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
