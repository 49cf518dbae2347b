"""Finding identifying details in what a citizen types, and replacing them by tokens."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache

from bot.privacy import names, numbers, persons, spoken
from bot.privacy.detail import Detail
from bot.privacy.spelling import corrected

# In this order: the most certain kind first.
FINDERS = (
    numbers.emails,
    numbers.ibans,
    numbers.vats,
    numbers.bsns,
    persons.births,
    spoken.births,
    spoken.numbers,
    numbers.phones,
    numbers.phones_apart,
    numbers.kvks,
    numbers.documents,
    numbers.plates,
    persons.addresses,
    persons.told_addresses,
    persons.addresses_called_so_after,
    persons.addresses_in_a_list,
    names.names,
)
FOUND = "|"
# Made up, and seen by nobody: each of its parts leads to lists and expressions of its own.
WITH_ALL_KINDS = (
    "Hoi, ik ben Jan de Wit, kvk 12345678, kenteken A 1 2 3 BC, NL91ABNA0417164300, a@b.nl, "
    "NL123456789B01, paspoort AB1234567, ik woon op Markt 3 of 9401 AB 3, geboren op 1-5-1980 of "
    "op drie mei zeventig, bsn 111222333, bel 06 een 2345678 of 06-12345678"
)
# What a token looks like. A citizen who types one would point into their own vault: it is defused.
TOKEN = re.compile(r"\[([a-z]+):(\d+)\]")


def find_details(text: str) -> list[Detail]:
    """All details in the text, in order and without overlap: the most certain kind first.

    Returns:
        details whose `start` and `end` are places in `text`, and whose `value` is written plainly.
    """
    plain, places = corrected(*_plain(text))
    found: list[Detail] = []
    for finder in FINDERS:
        for detail in finder(plain):
            found.append(replace(detail, start=places[detail.start], end=places[detail.end]))
            # Blanked, so that the next finder does not join its digits with those behind it.
            length = detail.end - detail.start
            plain = plain[: detail.start] + FOUND * length + plain[detail.end :]
    return sorted(found, key=lambda detail: detail.start)


def mask(text: str, token_for: Callable[[Detail], str]) -> str:
    """The text with each detail replaced by `token_for(detail)`."""
    text = TOKEN.sub(r"(\1 \2)", text)
    pieces, position = [], 0
    for detail in find_details(text):
        pieces += [text[position : detail.start], token_for(detail)]
        position = detail.end
    return "".join([*pieces, text[position:]])


def warm_up() -> None:
    """Reads the lists and makes the expressions, so that no citizen's first message waits for it.

    It takes some 0.4 s of processor time once per process: call it in a thread, before the first
    message.
    """
    find_details(WITH_ALL_KINDS)


def without_tokens(text: str) -> str:
    """The text for a page that leaves the conversation: details are named, never shown."""
    return TOKEN.sub("(weggelaten)", text)


def _plain(text: str) -> tuple[str, list[int]]:
    """The text as a reader sees it, and where in the text each of its characters began.

    Any run of white space is one space or line end: a phone number in columns is still one, and a
    thousand spaces cost the expressions no time. Accents are joined with their letters.
    """
    plain: list[str] = []
    places: list[int] = []
    for place, char in enumerate(text):
        shown = _shown(char)
        last = plain[-1] if plain else ""
        if unicodedata.combining(char):
            joined = unicodedata.normalize("NFC", last + char)
            plain[-1:] = [joined] if last and len(joined) == 1 else plain[-1:]
        elif shown.isspace() and last.isspace():
            plain[-1] = min(last, shown)
        elif shown:
            plain.append(shown)
            places.append(place)
    return "".join(plain), [*places, len(text)]


@lru_cache(maxsize=4096)
def _shown(char: str) -> str:
    """How a character reads: digits of any script as ours, wide letters as narrow, dashes and
    spaces as the common ones, and what is invisible (zero width, direction) as nothing."""
    if char.isspace():
        return "\n" if char == "\n" else " "
    if char.isdecimal():
        return str(unicodedata.decimal(char))
    category = unicodedata.category(char)
    if category in ("Cf", "Pd"):
        return "-" if category == "Pd" else ""
    narrow = unicodedata.normalize("NFKC", char)
    return narrow if len(narrow) == 1 else char
