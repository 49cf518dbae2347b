"""Two workers against one: ours with PostgreSQL and Redis, started here for the occasion.

PostgreSQL waits for the disk as it comes out of the box: that is part of what is measured.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import sqlalchemy as sa

from bench.servers import PostgresServer, RedisServer
from bench.turns import measure
from bench.turns.ours import Ours
from bench.turns.processes import Running

WORKERS = (1, 2)
USERS = 16


def workers(folder: Path, sizes: measure.Sizes, progress: measure.Progress) -> dict[str, Any]:
    """Turns a second of the mix by number of workers, each with a database of its own.

    Raises:
        BenchError: PostgreSQL or Redis is not installed, or a process does not start.
    """
    found: dict[str, Any] = {}
    with PostgresServer() as postgres, RedisServer() as redis:
        for number in WORKERS:
            name = f"workers{number}"
            with sa.create_engine(
                f"{postgres.url}/postgres", isolation_level="AUTOCOMMIT"
            ).connect() as c:
                c.execute(sa.text(f"CREATE DATABASE {name}"))
            side = Ours(
                DATABASE_URL=f"{postgres.url}/{name}",
                REDIS_URL=redis.url,
                RASA_WORKERS=str(number),
                WEB_WORKERS=str(number),
            )
            run = folder / name
            with Running(side.processes(run)) as running:
                loads = measure.busy(side, USERS, sizes)
                found[str(number)] = loads | {"memory": running.memory().pss}
            progress(f"{number} worker(s): {found[str(number)]['per_second']:.1f} turns/s")
    return found
