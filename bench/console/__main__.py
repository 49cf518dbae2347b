"""`python -m bench.console ADDRESS [MESSAGES]`: fills an empty database once and measures on it.

ADDRESS is an SQLAlchemy address; what is there already is used as it is. The target for list,
filters and search is 300 ms at the 95th percentile.
"""

from __future__ import annotations

import json
import random
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bench.console.fill import fill_read_model
from bench.console.generate import FIRST_DAY, GEMEENTEN, examples, talks
from bot.database import Database
from bot.review import filters
from bot.review.conditions import conditions
from bot.review.filters import SORTS, Filter, Place
from bot.review.model import ReviewConversation
from bot.review.transcript import transcript
from bot.review.volume import volume
from bot.taxonomy import taxonomy

ROUNDS = 40
TARGET_MS = 300


def main(address: str, messages: int = 1_000_000) -> None:
    """Fills where needed, measures, and prints a table and JSON."""
    database = Database(address)
    database.upgrade()
    with database.session() as session:
        known = session.execute(sa.select(sa.func.count()).select_from(ReviewConversation)).scalar()
    if not known:
        begin = time.perf_counter()
        fill_read_model(database, talks(messages))
        print(f"filled in {time.perf_counter() - begin:.0f} s")
    figures = {}
    for name, work in _work(random.Random(2)).items():
        figures[name] = _measure(database, work)
        print(f"{name:28} p50 {figures[name]['p50']:7.1f} ms  p95 {figures[name]['p95']:7.1f} ms")
    print(json.dumps(figures))
    database.close()


def _measure(database: Database, work: Callable[[Session], Any]) -> dict[str, float]:
    taken = []
    for _ in range(ROUNDS):
        with database.session() as session:
            begin = time.perf_counter()
            work(session)
            taken.append((time.perf_counter() - begin) * 1000)
    cuts = statistics.quantiles(taken, n=20, method="inclusive")
    return {"p50": round(cuts[9], 1), "p95": round(cuts[18], 1)}


def _work(dice: random.Random) -> dict[str, Callable[[Session], Any]]:
    """What is measured: what a page of the console asks of the database."""
    words = _words(dice)
    everyone = None

    def page(
        filter: Filter, gemeenten: frozenset[str] | None = everyone, place: Place | None = None
    ) -> Any:
        def work(session: Session) -> None:
            found = filters.conversations(session, filter, gemeenten, place or Place())
            if found.after is not None:
                filters.count(session, filter, gemeenten)

        return work

    def deep(session: Session) -> None:
        mark = None
        for _ in range(5):
            mark = filters.conversations(session, Filter(), None, Place(after=mark)).after

    def any_filter(session: Session) -> None:
        page(_some_filter(dice))(session)

    def one_gemeente(session: Session) -> None:
        page(_some_filter(dice), frozenset([dice.choice(GEMEENTEN)]))(session)

    def search(session: Session) -> None:
        page(Filter(text=next(words)))(session)

    def search_and_filter(session: Session) -> None:
        page(Filter(**{**vars(_some_filter(dice)), "text": next(words)}))(session)

    def read(session: Session) -> None:
        filter = _some_filter(dice)
        query = sa.select(ReviewConversation).where(*conditions(session, filter, None)).limit(1)
        found = session.execute(query).scalar()
        if found is not None:
            transcript(session, found, None)
            filters.neighbours(session, filter, None, found)

    return {
        "list": page(Filter()),
        **{f"list, {sort}": page(Filter(), place=Place(sort)) for sort in SORTS[1:]},
        "five pages on": deep,
        "list with 1-4 filters": any_filter,
        "the same, one gemeente": one_gemeente,
        "search": search,
        "search, commonest word": page(Filter(text="ik")),
        "search, two common words": page(Filter(text="ik een")),
        "search with 1-4 filters": search_and_filter,
        "transcript and neighbours": read,
        "volume strip": lambda session: volume(session, Filter(), None),
        "volume strip with filters": lambda session: volume(session, _some_filter(dice), None),
    }


def _words(dice: random.Random) -> Iterator[str]:
    """Questions as people type them: one to three words of a message, the last one cut short."""
    lines = [line for found in examples().values() for line in found]
    while True:
        words = dice.choice(lines).split()
        few = words[: dice.randrange(1, 4)]
        few[-1] = few[-1] if dice.random() < 0.5 else few[-1][: max(3, len(few[-1]) - 2)]
        yield " ".join(few)


def _some_filter(dice: random.Random) -> Filter:
    day = (FIRST_DAY + timedelta(days=dice.randrange(30))).date()
    every: list[dict[str, Any]] = [
        {"since": day, "until": day + timedelta(days=dice.choice((0, 6, 30)))},
        {"channel": dice.choice(("web", "whatsapp"))},
        {"gemeente": dice.choice(GEMEENTEN)},
        {"phase": dice.choice(list(taxonomy().phases))},
        {"intent": dice.choice(list(examples()))},
        {"intent": dice.choice(list(examples())), "most_confidence": 80},
        {"least_confidence": 40, "most_confidence": 70},
        {"fallback": True},
        {"flow": "zelfscan", "outcome": dice.choice(("completed", "open"))},
        {"handed_over": True},
        {"rating": dice.choice(("up", "down", "none", "no"))},
        {"tag": "voorbeeld"},
        {"state": dice.choice(("new", "done"))},
        {"least_turns": dice.choice((2, 10, 25))},
    ]
    chosen: dict[str, Any] = {}
    for some in dice.sample(every, dice.randrange(1, 5)):
        chosen |= some
    return Filter(**chosen)


if __name__ == "__main__":
    main(sys.argv[1], *(int(number) for number in sys.argv[2:3]))
