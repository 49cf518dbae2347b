"""The bank of statements of the zelfscan, and the flow that asks them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from bot.content import DATA, ContentError, Problem, name_of
from bot.flows.content import option, options, read_flow, step
from bot.flows.model import Answers, Flow, Option, Step
from bot.taxonomy import taxonomy

BANK = DATA / "assessment" / "zelfscan.yml"
LENGTH = "lengte"
DECISION = "besluit"
# The question before the first statement about health and the like (AVG art. 9 lid 2 sub a).
CONSENT, AGREED = "bijzonder", "ja"


@dataclass(frozen=True)
class Theme:
    """A theme, with what to say of it and who can help."""

    id: str
    label: str
    about: str
    strong: str
    between: str
    work_on: str
    unknown: str
    topic: str
    services: tuple[str, ...]


@dataclass(frozen=True)
class Item:
    """A statement; `reverse` when agreeing points to something to work on.

    `weight` is how much it counts in its theme; `only_in` the length in which it is asked.
    `bijzonder`: its answer says something of a kind that AVG art. 9 protects, such as health; it is
    only asked of who agrees to that.
    """

    id: str
    theme: str
    text: str
    explain: str
    construct: str
    source: str
    reverse: bool = False
    weight: int = 1
    only_in: str | None = None
    bijzonder: bool = False


@dataclass(frozen=True)
class Sign:
    """One answer that points to danger: at least or at most this value on the scale."""

    item: str
    at_least: int | None = None
    at_most: int | None = None

    def shows(self, answers: Answers) -> bool:
        """Whether the statement was answered so."""
        given = answers.get(self.item)
        if given is None:
            return False
        value = int(given)
        return (self.at_least is None or value >= self.at_least) and (
            self.at_most is None or value <= self.at_most
        )


@dataclass(frozen=True)
class Signal:
    """A danger that several answers together point to, and what to do about it."""

    id: str
    when: tuple[Sign, ...]
    text: str
    topic: str
    services: tuple[str, ...]


@dataclass(frozen=True)
class Outcome:
    """What someone decides (go, not yet, no-go, later), and what comes after it."""

    option: Option
    text: str
    topics: tuple[str, ...]
    services: tuple[str, ...]


@dataclass(frozen=True)
class Bank:
    """Everything of one assessment; `version` goes with every result."""

    id: str
    intent: str
    version: int
    title: str
    intro: str
    lengths: tuple[Option, ...]
    scale: tuple[Option, ...]
    themes: tuple[Theme, ...]
    items: tuple[Item, ...]
    signals: tuple[Signal, ...]
    decision_intro: str
    outcomes: tuple[Outcome, ...]
    why: str
    frame: tuple[Step, Step]
    consent: Step | None = None

    def asked(self, length: str | None) -> list[Item]:
        """The statements of a length."""
        return [item for item in self.items if item.only_in in (None, length)]

    def signals_of(self, answers: Answers) -> list[Signal]:
        """The dangers that the answers point to, in the order of the bank."""
        return [s for s in self.signals if all(sign.shows(answers) for sign in s.when)]

    def outcome(self, decision: str | None) -> Outcome | None:
        """What belongs to a decision."""
        return next((o for o in self.outcomes if o.option.value == decision), None)

    def flow(self) -> Flow:
        """First the length, then the statements on one scale, then the decision.

        Right before the first statement that needs consent comes the question for it.
        """
        first, last = self.frame
        steps = [self._step(item) for item in self.items]
        special = [n for n, item in enumerate(self.items) if item.bijzonder]
        if special and self.consent:
            steps.insert(special[0], self.consent)
        return Flow(self.id, self.intent, self.title, self.intro, (first, *steps, last))

    def _step(self, item: Item) -> Step:
        asked_if = {LENGTH: [item.only_in]} if item.only_in else {}
        if item.bijzonder:
            asked_if[CONSENT] = [AGREED]
        return Step(
            id=item.id,
            ask=item.text,
            kind="choice",
            options=self.scale,
            explain=item.explain,
            only_if=asked_if,
            skippable=True,
            forget=item.bijzonder,
        )


@lru_cache
def read_bank(path: Path = BANK) -> Bank:
    """The bank in a file.

    Raises:
        ContentError: the file has mistakes, or names what does not exist.
    """
    data = read_flow(path, "assessment", "items")
    problems = list(_wrong(data, name_of(path)))
    if problems:
        raise ContentError(problems)
    decision = data["decision"]
    outcomes = tuple(_outcome(item) for item in decision["options"])
    return Bank(
        id=data["id"],
        intent=data["intent"],
        version=data["version"],
        title=data["title"],
        intro=data["intro"].strip(),
        lengths=options(data["lengths"]),
        scale=options(data["scale"]),
        themes=tuple(Theme(**{**t, "services": tuple(t["services"])}) for t in data["themes"]),
        items=tuple(Item(**item) for item in data["items"]),
        signals=tuple(_signal(item) for item in data["signals"]),
        decision_intro=decision["intro"].strip(),
        outcomes=outcomes,
        why=data["why"].strip(),
        consent=_consent(data),
        frame=(
            Step(
                id=LENGTH,
                ask=data["length_ask"].strip(),
                kind="choice",
                options=options(data["lengths"]),
                explain=data["length_explain"].strip(),
                counted=False,
            ),
            Step(
                id=DECISION,
                ask=decision["ask"].strip(),
                kind="choice",
                options=tuple(outcome.option for outcome in outcomes),
                explain=decision["explain"].strip(),
                reconfirm=True,
                counted=False,
            ),
        ),
    )


def _consent(data: dict[str, Any]) -> Step | None:
    """The question for consent; in a length without such statements it is not asked."""
    special = [item for item in data["items"] if item.get("bijzonder")]
    if not special:
        return None
    lengths = {item.get("only_in") for item in special}
    asked_if = {} if None in lengths else {LENGTH: sorted(lengths)}
    asked = step({**data["consent"], "id": CONSENT, "kind": "choice", "skippable": True})
    return replace(asked, only_if=asked_if, strict=True, counted=False)


def _outcome(item: dict[str, Any]) -> Outcome:
    return Outcome(
        option=option(item),
        text=item["text"].strip(),
        topics=tuple(item.get("topics", [])),
        services=tuple(item.get("services", [])),
    )


def _signal(item: dict[str, Any]) -> Signal:
    return Signal(
        id=item["id"],
        when=tuple(Sign(**sign) for sign in item["when"]),
        text=item["text"].strip(),
        topic=item["topic"],
        services=tuple(item["services"]),
    )


def _wrong(data: dict[str, Any], file: str) -> Iterable[Problem]:
    """What is named in the bank and does not exist."""
    themes = {theme["id"] for theme in data["themes"]}
    items = {item["id"] for item in data["items"]}
    lengths = {length["value"] for length in data["lengths"]}
    services = {path.stem for path in (DATA / "catalogue" / "services").glob("*.yml")}
    for item in data["items"]:
        if item["theme"] not in themes:
            yield Problem(file, item["id"], "theme", f"'{item['theme']}' bestaat niet")
        if item.get("only_in") not in (None, *lengths):
            yield Problem(file, item["id"], "only_in", f"'{item['only_in']}' bestaat niet")
    if any(item.get("bijzonder") for item in data["items"]) and "consent" not in data:
        yield Problem(file, "", "consent", "ontbreekt, en er is een stelling die hem nodig heeft")
    for signal in data["signals"]:
        for sign in signal["when"]:
            if sign["item"] not in items:
                yield Problem(file, signal["id"], "when", f"'{sign['item']}' bestaat niet")
    for part in [*data["themes"], *data["signals"], *data["decision"]["options"]]:
        label = str(part.get("id", part.get("value")))
        for name in [*part.get("topics", []), *([part["topic"]] if "topic" in part else [])]:
            if name not in taxonomy().intents:
                yield Problem(file, label, "topic", f"'{name}' bestaat niet")
        for name in part.get("services", []):
            if name not in services:
                yield Problem(file, label, "services", f"'{name}' bestaat niet")
