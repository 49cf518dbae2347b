"""The measurements, one function each: what is played, and what comes out as data for JSON."""

from __future__ import annotations

import asyncio
import json
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, median
from typing import Any

from bench.turns.citizen import CHOICE, FORM, KINDS, TEXT, Citizen, Over, Turn
from bench.turns.figures import summary
from bench.turns.load import Load, Side, connected, play
from bench.turns.processes import Running
from bench.turns.scenarios import Script, find, go_through, subject_choices
from bench.turns.stage_names import ENCODER, STAGES, of_turn
from bench.turns.talk import TurnFailed

Progress = Callable[[str], None]
MARKS = (1, 50, 200, 500)
# The median of so many turns around a mark: one turn alone says little.
AROUND = 20
PROFILE_USERS = 1
MEMORY_USERS = 8
MEMORY_SAMPLES = 40


@dataclass(frozen=True)
class Sizes:
    """How much is measured.

    `seconds` is of each load in each round; `turns` is of the memory measurement; `longest` is the
    most that one conversation of the length measurement may take (s).
    """

    rounds: int = 3
    seconds: float = 12.0
    users: tuple[int, ...] = (1, 8, 32)
    warm_up: int = 60
    turns: int = 2000
    length_repeats: int = 2
    longest: float = 60.0
    profile_seconds: float = 20.0


def first_answer(side: Side, begun: float) -> float:
    """Seconds from the start of the processes to the first answer to a question.

    Args:
        begun: when they were started, on the clock of `time.monotonic`.
    """

    async def ask() -> None:
        async with connected(side) as new:
            citizen = Citizen(new(), [])
            await citizen.begin()
            await citizen.say(next(side.questions))

    asyncio.run(ask())
    return time.monotonic() - begun


def rounds(sides: Sequence[Side], sizes: Sizes, progress: Progress) -> dict[str, Any]:
    """Every load on both sides, in turn, so that what else the machine does hits both.

    Returns:
        `kinds`: by side and kind the times at one user; `users`: by side and number of users.
    """
    for side in sides:
        progress(f"warm-up of {side.name}")
        asyncio.run(play(side, 1, sizes.longest, 900, sizes.warm_up))
    loads: dict[str, dict[int, list[Load]]] = {s.name: defaultdict(list) for s in sides}
    for number in range(sizes.rounds):
        order = list(sides) if number % 2 == 0 else list(reversed(sides))
        for users in sizes.users:
            for side in order:
                load = asyncio.run(play(side, users, sizes.seconds, 1 + number))
                loads[side.name][users].append(load)
                said = f"round {number + 1}, {users:2} users, {side.name:5}"
                progress(f"{said} {load.per_second:6.1f} turns/s, {load.failed} failed")
    return {
        "kinds": {name: _kinds(by_users[1]) for name, by_users in loads.items()},
        "users": {
            name: {str(users): of_users(found) for users, found in by_users.items()}
            for name, by_users in loads.items()
        },
    }


def of_users(loads: Sequence[Load]) -> dict[str, Any]:
    """Turns a second and times of all turns together, at one number of users."""
    times = summary([load.turns for load in loads]) or {"p50": None, "p95": None}
    return {
        "per_second": median(load.per_second for load in loads),
        "rounds": [load.per_second for load in loads],
        "p50": times["p50"],
        "p95": times["p95"],
        "failed": sum(load.failed for load in loads),
        "turns": sum(len(load.turns) for load in loads),
    }


def lengths(side: Side, sizes: Sizes, progress: Progress) -> dict[str, dict[str, float]]:
    """The time of a turn by its number in one long conversation, by kind of turn.

    A mark that is not reached in time is left out.
    """
    found: dict[str, dict[str, float]] = {}
    for name, kinds in (("questions", (TEXT, CHOICE)), ("scans", (FORM,))):
        played = []
        for number in range(sizes.length_repeats):
            turns = asyncio.run(_long_conversation(side, name, sizes.longest, number))
            progress(f"one conversation of {name} with {side.name}: {len(turns)} turns")
            played.append(turns)
        for kind in kinds:
            found[kind] = _at_marks(played, kind)
    return found


