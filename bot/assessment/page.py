"""What someone can take along: one page of words and bars, complete in itself.

A page holds its own texts, so an old result stays readable when the questions change.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

BARS_IN_WORDS = {
    "carries": "dit draagt je",
    "between": "in het midden",
    "work_on": "hier kun je aan werken",
    "unknown": "te weinig antwoorden",
}


@dataclass(frozen=True)
class Bar:
    """A theme in the profile: `share` from 0 to 1, or None when there is too little to say."""

    label: str
    meaning: str
    share: float | None

    @property
    def words(self) -> str:
        """What the bar says without looking at it."""
        return BARS_IN_WORDS[self.meaning]


@dataclass(frozen=True)
class Section:
    """A heading with paragraphs, and points below them; `empty` marks what is still to fill in."""

    heading: str
    paragraphs: Sequence[str] = ()
    points: Sequence[str] = ()
    empty: bool = False


@dataclass(frozen=True)
class Page:
    """A result: title, an introduction, a profile if there is one, and sections.

    `version` is that of the questions, `made_on` a date in words.
    """

    title: str
    intro: str
    sections: Sequence[Section]
    bars: Sequence[Bar] = ()
    version: int = 1
    made_on: str = ""

    def alt(self) -> str:
        """The profile in words, for who cannot see the picture."""
        return " ".join([f"{self.title}.", *(f"{bar.label}: {bar.words}." for bar in self.bars)])

    def as_dict(self) -> dict[str, Any]:
        """The shape in which it is stored and drawn (JSON)."""
        data = asdict(self)
        data["bars"] = [{**asdict(bar), "words": bar.words} for bar in self.bars]
        return data

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Page:
        """From the shape in which it is stored."""
        bars = [Bar(bar["label"], bar["meaning"], bar["share"]) for bar in data["bars"]]
        sections = [Section(**section) for section in data["sections"]]
        return cls(data["title"], data["intro"], sections, bars, data["version"], data["made_on"])
