"""Two workers against one: ours with PostgreSQL and Redis, started here for the occasion."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from bench.turns import measure
from bench.turns.ours import Ours
from bench.turns.processes import BenchError, Running, free_port

INSTALL = "apt-get install {}, or run scripts/test-tools.sh"
WORKERS = (1, 2)
USERS = 16


def workers(folder: Path, sizes: measure.Sizes, progress: measure.Progress) -> dict[str, Any]:
    """Turns a second of the mix by number of workers, each with a database of its own.

    Raises:
        BenchError: PostgreSQL or Redis is not installed, or a process does not start.
    """
    found: dict[str, Any] = {}
    with postgres() as server, redis() as redis_url:
        for number in WORKERS:
            name = f"workers{number}"
            with sa.create_engine(
                f"{server}/postgres", isolation_level="AUTOCOMMIT"
            ).connect() as c:
                c.execute(sa.text(f"CREATE DATABASE {name}"))
            side = Ours(
                DATABASE_URL=f"{server}/{name}",
                REDIS_URL=redis_url,
                RASA_WORKERS=str(number),
                WEB_WORKERS=str(number),
            )
            run = folder / name
            with Running(side.processes(run)) as running:
                loads = measure.busy(side, USERS, sizes)
                found[str(number)] = loads | {"memory": running.memory().pss}
            progress(f"{number} worker(s): {found[str(number)]['per_second']:.1f} turns/s")
    return found


@contextmanager
def postgres() -> Iterator[str]:
    """A PostgreSQL of its own on loopback, with Debian's programs; its address without a database.

    It waits for the disk as it comes out of the box: that is part of what is measured.

    Raises:
        BenchError: it is not installed.
    """
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not programs:
        raise BenchError(f"PostgreSQL is not installed: {INSTALL.format('postgresql')}")
    folder = Path(tempfile.mkdtemp(prefix="bench-postgres-"))
    run_as = []
    if os.geteuid() == 0:  # it refuses to run as root
        run_as = ["runuser", "-u", "postgres", "--"]
        shutil.chown(folder, "postgres")

    def run(program: str, *arguments: str) -> None:
        command = [*run_as, str(programs[-1] / program), "--pgdata", str(folder / "data")]
        subprocess.run(
            [*command, *arguments], check=True, cwd=folder, stdout=subprocess.DEVNULL, timeout=120
        )

    port = free_port()
    options = f"-p {port} -c listen_addresses=127.0.0.1 -k {folder}"
    try:
        run("initdb", "--auth=trust", "--username=startwijzer", "--encoding=UTF8")
        run("pg_ctl", "--wait", f"--options={options}", f"--log={folder / 'log'}", "start")
        try:
            yield f"postgresql+psycopg2://startwijzer@127.0.0.1:{port}"
        finally:
            run("pg_ctl", "--wait", "--mode=fast", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def redis() -> Iterator[str]:
    """A Redis of its own on loopback; its address.

    Raises:
        BenchError: it is not installed.
    """
    program = shutil.which("redis-server")
    if program is None:
        raise BenchError(f"Redis is not installed: {INSTALL.format('redis-server')}")
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="bench-redis-") as folder:
        command = [program, "--port", str(port), "--bind", "127.0.0.1", "--dir", folder]
        server = subprocess.Popen([*command, "--save", ""], stdout=subprocess.DEVNULL)
        try:
            time.sleep(0.5)
            if server.poll() is not None:
                raise BenchError(f"Redis stopped while it started: {' '.join(command)}")
            yield f"redis://127.0.0.1:{port}/0"
        finally:
            server.terminate()
            server.wait(15)
