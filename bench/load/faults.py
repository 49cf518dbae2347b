"""People who talk while processes are killed under them."""

from __future__ import annotations

import asyncio
import itertools
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bench.load.count import Count, count
from bench.load.keeper import Keeper
from bench.load.people import Crowd
from bench.load.product import Product
from bench.load.talk import Sent
from bot.database import Database

# Time goes to turns, not to thinking.
HURRIED = (0.2, 1.5)
SETTLE_SECONDS = 120.0


@dataclass(frozen=True)
class Outcome:
    """What people sent, what came of it, and how long it took (s)."""

    crowd: Crowd
    counted: Count
    seconds: float


def talk_through(
    product: Product, keeper: Keeper, users: int, turns: int, *faults: Callable[[], None]
) -> Outcome:
    """Lets people talk until all faults have passed and so many turns were taken.

    Args:
        faults: what goes wrong, one after the other; each returns when it is over.
    """
    passed = threading.Event()
    crowd = Crowd(product.url, users, think=HURRIED)
    crowd.enough = lambda: passed.is_set() and len(crowd.sent) >= turns
    errors: list[BaseException] = []

    def go_wrong() -> None:
        try:
            for fault in faults:
                fault()
        except BaseException as error:
            errors.append(error)
        finally:
            passed.set()

    thread = threading.Thread(target=go_wrong)
    begin = time.monotonic()
    thread.start()
    asyncio.run(crowd.talk())
    thread.join()
    if errors:
        raise errors[0]
    seconds = time.monotonic() - begin
    for name in keeper.names:
        keeper.wait(name)
    return Outcome(crowd, settled(product.database, crowd.sent), seconds)


def kills(keeper: Keeper, every: float, seconds: float = 0.0) -> Callable[[], None]:
    """Kills the next process every so many seconds, each at least once, for so long at least."""

    def fault() -> None:
        over = time.monotonic() + seconds
        for number, name in enumerate(itertools.cycle(keeper.names)):
            if number >= len(keeper.names) and time.monotonic() >= over:
                return
            time.sleep(every)
            keeper.kill(name)
            keeper.wait_for_restart(name)

    return fault


def settled(database: Database, sent: Sequence[Sent]) -> Count:
    """The count, once there is nothing left to answer, or after a while."""
    deadline = time.monotonic() + SETTLE_SECONDS
    while True:
        found = count(database, sent)
        if not found.lost or time.monotonic() > deadline:
            return found
        time.sleep(1)
