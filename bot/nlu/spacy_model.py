"""The Dutch spaCy pipeline: built by the project itself, because no model hub can be reached.

Tokenizer of `spacy.blank("nl")`, lemmas from the tables of `spacy-lookups-data`, and an EntityRuler
with the words in `data/entities/`.
"""

from __future__ import annotations

import logging
import re
import unicodedata
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import spacy
from spacy.language import Language

from bot.content import DATA, read_yaml

logger = logging.getLogger(__name__)

ENTITIES = DATA / "entities"
# Amounts: "€ 500", "500 euro", "1.500,-", "20k". LIKE_NUM also knows short numbers in words.
NUMBER = {"TEXT": {"REGEX": r"^\d[\d.,]*(?:,-)?$"}}
EURO = {"LOWER": {"IN": ["euro", "euro's", "euros", "eur", "€"]}}
AMOUNTS: list[list[dict[str, Any]]] = [
    [{"ORTH": "€"}, NUMBER],
    [{"LIKE_NUM": True}, EURO],
    [{"LOWER": {"REGEX": "(?:tig|honderd|duizend)$"}}, EURO],
    [
        {"LIKE_NUM": True},
        {"LOWER": {"IN": ["duizend", "mille", "ton"]}},
        {"LOWER": "euro", "OP": "?"},
    ],
    [{"TEXT": {"REGEX": r"^\d+[kK]$"}}],
    [{"TEXT": {"REGEX": r"^\d[\d.]*,-$"}}],
]
# A shorter word with another letter is too often another word.
LONG_WORD = 8


def build(path: Path) -> None:
    """Writes the pipeline to a directory, from where Rasa's SpacyNLP loads it."""
    nlp = spacy.blank("nl")
    nlp.add_pipe("lemmatizer", config={"mode": "lookup"})
    nlp.initialize()
    ruler = nlp.add_pipe("entity_ruler", config={"phrase_matcher_attr": "LOWER"})
    found = list(patterns())
    ruler.add_patterns(found)  # type: ignore[attr-defined]
    _split_off_full_stops(nlp, found)
    nlp.to_disk(path)
    logger.info("Built the Dutch spaCy pipeline in %s", path)


def load(path: Path) -> Language:
    """The pipeline as it was built."""
    return spacy.load(path)


def patterns() -> Iterator[dict[str, Any]]:
    """All patterns of the EntityRuler; the id of a pattern is the value of its entity.

    A file with `misspelled: true` also gives its long words with one mistake in them; `begins` and
    `ends` of a value give every word that begins or ends so, unless it is a name by itself.
    """
    for file in sorted(ENTITIES.glob("*.yml")):
        data = read_yaml(file)
        known = sorted({name.lower() for item in data["values"] for name in _names(item)})
        for item in data["values"]:
            words: list[str] = []
            for name in _names(item):
                for spelling in {name, _without_accents(name), name.replace("-", " ")}:
                    yield {"label": data["entity"], "pattern": spelling, "id": item["value"]}
                if data.get("misspelled") and len(name) >= LONG_WORD and name.isalpha():
                    words.append(_with_one_mistake(name.lower()))
            words += [rf"^{re.escape(start)}" for start in item.get("begins", [])]
            words += [rf"\w{re.escape(end)}$" for end in item.get("ends", [])]
            for word in words:
                token = {"LOWER": {"REGEX": word, "NOT_IN": known}}
                yield {"label": data["entity"], "pattern": [token], "id": item["value"]}
    for amount in AMOUNTS:
        yield {"label": "bedrag", "pattern": amount}


def ambiguous_names() -> Mapping[str, frozenset[str]]:
    """For each entity the names that are ordinary words too, in lower case."""
    files = [read_yaml(file) for file in sorted(ENTITIES.glob("*.yml"))]
    return {
        data["entity"]: frozenset(name.lower() for name in data.get("ambiguous", []))
        for data in files
    }


def _names(item: Mapping[str, Any]) -> set[str]:
    return {item["value"], *item.get("short_names", [])}


def _with_one_mistake(word: str) -> str:
    """A regular expression for the word with one letter wrong, missing, extra or swapped.

    The first letter has to be right.
    """
    places = range(1, len(word))
    spellings = [word[:i] + ".?" + word[i + 1 :] for i in places]
    spellings += [word[:i] + "." + word[i:] for i in (*places, len(word))]
    spellings += [word[:i] + word[i + 1] + word[i] + word[i + 2 :] for i in places[:-1]]
    return f"^(?:{'|'.join(spellings)})$"


def _split_off_full_stops(nlp: Language, found: list[dict[str, Any]]) -> None:
    """ "ww." and "best." are abbreviations to spaCy; here they are a name that ends a sentence."""
    names = {item["pattern"].lower() for item in found if isinstance(item["pattern"], str)}
    tokenizer: Any = nlp.tokenizer
    tokenizer.rules = {
        text: rule
        for text, rule in tokenizer.rules.items()
        if not (text.endswith(".") and text[:-1].lower() in names)
    }


def _without_accents(text: str) -> str:
    parts = unicodedata.normalize("NFKD", text)
    return "".join(c for c in parts if not unicodedata.combining(c))
