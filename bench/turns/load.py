"""Citizens who talk at the same time, each with the next message as soon as they have an answer."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import aiohttp

from bench.turns.citizen import Citizen, Over, Turn
from bench.turns.ours import Ours
from bench.turns.scenarios import MIX, Script
from bench.turns.stock import Stock
from bench.turns.talk import OurTalk, StockTalk, Talk, TurnFailed

Side = Ours | Stock
# Someone who got no answer does not ask again at once.
PAUSE_AFTER_FAILURE = 0.2


@dataclass(frozen=True)
class Load:
    """What citizens did in a while: the turns answered in it, and how long it was (s)."""

    users: int
    turns: list[Turn]
    seconds: float

    @property
    def per_second(self) -> float:
        """Turns a second that got a proper answer."""
        return sum(not turn.failed for turn in self.turns) / self.seconds

    @property
    def failed(self) -> int:
        """Turns without a proper answer."""
        return sum(turn.failed for turn in self.turns)


async def play(side: Side, users: int, seconds: float, seed: int, most: int | None = None) -> Load:
    """Lets so many citizens play the mix, for a time or until there are so many turns.

    Args:
        seed: of what they say; each round its own, and the same one for both sides.
        most: number of turns after which it ends; then `seconds` is the longest that it may take.
    """
    turns: list[Turn] = []
    begin = time.monotonic()
    until = begin + seconds
    async with connected(side) as talk:

        async def user(number: int) -> None:
            script = Script(seed * 1000 + number, side.questions)
            for scenario in itertools.islice(itertools.cycle(MIX), number % len(MIX), None):
                if most is not None and len(turns) >= most:
                    return
                try:
                    await scenario(Citizen(talk(), turns, until), script)
                except Over:
                    return
                except TurnFailed:
                    await asyncio.sleep(PAUSE_AFTER_FAILURE)

        await asyncio.gather(*(user(number) for number in range(users)))
    end = time.monotonic() if most is not None else until
    return Load(users, [turn for turn in turns if turn.end <= end], end - begin)


@asynccontextmanager
async def connected(side: Side) -> AsyncIterator[Callable[[], Talk]]:
    """Gives what makes a new conversation with the side."""
    kind = OurTalk if isinstance(side, Ours) else StockTalk
    # As browsers do, a citizen keeps a connection; a new one each turn is no part of the bot.
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as http:
        yield lambda: kind(http, side.url)
