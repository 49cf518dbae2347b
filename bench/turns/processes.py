"""Processes of a side: started, waited for, weighed and stopped."""

from __future__ import annotations

import os
import socket
import subprocess
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from bot.settings import ROOT
from bot.training import QUIET

READY_WITHIN_SECONDS = 400.0
STOP_WITHIN_SECONDS = 15.0
# Of who runs the bench; what is measured has databases and secrets of its own.
NOT_INHERITED = (
    *("DATABASE_URL", "REDIS_URL", "ENVIRONMENT"),
    *("RASA_WORKERS", "WEB_WORKERS", "WORKERS"),
)


class BenchError(Exception):
    """Something cannot be measured here; the message says what to do."""


@dataclass(frozen=True)
class Process:
    """A program: its command, where it answers when it is ready, and the folder of its log."""

    name: str
    command: list[str]
    ready_url: str
    env: dict[str, str]
    folder: Path


@dataclass(frozen=True)
class Memory:
    """What processes hold, in MB; shared pages count once for each of them in RSS, not in PSS."""

    rss: float
    pss: float


class Running:
    """Processes that run until `stop`; usable in a `with` block."""

    def __init__(self, processes: list[Process]) -> None:
        self._processes = processes
        self._popen: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> Running:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Starts all of them, and waits until each answers.

        Raises:
            BenchError: one stopped, or does not answer in time.
        """
        for process in self._processes:
            with (process.folder / f"{process.name}.log").open("ab") as log:
                self._popen[process.name] = subprocess.Popen(
                    process.command,
                    cwd=ROOT,
                    env=process.env,
                    stdout=log,
                    stderr=log,
                    # Ctrl-C reaches the bench, which stops them in order.
                    start_new_session=True,
                )
        for process in self._processes:
            self._wait(process)

    def stop(self) -> None:
        """Stops those that run, politely first."""
        for popen in self._popen.values():
            popen.terminate()
        deadline = time.monotonic() + STOP_WITHIN_SECONDS
        for popen in self._popen.values():
            try:
                popen.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                popen.kill()
                popen.wait()
        self._popen.clear()

    def memory(self) -> Memory:
        """Of all processes and what they started."""
        pids = [pid for popen in self._popen.values() for pid in family(popen.pid)]
        weighed = [_weigh(pid) for pid in pids]
        return Memory(sum(w.rss for w in weighed), sum(w.pss for w in weighed))

    def _wait(self, process: Process) -> None:
        deadline = time.monotonic() + READY_WITHIN_SECONDS
        while not _answers(process.ready_url):
            log = process.folder / f"{process.name}.log"
            if self._popen[process.name].poll() is not None:
                last = "\n".join(log.read_text(errors="replace").splitlines()[-15:])
                raise BenchError(f"{process.name} stopped while it started:\n{last}")
            if time.monotonic() > deadline:
                raise BenchError(f"{process.name} does not answer; its log is {log}")
            time.sleep(0.1)


def environment(var: Path) -> dict[str, str]:
    """The environment of a process under measure, that writes in `var` only."""
    var.mkdir(parents=True, exist_ok=True)
    return {
        **{name: value for name, value in os.environ.items() if name not in NOT_INHERITED},
        **QUIET,
        "PYTHONPATH": str(ROOT),
        "SANIC_HOST": "127.0.0.1",
        "VAR_DIR": str(var),
        "SECRET_KEY": "a-secret-that-only-the-bench-knows-of",
        "RASA_TOKEN": "a-token-that-only-the-bench-knows-of",
        "WEBHOOK_SECRET": "a-webhook-secret-that-only-the-bench-has",
        # Else every process makes these up, and says so.
        "WHATSAPP_VERIFY_TOKEN": "bench",
        "WHATSAPP_APP_SECRET": "bench",
        "WHATSAPP_ACCESS_TOKEN": "bench",
        "WHATSAPP_PHONE_NUMBER_ID": "0",
    }


def free_port() -> int:
    """A port on loopback that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def family(pid: int) -> list[int]:
    """A process, its children, and theirs."""
    found = [pid]
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        children = " ".join((task / "children").read_text() for task in tasks)
    except OSError:  # it has just stopped
        return found
    for child in children.split():
        found += family(int(child))
    return found


def _answers(url: str) -> bool:
    try:
        urllib.request.urlopen(url, timeout=2).close()
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


def _weigh(pid: int) -> Memory:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
    except OSError:
        return Memory(0, 0)
    sizes = {line.split(":")[0]: int(line.split()[1]) / 1024 for line in lines}
    return Memory(sizes["Rss"], sizes["Pss"])