def memory(
    side: Side, running: Running, turns: int, longest: float, progress: Progress
) -> list[tuple[int, float, float]]:
    """Turns so far, and RSS and PSS (MB) of all processes, while citizens talk."""
    samples: list[tuple[int, float, float]] = []
    played = 0

    async def sample() -> None:
        nonlocal played
        until = time.monotonic() + longest
        step = max(1, turns // MEMORY_SAMPLES)
        while played < turns and time.monotonic() < until:
            left = until - time.monotonic()
            load = await play(side, MEMORY_USERS, left, 100 + len(samples), step)
            played += len(load.turns)
            weighed = await asyncio.to_thread(running.memory)
            samples.append((played, weighed.rss, weighed.pss))

    asyncio.run(sample())
    progress(f"{side.name}: {samples[-1][2]:.0f} MB after {played} turns")
    return samples


def stages(side: Side, folder: Path, seconds: float) -> dict[str, Any]:
    """By kind of turn, the mean time in every stage (ms), of a side that runs profiled.

    Args:
        folder: where its processes write their lines.
    """
    asyncio.run(play(side, PROFILE_USERS, seconds, 800, 20))
    load = asyncio.run(play(side, PROFILE_USERS, seconds, 801))
    lines = sorted(
        (json.loads(line) for p in folder.glob("*.jsonl") for line in p.read_text().splitlines()),
        key=lambda line: float(line["begin"]),
    )
    by_kind: dict[str, list[dict[str, float]]] = defaultdict(list)
    for turn in load.turns:
        mine = [line for line in lines if turn.begin <= line["begin"] <= line["end"] <= turn.end]
        if mine and not turn.failed:
            by_kind[turn.kind].append(of_turn(turn.ms, mine))
    return {
        kind: {
            "n": len(found),
            "encoder_asked": mean(stages[ENCODER] > 0 for stages in found),
            "stages": {name: mean(stages[name] for stages in found) for name in STAGES},
        }
        for kind in KINDS
        if (found := by_kind.get(kind))
    }


async def _long_conversation(side: Side, name: str, longest: float, seed: int) -> list[Turn]:
    """The turns of one conversation, until it has all marks or the time is up."""
    turns: list[Turn] = []
    enough = MARKS[-1] + AROUND
    async with connected(side) as new:
        citizen = Citizen(new(), turns, time.monotonic() + longest)
        script = Script(700 + seed, side.questions)
        try:
            greeting = await citizen.begin()
            while len(turns) < enough and name == "scans":
                await go_through(citizen, script, find(greeting, "scan"))
            subjects = subject_choices(greeting)
            while len(turns) < enough:
                reply = await citizen.say(script.question())
                subjects = subject_choices(reply) or subjects
                reply = await citizen.choose(script.chance.choice(subjects))
                if reply.step is not None:  # read as a wish to start a form
                    await citizen.say("ik wil stoppen")
        except (Over, TurnFailed):
            pass
    return turns


def _at_marks(played: Sequence[Sequence[Turn]], kind: str) -> dict[str, float]:
    """The median time of the turns of a kind from each mark on; turn 0 is the greeting."""
    found = {}
    for mark in MARKS:
        near = [turn for turns in played for turn in turns[mark : mark + AROUND]]
        reached = any(len(turns) >= mark + AROUND for turns in played)
        taken = [turn.ms for turn in near if turn.kind == kind and not turn.failed]
        if reached and taken:
            found[str(mark)] = median(taken)
    return found


def _kinds(loads: Sequence[Load]) -> dict[str, Any]:
    """The times by kind, and the share of questions that got an answer on a subject."""
    turns = [load.turns for load in loads]
    found = {kind: summary(turns, kind) for kind in KINDS}
    texts = [turn for each in turns for turn in each if turn.kind == TEXT]
    return {
        **{kind: figures for kind, figures in found.items() if figures},
        "understood": mean(turn.understood for turn in texts) if texts else None,
    }
