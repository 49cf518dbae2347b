"""Ports on loopback for a server that is about to start; the tests take theirs here as well."""

from __future__ import annotations

import itertools
import random
import socket

# A part with several workers listens on the ports after its own too.
ROW = 10
# Below what Linux gives to those who connect (net.ipv4.ip_local_port_range: from 32768), so
# that no connection takes a port before the server does. Two servers of one run never get the
# same, those of two runs hardly ever, whatever seed either has.
_FIRST = itertools.cycle(random.SystemRandom().sample(range(20_000, 32_000, ROW), 1_200))


def free_port() -> int:
    """A port that nobody listens on, nor on the nine after it."""
    return next(first for first in _FIRST if all(map(_is_free, range(first, first + ROW))))


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        # As servers do, which may follow one another on a port.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
