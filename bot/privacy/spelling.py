"""Words that announce a detail, as people mistype them: "kenteke 12-AB-34", "telfoon 06..."."""

from __future__ import annotations

import re
from functools import lru_cache

from rapidfuzz import process
from rapidfuzz.distance import OSA

from bot.privacy.detail import LETTER, texts, words

# The lists of words before a detail. A mistake: a letter that is wrong, lost or too many, or two
# that changed places.
LISTS = ("geboren", "kenteken", "document", "bellen", "kvk", "adres", "aanspreking", "groet")
MISTAKES, MISTAKES_IN_LONG, LONG = 1, 2, 8
# "verblijfsdocumentnr" is announced by "verblijfsdocument".
NUMBER = re.compile(r"(?:nummer|numer|nmr|num|nr|no)s?$")
# Of "kamer van koophandel", "met vriendelijke groet", "spreekt met".
OF_A_PHRASE = ("koophandel", "vriendelijke", "hartelijke", "spreekt")
# One mistake in a shorter word makes another word of it too easily.
SHORTEST, LONGEST = 5, 20
TYPED = re.compile(rf"(?<!\w){LETTER}{{{SHORTEST},{LONGEST}}}(?!{LETTER})")


def corrected(plain: str, places: list[int]) -> tuple[str, list[int]]:
    """The text with its announcing words as they are spelled.

    Args:
        places: where each character of `plain` began in the text, and where that text ends.

    Returns:
        the text, and where each of its characters began: a word keeps its begin and its end.
    """
    position, pieces, begins = 0, list[str](), list[int]()
    for typed in TYPED.finditer(plain):
        word = _meant(typed.group().lower())
        if word is not None:
            start, end = typed.span()
            pieces += [plain[position:start], word]
            begins += places[position:start]
            begins += [places[min(start + n, end - 1)] for n in range(len(word))]
            position = end
    return "".join([*pieces, plain[position:]]), begins + places[position:]


@lru_cache(maxsize=4096)
def _meant(typed: str) -> str | None:
    """The announcing word that a word is a mistyped one of; None for a word that is right."""
    if typed in texts() or typed in words()["voornamen"] or typed in _announcing():
        return None
    for word in (typed, NUMBER.sub("", typed)):
        found = process.extractOne(
            word, _announcing(), scorer=OSA.distance, score_cutoff=MISTAKES_IN_LONG
        )
        if found and len(word) >= SHORTEST:
            meant, mistakes, _ = found
            long = len(meant) >= LONG and meant[0] == word[0]
            if mistakes <= (MISTAKES_IN_LONG if long else MISTAKES):
                return meant
    return None


@lru_cache(maxsize=1)
def _announcing() -> tuple[str, ...]:
    lists = words()
    found = (word for name in LISTS for word in lists[name])
    whole = {word for word in found if word.isalpha() and len(word) >= SHORTEST}
    return tuple(sorted({*whole, *OF_A_PHRASE}))
