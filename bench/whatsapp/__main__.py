"""`python -m bench.whatsapp [ADDRESS ...]`: how fast 50 messages a second are acknowledged.

For 20 seconds on the real web process (`startwijzer web`) with SQLite, then with every empty
database whose SQLAlchemy address is given, and before that on a peer that only checks the
signature. Rasa and the Graph API are stand-ins that answer at once, so the web process also does
all the work that comes after an acknowledgement.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

import sqlalchemy as sa

from bench.ports import free_port
from bench.whatsapp.load import Webhooks
from bot.database import Database
from bot.settings import ROOT

RATE, SECONDS, WARM_UP_SECONDS = 50, 20, 1
NUMBER = "100000000000001"
SECRET = secrets.token_hex(16)
PEER = "peer"


class Server:
    """A process that answers on a port of its own."""

    def __init__(self, command: list[str], port: int, **environment: str) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self._process = subprocess.Popen(
            command, cwd=ROOT, env={**os.environ, **environment}, stderr=subprocess.DEVNULL
        )

    def __enter__(self) -> Server:
        deadline = time.monotonic() + 60
        while True:
            try:
                urllib.request.urlopen(f"{self.url}/", timeout=2).close()
                return self
            except urllib.error.HTTPError:
                return self
            except OSError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.2)

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(30)


def main(addresses: list[str]) -> None:
    """Measures, and prints a table."""
    webhooks = Webhooks(SECRET.encode(), NUMBER)
    taken: dict[str, list[float]] = {}

    def measure(name: str, server: Server) -> None:
        asyncio.run(webhooks.post(server.url, RATE, WARM_UP_SECONDS))
        taken[name] = asyncio.run(webhooks.post(server.url, RATE, SECONDS))

    port = free_port()
    command = [sys.executable, "-m", "bench.whatsapp.others", str(port), SECRET]
    with tempfile.TemporaryDirectory() as folder, Server(command, port) as others:
        measure("peer", others)
        for address in [f"sqlite:///{folder}/bench.sqlite3", *addresses]:
            database = Database(address)
            database.upgrade()
            database.close()
            with _web(Path(folder), address, port) as server:
                measure(sa.engine.make_url(address).get_backend_name(), server)
    print(f"{RATE} messages a second for {SECONDS} s; milliseconds until the acknowledgement")
    print(f"{'':12} {'p50':>8} {'p99':>8} {'worst':>8}   times the peer (p50, p99)")
    peer = _cuts(taken["peer"])
    for name, each in taken.items():
        p50, p99 = _cuts(each)
        ratio = f"{p50 / peer[0]:.1f}, {p99 / peer[1]:.1f}"
        print(f"{name:12} {p50:8.1f} {p99:8.1f} {max(each):8.1f}   {ratio}")


def _web(folder: Path, address: str, others: int) -> Server:
    port = free_port()
    return Server(
        [sys.executable, "-m", "bot.cli", "web"],
        port,
        VAR_DIR=str(folder),
        DATABASE_URL=address,
        SECRET_KEY=secrets.token_hex(16),
        RASA_TOKEN=secrets.token_hex(16),
        PORT_WEB=str(port),
        PORT_RASA=str(others),
        WHATSAPP_APP_SECRET=SECRET,
        WHATSAPP_VERIFY_TOKEN=SECRET,
        WHATSAPP_ACCESS_TOKEN=SECRET,
        WHATSAPP_PHONE_NUMBER_ID=NUMBER,
        WHATSAPP_API_URL=f"http://127.0.0.1:{others}/v25.0",
    )


def _cuts(taken: list[float]) -> tuple[float, float]:
    cuts = statistics.quantiles(taken, n=100, method="inclusive")
    return cuts[49], cuts[98]


if __name__ == "__main__":
    main(sys.argv[1:])
