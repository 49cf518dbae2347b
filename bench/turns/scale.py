"""Two workers against one: ours with PostgreSQL and Redis, started here for the occasion.

One worker is several processes, so it uses two cores already where it can. What a second worker
with a core of its own brings is seen against one that has a single core. On a machine with two
cores the citizens and the databases take part of them either way: of the one core that is left
when they may use both, or of the same core as the worker's when they may not. So both are measured.

PostgreSQL waits for the disk as it comes out of the box: that is part of what is measured.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

from bench.servers import PostgresServer, RedisServer
from bench.turns import measure
from bench.turns.ours import Ours, web_python
from bench.turns.processes import Running
from bench.turns.set_ups import MEASURED

USERS = 16


def workers(folder: Path, sizes: measure.Sizes, progress: measure.Progress) -> dict[str, Any]:
    """Turns a second of the mix by set-up, each with databases of its own.

    Raises:
        BenchError: PostgreSQL or Redis is not installed, or a process does not start.
    """
    found: dict[str, Any] = {}
    for set_up in MEASURED:
        kept = nullcontext() if set_up.alone else _kept_to(set_up.cores)
        with kept, PostgresServer() as postgres, RedisServer() as redis:
            side = Ours(
                cores=set_up.cores,
                python=web_python(),
                DATABASE_URL=f"{postgres.url}/postgres",
                REDIS_URL=redis.url,
                RASA_WORKERS=str(set_up.workers),
                WEB_WORKERS=str(set_up.workers),
            )
            run = folder / set_up.name.replace("/", "-")
            with Running(side.processes(run)) as running:
                loads = measure.busy(side, USERS, sizes)
                found[set_up.name] = loads | {"memory": running.memory().pss}
            progress(f"workers/cores {set_up.name}: {loads['per_second']:.1f} turns/s")
    return found


@contextmanager
def _kept_to(cores: int) -> Iterator[None]:
    """Keeps this process, and what it starts, to so many cores."""
    every = os.sched_getaffinity(0)
    os.sched_setaffinity(0, set(sorted(every)[:cores]))
    try:
        yield
    finally:
        os.sched_setaffinity(0, every)
