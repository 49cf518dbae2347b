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
    "document": "documentnummer",
}
# What the people who wrote these say is Dutch, and no name of a person: tests/nlu holds them to it.
TEXTS = ("assessment", "catalogue", "nlu", "referral", "schemes", "validation")


# Words by their first character, then their second, ...; "" where a word ends.
Tree = dict[str, "Tree"]


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


@lru_cache(maxsize=1)
def vocabulary() -> frozenset[str]:
    """The words of our texts but first names that are no other word, and common surnames."""
    lists = words()
    return texts() - (lists["voornamen"] - lists["ook_een_woord"]) - lists["achternamen"]


@lru_cache(maxsize=1)
def texts() -> frozenset[str]:
    """The words of the texts of `data/`, small: Dutch about enterprise, brands and places too.

    The texts are read as they are: as YAML that takes twenty times as long, and the words of its
    keys do no harm.
    """
    found: set[str] = set()
    for folder in TEXTS:
        for path in sorted((DATA / folder).rglob("*.yml")):
            text = path.read_text(encoding="utf-8").lower()
            found.update(re.findall(rf"{LETTER}+(?:['’-]{LETTER}+)*", text))
    return frozenset(found)


def small(text: str) -> str:
    """The text without capitals, as the expressions compare it: an i with and without a dot."""
    return text.lower().replace("\N{LATIN SMALL LETTER DOTLESS I}", "i")


@lru_cache(maxsize=64)
def any_of(found: frozenset[str]) -> str:
    """A regular expression (without a group number) for any of these words, the longest first.

    The words share their beginnings, as in a dictionary. So a place in a text costs as much as the
    longest of the words, not as all of them together.
    """
    tree: Tree = {}
    for word in found:
        branch = tree
        for char in word:
            branch = branch.setdefault(char, {})
        branch[""] = {}
    return f"(?:{_expression(tree)})"


@lru_cache(maxsize=64)
def whole(found: frozenset[str]) -> re.Pattern[str]:
    """Finds any of these words as a word of its own, whatever its capitals."""
    return re.compile(rf"(?<!\w){any_of(found)}(?!\w)", re.IGNORECASE)


def _expression(tree: Tree) -> str:
    ways = [re.escape(char) + _expression(branch) for char, branch in sorted(tree.items()) if char]
    if not ways:
        return ""
    joined = "|".join(ways)
    return f"(?:{joined})?" if "" in tree else joined if len(ways) == 1 else f"(?:{joined})"
