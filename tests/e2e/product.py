"""The running product, and a citizen who talks to it over the public API."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from bench.ports import free_port
from bot.run import parts
from bot.settings import ROOT, Settings
from bot.training import QUIET

STARTWIJZER = Path(sys.executable).with_name("startwijzer")
READY_SECONDS = 90
# Longer than the minute for which the gateway counts them.
STARTS_WITHIN_SECONDS = 90


def environment(var: Path) -> dict[str, str]:
    return {
        **{k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "ENVIRONMENT")},
        **QUIET,
        "VAR_DIR": str(var),
        "SECRET_KEY": "test-secret-that-only-tests-know",
        "RASA_TOKEN": "test-token-that-is-as-long-as-production-asks",
        "PORT_WEB": str(free_port()),
        "PORT_RASA": str(free_port()),
        "PORT_ACTIONS": str(free_port()),
        "OMP_NUM_THREADS": "1",
    }


class Product:
    """Rasa, actions and web on free ports with a database of their own.

    Each part can be killed and started by itself, as a service manager would. `more` is added to
    the environment.
    """

    def __init__(self, var: Path, **more: str) -> None:
        self.var = var
        self.env = environment(var) | more
        self.settings = Settings.from_environment(self.env)
        self.url = f"http://127.0.0.1:{self.settings.port_web}"
        self._parts = {part.name: part for part in parts(self.settings)}
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self.env |= {
            "DATABASE_URL": self.settings.database_url,
            "ACTIONS_WEBHOOK": f"{self.settings.actions_url}/webhook",
            "PYTHONPATH": str(ROOT),
            "SANIC_HOST": "127.0.0.1",
        }
        self.cli("setup")

    def cli(self, *arguments: str) -> str:
        done = subprocess.run(
            [STARTWIJZER, *arguments],
            cwd=ROOT,
            env=self.env,
            capture_output=True,
            text=True,
            timeout=600,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def start(self, *names: str) -> None:
        for name in names:
            log = (self.var / f"{name}.log").open("ab")
            self._processes[name] = subprocess.Popen(
                self._parts[name].command, cwd=ROOT, env=self.env, stdout=log, stderr=log
            )
        for name in names:
            part = self._parts[name]
            wait_for(f"http://127.0.0.1:{part.port}{part.ready_path}")

    def signal(self, name: str, number: int) -> None:
        self._processes[name].send_signal(number)
        if number in (signal.SIGKILL, signal.SIGTERM):
            self._processes.pop(name).wait(30)

    def stop(self) -> None:
        for name in list(self._processes):
            self._processes[name].send_signal(signal.SIGCONT)
            self.signal(name, signal.SIGTERM)

    def logs(self) -> str:
        return "".join(p.read_text(errors="replace") for p in self.var.glob("*.log"))

    def database_bytes(self) -> bytes:
        return b"".join(p.read_bytes() for p in self.var.glob("startwijzer.sqlite3*"))


def wait_for(url: str, seconds: float = READY_SECONDS) -> None:
    deadline = time.monotonic() + seconds
    while True:
        try:
            requests.get(url, timeout=2)
            return
        except requests.RequestException:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)


@dataclass
class Citizen:
    """Someone in a conversation; remembers the last messages of the bot."""

    url: str
    gemeente: str = "Voorbeeldstad"
    id: str = ""
    token: str = ""
    messages: list[dict[str, Any]] = field(default_factory=list)

    def start(self) -> Citizen:
        """Begins a conversation; waits its turn, for all citizens of the tests have one address."""
        deadline = time.monotonic() + STARTS_WITHIN_SECONDS
        while (response := self._begin()).status_code == 429 and time.monotonic() < deadline:
            time.sleep(2)
        assert response.status_code == 201, response.text
        body = response.json()
        self.id, self.token, self.messages = body["id"], body["token"], body["messages"]
        return self

    def _begin(self) -> requests.Response:
        return requests.post(
            f"{self.url}/api/v1/conversations",
            json={"gemeente": self.gemeente or None},
            timeout=30,
        )

    def request(self, method: str, path: str = "", **options: Any) -> requests.Response:
        return requests.request(
            method,
            f"{self.url}/api/v1/conversations/{self.id}{path}",
            headers={"Authorization": f"Bearer {self.token}", **options.pop("headers", {})},
            timeout=options.pop("timeout", 30),
            **options,
        )

    def say(self, text: str) -> str:
        return self._post({"text": text})

    def short_scan(self) -> str:
        """Starts the short zelfscan; the first statement is asked."""
        self.say("ik wil de zelfscan doen")
        return self.choose("Kort")

    def choose(self, title: str) -> str:
        for message in reversed(self.messages):
            for choice in message["choices"]:
                if title.lower() in choice["title"].lower():
                    return self._post({"choice": choice["id"]})
        raise AssertionError(f"{title!r} was not offered: {self.titles}")

    def _post(self, body: dict[str, str]) -> str:
        response = self.request("POST", "/messages", json=body)
        assert response.status_code == 200, response.text
        self.messages = response.json()["messages"]
        assert self.messages, "the bot was silent"
        return self.text

    def history(self) -> list[dict[str, Any]]:
        return self.request("GET", "/messages").json()["messages"]

    @property
    def text(self) -> str:
        return "\n\n".join(message["text"] for message in self.messages)

    @property
    def titles(self) -> list[str]:
        return [choice["title"] for message in self.messages for choice in message["choices"]]

    @property
    def topics(self) -> set[str]:
        return {m["about"]["topic"] for m in self.messages if m["about"]["topic"]}

    @property
    def services(self) -> list[str]:
        return [name for message in self.messages for name in message["about"]["services"]]

    @property
    def flow(self) -> str | None:
        return self.messages[-1]["about"]["flow"]

    @property
    def step(self) -> str | None:
        return self.messages[-1]["about"]["step"]

    def read_events(self, until: int, last_event_id: int = 0) -> list[dict[str, Any]]:
        """Messages from the event stream, up to and including the one with number `until`."""
        found: list[dict[str, Any]] = []
        headers = {"Last-Event-ID": str(last_event_id)}
        with self.request("GET", "/events", headers=headers, stream=True, timeout=20) as stream:
            for line in stream.iter_lines(decode_unicode=True):
                event = json.loads(line.removeprefix("data: ")) if line[:6] == "data: " else {}
                if "id" in event:  # a message; others tell that the bot is typing
                    found.append(event)
                    if event["id"] >= until:
                        break
        return found
