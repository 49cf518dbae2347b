"""What citizens do: questions, the zelfscan, a request for contact, and several messages at once.

Each scenario plays a conversation from its greeting. It follows what the bot asks, so that it also
goes through when the bot understands something else than was meant.
"""

from __future__ import annotations

import asyncio
import itertools
import random
from collections.abc import Awaitable, Callable, Iterator

from bench.nlu.data import heldout
from bench.turns.citizen import Citizen
from bench.turns.talk import Choice, Reply
from bot.content import DATA, read_yaml
from bot.taxonomy import taxonomy

SEED = 2026
RULES = DATA / "rules"
# Before a question: with these there are thousands of different ones.
OPENERS = ("", "Hoi, ", "Goedemiddag, ", "Even een vraagje: ", "Ik vroeg me af: ", "Help, ")
QUESTIONS_A_CONVERSATION = 6
# Of the statements of a scan, one in so many is answered in words.
TYPED_EVERY = 4
TYPED = ("mee eens", "4", "soms wel", "helemaal niet mee eens", "ja")
REQUEST = "Mag ik beginnen als schoonmaker, en wat gebeurt er dan met mijn uitkering?"
# Where someone refuses, nothing is stored about a person; the last choice there is a no.
REFUSED_STEPS = ("toestemming",)
BURST = ("Hallo", "ik heb een vraag", "het gaat over mijn bedrijf")
LONGEST_FORM = 80

Scenario = Callable[[Citizen, "Script"], Awaitable[None]]


class Script:
    """What someone says, the same for both sides.

    Args:
        seed: of chance; another one gives other choices.
        questions: see `every_question`; one row for everybody who talks with a side.
    """

    def __init__(self, seed: int, questions: Iterator[str]) -> None:
        self.chance = random.Random(f"{SEED}:{seed}")
        self._questions = questions

    def question(self) -> str:
        """The next question in own words."""
        return next(self._questions)


async def questions(citizen: Citizen, script: Script) -> None:
    """Questions in own words, and after some of the answers a choice among the subjects offered."""
    await citizen.begin()
    for _ in range(QUESTIONS_A_CONVERSATION):
        reply = await citizen.say(script.question())
        subjects = subject_choices(reply)
        if subjects and reply.step is None:
            reply = await citizen.choose(script.chance.choice(subjects))
        if reply.step is not None:  # read as a wish to start a form
            return


async def scan(citizen: Citizen, script: Script) -> None:
    """The short zelfscan, most of it by choices, up to the decision."""
    await go_through(citizen, script, find(await citizen.begin(), "scan"))


async def referral(citizen: Citizen, script: Script) -> None:
    """The questions of a request for contact, with one in own words; no consent at the end."""
    await go_through(citizen, script, find(await citizen.begin(), "adviseur"))


async def burst(citizen: Citizen, script: Script) -> None:
    """Several messages at once, as people send them on WhatsApp."""
    await citizen.begin()
    await asyncio.gather(*(citizen.say(text) for text in (*BURST, script.question())))


# How often each is played, in a row that repeats.
MIX: tuple[Scenario, ...] = (questions, scan, questions, referral, questions, burst)


async def go_through(citizen: Citizen, script: Script, begin: Choice) -> None:
    """Begins a form by a choice, and answers until it ends."""
    reply = await citizen.choose(begin)
    for number in range(LONGEST_FORM):
        if reply.step is None:
            return
        if not reply.choices:
            reply = await citizen.say(REQUEST)
        elif reply.step in REFUSED_STEPS:
            reply = await citizen.choose(reply.choices[-1])
        elif len(reply.choices) >= len(TYPED) and number % TYPED_EVERY == 0:
            reply = await citizen.say(script.chance.choice(TYPED))
        else:
            reply = await citizen.choose(reply.choices[0])


def find(reply: Reply, word: str) -> Choice:
    """The choice with this word in its title.

    Raises:
        LookupError: it is not offered.
    """
    for choice in reply.choices:
        if word in choice.title.lower():
            return choice
    titles = ", ".join(choice.title for choice in reply.choices)
    raise LookupError(f"the bot does not offer {word!r}, but: {titles}")


def subject_choices(reply: Reply) -> list[Choice]:
    """The choices that lead to an answer on a subject, not into a form."""
    labels = {taxonomy().intents[name].label for name in answered_subjects()}
    return [choice for choice in reply.choices if choice.title in labels]


def answered_subjects() -> list[str]:
    """The intents that the rules answer with a text, moves in the conversation left out."""
    rules = [r for path in sorted(RULES.glob("*.yml")) for r in read_yaml(path)["rules"]]
    names = [step["intent"] for rule in rules for step in rule["steps"][0].get("or", ())]
    return [name for name in names if taxonomy().intents[name].is_topic]


def every_question() -> Iterator[str]:
    """Questions in own words that stand in no training data, in an order that is always the same.

    There are more different ones than any cache of texts holds.
    """
    subjects = set(answered_subjects())
    texts = [item.text for item in heldout() if item.intent in subjects]
    random.Random(SEED).shuffle(texts)
    return itertools.cycle([opener + text for opener in OPENERS for text in texts])
