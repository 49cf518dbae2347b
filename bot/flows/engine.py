"""One turn in a flow: pure functions from what was said to what is asked next."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from bot.conversations.messages import About, Choice, Message
from bot.flows.model import Flow, Kind, Outcome, Progress, Said, Step
from bot.flows.reading import read

LEAVE = "stoppen"
BACK = "vorige_vraag"
EXPLAIN = "uitleg_vraag"
SKIP = "weet_niet"
SKIP_WORDS = re.compile(r"\b(sla .*over|overslaan|skip)\b")
NAMED_QUESTION = re.compile(r"\bvraag (\d{1,2})\b")
ANSWER = "informatie_geven"
# From this confidence on, a subject is clear enough to interrupt a question.
CLEAR = 0.6
# Moves within a flow, with how many words they have at most where any text could be the answer:
# "dan stop ik ermee" belongs in a plan.
MOVES = {LEAVE: 3, BACK: 5, EXPLAIN: 5, SKIP: 5}
# Moves that may interrupt even where any text could be the answer: these are never an answer.
ALWAYS_INTERRUPT = frozenset(
    ["noodsituatie", "privacy", "gegevens_wissen", "opnieuw_beginnen", "ben_je_een_bot"]
)
# What has no meaning of its own inside a flow: it is taken as an answer that was not understood.
MEANINGLESS = frozenset(
    ["nlu_fallback", ANSWER, "bevestigen", "ontkennen", "buiten_bereik", "smalltalk", None]
)


def begin(
    flow: Flow,
    progress: Progress | None,
    known: Mapping[str, str],
    fresh: Progress | None = None,
) -> Outcome:
    """Starts a flow, or goes on where it was left.

    Args:
        known: facts about the person that answer questions beforehand, by name.
        fresh: what a new passage starts from, if not from nothing.
    """
    resumed = progress is not None and not progress.done and bool(progress.given)
    current = progress if resumed and progress is not None else fresh or Progress.begin()
    text = f"We gaan verder met: {flow.title}." if resumed else flow.intro
    known_so_far = _with_known(flow, current, known)
    return _ask(flow, known_so_far, [text], topic=flow.intent, arriving=True)


def ask_again(flow: Flow, progress: Progress, known: Mapping[str, str]) -> Outcome:
    """Repeats the question, after something else came in between."""
    return _ask(flow, _with_known(flow, progress, known), [f"Terug naar {flow.title}."])


def turn(flow: Flow, progress: Progress, said: Said) -> Outcome | None:
    """What happens with what was said, or None when it is about something else.

    An answer to the question wins; then the moves within the flow; a clear subject interrupts.
    """
    step = flow.next_step(progress)
    if step is None:
        return _ask(flow, progress, [])
    if said.answer is not None:
        return _chosen(flow, progress, step, said)
    if said.intent == "noodsituatie":
        return None
    if step.kind == "text":
        if said.intent in ALWAYS_INTERRUPT:
            return None
        value = None if _is_move(said) else read(step, said)
    elif said.intent == BACK and NAMED_QUESTION.search(said.text.lower()):
        value = None
    else:
        value = read(step, said)
    if value is not None:
        return _ask(flow, _answered(step, progress, value), [], arriving=True)
    if said.intent in MOVES and (step.kind != "text" or _is_move(said)):
        return _move(flow, progress, step, said)
    is_vague = said.is_topic and said.confidence < CLEAR
    if said.intent in MEANINGLESS or is_vague:
        return _ask(flow, progress, [_not_understood(step)])
    return None


def leave(flow: Flow, progress: Progress) -> Outcome:
    """Stops for now; what was answered stays, so that it can be resumed."""
    text = (
        f"Goed, we stoppen met: {flow.title}. Je antwoorden blijven bewaard in dit gesprek. "
        "Je kunt later verdergaan."
    )
    choices = [Choice("Toch verdergaan", flow.intent), Choice("Iets anders", "hulp")]
    message = Message(text, choices, About(flow=flow.id))
    return Outcome(progress, (message,), "left")


def _with_known(flow: Flow, progress: Progress, known: Mapping[str, str]) -> Progress:
    for step in flow.steps:
        is_open = step.id not in progress.answers and step.id not in progress.reopened
        value = known.get(step.known or "")
        if is_open and value is not None and (not step.options or step.option(value)):
            progress = progress.with_known(step.id, value)
    return progress


def _chosen(flow: Flow, progress: Progress, step: Step, said: Said) -> Outcome | None:
    """A choice answers its own question: the present one, or an earlier one that it corrects."""
    step_id, _, _ = str(said.answer).partition(":")
    target = flow.step(step_id)
    if target is None:
        return None
    value = read(target, said)
    if value is None or (target.id != step.id and target.id not in progress.answers):
        return _ask(flow, progress, [_not_understood(step)])
    note = [] if target.id == step.id else [f"Aangepast: {_shown(target, value)}."]
    if target.id != step.id:
        progress = _to_reconfirm(flow, progress)
    return _ask(flow, _answered(target, progress, value), note, arriving=True)


def _answered(step: Step, progress: Progress, value: str) -> Progress:
    """With this answer, or with an earlier question open again where the answer asks for that."""
    again = step.reopens.get(value)
    if again:
        return progress.without(again)
    answered = progress.with_answer(step.id, value)
    cleared = step.clears.get(value)
    return answered.skipping(cleared) if cleared else answered


def _move(flow: Flow, progress: Progress, step: Step, said: Said) -> Outcome:
    wants_to_skip = said.intent == SKIP or SKIP_WORDS.search(said.text.lower()) is not None
    if said.intent == LEAVE and not (step.skippable and wants_to_skip):
        return leave(flow, progress)
    if said.intent == BACK:
        return _back(flow, progress, said.text)
    if wants_to_skip and step.skippable:
        skipped = progress.with_answer(step.id, None)
        note = ["Dat geeft niet. We slaan deze vraag over."]
        return _ask(flow, skipped, note, arriving=True)
    return _ask(flow, progress, [step.explain])


def _back(flow: Flow, progress: Progress, text: str) -> Outcome:
    """To the question that is named by its number, or else to the previous one."""
    named = NAMED_QUESTION.search(text.lower())
    number = int(named.group(1)) if named else 0
    asked = flow.asked(progress.answers)
    if flow.numbered and flow.choose is None and 1 <= number <= len(asked):
        target = asked[number - 1].id
        if target in progress.answers:
            reopened = _to_reconfirm(flow, progress).without(target)
            return _ask(flow, reopened, [f"Terug naar vraag {number}."])
    if not progress.given:
        return _ask(flow, progress, ["Dit is de eerste vraag."])
    reopened = _to_reconfirm(flow, progress.without(progress.given[-1]))
    return _ask(flow, reopened, ["Terug naar de vorige vraag."])


def _is_move(said: Said) -> bool:
    words = len(said.text.split())
    skips = words <= MOVES[SKIP] and SKIP_WORDS.search(said.text.lower()) is not None
    return said.intent in MOVES and (words <= MOVES[said.intent] or skips)


def _to_reconfirm(flow: Flow, progress: Progress) -> Progress:
    """Without the answers that were given to something that now may change."""
    for step in flow.steps:
        if step.reconfirm and step.id in progress.answers:
            progress = progress.without(step.id)
    return progress


def _ask(
    flow: Flow,
    progress: Progress,
    before: list[str],
    topic: str | None = None,
    arriving: bool = False,
) -> Outcome:
    """The next question, with what has to be said before it in the same message.

    Args:
        topic: what the question is about when it opens the flow.
        arriving: whether this question was not asked just before.
    """
    progress = flow.forgetting(progress)
    step = flow.next_step(progress)
    if step is None:
        messages = tuple(Message(text, about=About(flow=flow.id)) for text in before if text)
        return Outcome(_done(progress), messages, "done")
    question = step.ask
    if "{" in question:
        question = question.format_map(flow.facts(progress.answers))
    number = flow.number(step, progress)
    if number is not None:
        question = f"**{_numbered(flow, *number)}** {question}"
    first: tuple[Message, ...] = ()
    if arriving and step.id in flow.before:
        first = (*map(Message, filter(None, before)), *flow.before[step.id](progress))
        before = []
    text = "\n\n".join([*(part for part in before if part), question])
    choices = [Choice(o.title, ANSWER, f"{step.id}:{o.value}") for o in step.options]
    about = About(topic=topic, flow=flow.id, step=step.id, progress=number)
    return Outcome(progress, (*first, Message(text, choices, about)))


def _numbered(flow: Flow, number: int, of: int) -> str:
    return f"Vraag {number} van {'hoogstens ' if flow.choose else ''}{of}."


def _done(progress: Progress) -> Progress:
    return replace(progress, done=True)


def _shown(step: Step, value: str) -> str:
    option = step.option(value)
    return option.title if option else value


def _not_understood(step: Step) -> str:
    hints: dict[Kind, str] = {
        "choice": "Dat begrijp ik niet als antwoord. Kies een van de knoppen, of typ het nummer.",
        "number": "Dat begrijp ik niet als getal. Typ een getal, of kies een van de knoppen.",
        "gemeente": "Die gemeente ken ik niet. Typ de naam van de gemeente waar je woont.",
        "text": "Dat begrijp ik niet. Typ je antwoord in je eigen woorden.",
        "contact": (
            "Ik zie geen telefoonnummer of e-mailadres van jezelf. Kijk het na en typ alleen je "
            "eigen nummer of adres."
        ),
    }
    return hints[step.kind]
