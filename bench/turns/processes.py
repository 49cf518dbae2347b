"""Processes of a side: started, waited for, weighed and stopped."""

from __future__ import annotations

import os
import signal
import subprocess
import time
import urllib.error
import urllib.request
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from bot.settings import ROOT
from bot.training import QUIET

READY_WITHIN_SECONDS = 400.0
STOP_WITHIN_SECONDS = 20.0
LOOK_EVERY = 0.1
# Of who runs the bench; what is measured has databases and secrets of its own.
NOT_INHERITED = (
    *("DATABASE_URL", "REDIS_URL", "ENVIRONMENT"),
    *("RASA_WORKERS", "WEB_WORKERS", "WORKERS", "OMP_NUM_THREADS"),
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
        self._processes = {process.name: process for process in processes}
        self._popen: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> Running:
        try:
            for name in self._processes:
                self._start(name)
            for name in self._processes:
                self.wait(name)
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def names(self) -> list[str]:
        """Of the processes."""
        return list(self._processes)

    def wait(self, name: str) -> None:
        """Returns when it answers.

        Raises:
            BenchError: it stopped, or does not answer in time.
        """
        deadline = time.monotonic() + READY_WITHIN_SECONDS
        while not _answers(self._processes[name].ready_url):
            self._check_runs(name)
            if time.monotonic() > deadline:
                raise BenchError(f"{name} does not answer; its log is {self._log(name)}")
            time.sleep(LOOK_EVERY)

    def signal(self, name: str, number: int) -> None:
        """Sends a signal to a process and what it started."""
        for pid in reversed(family(self._popen[name].pid)):
            with suppress(ProcessLookupError):
                os.kill(pid, number)

    def kill(self, name: str) -> None:
        """As `kill -9` does, with what it started."""
        self.signal(name, signal.SIGKILL)

    def stop(self) -> None:
        """Stops those that run, politely first."""
        for popen in self._popen.values():
            popen.send_signal(signal.SIGCONT)
            popen.terminate()
        deadline = time.monotonic() + STOP_WITHIN_SECONDS
        for name, popen in self._popen.items():
            try:
                popen.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                self.kill(name)
                popen.wait()

    def memory(self, *names: str) -> Memory:
        """Of these processes, or of all, and what they started."""
        pids = [pid for name in names or self.names for pid in family(self._popen[name].pid)]
        weighed = [_weigh(pid) for pid in pids]
        return Memory(sum(w.rss for w in weighed), sum(w.pss for w in weighed))

    def _start(self, name: str) -> None:
        process = self._processes[name]
        with self._log(name).open("ab") as log:
            self._popen[name] = subprocess.Popen(
                process.command,
                cwd=ROOT,
                env=process.env,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C reaches us, who stop them in order
            )

    def _check_runs(self, name: str) -> None:
        if self._popen[name].poll() is not None:
            last = "\n".join(self._log(name).read_text(errors="replace").splitlines()[-15:])
            raise BenchError(f"{name} stopped while it started:\n{last}")

    def _log(self, name: str) -> Path:
        return self._processes[name].folder / f"{name}.log"


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
