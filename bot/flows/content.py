"""Steps of a flow from content."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from bot.content import ContentError, Problem, name_of, read_yaml, validate
from bot.flows.model import Flow, Option, Step

# Stands below a question of which an answer says something that AVG art. 9 protects; it counts as
# skipped.
RATHER_NOT = Option(
    "liever_niet",
    "Liever niet zeggen",
    ("liever niet", "zeg ik niet", "zeg ik liever niet", "wil ik niet zeggen", "gaat je niets aan"),
)


def read_flow(path: Path, schema: str, list_field: str) -> dict[str, Any]:
    """The content of a flow: checked against its schema, and with different ids for its questions.

    Raises:
        ContentError: what is wrong, by file, item and field.
    """
    data: dict[str, Any] = read_yaml(path)
    problems = validate(data, schema, name_of(path))
    if not problems:
        ids = [item["id"] for item in data[list_field]]
        problems = [
            Problem(name_of(path), name, "id", "dit id komt twee keer voor")
            for name in sorted({name for name in ids if ids.count(name) > 1})
        ]
    if problems:
        raise ContentError(problems)
    return data


def options(items: Iterable[dict[str, Any]]) -> tuple[Option, ...]:
    """The options of a choice."""
    return tuple(option(item) for item in items)


def option(item: dict[str, Any]) -> Option:
    """One option of a choice."""
    return Option(
        str(item["value"]),
        item["title"],
        tuple(item.get("words", [])),
        tuple(item.get("intents", [])),
        (item["from"], item["to"]) if "from" in item else None,
    )


def flow(data: Mapping[str, Any], **options: Any) -> Flow:
    """A flow whose questions stand in the content in order.

    Args:
        options: other fields of `Flow`.
    """
    steps = tuple(step(item) for item in data["steps"])
    intro = data["intro"].strip()
    return Flow(data["id"], data["intent"], data["title"], intro, steps, **options)


def step(item: dict[str, Any]) -> Step:
    """One question.

    With `privacy` (why it is asked, that it need not be answered, and what happens with the answer)
    that stands below it, and so does the choice not to say.
    """
    offered = options(item.get("options", []))
    ask, clears = item["ask"].strip(), dict(item.get("clears", {}))
    if "privacy" in item:
        ask = f"{ask}\n\n{item['privacy'].strip()}"
        offered = (*offered, RATHER_NOT)
        clears[RATHER_NOT.value] = item["id"]
    return Step(
        id=item["id"],
        ask=ask,
        kind=item["kind"],
        options=offered,
        explain=item.get("explain", "").strip(),
        known=item.get("known"),
        only_if=item.get("only_if", {}),
        skippable=item.get("skippable", False),
        reconfirm=item.get("reconfirm", False),
        strict=item.get("strict", False),
        reopens=item.get("reopens", {}),
        clears=clears,
        forget=item.get("forget", False),
    )
