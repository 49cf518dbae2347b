"""What every adapter to a desk has in common."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

from bot.referral.message import DeskMessage


class Unavailable(Exception):
    """Not now: the desk is away, late or busy, or we may not in. The text has no content."""


class Refused(Exception):
    """Never: the desk does not accept this message. The text has no content."""


class Progress:
    """What was done already for one message, kept after every step.

    Args:
        done: what earlier tries did.
        keep: stores all of it; raises when this worker may not go on.
    """

    def __init__(
        self, done: Mapping[str, Any], keep: Callable[[Mapping[str, Any]], None] | None = None
    ) -> None:
        self.done = dict(done)
        self._keep = keep

    async def save(self, **done: Any) -> None:
        """Remembers this too, before anything else happens."""
        self.done |= done
        if self._keep:
            await asyncio.to_thread(self._keep, self.done)


class Adapter(Protocol):
    """One way to a desk."""

    def send(
        self, address: Mapping[str, Any], message: DeskMessage, progress: Progress
    ) -> Awaitable[None]:
        """Returns when the message has arrived.

        Args:
            address: `Provider.handover`.

        Raises:
            Unavailable: try again later.
            Refused: trying again is of no use.
        """
        ...
