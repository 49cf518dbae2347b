"""How fast messages may follow each other to one person.

Meta: about one in 6 seconds to the same person; up to 45 at once are borrowed from the time after
(pair rate limits, https://developers.facebook.com/docs/whatsapp/cloud-api/overview). This is a
bucket that holds fewer, so that a lively conversation is never slowed down, an endless one is, and
Meta's own limit stays far away.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True)
class Pace:
    """`burst` messages at once, then one in `every`."""

    burst: int = 20
    every: timedelta = timedelta(seconds=6)
    # How far back to look: an hour at the slow pace is 600 messages.
    memory: timedelta = timedelta(hours=1)

    def allowed_at(self, sent: Iterable[datetime]) -> datetime | None:
        """From when the next message may go, after these (generic cell rate algorithm).

        Returns:
            A moment that may have passed; None when nothing was sent.
        """
        paid: datetime | None = None
        for moment in sorted(sent):
            paid = max(paid or moment, moment) + self.every
        return None if paid is None else paid - self.every * self.burst
