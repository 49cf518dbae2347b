"""The messages: the held-out set, which is never trained on, and the training data."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from bot.content import DATA, read_yaml
from bot.settings import ROOT

HELDOUT = ROOT / "tests" / "nlu" / "heldout"
TRAINING = DATA / "nlu"
OUT_OF_SCOPE = "buiten_bereik"
FALLBACK = "nlu_fallback"
# [Assen](gemeente) and [Assen]{"entity": "gemeente"}: Rasa's annotations in examples.
ANNOTATION = re.compile(r"\[([^\]]+)\](?:\([^)]*\)|\{[^}]*\})")


@dataclass(frozen=True)
class Item:
    """A held-out message; `intent` is None for a text without meaning."""

    group: str
    text: str
    intent: str | None

    @property
    def in_scope(self) -> bool:
        """Whether the bot has an answer to it."""
        return self.intent not in (None, OUT_OF_SCOPE)


@dataclass(frozen=True)
class Example:
    """A message of the training data."""

    text: str
    intent: str


def heldout(folder: Path = HELDOUT) -> list[Item]:
    """All held-out messages."""
    files = [read_yaml(path) for path in sorted(folder.glob("*.yml"))]
    return [Item(file["group"], i["text"], i["intent"]) for file in files for i in file["items"]]


def training(folder: Path = TRAINING) -> list[Example]:
    """All examples of the training data, without their annotations."""
    found = []
    for path in sorted(folder.rglob("*.yml")):
        for block in read_yaml(path)["nlu"]:
            for line in block["examples"].splitlines() if "intent" in block else ():
                if line.startswith("- "):
                    found.append(Example(ANNOTATION.sub(r"\1", line[2:].strip()), block["intent"]))
    return found


def folded(text: str) -> str:
    """The text without case, punctuation and spare spaces; emoji and the like stay as they are."""
    words = re.sub(r"[^\w]+|_", " ", unicodedata.normalize("NFKC", text).casefold()).split()
    return " ".join(words) or text.strip()


def fingerprint(texts: Iterable[tuple[str, str | None]]) -> str:
    """A hash of messages with their intents, in whatever order they stand."""
    lines = sorted(f"{intent or ''}\t{text}" for text, intent in texts)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
