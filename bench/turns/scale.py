"""Two workers against one: ours with PostgreSQL and Redis, started here for the occasion.

One worker is several processes, so it uses two cores already where it can. What a second worker
with a core of its own brings is seen against one that has a single core. The citizens and the
databases may use every core, and take their part of them.

PostgreSQL waits for the disk as it comes out of the box: that is part of what is measured.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import sqlalchemy as sa

from bench.servers import PostgresServer, RedisServer
from bench.turns import measure
from bench.turns.ours import Ours, web_python
from bench.turns.processes import Running

# Number of workers, and of the cores that they have together.
MEASURED = ((1, 1), (1, 2), (2, 2))
USERS = 16


def workers(folder: Path, sizes: measure.Sizes, progress: measure.Progress) -> dict[str, Any]:
    """Turns a second of the mix by number of workers and cores ("2/2"), each with its own database.

    Raises:
        BenchError: PostgreSQL or Redis is not installed, or a process does not start.
    """
    found: dict[str, Any] = {}
    with PostgresServer() as postgres, RedisServer() as redis:
        for number, cores in MEASURED:
            name = f"workers{number}cores{cores}"
            with sa.create_engine(
                f"{postgres.url}/postgres", isolation_level="AUTOCOMMIT"
            ).connect() as c:
                c.execute(sa.text(f"CREATE DATABASE {name}"))
            side = Ours(
                cores=cores,
                python=web_python(),
                DATABASE_URL=f"{postgres.url}/{name}",
                REDIS_URL=redis.url,
                RASA_WORKERS=str(number),
                WEB_WORKERS=str(number),
            )
            run = folder / name
            with Running(side.processes(run)) as running:
                loads = measure.busy(side, USERS, sizes)
                found[f"{number}/{cores}"] = loads | {"memory": running.memory().pss}
            progress(f"workers/cores {number}/{cores}: {loads['per_second']:.1f} turns/s")
    return found
