"""Facts about a person, conditions on them, and what they say of a scheme."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

# What is known of someone: values by the id of a fact. A fact that is absent is not known.
Situation = Mapping[str, str]
Verdict = Literal["may_fit", "unknown", "does_not_fit"]


@dataclass(frozen=True)
class Requirement:
    """One fact that must have one of these values; the texts tell a citizen why it matters."""

    fact: str
    values: frozenset[str]
    why: str
    why_not: str

    def holds(self, situation: Situation) -> bool | None:
        """Whether it holds, or None when the fact is not known."""
        value = situation.get(self.fact)
        return None if value is None else value in self.values

    def facts(self) -> Iterator[str]:
        """The facts that it reads."""
        yield self.fact


@dataclass(frozen=True)
class AnyOf:
    """Requirements of which one is enough."""

    parts: tuple[Requirement, ...]
    why_not: str

    def holds(self, situation: Situation) -> bool | None:
        """True when one holds, False when none can hold any more, else None."""
        found = [part.holds(situation) for part in self.parts]
        if True in found:
            return True
        return None if None in found else False

    def facts(self) -> Iterator[str]:
        """The facts that it reads."""
        for part in self.parts:
            yield part.fact


Condition = Requirement | AnyOf


@dataclass(frozen=True)
class Scheme:
    """A scheme with its conditions, all of which must hold.

    Args:
        service: id in the catalogue, where amounts, desks and sources stand.
        need: need for which a gemeente may have a service of its own.
        to_check: what the bot does not ask and someone has to look into.
        talk_first: whom to talk to, and in which order, before doing anything else.
    """

    id: str
    name: str
    service: str
    topic: str
    conditions: tuple[Condition, ...]
    to_check: tuple[str, ...]
    talk_first: str
    sources: tuple[Mapping[str, Any], ...]
    need: str | None = None

    def facts(self) -> frozenset[str]:
        """The facts that its conditions read; nothing else of a situation counts."""
        return frozenset(fact for condition in self.conditions for fact in condition.facts())


@dataclass(frozen=True)
class Fact:
    """Something to know of a person, with the question that asks it.

    `bands` gives, for a fact that is a number, the inclusive bounds of each value. `unless` gives
    the values of other facts with which the question makes no sense.
    """

    id: str
    ask: str
    explain: str
    values: Mapping[str, str]
    bands: Mapping[str, tuple[int, int]]
    unless: Mapping[str, Sequence[str]]

    def makes_sense(self, situation: Situation) -> bool:
        """Whether to ask it of someone in this situation."""
        return all(situation.get(fact) not in values for fact, values in self.unless.items())


@dataclass(frozen=True)
class Finding:
    """What the rules say of one scheme in one situation; never more than 'may fit'.

    `reasons` are sentences on what decides it, `ask` the facts that are still to be asked, and
    `met` is how many of its conditions hold.
    """

    scheme: Scheme
    verdict: Verdict
    reasons: Sequence[str]
    ask: Sequence[str]
    met: int
