"""What the bot says to what is no ordinary message; content for editors (data/whatsapp/)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from bot.content import DATA, ContentError, Problem, name_of, read_yaml, validate
from bot.privacy.datamap import fill_terms
from bot.settings import Settings

INBOUND = DATA / "whatsapp" / "inbound.yml"
SCHEMA = "whatsapp_inbound"
WORDS = ("stop", "stop_outside_flow", "start", "erase")


@dataclass(frozen=True)
class Texts:
    """The texts, and the words that a person says to decide about the messages they get.

    Attributes:
        words: by what they ask for: `stop`, `stop_outside_flow`, `start` or `erase`.
        unread: by the kind of message that we do not read.
    """

    notice: str
    greetings: Sequence[str]
    words: Mapping[str, Sequence[str]]
    consent: Mapping[str, str]
    unread: Mapping[str, str]
    only_words: str
    failed: str

    def introduce(self, settings: Settings) -> str:
        """The notice of the first contact, with the gemeente and the terms of this installation."""
        name = f"gemeente {settings.gemeente}" if settings.gemeente else "je gemeente"
        return fill_terms(self.notice.replace("{gemeente}", name), settings).strip()


@lru_cache
def texts(path: Path = INBOUND) -> Texts:
    """The texts of the file.

    Raises:
        ContentError: with every problem in it.
    """
    data = read_yaml(path)
    problems = validate(data, SCHEMA, name_of(path))
    problems = problems or _said_twice(data["consent"], name_of(path))
    if problems:
        raise ContentError(problems)
    consent = data.pop("consent")
    return Texts(
        words={name: tuple(consent[name]) for name in WORDS},
        consent={name: text.strip() for name, text in consent.items() if name not in WORDS},
        unread={kind: text.strip() for kind, text in data.pop("unread").items()},
        **data,
    )


def _said_twice(consent: Mapping[str, Sequence[str]], file: str) -> list[Problem]:
    """Words that ask for two things at once."""
    seen: dict[str, str] = {}
    problems = []
    for name in WORDS:
        for word in consent[name]:
            if seen.setdefault(word, name) != name:
                problems.append(
                    Problem(file, "consent", name, f"'{word}' staat ook bij {seen[word]}")
                )
    return problems
