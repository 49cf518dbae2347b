"""How much one person may ask in a while."""

from __future__ import annotations

import time
from collections import OrderedDict, deque


class RateLimit:
    """At most `most` events per `seconds` for each key; remembers `keys` keys at the most."""

    def __init__(self, most: int, seconds: float, keys: int = 10_000) -> None:
        self._most = most
        self._seconds = seconds
        self._keys = keys
        self._events: OrderedDict[str, deque[float]] = OrderedDict()

    def allows(self, key: str) -> bool:
        """Whether one more is allowed now; it is counted when it is."""
        moment = time.monotonic()
        events = self._events.setdefault(key, deque())
        self._events.move_to_end(key)
        while events and events[0] <= moment - self._seconds:
            events.popleft()
        if len(self._events) > self._keys:
            self._events.popitem(last=False)
        if len(events) >= self._most:
            return False
        events.append(moment)
        return True
