"""A circuit breaker for each desk: one that is down is asked now and then, not for every message.

After Nygard, Release It! (2007), "Circuit Breaker": closed, open for a while, then one try.
"""

from __future__ import annotations

from datetime import datetime, timedelta

FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=15), timedelta(minutes=15)


class Circuits:
    """The circuits of all desks, by name; in memory, a restart closes them."""

    def __init__(self) -> None:
        self._failures: dict[str, int] = {}
        self._open_until: dict[str, datetime] = {}

    def allows(self, desk: str, moment: datetime) -> bool:
        """Whether the desk may be tried now."""
        until = self._open_until.get(desk)
        return until is None or until <= moment

    def failed(self, desk: str, moment: datetime) -> datetime:
        """The desk did not answer; when it may be tried again."""
        failures = self._failures[desk] = self._failures.get(desk, 0) + 1
        until = moment + min(FIRST_PAUSE * 2 ** min(failures - 1, 10), LONGEST_PAUSE)
        self._open_until[desk] = until
        return until

    def worked(self, desk: str) -> bool:
        """The desk answered; whether it did not before."""
        self._open_until.pop(desk, None)
        return self._failures.pop(desk, 0) > 0
