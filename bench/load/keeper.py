"""A service manager in small: starts processes, and starts again what stops."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from pathlib import Path

from bench.turns.processes import BenchError, Process, family
from bot.settings import ROOT

READY_WITHIN_SECONDS = 240.0
STOP_WITHIN_SECONDS = 20.0
LOOK_EVERY = 0.1


class Keeper:
    """Keeps processes running until `stop`; usable in a `with` block.

    Args:
        restart: seconds between the end of a process and its new start, as `RestartSec` of systemd.

    Attributes:
        restarts: how often each was started again.
    """

    def __init__(self, processes: list[Process], restart: float = 1.0) -> None:
        self._processes = {process.name: process for process in processes}
        self._restart = restart
        self._popen: dict[str, subprocess.Popen[bytes]] = {}
        self._down: set[str] = set()
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._keep, daemon=True)
        self.restarts: Counter[str] = Counter()

    def __enter__(self) -> Keeper:
        try:
            for name in self._processes:
                self._start(name)
            for name in self._processes:
                self.wait(name)
        except BaseException:
            self.stop()
            raise
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def names(self) -> list[str]:
        """Of the processes."""
        return list(self._processes)

    def kill(self, name: str) -> None:
        """As `kill -9` does, with what it started; it comes back by itself."""
        for pid in reversed(family(self._popen[name].pid)):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue

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

    def signal(self, name: str, number: int) -> None:
        """Sends a signal to a process and what it started."""
        for pid in family(self._popen[name].pid):
            os.kill(pid, number)

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

    def wait(self, name: str) -> None:
        """Returns when it answers.

        Raises:
            BenchError: it does not.
        """
        deadline = time.monotonic() + READY_WITHIN_SECONDS
        while not _answers(self._processes[name].ready_url):
            if time.monotonic() > deadline:
                raise BenchError(f"{name} does not answer; its log is {self.log(name)}")
            time.sleep(LOOK_EVERY)

    def log(self, name: str) -> Path:
        """Where it writes what it reports."""
        process = self._processes[name]
        return process.folder / f"{process.name}.log"

    def rss(self) -> dict[str, float]:
        """Memory of each (MB), with what it started."""
        return {name: sum(map(_rss, family(p.pid))) for name, p in self._popen.items()}

    def stop(self) -> None:
        """Stops all of them, politely first."""
        self._over.set()
        if self._thread.is_alive():
            self._thread.join(STOP_WITHIN_SECONDS)
        for popen in self._popen.values():
            if popen.poll() is None:
                popen.send_signal(signal.SIGCONT)
                popen.terminate()
        for popen in self._popen.values():
            try:
                popen.wait(STOP_WITHIN_SECONDS)
            except subprocess.TimeoutExpired:
                popen.kill()
                popen.wait()

    def _start(self, name: str) -> None:
        process = self._processes[name]
        with self.log(name).open("ab") as log:
            self._popen[name] = subprocess.Popen(
                process.command,
                cwd=ROOT,
                env=process.env,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C reaches us, who stop them in order
            )

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


def _answers(url: str) -> bool:
    try:
        urllib.request.urlopen(url, timeout=2).close()
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


def _rss(pid: int) -> float:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(li.split()[1]) / 1024 for li in lines if li.startswith("VmRSS")), 0.0)
