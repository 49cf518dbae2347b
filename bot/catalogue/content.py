"""The catalogue's content as files: read, checked as a whole, and only then used."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.catalogue import gemeenten
from bot.content import DATA, ContentError, Problem, name_of, read_yaml, validate
from bot.taxonomy import taxonomy

CATALOGUE = DATA / "catalogue"


@dataclass(frozen=True)
class Content:
    """Everything in `data/catalogue/`, valid, by id."""

    providers: dict[str, dict[str, Any]]
    services: dict[str, dict[str, Any]]
    answers: dict[str, dict[str, Any]]
    replies: dict[str, dict[str, Any]]


def read(folder: Path = CATALOGUE) -> Content:
    """All content in the folder.

    Raises:
        ContentError: with every problem in every file, named by file, item and field.
    """
    problems: list[Problem] = []
    content = Content(
        providers=_one_per_file(folder / "providers", "provider", "id", problems),
        services=_one_per_file(folder / "services", "service", "id", problems),
        answers=_one_per_file(folder / "answers", "answer", "topic", problems),
        replies=_listed(folder / "conversation.yml", "conversation", "intent", problems),
    )
    problems += list(_broken_references(content, folder))
    if problems:
        raise ContentError(problems)
    return content


def fingerprint(folder: Path = CATALOGUE) -> str:
    """A hash of the files, to see whether the tables are up to date."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*.yml")):
        digest.update(str(path.relative_to(folder)).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def _listed(
    path: Path, schema: str, key: str, problems: list[Problem]
) -> dict[str, dict[str, Any]]:
    """The items of a file that holds one list, under whatever name."""
    try:
        data = read_yaml(path)
    except ContentError as error:
        problems += error.problems
        return {}
    items = next(iter(data.values()), None) if isinstance(data, dict) and len(data) == 1 else None
    if not isinstance(items, list):
        problems.append(Problem(name_of(path), "", "", "dit bestand moet uit één lijst bestaan"))
        return {}
    found: dict[str, dict[str, Any]] = {}
    for number, item in enumerate(items, start=1):
        label = str(item.get(key, f"nummer {number}")) if isinstance(item, dict) else str(number)
        wrong = validate(item, schema, name_of(path), label)
        if label in found:
            wrong.append(Problem(name_of(path), label, key, "dit komt twee keer voor"))
        if not wrong:
            found[label] = item
        problems += wrong
    return found


def _one_per_file(
    folder: Path, schema: str, key: str, problems: list[Problem]
) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for path in sorted(folder.glob("*.yml")):
        try:
            item = read_yaml(path)
        except ContentError as error:
            problems += error.problems
            continue
        wrong = validate(item, schema, name_of(path))
        if not wrong and item[key] != path.stem:
            wrong = [
                Problem(
                    name_of(path), "", key, f"moet gelijk zijn aan de bestandsnaam ({path.stem})"
                )
            ]
        if not wrong:
            found[path.stem] = item
        problems += wrong
    return found


def _broken_references(content: Content, folder: Path) -> Iterable[Problem]:
    """What is named and does not exist. An item with mistakes of its own does exist."""
    words = taxonomy()
    topics = {name for name, intent in words.intents.items() if intent.is_topic}
    services = {path.stem for path in (folder / "services").glob("*.yml")}
    providers = {path.stem for path in (folder / "providers").glob("*.yml")}
    answered = {path.stem for path in (folder / "answers").glob("*.yml")}

    def unknown(
        file: str, item: str, field: str, values: Iterable[str], known: Iterable[str]
    ) -> Iterable[Problem]:
        allowed = set(known)
        for value in values:
            if value not in allowed:
                yield Problem(file, item, field, f"'{value}' bestaat niet")

    for name, item in content.providers.items():
        file = name_of(folder / "providers" / f"{name}.yml")
        yield from unknown(file, "", "kind", [item["kind"]], words.providers)
        yield from unknown(file, "", "gemeenten", item.get("gemeenten", []), gemeenten.names())
    for name, item in content.services.items():
        file = name_of(folder / "services" / f"{name}.yml")
        yield from unknown(file, "", "provider", [item["provider"]], providers)
        yield from unknown(file, "", "gemeenten", item.get("gemeenten", []), gemeenten.names())
        yield from unknown(file, "", "phases", item["phases"], words.phases)
        yield from unknown(file, "", "needs", item["needs"], words.needs)
        yield from unknown(
            file, "", "target_groups", item.get("target_groups", []), words.target_groups
        )
        for need in item["needs"]:
            if need in words.needs and not set(words.needs[need].phases) & set(item["phases"]):
                yield Problem(file, "", "needs", f"'{need}' hoort niet bij deze fasen")
    for name, item in content.answers.items():
        file = name_of(folder / "answers" / f"{name}.yml")
        yield from unknown(file, "", "topic", [name], topics)
        for number, part in enumerate([item, *item.get("variants", [])]):
            where = f"variants.{number - 1}." if number else ""
            yield from unknown(file, "", f"{where}services", part.get("services", []), services)
            yield from unknown(
                file, "", f"{where}related", part.get("related", []), topics - {name}
            )
            when = part.get("when", {})
            yield from unknown(
                file, "", f"{where}when", when.get("situations", []), words.target_groups
            )
            yield from unknown(file, "", f"{where}when", when.get("phases", []), words.phases)
    talk = set(words.intents) - topics
    replies_file = name_of(folder / "conversation.yml")
    for name, item in content.replies.items():
        yield from unknown(replies_file, name, "intent", [name], talk)
        yield from unknown(replies_file, name, "related", item.get("related", []), words.intents)
    for missing in sorted(topics - answered):
        yield Problem(
            name_of(folder / "answers"), missing, "", "dit onderwerp heeft nog geen antwoord"
        )
