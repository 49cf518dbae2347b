"""Running the product: the processes of one unit, that start, live and stop together.

A unit is Rasa, the actions and the web process, on one machine: what is between them goes over
loopback. RASA_WORKERS and WEB_WORKERS make it use more processors; more machines is more units.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from bot.settings import ROOT, Settings, python_rasa, with_files
from bot.training import MODEL, QUIET

READY_WITHIN_SECONDS = 120.0
STOP_WITHIN_SECONDS = 15.0
LAST_LINES = 15


class RunError(Exception):
    """The product cannot start or has stopped; the message (Dutch) says what to do."""


@dataclass(frozen=True)
class Part:
    """One process: how to start it, and where it answers when it is ready.

    Rasa divides itself into `workers` processes when that is more than one.
    """

    name: str
    command: list[str]
    port: int
    ready_path: str
    workers: int = 1


def parts(settings: Settings) -> list[Part]:
    """Actions, Rasa and the web process, in the order in which they need each other."""
    # Both log through ours, which keeps what a citizen said out of it.
    guarded = [python_rasa(), "-m", "bot.operations.guarded"]
    # Both read their token from the environment: everyone on a machine can read its command lines.
    rasa = [*guarded, "bot.nlu.server", "run", "--enable-api", "--interface", "127.0.0.1"]
    rasa += ["--port", str(settings.port_rasa), "--model", str(MODEL)]
    actions = [*guarded, "actions.server", "--actions", "actions", "--cors"]
    actions += ["--port", str(settings.port_actions)]
    return [
        Part("actions", actions, settings.port_actions, "/health"),
        Part("rasa", rasa, settings.port_rasa, "/", settings.rasa_workers),
        *_web_parts(settings),
    ]


def _web_parts(settings: Settings) -> list[Part]:
    """One on the public port; or several that share it, and have a port of their own besides."""
    command = [sys.executable, "-m", "bot.cli", "web"]
    ready_path = "/api/v1/openapi.json"
    if settings.web_workers == 1:
        return [Part("web", command, settings.port_web, ready_path)]
    return [
        Part(
            f"web.{number}",
            [*command, "--number", str(number)],
            settings.port_of_web(number),
            ready_path,
        )
        for number in range(1, settings.web_workers + 1)
    ]


def parts_environment(settings: Settings, inherited: Mapping[str, str]) -> dict[str, str]:
    """The environment of every part.

    Args:
        inherited: what they have besides, and what the settings were read from.

    Raises:
        SettingsError: a secret in a file cannot be read.
    """
    return {
        **with_files(inherited),
        **QUIET,
        "DATABASE_URL": settings.database_url,
        "REDIS_URL": settings.redis_url,
        # They are in the addresses by now.
        "DATABASE_PASSWORD": "",
        "REDIS_PASSWORD": "",
        "SANIC_WORKERS": str(settings.rasa_workers),
        "LOG_FORMAT": settings.log_format,
        "SECRET_KEY": settings.secret_key,
        "RASA_TOKEN": settings.rasa_token,
        "ENVIRONMENT": settings.environment,
        "ACTIONS_WEBHOOK": f"{settings.actions_url}/webhook",
        "OMP_NUM_THREADS": inherited.get("OMP_NUM_THREADS", "1"),
        "PYTHONPATH": str(ROOT),
        # rasa_sdk and Rasa would listen on every address of the machine.
        "SANIC_HOST": "127.0.0.1",
        "FORCE_JSON_LOGGING": "1",  # in a terminal Rasa's log cannot be told apart into its parts
    }


def run(settings: Settings, say: Callable[[str], None]) -> None:
    """Starts all parts, waits until each answers, and stops all when one stops or on a signal.

    Raises:
        RunError: a port is in use, a part died, or one did not get ready in time.
    """
    wanted = parts(settings)
    for part in wanted:
        _check_port(part.name, part.port)
    if settings.web_workers > 1:
        _check_port("web", settings.port_web)
    stopping = _Stop()
    running: dict[str, subprocess.Popen[bytes]] = {}
    logs = _log_folder(settings)
    environment = parts_environment(settings, os.environ)
    behind, public = wanted[: -settings.web_workers], wanted[-settings.web_workers :]
    try:
        for group in (behind, public):  # the public part opens when the others can answer
            for part in group:
                running[part.name] = _start(part, environment, logs)
            for part in group:
                _wait_until_ready(part, running, stopping, logs)
                if stopping.asked:
                    return
                say(f"  {part.name} is klaar")
        say(f"\nStartwijzer draait op http://{settings.host_web}:{settings.port_web}/")
        say(f"API-beschrijving: http://{settings.host_web}:{settings.port_web}/api/v1/openapi.json")
        say("Stoppen: Ctrl-C")
        while not stopping.asked:
            _check_alive(running, logs)
            _check_divided(behind, running, logs)
            time.sleep(0.2)
        say("\nAlles wordt gestopt.")
    finally:
        _stop_all(running)


class _Stop:
    """Remembers that someone asked to stop (Ctrl-C, or TERM from a service manager)."""

    def __init__(self) -> None:
        self.asked = False
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._ask)

    def _ask(self, number: int, frame: FrameType | None) -> None:
        self.asked = True


def _start(part: Part, environment: dict[str, str], logs: Path | None) -> subprocess.Popen[bytes]:
    """Starts a part in a process group of its own: Ctrl-C in a terminal reaches only us."""
    log = None if logs is None else (logs / f"{part.name}.log").open("wb")
    return subprocess.Popen(
        part.command, cwd=ROOT, env=environment, start_new_session=True, stdout=log, stderr=log
    )


def _log_folder(settings: Settings) -> Path | None:
    """Where the parts write what they report; None in production, where a container collects it."""
    if settings.production:
        return None
    folder = settings.var / "log"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _last_words(logs: Path | None, name: str) -> str:
    if logs is None:
        return ""
    lines = (logs / f"{name}.log").read_text(errors="replace").splitlines()
    return "\n".join(["", *lines[-LAST_LINES:], f"(meer in {logs / name}.log)"])


def _check_port(name: str, port: int) -> None:
    setting = f"PORT_{name.partition('.')[0].upper()}"
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise RunError(
                f"Poort {port} (voor {name}) is niet vrij: {error.strerror}. Stop het "
                f"andere programma, of kies een andere poort: {setting}=... make run"
            ) from error


def _wait_until_ready(
    part: Part, running: dict[str, subprocess.Popen[bytes]], stopping: _Stop, logs: Path | None
) -> None:
    deadline = time.monotonic() + READY_WITHIN_SECONDS
    url = f"http://127.0.0.1:{part.port}{part.ready_path}"
    while not stopping.asked:
        _check_alive(running, logs)
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except (urllib.error.URLError, OSError):
            pass
        if time.monotonic() > deadline:
            raise RunError(
                f"{part.name} gaf na {READY_WITHIN_SECONDS:.0f} seconden nog geen antwoord."
                f"{_last_words(logs, part.name)}"
            )
        time.sleep(0.2)


def _check_alive(running: dict[str, subprocess.Popen[bytes]], logs: Path | None) -> None:
    for name, process in running.items():
        code = process.poll()
        if code is not None:
            raise RunError(
                f"{name} is gestopt (code {code}). Daarom stopt alles. Kijk hieronder waarom, en "
                f"start opnieuw met: make run\n{_last_words(logs, name)}"
            )


def _check_divided(
    parts: list[Part], running: dict[str, subprocess.Popen[bytes]], logs: Path | None
) -> None:
    """Rasa goes on when one of the processes dies that it divided itself into; with less power."""
    for part in parts:
        pid = running[part.name].pid
        if part.workers > 1 and len(_children(pid)) < part.workers:
            raise RunError(
                f"Een van de {part.workers} processen van {part.name} is gestopt. Daarom stopt "
                f"alles. Start opnieuw met: make run\n{_last_words(logs, part.name)}"
            )


def _children(pid: int) -> list[str]:
    """The ids of the processes that one has started and that still run."""
    try:
        found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        states = [Path(f"/proc/{child}/stat").read_text().rpartition(")")[2] for child in found]
    except OSError:
        return []
    return [c for c, state in zip(found, states, strict=True) if state.split()[0] != "Z"]


def _stop_all(running: dict[str, subprocess.Popen[bytes]]) -> None:
    for process in running.values():
        if process.poll() is None:
            process.terminate()
    deadline = time.monotonic() + STOP_WITHIN_SECONDS
    for process in running.values():
        try:
            process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        # What it divided itself into outlives one that was killed, and keeps its port.
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
