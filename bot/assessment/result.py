"""The result of the zelfscan: what carries someone, what to work on, what points to danger."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from bot.assessment.bank import LENGTH, Bank, Outcome, Theme
from bot.assessment.page import Bar, Page, Section
from bot.assessment.results import link_lives
from bot.assessment.scoring import Meaning, ThemeScore, score
from bot.catalogue.wording import ADVISER, choice_for
from bot.conversations import why
from bot.conversations.messages import About, Choice, Image, Message
from bot.flows.model import Answers

NEXT_TOPICS = 2
Named = Callable[[str], str]


def is_empty(bank: Bank, answers: Answers) -> bool:
    """Whether too little was answered to show a profile at all."""
    return all(one.meaning == "unknown" for one in score(bank, answers))


def page(bank: Bank, answers: Answers, named: Named, made_on: str) -> Page:
    """What someone can take along.

    Args:
        named: the name of a service by its id, for who can help.
        made_on: the date, in words.
    """
    scores = score(bank, answers)
    sections = [
        _section("Dit draagt je", _of(scores, "carries"), lambda t: t.strong),
        _section("In het midden", _of(scores, "between"), lambda t: t.between),
        _section(
            "Hier kun je aan werken",
            _of(scores, "work_on"),
            lambda t: f"{t.work_on} Wie kan helpen: {', '.join(map(named, t.services))}.",
        ),
        _section("Hierover weet ik te weinig", _of(scores, "unknown"), lambda t: t.unknown),
        Section("Let hierop", points=[signal.text for signal in bank.signals_of(answers)]),
        Section("Nu beslissen", [bank.decision_intro]),
    ]
    return Page(
        "Jouw profiel",
        f"Dit zie ik in je antwoorden. {_uncertainty(bank, answers)}",
        [section for section in sections if section.paragraphs or section.points],
        bars=[] if is_empty(bank, answers) else [_bar(one) for one in scores],
        version=bank.version,
        made_on=made_on,
    )


def summary(bank: Bank, answers: Answers, picture: Image, link: str) -> list[Message]:
    """The messages that come before the decision. No verdict: the person decides what it means.

    Args:
        picture: the profile as an image.
        link: address of the page as a PDF.
    """
    if is_empty(bank, answers):
        text = (
            "Je hebt veel stellingen overgeslagen. Daarom kan ik geen beeld geven. Dat geeft niet. "
            "Je kunt de zelfscan later opnieuw doen, of er met een adviseur over praten."
        )
        about = About(topic=bank.intent, flow=bank.id)
        return [Message(text, [why.choice(bank.id)], about), *_dangers(bank, answers, about)]
    scores = score(bank, answers)
    work = [*_of(scores, "work_on"), *_of(scores, "between")]
    services = list(dict.fromkeys(name for one in work for name in one.theme.services))
    about = About(topic=bank.intent, flow=bank.id, services=services[:NEXT_TOPICS])
    parts = [
        f"Dank je, je bent klaar. Dit zie ik in je antwoorden. {_uncertainty(bank, answers)}",
        _list("Dit draagt je:", _of(scores, "carries"), lambda t: t.strong),
        _list("Hier kun je nog op letten:", _of(scores, "between"), lambda t: t.between),
        _list("Hier kun je aan werken:", _of(scores, "work_on"), lambda t: t.work_on),
        _list("Hierover weet ik te weinig:", _of(scores, "unknown"), lambda t: t.unknown),
        f"[Neem je profiel mee als PDF]({link}). {link_lives()}",
    ]
    asks = [why.choice(bank.id)]
    profile = Message("\n\n".join(filter(None, parts)), asks, about, picture)
    return [
        profile,
        *_dangers(bank, answers, about),
        Message(bank.decision_intro, about=about),
    ]


def after_decision(bank: Bank, answers: Answers, outcome: Outcome | None) -> list[Message]:
    """What comes after the decision, and where to go on."""
    if outcome is None:
        text = "Goed, je beslist later. Je antwoorden blijven bewaard in dit gesprek."
        asks = [why.choice(bank.id), ADVISER]
        return [Message(text, asks, About(topic=bank.intent, flow=bank.id))]
    about = About(topic=bank.intent, flow=bank.id, services=outcome.services)
    danger = [signal.topic for signal in bank.signals_of(answers)][:1]
    topics = list(dict.fromkeys([*danger, *outcome.topics]))
    asks = [*_choices(topics), why.choice(bank.id), ADVISER]
    return [Message(outcome.text, asks, about)]


def _uncertainty(bank: Bank, answers: Answers) -> str:
    asked = bank.asked(answers.get(LENGTH))
    given = sum(answers.get(item.id) is not None for item in asked)
    answers_say = "1 antwoord zegt" if given == 1 else f"{given} antwoorden zeggen"
    return f"Het is geen oordeel: jij kent jezelf het best, en {answers_say} niet alles."


def _dangers(bank: Bank, answers: Answers, about: About) -> list[Message]:
    """What points to danger, said however few other answers there are."""
    lines = "\n".join(f"- {signal.text}" for signal in bank.signals_of(answers))
    return [Message(f"**Let hierop.**\n\n{lines}", about=about)] if lines else []


def _bar(one: ThemeScore) -> Bar:
    return Bar(one.theme.label, one.meaning, one.score)


def _of(scores: Iterable[ThemeScore], meaning: Meaning) -> list[ThemeScore]:
    return [one for one in scores if one.meaning == meaning]


def _section(heading: str, scores: list[ThemeScore], say: Callable[[Theme], str]) -> Section:
    return Section(heading, points=[f"{one.theme.label}. {say(one.theme)}" for one in scores])


def _list(title: str, scores: list[ThemeScore], say: Callable[[Theme], str]) -> str:
    lines = [f"- **{one.theme.label}**: {say(one.theme)}" for one in scores]
    return "\n".join([f"**{title}**", "", *lines]) if lines else ""


def _choices(topics: Iterable[str]) -> list[Choice]:
    return [choice_for(name) for name in topics if name != ADVISER.intent]
