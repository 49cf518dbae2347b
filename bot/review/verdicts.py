"""What a reviewer can say of a message, and how that reads."""

from __future__ import annotations

from collections.abc import Mapping

from bot.taxonomy import taxonomy

INTENT = "intent"
NEW_TOPIC = "new_topic"
RIGHT = "right"
UNCLEAR = "unclear"
VERDICTS: Mapping[str, str] = {
    INTENT: "Het ging over een ander onderwerp",
    NEW_TOPIC: "Nieuw onderwerp: dat kent de bot nog niet",
    RIGHT: "Niets mis: de bot had gelijk",
    UNCLEAR: "Niet te begrijpen, ook niet voor een mens",
}
NOT_UNDERSTOOD = "niet begrepen"


def label(intent: str | None) -> str:
    """The subject as people read it; one that is not in the vocabulary by its own name."""
    if not intent:
        return NOT_UNDERSTOOD
    known = taxonomy().intents.get(intent)
    return known.label if known else intent


def in_words(verdict: str, intent: str | None) -> str:
    """A decision in a few words."""
    match verdict:
        case "intent":
            return f"ging over {label(intent)}"
        case "new_topic":
            return f"nieuw onderwerp: {intent}"
        case "right":
            return "niets mis"
    return "niet te begrijpen"
