"""The product under load: the processes that it is delivered with, and the worker apart."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

from bench.load.keeper import Keeper
from bench.ports import free_port
from bench.turns.ours import Ours
from bench.turns.processes import Process
from bot.database import Database


class Product:
    """Its parts in a folder of their own.

    Args:
        more: settings, as environment variables; without a database it is SQLite.

    Attributes:
        url: of the gateway.
        processes: what to give to a `Keeper`.
        database: where all of it is kept.
    """

    def __init__(self, folder: Path, **more: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        port = free_port()
        ours = Ours(None, WORKERS="apart", PORT_WORKER=str(port), **more)
        self.processes = ours.processes(folder)
        self.url = ours.url
        web = self.processes[-1]
        worker = Process(
            "worker",
            [sys.executable, "-m", "bot.cli", "worker"],
            f"http://127.0.0.1:{port}/health/live",
            web.env,
            folder,
        )
        self.processes.append(worker)
        self.database = Database(web.env["DATABASE_URL"])

    def keeper(self, **preload: str) -> Keeper:
        """Keeps all of it running.

        Args:
            preload: added to the environment of every process.
        """
        return Keeper([replace(p, env={**p.env, **preload}) for p in self.processes])
