"""Someone who talks, and times every answer."""

from __future__ import annotations

import time
from collections.abc import Awaitable
from dataclasses import dataclass, field

from bench.turns.talk import Choice, Reply, Talk, TurnFailed

# Kinds of turns, by what happened in them:
TEXT = "text"  # a question in own words, answered from the catalogue
CHOICE = "choice"  # a chosen subject, answered from the catalogue
FORM = "form"  # an answer in a form, after which it asks the next question
ACTION = "action"  # an answer after which something is made: a profile, a proposal, the end
START = "start"  # the greeting of a new conversation
BURST = "burst"  # a message that came while an earlier one was not answered yet
KINDS = (TEXT, CHOICE, FORM, ACTION)
# Before these questions a result is computed and stored, or a destination is looked for.
MADE_BEFORE = ("besluit", "voorstel")


class Over(Exception):
    """The time of the measurement is up."""


@dataclass(frozen=True)
class Turn:
    """A turn as a citizen sees it: kind, when it was sent (s), how long it took (ms).

    `understood` says whether a question in own words got an answer on a subject.
    """

    kind: str
    begin: float
    ms: float
    failed: bool = False
    understood: bool = False

    @property
    def end(self) -> float:
        """When the answer was there (s)."""
        return self.begin + self.ms / 1000


@dataclass
class Citizen:
    """A conversation, of which `turns` keeps every turn.

    Args:
        talk: how to reach the side.
        turns: where the turns go; those of several citizens may go together.
        until: on the clock of `time.monotonic`; after it nothing is said any more.
    """

    talk: Talk
    turns: list[Turn]
    until: float = float("inf")
    _step: str | None = None
    _waiting: int = field(default=0, init=False)

    async def begin(self) -> Reply:
        """The greeting.

        Raises:
            Over: the time is up; so for all three.
            TurnFailed: there was no proper answer.
        """
        return await self._take(START, self.talk.begin())

    async def say(self, text: str) -> Reply:
        """The answer to something typed."""
        return await self._take(TEXT, self.talk.say(text))

    async def choose(self, choice: Choice) -> Reply:
        """The answer to a choice."""
        return await self._take(CHOICE, self.talk.choose(choice))

    async def _take(self, kind: str, answer: Awaitable[Reply]) -> Reply:
        begin = time.monotonic()
        if begin > self.until:
            answer.close()  # type: ignore[attr-defined]
            raise Over
        is_burst = self._waiting > 0
        self._waiting += 1
        try:
            reply = await answer
        except TurnFailed:
            self.turns.append(Turn(kind, begin, _since(begin), failed=True))
            raise
        finally:
            self._waiting -= 1
        if is_burst or self._waiting:
            kind, understood = BURST, False
        else:
            kind, understood = kind_of(kind, self._step, reply.step), reply.topic is not None
        self._step = reply.step
        self.turns.append(Turn(kind, begin, _since(begin), understood=understood))
        return reply


def kind_of(kind: str, before: str | None, after: str | None) -> str:
    """The kind of a turn, from the question that a form asked before and after it."""
    if before is None and after is None:
        return kind
    if before != after and (after is None or after in MADE_BEFORE):
        return ACTION
    return FORM


def _since(begin: float) -> float:
    return (time.monotonic() - begin) * 1000
