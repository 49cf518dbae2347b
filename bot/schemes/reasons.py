"""Why someone sees these schemes: what they told, which conditions hold, and from which source."""

from __future__ import annotations

from bot.catalogue.wording import ADVISER
from bot.conversations.messages import About, Choice, Message
from bot.dutch import source_date
from bot.flows.model import Answers
from bot.schemes.content import Rules
from bot.schemes.conversation import FLOW, OTHERS_DECIDE, choose, listed, sensible, situation
from bot.schemes.model import Finding, Scheme, Situation

HOW = (
    "Ik vergeleek wat jij zei met de voorwaarden van elke regeling. Mensen hebben die voorwaarden "
    "opgeschreven. Het vergelijken deed een computer."
)


def of_result(rules: Rules, answers: Answers) -> list[Message]:
    """Of every scheme that was told: the reasons, and the source with its date."""
    known = situation(answers)
    told = choose(rules, known)
    about = About(topic=rules.intent, flow=FLOW)
    given = [f"- {rules.facts[name].ask} *{_value(rules, name, known)}.*" for name in known]
    first = [HOW, *listed("Dit weet ik van je:", given)]
    parts = [
        *listed("Dit past misschien bij je:", [_fitting(one) for one in told.fitting]),
        *listed("Dit weet ik nog niet zeker:", [_open(one, rules, known) for one in told.open]),
        *listed("Dit past waarschijnlijk niet:", [_failing(one) for one in told.near]),
    ]
    if told.others:
        parts.append(_others(told.others))
    parts.append(f"{OTHERS_DECIDE} Klopt een antwoord niet? Doe de vragen dan opnieuw.")
    again = Choice("Vragen opnieuw doen", rules.intent)
    return [
        Message("\n\n".join(first), about=about),
        Message("\n\n".join(parts), [again, ADVISER], about),
    ]


def _fitting(finding: Finding) -> str:
    return f"- {finding.scheme.name}. {' '.join(finding.reasons)} {_source(finding.scheme)}"


def _open(finding: Finding, rules: Rules, known: Situation) -> str:
    asked = rules.facts[sensible(finding, rules, known)[0]].ask
    reasons = " ".join(finding.reasons)
    return (
        f"- {finding.scheme.name}. Dit klopt al: {reasons} Dit weet ik nog niet: {asked} "
        f"{_source(finding.scheme)}"
    )


def _failing(finding: Finding) -> str:
    return f"- {finding.scheme.name}. {' '.join(finding.reasons)} {_source(finding.scheme)}"


def _others(number: int) -> str:
    if number == 1:
        return "Ik keek naar nog 1 regeling. Daarvan past iets niet, of weet ik te weinig."
    return f"Ik keek naar nog {number} regelingen. Daarvan past iets niet, of weet ik te weinig."


def _source(scheme: Scheme) -> str:
    """Where the conditions come from, with the date of that source."""
    named = [
        title
        if (date := source_date(source["date"])) in (title := source["title"])
        else f"{title}, {date}"
        for source in scheme.sources
    ]
    return f"Bron: {'; '.join(named)}."


def _value(rules: Rules, name: str, known: Situation) -> str:
    return rules.facts[name].values.get(known[name], known[name])
