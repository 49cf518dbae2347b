"""What a flow is: its steps and options, and how far someone is in it."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from bot.conversations.messages import Message

Kind = Literal["choice", "number", "gemeente", "text", "contact"]
Answers = Mapping[str, "str | None"]


@dataclass(frozen=True)
class Option:
    """An answer of a choice: `words` also mean it, and so do `intents` that NLU recognises.

    In a question for a number, `bounds` are the least and the most that count as this answer.
    """

    value: str
    title: str
    words: tuple[str, ...] = ()
    intents: tuple[str, ...] = ()
    bounds: tuple[int, int] | None = None


@dataclass(frozen=True)
class Step:
    """One question.

    `known` names a fact about the person that answers it beforehand. `only_if` gives, per earlier
    step, the answers with which this question is asked. `skippable` accepts "weet ik niet";
    `reconfirm` asks the question again when an earlier answer changed; `strict` takes a yes only
    from a choice or from words that say nothing else, never from a guess. A step that is not
    `counted` is about the flow itself, such as its length. `reopens` names, per answer, an earlier
    question that is asked again before this one. `clears` names, per answer, the question (this
    one or an earlier) that then counts as skipped: its answer may not be used. An answer to a
    `forget` question is only kept as long as `only_if` holds, such as consent.
    """

    id: str
    ask: str
    kind: Kind
    options: tuple[Option, ...] = ()
    explain: str = ""
    known: str | None = None
    only_if: Mapping[str, Sequence[str]] = field(default_factory=dict)
    skippable: bool = False
    reconfirm: bool = False
    strict: bool = False
    counted: bool = True
    reopens: Mapping[str, str] = field(default_factory=dict)
    clears: Mapping[str, str] = field(default_factory=dict)
    forget: bool = False

    def option(self, value: str | None) -> Option | None:
        """The option with this value, if there is one."""
        return next((option for option in self.options if option.value == value), None)


@dataclass(frozen=True)
class Flow:
    """A series of questions: in order, or as `choose` picks the next from what is known.

    `intent` starts it, and goes on where it was left. `facts` turns the answers so far into words
    that the questions may name as `{word}`. `most` is how many questions `choose` asks at most.
    `before` makes, per step, the messages that come when someone arrives at its question.
    """

    id: str
    intent: str
    title: str
    intro: str
    steps: tuple[Step, ...]
    numbered: bool = True
    facts: Callable[[Answers], Mapping[str, str]] = lambda answers: {}
    choose: Callable[[Progress], Step | None] | None = None
    most: int = 0
    before: Mapping[str, Callable[[Progress], Sequence[Message]]] = field(default_factory=dict)

    def step(self, step_id: str | None) -> Step | None:
        """The step with this id, if there is one."""
        return next((step for step in self.steps if step.id == step_id), None)

    def next_step(self, progress: Progress) -> Step | None:
        """The question to ask now, or None at the end; what an answer made needless is passed."""
        if self.choose is not None:
            return self.choose(progress)
        return next(iter(self.open_steps(progress.answers)), None)

    def number(self, step: Step, progress: Progress) -> tuple[int, int] | None:
        """Which question this is, and of how many; None for a step that is not counted."""
        if not (self.numbered and step.counted):
            return None
        if self.choose is not None:
            return len(progress.given) + 1, self.most
        asked = self.asked(progress.answers)
        return asked.index(step) + 1, len(asked)

    def applying(self, answers: Answers) -> dict[str, str | None]:
        """The answers to questions that still apply, after an earlier answer changed."""
        steps = {step.id: step for step in self.steps}
        return {n: a for n, a in answers.items() if n in steps and _applies(steps[n], answers)}

    def forgetting(self, progress: Progress) -> Progress:
        """Without the answers that may not be kept now that their question no longer applies."""
        for step in self.steps:
            if step.forget and not _applies(step, progress.answers):
                progress = progress.dropping(step.id)
        return progress

    def asked(self, answers: Answers) -> list[Step]:
        """The counted questions that someone with these answers gets, answered or not.

        One that needs consent is counted until that is refused, so that the number does not grow.
        """
        return [s for s in self.steps if s.counted and _applies(s, answers, hoping=s.forget)]

    def open_steps(self, answers: Answers) -> list[Step]:
        """The questions still to ask, in order; what an answer made needless is not among them."""
        return [s for s in self.steps if s.id not in answers and _applies(s, answers)]


@dataclass(frozen=True)
class Progress:
    """How far someone is. `answers` holds None for a question that was skipped.

    `run` identifies this passage through the flow, so that its result is made only once. `reopened`
    are questions to which someone went back and that are not answered since: what was known
    beforehand does not answer them.
    """

    run: str
    answers: dict[str, str | None] = field(default_factory=dict)
    given: tuple[str, ...] = ()
    reopened: tuple[str, ...] = ()
    done: bool = False

    @classmethod
    def begin(cls) -> Progress:
        """The start of a new passage."""
        return cls(run=uuid.uuid4().hex)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Progress:
        """From the shape in which Rasa's tracker keeps it."""
        return cls(
            data["run"],
            dict(data["answers"]),
            tuple(data["given"]),
            tuple(data["reopened"]),
            data["done"],
        )

    def as_dict(self) -> dict[str, Any]:
        """The shape in which Rasa's tracker keeps it (JSON)."""
        return {
            "run": self.run,
            "answers": self.answers,
            "given": list(self.given),
            "reopened": list(self.reopened),
            "done": self.done,
        }

    def with_answer(self, step_id: str, value: str | None) -> Progress:
        """With this answer; `given` remembers the order in which the person answered."""
        return replace(
            self,
            answers={**self.answers, step_id: value},
            given=(*_others(self.given, step_id), step_id),
            reopened=_others(self.reopened, step_id),
        )

    def with_known(self, step_id: str, value: str) -> Progress:
        """With an answer that was known beforehand, not given in this flow."""
        return replace(self, answers={**self.answers, step_id: value})

    def skipping(self, step_id: str) -> Progress:
        """With this question answered by nothing; in `given` it stays where it was."""
        return replace(self, answers={**self.answers, step_id: None})

    def dropping(self, step_id: str) -> Progress:
        """Without this answer, as if it was never given."""
        answers = {name: value for name, value in self.answers.items() if name != step_id}
        return replace(self, answers=answers, given=_others(self.given, step_id))

    def without(self, step_id: str) -> Progress:
        """With this question open again."""
        reopened = (*_others(self.reopened, step_id), step_id)
        return replace(self.dropping(step_id), reopened=reopened)


@dataclass(frozen=True)
class Said:
    """What the citizen said, as Rasa understood it.

    `answer` is the meaning of a choice; `is_topic` says that the intent is a subject of its own;
    `confidence` (0-1) is how sure NLU is of the intent.
    """

    text: str = ""
    intent: str | None = None
    is_topic: bool = False
    entities: Mapping[str, str] = field(default_factory=dict)
    answer: str | None = None
    confidence: float = 1.0


@dataclass(frozen=True)
class Outcome:
    """What a turn did to the flow."""

    progress: Progress
    messages: tuple[Message, ...]
    ended: Literal["no", "done", "left"] = "no"


def _others(names: Sequence[str], name: str) -> tuple[str, ...]:
    return tuple(other for other in names if other != name)


def _applies(step: Step, answers: Answers, hoping: bool = False) -> bool:
    """Whether a question is asked; with `hoping` also where that is not decided yet."""
    return all(
        answers.get(name) in allowed or (hoping and name not in answers)
        for name, allowed in step.only_if.items()
    )
