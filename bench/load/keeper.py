"""A service manager in small: starts processes, and starts again what stops."""

from __future__ import annotations

import threading
import time
from collections import Counter

from bench.turns.processes import LOOK_EVERY, STOP_WITHIN_SECONDS, Process, Running


class Keeper(Running):
    """Keeps processes running until `stop`: what is killed comes back by itself.

    Args:
        restart: seconds between the end of a process and its new start, as `RestartSec` of systemd.

    Attributes:
        restarts: how often each was started again.
    """

    def __init__(self, processes: list[Process], restart: float = 1.0) -> None:
        super().__init__(processes)
        self._restart = restart
        self._down: set[str] = set()
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._keep, daemon=True)
        self.restarts: Counter[str] = Counter()

    def __enter__(self) -> Keeper:
        super().__enter__()
        self._thread.start()
        return self

    def wait_for_restart(self, name: str) -> None:
        """After a kill: returns when it was started again, and answers.

        Raises:
            BenchError: it does not.
        """
        killed = self._popen[name]
        killed.wait(STOP_WITHIN_SECONDS)
        while self._popen[name] is killed and not self._over.is_set():
            time.sleep(LOOK_EVERY)
        self.wait(name)

    def down(self, name: str) -> None:
        """Kills it, and keeps it down."""
        with self._lock:
            self._down.add(name)
        self.kill(name)
        self._popen[name].wait(STOP_WITHIN_SECONDS)

    def up(self, name: str) -> None:
        """Starts what is down, and waits until it answers."""
        with self._lock:
            self._start(name)
            self._down.discard(name)
        self.wait(name)

    def rss(self) -> dict[str, float]:
        """Memory of each (MB), with what it started."""
        return {name: self.memory(name).rss for name in self.names}

    def stop(self) -> None:
        """Stops all of them, politely first."""
        self._over.set()
        if self._thread.is_alive():
            self._thread.join(STOP_WITHIN_SECONDS)
        super().stop()

    def _check_runs(self, name: str) -> None:
        if not self._thread.is_alive():  # else what stopped is started again
            super()._check_runs(name)

    def _keep(self) -> None:
        while not self._over.wait(LOOK_EVERY):
            for name, popen in list(self._popen.items()):
                if popen.poll() is None or name in self._down:
                    continue
                if self._over.wait(self._restart):
                    return
                with self._lock:
                    if name not in self._down:
                        self.restarts[name] += 1
                        self._start(name)
