"""What the bot says, whatever the channel."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal


@dataclass(frozen=True)
class Choice:
    """A button: its title, and the intent (with an answer) that it stands for.

    The channel shows the title and gives the choice an id; nobody sees or types the rest.
    """

    title: str
    intent: str
    answer: str | None = None

    @property
    def payload(self) -> str:
        """What it means, as the dialogue reads it: `/intent{"antwoord": "step:value"}`."""
        if self.answer is None:
            return f"/{self.intent}"
        return f"/{self.intent}{json.dumps({'antwoord': self.answer}, ensure_ascii=False)}"


@dataclass(frozen=True)
class About:
    """What a message is about; see `about` in the public conversation API.

    `progress` is the number of a counted question, and of how many.
    """

    topic: str | None = None
    services: Sequence[str] = ()
    flow: str | None = None
    step: str | None = None
    by: Literal["bot", "person"] = "bot"
    progress: tuple[int, int] | None = None

    def as_dict(self) -> dict[str, Any]:
        """The shape of the public API."""
        progress = self.progress and dict(zip(("step", "of"), self.progress, strict=True))
        return {**asdict(self), "services": list(self.services), "progress": progress}


@dataclass(frozen=True)
class Image:
    """A picture: its address, and everything that it shows in words."""

    url: str
    alt: str

    def as_dict(self) -> dict[str, str]:
        """The shape of the public API."""
        return asdict(self)


@dataclass(frozen=True)
class Message:
    """One message of the bot: text (Markdown: paragraphs, bold, links) and what can be chosen."""

    text: str
    choices: Sequence[Choice] = ()
    about: About = field(default_factory=About)
    image: Image | None = None
