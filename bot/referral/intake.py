"""The intake of a referral: its questions, and the words that they name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from sqlalchemy.orm import Session

from bot.assessment.model import Result
from bot.assessment.page import Page
from bot.catalogue.model import Service
from bot.content import DATA
from bot.flows.content import flow, read_flow
from bot.flows.model import Answers, Flow, Progress, Step
from bot.referral.destination import Destination, choose, read_destinations

INTAKE = DATA / "referral" / "intake.yml"
SUBJECT = "onderwerp"
HAS_RESULT = "heeft_uitslag"
RESULTS = "uitslagen"
# Who asks for one of these wants to do it now; it is no answer to what the request is about.
OWN_FLOW = frozenset(["zelfscan", "quickscan", "regelingen_overzicht"])
# Kinds of provider that are the gemeente itself, or work for it.
OF_THE_GEMEENTE = frozenset(["sociale_zaken", "economische_zaken", "ondernemershuis"])
Words = Callable[[Answers], Mapping[str, str]]
# What goes along, in the order in which the citizen reads it, by the question that it answers.
SENT = {
    "gemeente": "Je gemeente",
    "situatie": "Je situatie",
    "onderwerp": "Waar het over gaat",
    "urgentie": "Of het haast heeft",
    "fase": "Waar je staat met je bedrijf",
    "vraag": "Je vraag",
}
CONTACT = "Je telefoonnummer of e-mailadres, en wanneer je bereikbaar bent"
NAMES = {"zelfscan": "je zelfscan", "quickscan": "je quickscan", "plan": "je ondernemingsplan"}
# How far a desk reaches that is not of the gemeente, by kind of provider.
REACH = {
    "sociale_zaken": "Ik ken geen eigen loket van {} voor deze vraag. Dit is er in elke gemeente.",
    "economische_zaken": (
        "Ik ken geen eigen loket van {} voor deze vraag. Dit is er in elke gemeente."
    ),
    "ondernemershuis": "Ik ken geen eigen loket van {} voor deze vraag. Dit is er in elke regio.",
}
NATIONAL = "Dit is geen loket van {}. Het is er voor heel Nederland."


def read_intake(words: Words = lambda answers: {}, path: Path = INTAKE) -> Flow:
    """The questions of the intake.

    Args:
        words: what the questions may name as `{word}`, from the answers so far.

    Raises:
        ContentError: the file has mistakes.
    """
    return replace(_read(path), facts=words)


def begin(results: Sequence[Result]) -> Progress:
    """A new intake, that knows which results could go along: what is made later never does."""
    known = Progress.begin().with_known(HAS_RESULT, "ja" if results else "nee")
    return known.with_known(RESULTS, " ".join(str(result.run) for result in results))


def service_of(destination: Destination, answers: Answers) -> Service:
    """The service that someone chose: the proposed one, or the second."""
    return destination.second if answers.get("voorstel") == "tweede" else destination.first


def facts(
    session: Session, answers: Answers, results: Sequence[Result], retention_days: int
) -> Mapping[str, str]:
    """The words that the questions of the intake may name, as far as they are known.

    Args:
        results: what this person made in the conversation: scans and plan.

    Raises:
        ContentError: the catalogue has no place to go for someone with these answers.
    """
    destination = choose(session, answers)
    service = service_of(destination, answers)
    gemeente = answers.get("gemeente") or "je gemeente"
    lines = [f"- {item['label']}: {item['text']}" for item in context(answers, results)]
    lines.append(f"- {CONTACT}")
    return {
        "dienst": service.name,
        "aanbieder": service.provider.name,
        "ontvanger": recipient(service, gemeente),
        "reden": destination.reason,
        "plaats": _place(destination, gemeente),
        "tweede": f"{destination.second.name} ({destination.second.provider.name})",
        "gemeente": gemeente,
        "samenvatting": "\n".join(lines),
        "uitslagen": _and(NAMES[str(r.kind)] for r in _asked_for(answers, results)),
        "contact": answers.get("contact") or "",
        "bewaartermijn": str(retention_days),
    }


def recipient(service: Service, gemeente: str) -> str:
    """Who reads the request: the desk, or the gemeente where a desk takes no requests from us."""
    provider = service.provider
    if provider.handover or provider.kind in OF_THE_GEMEENTE:
        return str(provider.name)
    return f"een adviseur van gemeente {gemeente}, die je verder helpt naar {provider.name}"


def context(answers: Answers, results: Sequence[Result]) -> list[dict[str, str]]:
    """What goes along with a request, in the words that the citizen reads and approves."""
    questions = _read(INTAKE)
    items = []
    for name, label in SENT.items():
        value = answers.get(name)
        if value is not None:
            question = questions.step(name)
            option = question.option(value) if question else None
            items.append({"label": label, "text": option.title if option else value})
    if answers.get("uitslag") == "ja":
        items += [_summary(result) for result in _asked_for(answers, results)]
    return items


def _asked_for(answers: Answers, results: Sequence[Result]) -> list[Result]:
    """The results that the question about them named: those of when the intake began."""
    runs = (answers.get(RESULTS) or "").split()
    return [result for result in results if result.run in runs]


def _place(destination: Destination, gemeente: str) -> str:
    """Whether this is a desk of the gemeente, or what it is otherwise."""
    if destination.is_own:
        return "Dit is een loket voor jouw gemeente."
    return REACH.get(str(destination.first.provider.kind), NATIONAL).format(gemeente)


def _summary(result: Result) -> dict[str, str]:
    page = Page.from_dict(result.page)
    parts = [f"{bar.label}: {bar.words}." for bar in page.bars]
    if result.kind != "zelfscan":
        parts = [f"{part.heading}: {' '.join(part.paragraphs)}" for part in page.sections[:12]]
    return {"label": NAMES[str(result.kind)].capitalize(), "text": " ".join(parts)}


def _and(names: Iterable[str]) -> str:
    *others, last = [*names] or [""]
    return f"{', '.join(others)} en {last}" if others else last


@lru_cache
def _read(path: Path) -> Flow:
    data = read_flow(path, "intake", "steps")
    found = flow(data, numbered=False)
    return replace(found, steps=tuple(map(_with_subjects, found.steps)))


def _with_subjects(question: Step) -> Step:
    if question.id != SUBJECT:
        return question
    subjects = read_destinations().subjects
    said = (tuple(name for name in s.intents if name not in OWN_FLOW) for s in subjects)
    options = tuple(
        replace(subject, intents=intents) for subject, intents in zip(subjects, said, strict=True)
    )
    return replace(question, options=options)
