"""A bank of statements with a scale, and the flow that asks them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from bot.content import DATA, ContentError, Problem, name_of
from bot.flows.content import options, read_flow
from bot.flows.model import Flow, Option, Step
from bot.taxonomy import taxonomy


@dataclass(frozen=True)
class Theme:
    """A theme with what to say when it carries someone and when it asks for work."""

    id: str
    label: str
    strong: str
    work_on: str
    topic: str


@dataclass(frozen=True)
class Item:
    """A statement; `reverse` when agreeing points to something to work on."""

    id: str
    theme: str
    text: str
    explain: str
    reverse: bool
    construct: str
    source: str


@dataclass(frozen=True)
class Bank:
    """Everything of one assessment; `version` goes with every result."""

    id: str
    intent: str
    version: int
    title: str
    intro: str
    scale: tuple[Option, ...]
    themes: tuple[Theme, ...]
    items: tuple[Item, ...]

    def flow(self) -> Flow:
        """The questions, one per statement, all on the same scale."""
        steps = tuple(
            Step(
                id=item.id,
                ask=item.text,
                kind="choice",
                options=self.scale,
                explain=item.explain,
                skippable=True,
            )
            for item in self.items
        )
        intro = self.intro.replace("{aantal}", str(len(steps)))
        return Flow(self.id, self.intent, self.title, intro, steps)


@lru_cache
def read_bank(path: Path = DATA / "assessment" / "zelfscan.yml") -> Bank:
    """The bank in a file.

    Raises:
        ContentError: the file has mistakes, or a statement has an unknown theme.
    """
    data = read_flow(path, "assessment", "items")
    themes = tuple(Theme(**theme) for theme in data["themes"])
    items = tuple(Item(**{"reverse": False, **item}) for item in data["items"])
    known = {theme.id for theme in themes}
    problems = [
        Problem(name_of(path), item.id, "theme", f"'{item.theme}' bestaat niet")
        for item in items
        if item.theme not in known
    ] + [
        Problem(name_of(path), theme.id, "topic", f"'{theme.topic}' bestaat niet")
        for theme in themes
        if theme.topic not in taxonomy().intents
    ]
    if problems:
        raise ContentError(problems)
    return Bank(
        id=data["id"],
        intent=data["intent"],
        version=data["version"],
        title=data["title"],
        intro=data["intro"].strip(),
        scale=options(data["scale"]),
        themes=themes,
        items=items,
    )
