"""The plan: a dozen questions, and one page in the person's own words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from typing import Any

from bot.assessment.page import Page, Section
from bot.assessment.results import link_lives
from bot.catalogue.wording import ADVISER, choice_for
from bot.content import DATA, ContentError, Problem, name_of
from bot.conversations.messages import About, Choice, Message
from bot.flows.content import flow, read_flow
from bot.flows.model import Answers, Flow, Option, Progress, Step
from bot.privacy.detect import without_tokens
from bot.taxonomy import taxonomy

PLAN = DATA / "assessment" / "plan.yml"
# The question which part to change, in a plan that was made before.
CHANGE = "deel"
WROTE_BEFORE = "Je schreef eerder: {eerder}"


@dataclass(frozen=True)
class Part:
    """Where an answer stands on the page, and the tip for who left it empty."""

    step: str
    section: str
    heading: str
    hint: str


@dataclass(frozen=True)
class Plan:
    """The questions and the page that they fill."""

    flow: Flow
    version: int
    parts: tuple[Part, ...]
    ready: str
    services: tuple[str, ...]
    topics: tuple[str, ...]


@lru_cache
def read_plan(path: Path = PLAN) -> Plan:
    """The plan in a file.

    Raises:
        ContentError: the file has mistakes, or names what does not exist.
    """
    data = read_flow(path, "plan", "steps")
    problems = list(_wrong(data, name_of(path)))
    if problems:
        raise ContentError(problems)
    return Plan(
        flow=flow(data),
        version=data["version"],
        parts=tuple(
            Part(item["id"], item["section"], item["heading"], item["hint"].strip())
            for item in data["steps"]
        ),
        ready=data["ready"].strip(),
        services=tuple(data["services"]),
        topics=tuple(data["topics"]),
    )


def revision(plan: Plan) -> Flow:
    """Changing one part of a plan that was made before: which one, and then its question.

    A part that has words already cannot be skipped: "weet ik niet" would wipe them out.
    """
    change = Step(
        id=CHANGE,
        ask="Welk deel van je plan wil je veranderen?",
        kind="choice",
        options=tuple(Option(part.step, part.heading) for part in plan.parts),
        explain="Kies het deel dat je wilt veranderen. De andere delen blijven zoals ze zijn.",
    )

    def choose(progress: Progress) -> Step | None:
        part = progress.answers.get(CHANGE)
        if part is None:
            return change
        question = plan.flow.step(part)
        if part in progress.given or question is None:
            return None
        before = progress.answers.get(part)
        if before is None:
            return question
        return replace(question, ask=f"{WROTE_BEFORE}\n\n{question.ask}", skippable=False)

    def words(answers: Answers) -> Mapping[str, str]:
        return {"eerder": answers.get(answers.get(CHANGE) or "") or ""}

    return replace(
        plan.flow,
        intro="Fijn dat je verder werkt aan je plan.",
        steps=(change, *plan.flow.steps),
        choose=choose,
        facts=words,
        numbered=False,
    )


def was_made(progress: Progress) -> bool:
    """Whether there is a plan already: finished, or with answers from an earlier passage."""
    return progress.done or set(progress.answers) != set(progress.given)


def again(progress: Progress) -> Progress:
    """A new passage that starts from the answers of the last one."""
    kept = {name: value for name, value in progress.answers.items() if name != CHANGE}
    return replace(Progress.begin(), answers=kept)


def page(plan: Plan, answers: Answers, profile: Page | None, made_on: str) -> Page:
    """The plan on one page; an empty part has a tip.

    Args:
        profile: the result of the person's zelfscan, whose bars go along.
    """
    sections = []
    for heading, group in groupby(plan.parts, key=lambda part: part.section):
        for part in group:
            text = answers.get(part.step)
            title = f"{heading}: {part.heading.lower()}"
            shown = part.hint if text is None else without_tokens(text)
            sections.append(Section(title, [shown], empty=text is None))
    return Page(
        "Mijn ondernemingsplan",
        "Dit plan is van mij. Het is nooit af: ik kan elk deel later veranderen.",
        sections,
        bars=profile.bars if profile else (),
        version=plan.version,
        made_on=made_on,
    )


def summary(plan: Plan, link: str) -> list[Message]:
    """The messages that close the plan.

    Args:
        link: address of the page as a PDF.
    """
    about = About(topic=plan.flow.intent, flow=plan.flow.id, services=plan.services)
    text = f"{plan.ready}\n\n[Je plan als PDF]({link}). {link_lives()}"
    again = Choice("Mijn plan veranderen", plan.flow.intent, f"start:{plan.flow.id}")
    return [Message(text, [again, *map(choice_for, plan.topics), ADVISER], about)]


def _wrong(data: Mapping[str, Any], file: str) -> Iterable[Problem]:
    """What is named and does not exist."""
    services = {path.stem for path in (DATA / "catalogue" / "services").glob("*.yml")}
    for field, known in (("services", services), ("topics", taxonomy().intents)):
        for name in data[field]:
            if name not in known:
                yield Problem(file, "", field, f"'{name}' bestaat niet")
