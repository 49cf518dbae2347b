"""Why someone sees this result: what they answered, and the rule that leads from that to it."""

from __future__ import annotations

from collections.abc import Iterable

from bot.assessment import quickscan, scoring
from bot.assessment.bank import DECISION, Bank, Item
from bot.assessment.page import BARS_IN_WORDS
from bot.assessment.quickscan import Quickscan
from bot.catalogue.wording import ADVISER
from bot.conversations.messages import About, Message
from bot.flows.model import Answers

# Of each theme: enough to see where it comes from, short enough to read.
MOST_ANSWERS = 3
MIDDLE = 0.5
NO_JUDGEMENT = (
    "Dit komt door wat jij zelf hebt geantwoord. Een computer maakte er een beeld van, geen mens. "
    "Het is geen oordeel."
)


def of_scan(bank: Bank, answers: Answers) -> list[Message]:
    """Why the profile of the zelfscan is as it is, and what comes after the decision.

    Args:
        answers: before or after the decision; after it, a way to a person comes along.
    """
    themes = [_theme(bank, one, answers) for one in scoring.score(bank, answers)]
    about = About(topic=bank.intent, flow=bank.id)
    rule = [bank.why, f"Dit is versie {bank.version} van de vragen."]
    decided = bank.outcome(answers.get(DECISION))
    if decided is not None:
        rule.append(
            f"Daarna koos jij zelf: **{decided.option.title}**. De stappen die ik noemde, horen "
            "bij jouw keuze."
        )
    return [
        Message("\n\n".join([NO_JUDGEMENT, *themes, *_signals(bank, answers)]), about=about),
        Message("\n\n".join(rule), [ADVISER] if DECISION in answers else [], about),
    ]


def of_quickscan(scan: Quickscan, answers: Answers) -> list[Message]:
    """Why this was the first impression, and why the warnings beside it."""
    found = quickscan.outcome(scan, answers)
    answers = scan.flow.applying(answers)
    parts = [NO_JUDGEMENT]
    decisive = [one.step for one in (*found.all, *found.any) if one.holds(answers)]
    if decisive:
        parts.append(_said(f"Je zag '{found.label}', omdat je dit zei:", scan, answers, decisive))
    elif found.id == quickscan.UNCLEAR:
        parts.append(
            f"Je zag '{found.label}', omdat je bij veel vragen geen antwoord gaf of wist. Ik heb "
            f"minstens {scan.least_answered} antwoorden nodig."
        )
    else:
        parts.append(f"Je zag '{found.label}', omdat geen andere uitkomst bij je antwoorden paste.")
    warned = [one.when.step for one in scan.warnings if one.when.holds(answers)]
    if warned:
        parts.append(_said("Ik noemde er iets bij, omdat je dit zei:", scan, answers, warned))
    parts += [scan.why, f"Dit is versie {scan.version} van de vragen."]
    about = About(topic=scan.flow.intent, flow=scan.flow.id)
    return [Message("\n\n".join(parts), [ADVISER], about)]


def _theme(bank: Bank, one: scoring.ThemeScore, answers: Answers) -> str:
    """A theme with the answers that did most to bring it where it is."""
    title = f"**{one.theme.label}**: {BARS_IN_WORDS[one.meaning]}."
    if one.score is None:
        return title
    counted = scoring.shares(bank, one.theme, answers)
    carries = one.meaning == "carries"
    most = sorted(counted, key=lambda item: counted[item], reverse=carries)
    if one.meaning != "between":
        most = [item for item in most if (counted[item] > MIDDLE) == carries]
    return "\n".join([title, *_answered(bank, most[:MOST_ANSWERS], answers)])


def _signals(bank: Bank, answers: Answers) -> list[str]:
    """The answers that pointed to a danger."""
    shown = {sign.item for signal in bank.signals_of(answers) for sign in signal.when}
    items = [item for item in bank.items if item.id in shown]
    title = "**Let hierop** zei ik, omdat je dit antwoordde:"
    return ["\n".join([title, *_answered(bank, items, answers)])] if items else []


def _answered(bank: Bank, items: Iterable[Item], answers: Answers) -> list[str]:
    titles = {option.value: option.title for option in bank.scale}
    return [f"- {item.text} *{titles[str(answers[item.id])]}.*" for item in items]


def _said(title: str, scan: Quickscan, answers: Answers, steps: Iterable[str]) -> str:
    lines = []
    for name in dict.fromkeys(steps):
        step = scan.flow.step(name)
        option = step and step.option(answers.get(name))
        if step and option:
            lines.append(f"- {step.ask} *{option.title}.*")
    return "\n".join([f"**{title}**", *lines])
