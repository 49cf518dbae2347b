"""Typing errors put right: a word that nobody used becomes the nearest word that people did use."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from rapidfuzz import process
from rapidfuzz.distance import OSA

WORD = re.compile(r"[^\W\d_]+")
# Chosen on the validation messages (docs/nlu.md).
SHORTEST = 3
TWO_EDITS_FROM = 8


class Spelling:
    """Corrects words by the words of the training data, and leaves every word in it as it is."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._count = Counter(word for text in texts for word in WORD.findall(text.lower()))
        self._by_length: dict[int, list[str]] = {}
        for word in self._count:
            self._by_length.setdefault(len(word), []).append(word)

    def correct(self, text: str) -> str:
        """The text with its unknown words (3 letters and more) replaced by the likeliest known one.

        An edit is a letter too many, too few, wrong, or swapped with its neighbour (optimal string
        alignment). One edit counts, and two in words of eight letters and more.
        """
        return WORD.sub(lambda match: self._word(match.group()), text)

    def _word(self, word: str) -> str:
        lower = word.lower()
        if len(lower) < SHORTEST or lower in self._count:
            return word
        for edits in (1, 2) if len(lower) >= TWO_EDITS_FROM else (1,):
            near = self._near(lower, edits)
            if near:
                return max(near, key=lambda found: self._count[found])
        return word

    def _near(self, word: str, edits: int) -> list[str]:
        lengths = range(len(word) - edits, len(word) + edits + 1)
        return [
            found
            for length in lengths
            for found, _, _ in process.extract_iter(
                word, self._by_length.get(length, []), scorer=OSA.distance, score_cutoff=edits
            )
        ]
