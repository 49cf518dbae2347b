"""Where a request goes: a desk by rules as data, with a reason and a second choice."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from bot.catalogue.model import Service
from bot.catalogue.query import services
from bot.content import DATA, ContentError, Problem, name_of, read_yaml, validate
from bot.flows.content import options
from bot.flows.model import Answers, Option
from bot.taxonomy import taxonomy

DESTINATIONS = DATA / "referral" / "destinations.yml"
# What a question is about when nobody said so.
OTHER = "anders"
# Kinds that every gemeente or region has: what is everywhere is the own desk by another name.
LOCAL_KINDS = frozenset(["sociale_zaken", "economische_zaken", "ondernemershuis"])


@dataclass(frozen=True)
class Rule:
    """Who is meant, and where they go: needs and kinds of desk in order, and what is everywhere.

    `first` comes before any desk of the gemeente. `groups` are target groups that someone with
    this question belongs to, whatever the situation.
    """

    when: Mapping[str, Sequence[str]]
    needs: tuple[str, ...]
    desks: tuple[str, ...]
    elsewhere: tuple[str, ...]
    reason: str
    first: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()

    def fits(self, answers: Answers) -> bool:
        """Whether this rule is about someone with these answers."""
        given = {**answers, "onderwerp": answers.get("onderwerp") or OTHER}
        return all(given.get(name) in values for name, values in self.when.items())

    def rank(self, service: Service) -> int:
        """How well a service meets the needs of this rule, best first: 0 meets the first need."""
        met = set(service.facet("need"))
        return next((n for n, need in enumerate(self.needs) if need in met), len(self.needs))


@dataclass(frozen=True)
class Destinations:
    """The subjects that a citizen chooses from, and the rules in the order they are tried."""

    subjects: tuple[Option, ...]
    rules: tuple[Rule, ...]

    def subject_of(self, intent: str | None) -> str | None:
        """The subject that a topic of the conversation belongs to."""
        return next((s.value for s in self.subjects if intent in s.intents), None)


@dataclass(frozen=True)
class Destination:
    """The proposed service, the second choice, why, and whether it is a desk of the gemeente."""

    first: Service
    second: Service
    reason: str
    is_own: bool


@lru_cache
def read_destinations(path: Path = DESTINATIONS) -> Destinations:
    """The rules in a file.

    Raises:
        ContentError: the file has mistakes, or the last rule does not fit everyone.
    """
    data = read_yaml(path)
    problems = validate(data, "destinations", name_of(path)) or list(_wrong(data, name_of(path)))
    if problems:
        raise ContentError(problems)
    return Destinations(
        subjects=options(data["subjects"]),
        rules=tuple(
            Rule(
                item["when"],
                tuple(item["needs"]),
                tuple(item["desks"]),
                tuple(item["elsewhere"]),
                item["reason"],
                tuple(item.get("first", [])),
                tuple(item.get("groups", [])),
            )
            for item in data["rules"]
        ),
    )


def choose(session: Session, answers: Answers) -> Destination:
    """Where a request with these answers goes.

    The first rule that fits decides. A desk of the own gemeente comes first, in the order of the
    needs that it meets, then of the kinds of desk, one gemeente before several together. The second
    choice is of another provider, and no other name for a desk that is found already.

    Raises:
        ContentError: the catalogue lacks what the rule names.
    """
    rule = next(rule for rule in read_destinations().rules if rule.fits(answers))
    gemeente = answers.get("gemeente")
    found = [s for s in services(session, gemeente=gemeente) if s.status == "actueel"]
    own = sorted(
        (s for s in found if _is_own_desk(s, gemeente, rule, answers.get("situatie"))),
        key=lambda s: (
            rule.rank(s),
            rule.desks.index(s.provider.kind),
            len(s.facet("gemeente")),
            s.id,
        ),
    )
    by_id = {service.id: service for service in found}
    own_kinds = LOCAL_KINDS & {service.provider.kind for service in own}
    everywhere = [by_id[name] for name in rule.elsewhere if name in by_id]
    ranked = [
        *(by_id[name] for name in rule.first if name in by_id),
        *own,
        *(service for service in everywhere if service.provider.kind not in own_kinds),
    ]
    others = [service for service in ranked if service.provider_id != ranked[0].provider_id]
    if not others:
        raise ContentError(_missing(rule, by_id))
    return Destination(ranked[0], others[0], rule.reason, ranked[0] in own)


def _is_own_desk(service: Service, gemeente: str | None, rule: Rule, situation: str | None) -> bool:
    """A desk of the gemeente; one that is only for some people counts only for what it is for."""
    if not (service.is_desk and gemeente in service.facet("gemeente")):
        return False
    if service.provider.kind not in rule.desks:
        return False
    groups = set(service.facet("target_group"))
    is_for_them = not groups.isdisjoint({situation, *rule.groups})
    return not groups or (is_for_them and rule.rank(service) < len(rule.needs))


def _missing(rule: Rule, found: Mapping[str, Service]) -> Iterable[Problem]:
    message = "deze dienst ontbreekt of is niet actueel"
    names = [name for name in rule.elsewhere if name not in found]
    if not names:
        message = "hier staan geen twee soorten aanbieders"
    for name in names or rule.elsewhere:
        yield Problem(name_of(DESTINATIONS), name, "elsewhere", message)


def _wrong(data: Mapping[str, Any], file: str) -> Iterable[Problem]:
    """What is named and does not exist."""
    words = taxonomy()
    in_catalogue = {path.stem for path in (DATA / "catalogue" / "services").glob("*.yml")}
    known = {
        "needs": set(words.needs),
        "desks": set(words.providers),
        "first": in_catalogue,
        "elsewhere": in_catalogue,
        "groups": set(words.target_groups),
    }
    subjects = [subject["value"] for subject in data["subjects"]]
    values = {"situatie": set(words.target_groups), "onderwerp": set(subjects)}
    for number, rule in enumerate(data["rules"], start=1):
        label = f"regel {number}"
        for field, allowed in known.items():
            for value in rule.get(field, []):
                if value not in allowed:
                    yield Problem(file, label, field, f"'{value}' bestaat niet")
        for name, wanted in rule["when"].items():
            for value in wanted:
                if value not in values[name]:
                    yield Problem(file, label, "when", f"'{value}' bestaat niet")
    for value in {*subjects, OTHER}:
        if subjects.count(value) != 1:
            yield Problem(file, value, "value", "dit onderwerp moet er één keer zijn")
    intents = [(s["value"], intent) for s in data["subjects"] for intent in s.get("intents", [])]
    owners = {intent: subject for subject, intent in reversed(intents)}
    for subject, intent in intents:
        if intent not in words.intents:
            yield Problem(file, subject, "intents", f"'{intent}' bestaat niet")
        elif owners[intent] != subject:
            yield Problem(file, subject, "intents", f"'{intent}' hoort al bij {owners[intent]}")
    if data["rules"][-1]["when"]:
        yield Problem(file, "laatste regel", "when", "de laatste regel moet voor iedereen zijn")
