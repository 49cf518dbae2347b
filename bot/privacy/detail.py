"""An identifying detail in a text, and the words by which such details are recognised."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from bot.content import DATA, ContentError, read_yaml, validate

WORDS = DATA / "privacy" / "herkennen.yml"
GEMEENTEN = DATA / "entities" / "gemeenten.yml"
LETTER = r"[^\W\d_]"
# The kinds of details, as they stand in tokens, and what people call them.
KINDS = {
    "telefoon": "telefoonnummer",
    "email": "e-mailadres",
    "bsn": "BSN",
    "iban": "rekeningnummer",
    "naam": "naam",
    "geboortedatum": "geboortedatum",
    "adres": "adres",
    "kenteken": "kenteken",
    "kvk": "KVK-nummer",
    "btw": "btw-nummer",
}


@dataclass(frozen=True)
class Detail:
    """An identifying detail in a text: what kind, where, and its value in one spelling."""

    kind: str
    start: int
    end: int
    value: str


@lru_cache(maxsize=1)
def words() -> Mapping[str, frozenset[str]]:
    """The lists of `data/privacy/herkennen.yml` by name.

    Raises:
        bot.content.ContentError: the file is not as its schema asks.
    """
    data = read_yaml(WORDS)
    problems = validate(data, "personal_data", WORDS.name)
    if problems:
        raise ContentError(problems)
    return {name: frozenset(word.lower() for word in found) for name, found in data.items()}


@lru_cache(maxsize=1)
def gemeenten() -> frozenset[str]:
    """The names of the gemeenten, also the short ones: "contact met De Ronde Venen"."""
    values = read_yaml(GEMEENTEN)["values"]
    names = (name for item in values for name in (item["value"], *item.get("short_names", ())))
    return frozenset(name.lower() for name in names)


@lru_cache(maxsize=64)
def any_of(found: frozenset[str]) -> str:
    """A regular expression (without a group number) for any of these words, the longest first."""
    ordered = sorted(found, key=lambda word: (-len(word), word))
    return "(?:" + "|".join(re.escape(word) for word in ordered) + ")"


@lru_cache(maxsize=64)
def whole(found: frozenset[str]) -> re.Pattern[str]:
    """Finds any of these words as a word of its own, whatever its capitals."""
    return re.compile(rf"(?<!\w){any_of(found)}(?!\w)", re.IGNORECASE)
