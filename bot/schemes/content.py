"""The rules as files: `data/schemes/facts.yml` and one file a scheme in `data/schemes/rules/`."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from bot.catalogue import content as catalogue
from bot.catalogue import gemeenten
from bot.content import DATA, ContentError, Problem, name_of, read_yaml, validate
from bot.flows.content import step
from bot.flows.model import Step
from bot.schemes.model import AnyOf, Condition, Fact, Requirement, Scheme
from bot.taxonomy import taxonomy

SCHEMES = DATA / "schemes"
GEMEENTE = "gemeente"


@dataclass(frozen=True)
class Rules:
    """All schemes and facts, valid; `steps` are the questions of the facts for a conversation.

    `implied` says what a target group or phase of the taxonomy tells about the facts.
    """

    intent: str
    title: str
    intro: str
    most_questions: int
    facts: Mapping[str, Fact]
    steps: Mapping[str, Step]
    implied: Mapping[str, Mapping[str, Mapping[str, str]]]
    schemes: tuple[Scheme, ...]


@lru_cache
def read(folder: Path = SCHEMES) -> Rules:
    """All rules in the folder.

    Raises:
        ContentError: every mistake, by file and field.
    """
    path = folder / "facts.yml"
    data = read_yaml(path)
    problems = validate(data, "facts", name_of(path))
    if problems:
        raise ContentError(problems)
    facts = {item["id"]: _fact(item) for item in data["facts"]}
    problems += _twice(data["facts"], name_of(path))
    problems += _wrong_unless(facts, name_of(path))
    problems += _wrong_implied(data["implied"], facts, name_of(path))
    schemes = []
    for file in sorted((folder / "rules").glob("*.yml")):
        try:
            item = read_yaml(file)
        except ContentError as error:
            problems += error.problems
            continue
        wrong = validate(item, "scheme", name_of(file)) or list(_wrong(item, facts, file))
        problems += wrong
        if not wrong:
            schemes.append(_scheme(item, facts))
    if problems:
        raise ContentError(problems)
    return Rules(
        intent=data["intent"],
        title=data["title"],
        intro=data["intro"].strip(),
        most_questions=data["most_questions"],
        facts=facts,
        steps={
            item["id"]: step({**item, "known": item["id"], "skippable": True})
            for item in data["facts"]
        },
        implied=data["implied"],
        schemes=tuple(schemes),
    )


def _fact(item: dict[str, Any]) -> Fact:
    options = item.get("options", [])
    return Fact(
        id=item["id"],
        ask=item["ask"],
        explain=item["explain"],
        values={option["value"]: option["title"] for option in options},
        bands={o["value"]: (o["from"], o["to"]) for o in options if "from" in o},
        unless=item.get("unless", {}),
    )


def _scheme(item: dict[str, Any], facts: Mapping[str, Fact]) -> Scheme:
    return Scheme(
        id=item["id"],
        name=item["name"],
        service=item["service"],
        topic=item["topic"],
        conditions=tuple(_condition(condition, facts) for condition in item["conditions"]),
        to_check=tuple(item["to_check"]),
        talk_first=item["talk_first"],
        sources=tuple(item["sources"]),
        need=item.get("need"),
    )


def _condition(item: dict[str, Any], facts: Mapping[str, Fact]) -> Condition:
    if "any" in item:
        return AnyOf(tuple(_requirement(part, facts) for part in item["any"]), item["why_not"])
    return _requirement(item, facts)


def _requirement(item: dict[str, Any], facts: Mapping[str, Fact]) -> Requirement:
    fact = facts[item["fact"]]
    values = set(item["is"]) if "is" in item else set(fact.values) - set(item["is_not"])
    return Requirement(fact.id, frozenset(values), item["why"], item.get("why_not", ""))


def _wrong(item: dict[str, Any], facts: Mapping[str, Fact], file: Path) -> Iterable[Problem]:
    """What is named in a scheme and does not exist."""
    name = name_of(file)
    if item["id"] != file.stem:
        yield Problem(name, "", "id", f"moet gelijk zijn aan de bestandsnaam ({file.stem})")
    if not (catalogue.CATALOGUE / "services" / f"{item['service']}.yml").exists():
        yield Problem(name, "", "service", f"'{item['service']}' bestaat niet")
    intent = taxonomy().intents.get(item["topic"])
    if intent is None or not intent.is_topic:
        yield Problem(name, "", "topic", f"'{item['topic']}' bestaat niet")
    if "need" in item and item["need"] not in taxonomy().needs:
        yield Problem(name, "", "need", f"'{item['need']}' bestaat niet")
    for number, condition in enumerate(item["conditions"]):
        for part in condition.get("any", [condition]):
            field = f"conditions.{number}"
            if part["fact"] not in facts:
                yield Problem(name, "", field, f"'{part['fact']}' bestaat niet")
            elif part["fact"] == GEMEENTE and "is_not" in part:
                yield Problem(name, "", field, "bij gemeente kan alleen 'is'")
            else:
                yield from _unknown_values(part, facts[part["fact"]], name, field)


def _unknown_values(part: dict[str, Any], fact: Fact, file: str, field: str) -> Iterable[Problem]:
    for value in part.get("is", part.get("is_not", [])):
        if value not in _values(fact):
            yield Problem(file, "", field, f"'{value}' kan niet bij {fact.id}")


def _values(fact: Fact) -> Collection[str]:
    return gemeenten.names() if fact.id == GEMEENTE else fact.values.keys()


def _twice(items: Sequence[dict[str, Any]], file: str) -> Iterable[Problem]:
    """Facts, and values of a fact, of which the last would hide the first."""
    ids = [item["id"] for item in items]
    for name in sorted({name for name in ids if ids.count(name) > 1}):
        yield Problem(file, name, "id", "dit id komt twee keer voor")
    for item in items:
        values = [option["value"] for option in item.get("options", [])]
        for value in sorted({value for value in values if values.count(value) > 1}):
            yield Problem(file, item["id"], "options", f"'{value}' komt twee keer voor")


def _wrong_unless(facts: Mapping[str, Fact], file: str) -> Iterable[Problem]:
    """What `unless` names and does not exist."""
    for fact in facts.values():
        for name, values in fact.unless.items():
            if name not in facts:
                yield Problem(file, fact.id, "unless", f"'{name}' bestaat niet")
                continue
            for value in values:
                if value not in _values(facts[name]):
                    yield Problem(file, fact.id, "unless", f"'{value}' kan niet bij {name}")


def _wrong_implied(
    implied: Mapping[str, Mapping[str, Mapping[str, str]]], facts: Mapping[str, Fact], file: str
) -> list[Problem]:
    known = {"target_group": taxonomy().target_groups, "phase": taxonomy().phases}
    return [
        Problem(file, name, kind, "dit bestaat niet")
        for kind, items in implied.items()
        for name, values in items.items()
        if name not in known[kind]
        or any(f not in facts or value not in facts[f].values for f, value in values.items())
    ]
