"""Made-up conversations in realistic Dutch: the examples that the bot learns from, recombined.

Subjects are as uneven as in life (a few make most of it), and so are gemeenten. The same seed gives
the same conversations.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from typing import Any

from bot.content import DATA, read_yaml
from bot.review.source import Event, Said, Source

GEMEENTEN = ("Voorbeeldstad", "Assen", "Zwolle", "Breda", "Rotterdam", "Tilburg", "Delft", "Goes")
CHANNELS = ("web", "web", "web", "whatsapp")
OPENINGS = ("", "", "", "hoi, ", "goedemorgen, ", "ik heb een vraag: ", "dag, ", "help, ")
ENDINGS = ("", "", "", " alvast bedankt", ", kan dat?", ", hoe zit dat?", " graag")
ANSWER = "Dat is een goede vraag. Dit kan je helpen: kijk wat er bij jou past, en vraag ernaar."
DAYS = 30
FIRST_DAY = datetime(2026, 10, 20, tzinfo=timezone.utc)


@dataclass
class Talk:
    """A conversation with what a generator knows of it besides its source."""

    source: Source
    replies: dict[int, str] = field(default_factory=dict)


@lru_cache
def examples() -> dict[str, list[str]]:
    """The examples by intent, without the marks of entities."""
    found = {}
    for path in sorted((DATA / "nlu").glob("*.yml")):
        for item in read_yaml(path)["nlu"]:
            if "intent" in item:
                lines = [line.removeprefix("- ").strip() for line in item["examples"].splitlines()]
                found[item["intent"]] = [_plain(line) for line in lines if line]
    return found


def talks(messages: int, seed: int = 1) -> Iterator[Talk]:
    """Conversations that together have at least so many messages."""
    dice = random.Random(seed)
    maker = _Maker(dice)
    while maker.message < messages:
        yield maker.talk()


def _plain(line: str) -> str:
    text = ""
    while "[" in line:
        before, _, rest = line.partition("[")
        words, _, rest = rest.partition("]")
        close = {"(": ")", "{": "}"}.get(rest[:1])
        text += before + words
        line = rest.partition(close)[2] if close else rest
    return text + line


class _Maker:
    def __init__(self, dice: random.Random) -> None:
        self._dice = dice
        self._intents = sorted(examples())
        dice.shuffle(self._intents)
        self._weights = [1 / (place + 1) for place in range(len(self._intents))]
        self.message = 0
        self._event = 0

    def talk(self) -> Talk:
        """One conversation: some questions, and in one of four a flow as well."""
        dice = self._dice
        at = FIRST_DAY + timedelta(seconds=dice.randrange(DAYS * 24 * 3600))
        identity = f"{dice.getrandbits(144):036x}"[:32]
        self._said: list[Said] = []
        self._events: list[Event] = []
        self._replies: dict[int, str] = {}
        self._at = at
        for _ in range(min(1 + int(dice.expovariate(0.3)), 20)):
            self._question()
        if dice.random() < 0.25:
            self._scan()
        ratings = {
            said.seq: dice.choice(("up", "up", "down"))
            for said in self._said
            if not said.citizen and dice.random() < 0.04
        }
        if dice.random() < 0.1:
            ratings[0] = dice.choice(("yes", "yes", "partly", "no"))
        source = Source(
            conversation_id=identity,
            gemeente=dice.choices(GEMEENTEN, [40, 20, 10, 8, 8, 6, 5, 3])[0],
            channel=dice.choice(CHANNELS),
            started_at=at,
            messages=self._said,
            events=self._events,
            ratings=ratings,
            handed_over=dice.random() < 0.05,
        )
        return Talk(source, self._replies)

    def _question(self) -> None:
        dice = self._dice
        intent = dice.choices(self._intents, self._weights)[0]
        text = dice.choice(examples()[intent])
        if dice.random() < 0.3:
            text += ". " + dice.choice(examples()[intent])
        text = dice.choice(OPENINGS) + text + dice.choice(ENDINGS)
        confidence = round(1 - dice.betavariate(1, 8), 6)
        missed = confidence < 0.65
        self._turn(text, True, intent, confidence, missed, {"topic": None if missed else intent})

    def _scan(self) -> None:
        steps = self._dice.randrange(1, 30)
        done = self._dice.random() < 0.4
        run = f"{self._dice.getrandbits(64):x}"
        self._add("active_loop", {"name": "zelfscan_form"})
        for step in range(steps):
            about = {"topic": None, "flow": "zelfscan", "step": f"zs{step + 2:02}"}
            self._turn("Dat klopt een beetje", False, "informatie_geven", 1.0, False, about)
            progress: dict[str, Any] = {
                "run": run,
                "answers": {f"zs{n + 1:02}": "3" for n in range(step + 1)},
            }
            progress |= {"given": list(progress["answers"]), "done": done and step == steps - 1}
            self._add("slot", {"name": "flows", "value": {"zelfscan": progress}})
        if done:
            self._add("active_loop", {"name": None})

    def _turn(
        self,
        text: str,
        typed: bool,
        intent: str,
        confidence: float,
        missed: bool,
        about: dict[str, Any],
    ) -> None:
        said = self._say(text, True, not typed)
        others = self._dice.sample(self._intents, 4)
        guesses = [intent, *others] if typed else [intent]
        ranking = [
            {
                "name": name,
                "confidence": confidence if not place else (1 - confidence) / (place + 1),
            }
            for place, name in enumerate(guesses)
        ]
        name = "nlu_fallback" if missed else intent
        parsed = {"intent": {"name": name, "confidence": confidence}, "intent_ranking": ranking}
        self._add("user", {"parse_data": {**parsed, "entities": []}, "metadata": {"turn": said.id}})
        self._add("action", {"name": "action_terugval" if missed else "action_antwoord"})
        about = {"services": [], "flow": None, "step": None, "by": "bot", **about}
        self._add("bot", {"text": ANSWER, "data": {"custom": {"about": about}}})
        self._add("action", {"name": "action_listen"})
        self._at += timedelta(milliseconds=self._dice.randrange(40, 900))
        self._say(ANSWER, False, False, said.seq)
        self._at += timedelta(seconds=self._dice.randrange(5, 90))

    def _say(self, text: str, citizen: bool, chosen: bool, reply_to: int | None = None) -> Said:
        self.message += 1
        seq = len(self._said) + 1
        said = Said(self.message, seq, citizen, text, chosen, self._at, reply_to)
        self._said.append(said)
        return said

    def _add(self, kind: str, data: dict[str, Any]) -> None:
        self._event += 1
        self._events.append(Event(self._event, kind, self._at, data))
