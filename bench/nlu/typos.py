"""Messages with one or two typing mistakes, the same ones in every run."""

from __future__ import annotations

import random
import string

SEED = 2026
ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")


def _neighbours() -> dict[str, str]:
    near: dict[str, str] = {}
    for y, row in enumerate(ROWS):
        for x, key in enumerate(row):
            places = [
                (y, x - 1),
                (y, x + 1),
                (y - 1, x),
                (y - 1, x + 1),
                (y + 1, x - 1),
                (y + 1, x),
            ]
            near[key] = "".join(
                ROWS[b][a] for b, a in places if 0 <= b < len(ROWS) and 0 <= a < len(ROWS[b])
            )
    return near


NEIGHBOURS = _neighbours()


def with_typos(text: str, seed: int = SEED) -> str:
    """The text after one or two slips of the finger; unchanged when it has no letters."""
    chance = random.Random(f"{seed}:{text}")
    for _ in range(chance.randint(1, 2)):
        text = _slip(text, chance)
    return text


def _slip(text: str, chance: random.Random) -> str:
    letters = [i for i, sign in enumerate(text) if sign.isalpha()]
    if not letters:
        return text
    at = chance.choice(letters)
    before, letter, after = text[:at], text[at], text[at + 1 :]
    near = chance.choice(NEIGHBOURS.get(letter.lower(), string.ascii_lowercase))
    kinds = ["insert", "substitute"]
    kinds += ["delete"] if len(letters) > 1 else []
    kinds += ["swap"] if after[:1].isalpha() and after[0] != letter else []
    match chance.choice(kinds):
        case "insert":
            return before + letter + near + after
        case "delete":
            return before + after
        case "swap":
            return before + after[0] + letter + after[1:]
    return before + near + after
