"""The result of the zelfscan in words: what carries someone, what to work on, what comes next."""

from __future__ import annotations

from collections.abc import Mapping

from bot.assessment.bank import Bank
from bot.assessment.scoring import Meaning, ThemeScore, score
from bot.conversations.messages import About, Choice, Message
from bot.taxonomy import taxonomy

NEXT_TOPICS = 2


def summary(bank: Bank, answers: Mapping[str, str | None]) -> list[Message]:
    """The messages that close the zelfscan. No verdict: the person decides what it means."""
    scores = score(bank, answers)
    if all(one.meaning == "unknown" for one in scores):
        text = (
            "Je hebt veel stellingen overgeslagen. Daarom kan ik geen beeld geven. Dat geeft niet. "
            "Je kunt de zelfscan later opnieuw doen, of er met een adviseur over praten."
        )
        return [Message(text, _choices([]), About(topic="zelfscan", flow=bank.id))]
    parts = [
        "Dank je, je bent klaar. Dit zie ik in je antwoorden. Het is geen oordeel: jij kent jezelf "
        f"het best, en {len(bank.items)} stellingen zeggen niet alles.",
        _list("Dit draagt je:", scores, "carries"),
        _list("Hier kun je nog op letten:", scores, "between"),
        _list("Hier kun je aan werken:", scores, "work_on"),
        _list("Hierover weet ik te weinig, want je sloeg stellingen over:", scores, "unknown"),
    ]
    work = [one.theme.topic for one in scores if one.meaning in ("work_on", "between")]
    closing = (
        "**Wat nu?** Jij beslist: ga je door, wacht je nog, of is dit niets voor jou? Elk van de "
        "drie is een goede uitkomst. Wil je erover praten, dan regel ik contact met een adviseur."
    )
    return [
        Message("\n\n".join(p for p in parts if p), about=About(topic="zelfscan", flow=bank.id)),
        Message(closing, _choices(work), About(topic="zelfscan", flow=bank.id)),
    ]


def _list(title: str, scores: list[ThemeScore], meaning: Meaning) -> str:
    lines = [
        f"- **{one.theme.label}**{_advice(one, meaning)}"
        for one in scores
        if one.meaning == meaning
    ]
    return "\n".join([f"**{title}**", "", *lines]) if lines else ""


def _advice(one: ThemeScore, meaning: Meaning) -> str:
    if meaning == "unknown":
        return f" ({one.answered} van {one.asked} beantwoord)"
    return f": {one.theme.strong if meaning == 'carries' else one.theme.work_on}"


def _choices(topics: list[str]) -> list[Choice]:
    intents = taxonomy().intents
    first = list(dict.fromkeys(topics))[:NEXT_TOPICS]
    return [
        Choice(intents[name].label, name)
        for name in [*first, "starten_algemeen", "medewerker_spreken"]
    ]
