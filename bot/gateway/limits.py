"""How much one person may ask in a while, and keep open at once.

Every process counts its own; what may be asked in a while can be shared by all (`share`).
"""

from __future__ import annotations

import time
from collections import Counter, OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from bot.gateway.problems import Problem
from bot.gateway.shared_counts import SharedCounts


class RateLimit:
    """At most `most` events at once for each key, and after that one every `seconds / most`.

    The generic cell rate algorithm (ITU-T I.371): one number for each key, the moment at which it
    has everything back. A key that has everything back is forgotten, and of the others the `keys`
    that asked last are remembered, so that memory has a limit and no address is kept for nothing.
    """

    def __init__(self, most: int, seconds: float, keys: int = 10_000) -> None:
        self._interval = seconds / most
        self._seconds = seconds
        self._keys = keys
        self._full_at: OrderedDict[str, float] = OrderedDict()
        self._name = ""
        self._counts: SharedCounts | None = None

    def __len__(self) -> int:
        return len(self._full_at)

    def share(self, name: str, counts: SharedCounts) -> None:
        """From now on what the other processes allow counts here too; `name` is this limit's."""
        self._name, self._counts = name, counts

    def allows(self, key: str) -> bool:
        """Whether one more is allowed now; it is counted when it is."""
        moment = time.monotonic()
        self._forget(moment)
        full_at = max(self._full_at.get(key, moment), moment) + self._interval
        # A little room: sums of fractions are not exact.
        if full_at > moment + self._seconds + self._interval / 1000:
            return False
        self._remember(key, full_at)
        if self._counts is not None:
            self._counts.note(self._name, key, self._interval, partial(self._learn, key))
        return True

    def check(self, key: str, detail: str) -> None:
        """Counts one more.

        Raises:
            Problem: 429 with this text, when that is too many.
        """
        if not self.allows(key):
            raise Problem(429, detail, headers={"Retry-After": str(int(self._interval) + 1)})

    def _remember(self, key: str, full_at: float) -> None:
        self._full_at[key] = full_at
        self._full_at.move_to_end(key)
        if len(self._full_at) > self._keys:
            self._full_at.popitem(last=False)

    def _learn(self, key: str, seconds: float) -> None:
        """In so many seconds the key has everything back, counted over all processes."""
        full_at = time.monotonic() + seconds
        if full_at > self._full_at.get(key, 0.0):
            self._remember(key, full_at)

    def _forget(self, moment: float) -> None:
        while self._full_at:
            key, full_at = next(iter(self._full_at.items()))
            if full_at > moment:
                return
            del self._full_at[key]


class Places:
    """At most `most` at the same time for each key."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._taken: Counter[str] = Counter()

    def __len__(self) -> int:
        return len(self._taken)

    @contextmanager
    def one(self, key: str, detail: str) -> Iterator[None]:
        """Takes a place until the end of the block.

        Raises:
            Problem: 429 with this text, when all are taken.
        """
        if self._taken[key] >= self._most:
            raise Problem(429, detail, headers={"Retry-After": "5"})
        self._taken[key] += 1
        try:
            yield
        finally:
            self._taken[key] -= 1
            if not self._taken[key]:
                del self._taken[key]
