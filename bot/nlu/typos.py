"""Typing errors as phones make them: the model learns from a mistyped copy of every example."""

from __future__ import annotations

import random

# Neighbours on a QWERTY keyboard, the one that Dutch phones show.
ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
LETTERS_PER_EDIT = 25
MOST_EDITS = 2


def mistype(text: str, chance: random.Random) -> str:
    """The text with an edit, or two when longer: a letter swapped, lost, doubled or missed."""
    for _ in range(min(MOST_EDITS, 1 + len(text) // LETTERS_PER_EDIT)):
        places = [i for i, letter in enumerate(text) if letter.isalpha()]
        if len(places) < 3:
            return text
        at = chance.choice(places[1:] if len(places) > 3 else places)
        text = chance.choice((_swap, _drop, _double, _miss))(text, at, chance)
    return text


def _swap(text: str, at: int, chance: random.Random) -> str:
    return text[: at - 1] + text[at] + text[at - 1] + text[at + 1 :] if at else text


def _drop(text: str, at: int, chance: random.Random) -> str:
    return text[:at] + text[at + 1 :]


def _double(text: str, at: int, chance: random.Random) -> str:
    return text[:at] + text[at] + text[at:]


def _miss(text: str, at: int, chance: random.Random) -> str:
    """The key beside the one that was meant."""
    for row in ROWS:
        place = row.find(text[at].lower())
        if place >= 0:
            near = row[max(0, place - 1) : place] + row[place + 1 : place + 2]
            return text[:at] + chance.choice(near) + text[at + 1 :]
    return text
