"""The quickscan for an existing business: its questions, and the first outcome that fits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from bot.assessment.page import Page, Section
from bot.assessment.results import link_lives
from bot.catalogue.wording import ADVISER, choice_for
from bot.content import DATA, ContentError, Problem, name_of
from bot.conversations import why
from bot.conversations.messages import About, Message
from bot.flows.content import flow, read_flow
from bot.flows.model import Answers, Flow
from bot.taxonomy import taxonomy

QUICKSCAN = DATA / "assessment" / "quickscan.yml"
UNCLEAR = "onduidelijk"
# Something urgent goes first, however few questions were answered.
URGENT = "urgent"
# The option of who does not know: no condition, so no answer to judge by.
DO_NOT_KNOW = "weet_niet"


@dataclass(frozen=True)
class Condition:
    """An answer to a question; a question without an answer never holds."""

    step: str
    values: frozenset[str]

    def holds(self, answers: Answers) -> bool:
        """Whether the question was answered so."""
        return answers.get(self.step) in self.values


@dataclass(frozen=True)
class Outcome:
    """A first impression, with what to do in which order and who helps."""

    id: str
    label: str
    all: tuple[Condition, ...]
    any: tuple[Condition, ...]
    text: str
    steps: tuple[str, ...]
    services: tuple[str, ...]
    topics: tuple[str, ...]

    def fits(self, answers: Answers) -> bool:
        """Whether all of `all` hold, and one of `any` where there are any."""
        return all(c.holds(answers) for c in self.all) and (
            not self.any or any(c.holds(answers) for c in self.any)
        )


@dataclass(frozen=True)
class Warning:
    """Something to say besides the outcome."""

    when: Condition
    text: str


@dataclass(frozen=True)
class Quickscan:
    """The questions, and the outcomes in the order in which they are tried."""

    flow: Flow
    version: int
    least_answered: int
    why: str
    outcomes: tuple[Outcome, ...]
    warnings: tuple[Warning, ...]


@lru_cache
def read_quickscan(path: Path = QUICKSCAN) -> Quickscan:
    """The quickscan in a file.

    Raises:
        ContentError: the file has mistakes, or names what does not exist.
    """
    data = read_flow(path, "quickscan", "steps")
    problems = list(_wrong(data, name_of(path)))
    if problems:
        raise ContentError(problems)
    return Quickscan(
        flow=flow(data),
        version=data["version"],
        least_answered=data["least_answered"],
        why=data["why"].strip(),
        outcomes=tuple(_outcome(item) for item in data["outcomes"]),
        warnings=tuple(
            Warning(_condition(item["when"]), item["text"].strip()) for item in data["signals"]
        ),
    )


def outcome(scan: Quickscan, answers: Answers) -> Outcome:
    """The first outcome that fits; unclear when too little was answered to say anything."""
    answers = scan.flow.applying(answers)
    by_id = {found.id: found for found in scan.outcomes}
    if by_id[URGENT].fits(answers):
        return by_id[URGENT]
    if sum(v not in (None, DO_NOT_KNOW) for v in answers.values()) < scan.least_answered:
        return by_id[UNCLEAR]
    return next(found for found in scan.outcomes if found.fits(answers))


def page(scan: Quickscan, answers: Answers, made_on: str) -> Page:
    """What someone can take along: the impression, the steps, and their own answers."""
    found = outcome(scan, answers)
    given = []
    answers = scan.flow.applying(answers)
    for question in scan.flow.steps:
        option = question.option(answers.get(question.id))
        if option is not None:
            given.append(f"{question.ask} {option.title}.")
    sections = [
        Section(found.label, [found.text, *_warnings(scan, answers)]),
        Section("Wat je kunt doen, in deze volgorde", points=found.steps),
        Section("Jouw antwoorden", points=given),
    ]
    return Page(
        "Jouw quickscan",
        "Dit is een eerste indruk, geen oordeel. Wie je cijfers ziet, weet meer.",
        sections,
        version=scan.version,
        made_on=made_on,
    )


def summary(scan: Quickscan, answers: Answers, link: str) -> list[Message]:
    """The messages that close the quickscan.

    Args:
        link: address of the page as a PDF.
    """
    found = outcome(scan, answers)
    about = About(topic=scan.flow.intent, flow=scan.flow.id, services=found.services)
    impression = [f"**{found.label}**", found.text, *_warnings(scan, answers)]
    steps = "\n".join(f"{number}. {text}" for number, text in enumerate(found.steps, start=1))
    return [
        Message("\n\n".join(impression), about=about),
        Message(
            f"**Dit kun je doen, in deze volgorde:**\n\n{steps}\n\n"
            f"[Neem dit mee als PDF]({link}). {link_lives()}",
            [*map(choice_for, found.topics), why.choice(scan.flow.id), ADVISER],
            about,
        ),
    ]


def _warnings(scan: Quickscan, answers: Answers) -> list[str]:
    answers = scan.flow.applying(answers)
    return [warning.text for warning in scan.warnings if warning.when.holds(answers)]


def _condition(item: Mapping[str, Any]) -> Condition:
    return Condition(item["step"], frozenset(item["is"]))


def _outcome(item: Mapping[str, Any]) -> Outcome:
    when = item.get("when", {})
    return Outcome(
        id=item["id"],
        label=item["label"],
        all=tuple(_condition(part) for part in when.get("all", [])),
        any=tuple(_condition(part) for part in when.get("any", [])),
        text=item["text"].strip(),
        steps=tuple(text.strip() for text in item["steps"]),
        services=tuple(item["services"]),
        topics=tuple(item["topics"]),
    )


def _wrong(data: Mapping[str, Any], file: str) -> Iterable[Problem]:
    """What is named and does not exist, and outcomes that the code counts on."""
    values = {s["id"]: {str(o["value"]) for o in s.get("options", [])} for s in data["steps"]}
    services = {path.stem for path in (DATA / "catalogue" / "services").glob("*.yml")}
    ids = [item["id"] for item in data["outcomes"]]
    for missing in {URGENT, UNCLEAR} - set(ids):
        yield Problem(file, missing, "outcomes", "deze uitkomst ontbreekt")
    if "when" in data["outcomes"][-1]:
        yield Problem(file, ids[-1], "when", "de laatste uitkomst heeft geen voorwaarden")
    conditions = [(n, item["when"]) for n, item in enumerate(data["signals"])]
    for item in data["outcomes"]:
        when = item.get("when", {})
        conditions += [(item["id"], c) for c in [*when.get("all", []), *when.get("any", [])]]
        for name in item["services"]:
            if name not in services:
                yield Problem(file, item["id"], "services", f"'{name}' bestaat niet")
        for name in item["topics"]:
            if name not in taxonomy().intents:
                yield Problem(file, item["id"], "topics", f"'{name}' bestaat niet")
    for item in data["steps"]:
        for name, allowed in item.get("only_if", {}).items():
            conditions.append((item["id"], {"step": name, "is": allowed}))
    for label, condition in conditions:
        for value in condition["is"]:
            if value not in values.get(condition["step"], ()):
                where = f"'{condition['step']}: {value}'"
                yield Problem(file, str(label), "when", f"{where} bestaat niet")
