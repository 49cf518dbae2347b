"""People who talk at the same time, with time to think between what they say."""

from __future__ import annotations

import asyncio
import itertools
import random
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field

import aiohttp

from bench.load.talk import InsistentTalk, Sent
from bench.turns.citizen import Citizen, Over, Turn
from bench.turns.scenarios import MIX, Script, every_question
from bench.turns.talk import Choice, Reply, TurnFailed


@dataclass
class Crowd:
    """So many people who go on until the time is up, or until it is enough.

    Args:
        url: of the product.
        users: how many talk at the same time.
        seconds: how long they begin turns.
        enough: whether they may stop before that.
        think: shortest and longest time between an answer and the next message (s).

    Attributes:
        sent: every message, in the order in which they were sent.
        errors: what ended a conversation before its end, by what it was.
    """

    url: str
    users: int
    seconds: float = float("inf")
    enough: Callable[[], bool] = lambda: False
    think: tuple[float, float] = (5.0, 15.0)
    sent: list[Sent] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    _questions: Iterator[str] = field(default_factory=every_question)

    async def talk(self) -> None:
        """Lets all of them talk until the end."""
        until = time.monotonic() + self.seconds
        connector = aiohttp.TCPConnector(limit=0)
        async with aiohttp.ClientSession(connector=connector) as http:
            await asyncio.gather(*(self._person(http, n, until) for n in range(self.users)))

    async def _person(self, http: aiohttp.ClientSession, number: int, until: float) -> None:
        chance = random.Random(number)
        # Nobody begins at the same moment.
        await asyncio.sleep(chance.uniform(0, self.think[1]))
        for round_, scenario in enumerate(itertools.islice(itertools.cycle(MIX), number, None)):
            talk = _Thinking(InsistentTalk(http, self.url, self.sent), self._think(chance, until))
            turns: list[Turn] = []
            try:
                await scenario(
                    Citizen(talk, turns), Script(number * 1000 + round_, self._questions)
                )
            except Over:
                return
            except (TurnFailed, LookupError) as error:
                self.errors.append(f"{type(error).__name__}: {error}"[:100])

    def _think(self, chance: random.Random, until: float) -> Callable[[], Awaitable[None]]:
        async def think() -> None:
            await asyncio.sleep(chance.uniform(*self.think))
            if time.monotonic() > until or self.enough():
                raise Over

        return think


class _Thinking:
    """Thinks before everything that is said."""

    def __init__(self, talk: InsistentTalk, think: Callable[[], Awaitable[None]]) -> None:
        self._talk = talk
        self._think = think

    async def begin(self) -> Reply:
        await self._think()
        return await self._talk.begin()

    async def say(self, text: str) -> Reply:
        await self._think()
        return await self._talk.say(text)

    async def choose(self, choice: Choice) -> Reply:
        await self._think()
        return await self._talk.choose(choice)
