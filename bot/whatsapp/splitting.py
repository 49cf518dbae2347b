"""Cutting texts to a length without losing anything: at paragraphs, sentences, words, characters.

Meta gives its limits in "characters" and does not say of which kind. Lengths are in UTF-16 code
units here: never fewer than code points, so a text that fits in these fits either way.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

# Where a text may be cut, the best first; the group is the white space that goes.
# The private-use characters are the closing marks of bot/whatsapp/markup.py.
BREAKS = (
    re.compile(r"(\n[^\S\n]*\n\s*)"),
    re.compile(r"([^\S\n]*\n\s*)"),
    re.compile(r"[.!?…][\"')\]»”’\ue001\ue003]*(\s+)"),
    re.compile(r"(\s+)"),
)
ZERO_WIDTH_JOINER = "\u200d"
ELLIPSIS = "…"


def length(text: str) -> int:
    """The length in UTF-16 code units."""
    return len(text) + sum(1 for character in text if character > "\uffff")


def split(text: str, limit: int) -> list[str]:
    """The text in parts of at most `limit` units; only white space at the cuts is gone.

    Args:
        limit: at least 2, the length of the longest character.
    """
    parts = []
    rest = text.strip()
    while length(rest) > limit:
        end, start = _last_break(rest, _fitting(rest, limit))
        parts.append(rest[:end])
        rest = rest[start:].lstrip()
    return [part for part in (*parts, rest) if part]


def tail(text: str, limit: int) -> tuple[str, str]:
    """The text in two: what comes before, and an end of at most `limit` units.

    The end begins at a paragraph if one fits, else at a sentence or a word.
    """
    text = text.strip()
    if length(text) <= limit:
        return "", text
    earliest = len(text) - _fitting(text[::-1], limit)
    for pattern in BREAKS:
        for match in pattern.finditer(text):
            if earliest <= match.end(1) < len(text) and match.start(1) > 0:
                return text[: match.start(1)], text[match.end(1) :]
    start = next((b for b in _boundaries(text) if b >= earliest), earliest)
    return text[:start], text[start:]


def shorten(text: str, limit: int) -> str:
    """The begin of a text in at most `limit` units, with an ellipsis when something went."""
    if length(text) <= limit:
        return text
    begin = text[: _fitting(text, limit - 1)]
    words = begin if text[len(begin)].isspace() else begin.rpartition(" ")[0]
    if length(words) < limit // 2:
        words = text[: _last_boundary(text, len(begin))]
    return words.rstrip(" ,.;:-(") + ELLIPSIS


def _fitting(text: str, limit: int) -> int:
    """How many characters fit in `limit` units."""
    units = 0
    for index, character in enumerate(text):
        units += 2 if character > "\uffff" else 1
        if units > limit:
            return index
    return len(text)


def _last_break(text: str, fitting: int) -> tuple[int, int]:
    """The best place to cut before `fitting`: where the part ends, and where the rest begins."""
    for pattern in BREAKS:
        found = None
        for match in pattern.finditer(text):
            if match.start(1) > fitting:
                break
            found = match
        if found is not None and found.start(1) > 0:
            return found.start(1), found.end(1)
    end = _last_boundary(text, fitting)
    return end, end


def _last_boundary(text: str, fitting: int) -> int:
    """The last place before `fitting` that is not within an emoji; `fitting` if it is all one."""
    last = fitting
    for boundary in _boundaries(text):
        if boundary > fitting:
            break
        last = boundary
    return last


def _boundaries(text: str) -> Iterator[int]:
    """Where a new character begins for the eye (after UAX #29, as far as emoji and accents go)."""
    flags = 0
    for index in range(1, len(text)):
        before, character = text[index - 1], text[index]
        flags = flags + 1 if _is_flag_half(before) else 0
        if before == ZERO_WIDTH_JOINER or _extends(character):
            continue
        if _is_flag_half(character) and flags % 2:
            continue
        yield index


def _extends(character: str) -> bool:
    return (
        unicodedata.category(character) in ("Mn", "Me", "Mc")
        or character == ZERO_WIDTH_JOINER
        or "\U0001f3fb" <= character <= "\U0001f3ff"  # skin tones
        or "\U000e0020" <= character <= "\U000e007f"  # tags in flags of regions
    )


def _is_flag_half(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"
