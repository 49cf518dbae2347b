"""The messages that the bot learned from, and those that it may never learn from."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from bot.content import read_yaml
from bot.review.similar import Index, flat
from bot.settings import ROOT

# [Assen](gemeente) and [Assen]{"entity": "gemeente"}: Rasa's annotations in examples.
ANNOTATION = re.compile(r"\[([^\]]+)\](?:\([^)]*\)|\{[^}]*\})")


@dataclass(frozen=True)
class Example:
    """A message with the intent that it has; None for one without meaning."""

    text: str
    intent: str | None


@dataclass(frozen=True)
class Data:
    """All that a new example is held against.

    `by_flat` finds the examples that are the same but for case and punctuation. `kept_apart` holds
    the held-out and validation messages. `has_heldout` is false where an installation came without
    them: then nobody can say that a message is not among them.
    """

    examples: Sequence[Example]
    by_flat: Mapping[str, Sequence[Example]]
    of_intent: Mapping[str, Sequence[str]]
    kept_apart: Sequence[str]
    has_heldout: bool


def read(root: Path = ROOT) -> Data:
    """Reads the training, validation and held-out messages below `root` (a tenth of a second)."""
    examples = training(root)
    by_flat: dict[str, list[Example]] = defaultdict(list)
    of_intent: dict[str, list[str]] = defaultdict(list)
    for example in examples:
        by_flat[flat(example.text)].append(example)
        of_intent[example.intent or ""].append(example.text)
    heldout = sorted((root / "tests" / "nlu" / "heldout").glob("*.yml"))
    apart = [item["text"] for path in heldout for item in read_yaml(path)["items"]]
    validation = root / "data" / "validation" / "messages.yml"
    if validation.exists():
        apart += [message["text"] for message in read_yaml(validation)["messages"]]
    return Data(examples, by_flat, of_intent, apart, bool(heldout))


def index(root: Path = ROOT) -> tuple[Sequence[Example], Index]:
    """The training examples, and how to find those that look like a text.

    Made again when a file changed (about a second), else at once.
    """
    files = (root / "data" / "nlu").rglob("*.yml")
    return _index(root, max(path.stat().st_mtime_ns for path in files))


@lru_cache(maxsize=1)
def _index(root: Path, changed_at: int) -> tuple[Sequence[Example], Index]:
    examples = training(root)
    return examples, Index([example.text for example in examples])


def training(root: Path = ROOT) -> list[Example]:
    """All examples of the training data, without their annotations."""
    found = []
    for path in sorted((root / "data" / "nlu").rglob("*.yml")):
        for block in read_yaml(path)["nlu"]:
            for line in block["examples"].splitlines() if "intent" in block else ():
                if line.startswith("- "):
                    found.append(Example(plain(line[2:].strip()), block["intent"]))
    return found


def plain(text: str) -> str:
    """The example as someone said it, without annotations."""
    return ANNOTATION.sub(r"\1", text)


def folded(text: str) -> str:
    """The text as the test of the held-out set compares it (tests/nlu/test_heldout.py).

    Without case, punctuation and spare spaces; emoji and the like stay as they are.
    """
    words = re.sub(r"[^\w]+|_", " ", unicodedata.normalize("NFKC", text).casefold()).split()
    return " ".join(words) or text.strip()


def annotated(text: str, entities: Iterable[Mapping[str, object]]) -> str:
    """The text with Rasa's annotation where an entity stands in it in so many words.

    An entity of which the value is written differently there is left out: nobody can say where.
    """
    for entity in entities:
        name, value = str(entity.get("entity") or ""), str(entity.get("value") or "")
        if name not in ENTITIES or not value:
            continue
        places = list(re.finditer(rf"(?<!\w){re.escape(value)}(?!\w)", text, re.IGNORECASE))
        if len(places) != 1 or _inside_annotation(text, places[0].start()):
            continue
        start, end = places[0].span()
        said = text[start:end]
        mark = f"({name})" if said == value else f'{{"entity": "{name}", "value": "{value}"}}'
        text = f"{text[:start]}[{said}]{mark}{text[end:]}"
    return text


# What training examples are annotated with (tests/nlu/test_data.py).
ENTITIES = frozenset(["gemeente", "uitkering", "branche", "bedrag"])


def _inside_annotation(text: str, position: int) -> bool:
    return any(m.start() <= position < m.end() for m in ANNOTATION.finditer(text))
