"""Two workers against one: ours with PostgreSQL and Redis, started here for the occasion.

One worker is several processes, so it uses two cores already where it can. What a second worker
with a core of its own brings is seen against one that has a single core. On a machine with two
cores the citizens and the databases take part of them either way: of the one core that is left
when they may use both, or of the same core as the worker's when they may not. So both are measured.

PostgreSQL waits for the disk as it comes out of the box: that is part of what is measured.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from bench.servers import PostgresServer, RedisServer
from bench.turns import measure
from bench.turns.load import Load, play
from bench.turns.ours import Ours, web_python
from bench.turns.processes import Running
from bench.turns.set_ups import MEASURED, SetUp

USERS = 16


def workers(folder: Path, sizes: measure.Sizes, progress: measure.Progress) -> dict[str, Any]:
    """Turns a second of the mix by set-up, each with databases of its own.

    All run at the same time and are measured in turn, so that what else the machine does hits all.

    Raises:
        BenchError: PostgreSQL or Redis is not installed, or a process does not start.
    """
    loads: dict[str, list[Load]] = {set_up.name: [] for set_up in MEASURED}
    with ExitStack() as stack:
        sides = [(set_up, *_start(set_up, folder, stack)) for set_up in MEASURED]
        for set_up, side, _ in sides:
            progress(f"warm-up of {set_up.name}")
            asyncio.run(play(side, USERS, sizes.longest, 900, sizes.warm_up))
        for number in range(sizes.rounds):
            for set_up, side, _ in sides if number % 2 == 0 else reversed(sides):
                with _kept_to(set_up):
                    load = asyncio.run(play(side, USERS, sizes.seconds, 1 + number))
                loads[set_up.name].append(load)
                said = f"round {number + 1}, workers/cores {set_up.name}"
                progress(f"{said}: {load.per_second:.1f} turns/s")
        return {
            set_up.name: measure.of_users(loads[set_up.name]) | {"memory": running.memory().pss}
            for set_up, _, running in sides
        }


def _start(set_up: SetUp, folder: Path, stack: ExitStack) -> tuple[Ours, Running]:
    """A set-up that runs until the end of the stack."""
    with _kept_to(set_up):
        postgres = stack.enter_context(PostgresServer())
        redis = stack.enter_context(RedisServer())
        side = Ours(
            cores=set_up.cores,
            python=web_python(),
            DATABASE_URL=f"{postgres.url}/postgres",
            REDIS_URL=redis.url,
            RASA_WORKERS=str(set_up.workers),
            WEB_WORKERS=str(set_up.workers),
        )
        run = folder / set_up.name.replace("/", "-")
        return side, stack.enter_context(Running(side.processes(run)))


@contextmanager
def _kept_to(set_up: SetUp) -> Iterator[None]:
    """Keeps this process, and what it starts, to the cores of the set-up where that is wanted."""
    every = os.sched_getaffinity(0)
    if not set_up.alone:
        os.sched_setaffinity(0, set(sorted(every)[: set_up.cores]))
    try:
        yield
    finally:
        os.sched_setaffinity(0, every)
