"""The schemes in a conversation: which question comes next, and the findings in plain Dutch."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from bot.catalogue.model import Service
from bot.catalogue.wording import ADVISER, choice_for
from bot.conversations import why
from bot.conversations.messages import About, Message
from bot.flows.model import Answers, Flow, Progress, Step
from bot.schemes.content import Rules
from bot.schemes.model import Finding, Scheme, Situation
from bot.schemes.rules import judge_all, next_fact

FLOW = "regelingen"
# A list in a chat is read when it is short (product: short answers).
MOST_FITTING = 4
MOST_OPEN = 3
MOST_MISSING = 3
MOST_BUTTONS = 3
MOST_REASONS = 2
Local = Callable[[Scheme], Service | None]
OTHERS_DECIDE = "Jouw gemeente, UWV of de Belastingdienst beslist. Ik kan niets beloven."


@dataclass(frozen=True)
class Told:
    """What is told of the schemes: what may fit, what is open, what nearly fits, and the rest."""

    fitting: Sequence[Finding]
    open: Sequence[Finding]
    near: Sequence[Finding]
    others: int


def flow(rules: Rules) -> Flow:
    """The questions; each turn asks the fact that settles most."""

    def choose(progress: Progress) -> Step | None:
        if len(progress.given) >= rules.most_questions:
            return None
        skipped = {name for name, value in progress.answers.items() if value is None}
        fact = next_fact(rules.schemes, rules.facts, situation(progress.answers), skipped)
        return rules.steps[fact] if fact else None

    return Flow(
        id=FLOW,
        intent=rules.intent,
        title=rules.title,
        intro=rules.intro,
        steps=tuple(rules.steps.values()),
        choose=choose,
        most=rules.most_questions,
    )


def situation(answers: Answers) -> Situation:
    """What someone answered; a question that was skipped is not known."""
    return {name: value for name, value in answers.items() if value is not None}


def result(rules: Rules, answers: Answers, local: Local = lambda _: None) -> list[Message]:
    """What may fit, what is still open and what does not fit, with reasons and the first step.

    Args:
        local: what the gemeente of this person itself has for a scheme.
    """
    known = situation(answers)
    told = choose(rules, known)
    shown = (f.scheme.service for f in told.fitting[:MOST_FITTING])
    about = About(flow=FLOW, services=list(dict.fromkeys(shown)))
    messages = [Message(_fitting_text(told.fitting, local), about=about)]
    rest = [
        *listed("Dit weet ik nog niet zeker:", [_open(f, rules, known) for f in told.open]),
        *listed("Dit past waarschijnlijk niet:", [_missing(f) for f in told.near]),
        OTHERS_DECIDE,
    ]
    topics = dict.fromkeys(f.scheme.topic for f in [*told.fitting, *told.open])
    choices = [*map(choice_for, list(topics)[:MOST_BUTTONS]), why.choice(FLOW), ADVISER]
    return [*messages, Message("\n\n".join(rest), choices, about)]


def choose(rules: Rules, known: Situation) -> Told:
    """What is worth telling someone in this situation; everything that may fit is."""
    findings = judge_all(rules.schemes, known)
    fitting = [f for f in findings if f.verdict == "may_fit"]
    still_open = [
        f for f in findings if f.verdict == "unknown" and f.reasons and sensible(f, rules, known)
    ][:MOST_OPEN]
    near = [f for f in findings if f.verdict == "does_not_fit" and f.met][:MOST_MISSING]
    others = len(findings) - len(fitting) - len(still_open) - len(near)
    return Told(fitting, still_open, near, others)


def _fitting_text(findings: Sequence[Finding], local: Local) -> str:
    if not findings:
        return (
            "Met deze antwoorden zie ik geen regeling die zeker bij je kan passen. Een adviseur "
            "weet vaak meer dan ik."
        )
    parts = ["**Dit past misschien bij je:**"]
    for finding in findings[:MOST_FITTING]:
        scheme = finding.scheme
        lines = [f"**{scheme.name}**", f"- Waarom: {' '.join(finding.reasons[:MOST_REASONS])}"]
        lines += [f"- Kijk nog na: {scheme.to_check[0]}", f"- {scheme.talk_first}"]
        service = local(scheme)
        if service is not None:
            lines.append(f"- {_in_own_gemeente(service)}")
        parts.append("\n".join(lines))
    return "\n\n".join([*parts, *_more(findings[MOST_FITTING:])])


def _more(findings: Sequence[Finding]) -> list[str]:
    """What may fit too, with one reason: nothing that may fit is left out in silence."""
    lines = [f"- {finding.scheme.name}: {finding.reasons[0]}" for finding in findings]
    return listed("Dit past misschien ook:", lines)


def _in_own_gemeente(service: Service) -> str:
    if service.status == "actueel":
        return f"In jouw gemeente heet dit: {service.name} ({service.provider.name})."
    return f"In jouw gemeente was er: {service.name}. Vraag je gemeente of dit nog bestaat."


def listed(title: str, lines: Sequence[str]) -> list[str]:
    """A list below its title; nothing where it is empty."""
    return ["\n".join([f"**{title}**", *lines])] if lines else []


def sensible(finding: Finding, rules: Rules, known: Situation) -> list[str]:
    """The facts that decide it and that make sense to ask of this person."""
    return [name for name in finding.ask if rules.facts[name].makes_sense(known)]


def _open(finding: Finding, rules: Rules, known: Situation) -> str:
    question = rules.facts[sensible(finding, rules, known)[0]].ask
    reason = finding.reasons[0]
    return f"- {finding.scheme.name}: {reason} Het hangt nog af van deze vraag: {question}"


def _missing(finding: Finding) -> str:
    return f"- {finding.scheme.name}: {finding.reasons[0]}"


def as_dict(finding: Finding) -> Mapping[str, object]:
    """A finding as `startwijzer schemes --json` gives it."""
    scheme = finding.scheme
    return {
        "id": scheme.id,
        "name": scheme.name,
        "verdict": finding.verdict,
        "reasons": list(finding.reasons),
        "to_check": list(scheme.to_check) if finding.verdict != "does_not_fit" else [],
        "ask": list(finding.ask),
        "talk_first": scheme.talk_first,
        "service": scheme.service,
        "topic": scheme.topic,
        "sources": [dict(source) for source in scheme.sources],
    }
