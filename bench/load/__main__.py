"""`python -m bench.load`: the product under load, or under faults; the report is in var/bench/.

- `--users 200 --minutes 10`: so many people at the same time, with 5 to 15 seconds to think
  between an answer and the next message, as people do.
- `--faults --turns 5000 --every 20`: people with less patience, while every so many seconds the
  next process is killed (kill -9) and started again. It fails when anything is lost or doubled.
- `--workers 2`: so many of Rasa and of the web process, with a PostgreSQL and a Redis of their own.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from bench.load.faults import kills, settled, talk_through
from bench.load.figures import figures, write
from bench.load.keeper import Keeper
from bench.load.people import Crowd
from bench.load.product import Product
from bench.servers import PostgresServer, RedisServer
from bot.settings import ROOT

OUT = ROOT / "var" / "bench"
FAULT_USERS = 24


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs it and prints the report; 1 when anything is lost or doubled."""
    parser = argparse.ArgumentParser(prog="python -m bench.load", description=__doc__)
    parser.add_argument("--users", type=int, default=None)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--faults", action="store_true")
    parser.add_argument("--turns", type=int, default=5000)
    parser.add_argument("--every", type=float, default=20.0, help="seconds between two kills")
    parser.add_argument("--database", default="", help="SQLAlchemy address; SQLite without it")
    parser.add_argument("--workers", type=int, default=1)
    wanted = parser.parse_args(arguments)
    more = {"DATABASE_URL": wanted.database} if wanted.database else {}
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="startwijzer-load-"))
        if wanted.workers > 1:
            more = _several(wanted.workers, stack) | more
        product = Product(Path(folder), **more)
        keeper = stack.enter_context(product.keeper())
        if wanted.faults:
            users = wanted.users or FAULT_USERS
            return _faults(product, keeper, users, wanted.turns, wanted.every)
        return _load(product, keeper, wanted.users or 200, wanted.minutes)


def _several(workers: int, stack: ExitStack) -> dict[str, str]:
    """The settings for so many workers, with servers that run until the end of the stack."""
    postgres = stack.enter_context(PostgresServer())
    redis = stack.enter_context(RedisServer())
    return {
        "DATABASE_URL": f"{postgres.url}/postgres",
        "REDIS_URL": redis.url,
        "RASA_WORKERS": str(workers),
        "WEB_WORKERS": str(workers),
    }


def _load(product: Product, keeper: Keeper, users: int, minutes: float) -> int:
    before = keeper.rss()
    crowd = Crowd(product.url, users, seconds=minutes * 60)
    begin = time.monotonic()
    asyncio.run(crowd.talk())
    seconds = time.monotonic() - begin
    counted = settled(product.database, crowd.sent)
    after = keeper.rss()
    found = {
        "users": users,
        **figures(crowd.sent, counted, seconds),
        "errors": crowd.errors,
        "rss_mb": {
            name: {"before": round(before[name], 1), "after": round(after[name], 1)}
            for name in before
        },
    }
    print(write(OUT, "load", found))
    return 0 if counted.is_clean else 1


def _faults(product: Product, keeper: Keeper, users: int, turns: int, every: float) -> int:
    rate = users / 2  # about so many turns a second: people think a second, and wait a little
    outcome = talk_through(product, keeper, users, turns, kills(keeper, every, turns / rate))
    found = {
        "users": users,
        "seconds_between_kills": every,
        "killed": dict(keeper.restarts),
        **figures(outcome.crowd.sent, outcome.counted, outcome.seconds),
        "errors": outcome.crowd.errors,
    }
    print(write(OUT, "faults", found))
    return 0 if outcome.counted.is_clean else 1


if __name__ == "__main__":
    raise SystemExit(main())
