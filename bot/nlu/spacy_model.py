"""The Dutch spaCy pipeline: built by the project itself, because no model hub can be reached.

Tokenizer of `spacy.blank("nl")`, lemmas from the tables of `spacy-lookups-data`, and an EntityRuler
with the words in `data/entities/`.
"""

from __future__ import annotations

import logging
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import spacy
from spacy.language import Language

from bot.content import DATA, read_yaml

logger = logging.getLogger(__name__)

ENTITIES = DATA / "entities"
# Amounts: "€ 500", "500 euro", "1.500,-", "20k". LIKE_NUM also knows numbers in words.
NUMBER = {"TEXT": {"REGEX": r"^\d[\d.,]*(?:,-)?$"}}
AMOUNTS: list[list[dict[str, Any]]] = [
    [{"ORTH": "€"}, NUMBER],
    [{"LIKE_NUM": True}, {"LOWER": {"IN": ["euro", "euro's", "euros", "eur", "€"]}}],
    [
        {"LIKE_NUM": True},
        {"LOWER": {"IN": ["duizend", "mille", "ton"]}},
        {"LOWER": "euro", "OP": "?"},
    ],
    [{"TEXT": {"REGEX": r"^\d+[kK]$"}}],
]


def build(path: Path) -> None:
    """Writes the pipeline to a directory, from where Rasa's SpacyNLP loads it."""
    nlp = spacy.blank("nl")
    nlp.add_pipe("lemmatizer", config={"mode": "lookup"})
    nlp.initialize()
    ruler = nlp.add_pipe("entity_ruler", config={"phrase_matcher_attr": "LOWER"})
    ruler.add_patterns(list(patterns()))  # type: ignore[attr-defined]
    nlp.to_disk(path)
    logger.info("Built the Dutch spaCy pipeline in %s", path)


def load(path: Path) -> Language:
    """The pipeline as it was built."""
    return spacy.load(path)


def patterns() -> Iterator[dict[str, Any]]:
    """All patterns of the EntityRuler; the id of a pattern is the value of its entity."""
    for file in sorted(ENTITIES.glob("*.yml")):
        data = read_yaml(file)
        for item in data["values"]:
            for name in {item["value"], *item.get("short_names", [])}:
                for spelling in {name, _without_accents(name), name.replace("-", " ")}:
                    yield {"label": data["entity"], "pattern": spelling, "id": item["value"]}
    for amount in AMOUNTS:
        yield {"label": "bedrag", "pattern": amount}


def ambiguous_names() -> frozenset[str]:
    """Names of gemeenten that are ordinary words too, in lower case."""
    return frozenset(name.lower() for name in read_yaml(ENTITIES / "gemeenten.yml")["ambiguous"])


def _without_accents(text: str) -> str:
    parts = unicodedata.normalize("NFKD", text)
    return "".join(c for c in parts if not unicodedata.combining(c))
