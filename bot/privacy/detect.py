"""Finding identifying details in what a citizen types, and replacing them by tokens."""

from __future__ import annotations

import re
from collections.abc import Callable

from bot.privacy import numbers, persons
from bot.privacy.detail import Detail

# In this order: the most certain kind first.
FINDERS = (
    numbers.emails,
    numbers.ibans,
    numbers.vats,
    numbers.bsns,
    persons.births,
    numbers.phones,
    numbers.kvks,
    numbers.plates,
    persons.addresses,
    persons.names,
)
FOUND = "|"
# What a token looks like. A citizen who types one would point into their own vault: it is defused.
TOKEN = re.compile(r"\[([a-z]+):(\d+)\]")


def find_details(text: str) -> list[Detail]:
    """All details in the text, in order and without overlap: the most certain kind first."""
    found: list[Detail] = []
    for finder in FINDERS:
        for detail in finder(text):
            found.append(detail)
            # Blanked, so that the next finder does not join its digits with those behind it.
            length = detail.end - detail.start
            text = text[: detail.start] + FOUND * length + text[detail.end :]
    return sorted(found, key=lambda detail: detail.start)


def mask(text: str, token_for: Callable[[Detail], str]) -> str:
    """The text with each detail replaced by `token_for(detail)`."""
    text = TOKEN.sub(r"(\1 \2)", text)
    pieces, position = [], 0
    for detail in find_details(text):
        pieces += [text[position : detail.start], token_for(detail)]
        position = detail.end
    return "".join([*pieces, text[position:]])


def without_tokens(text: str) -> str:
    """The text for a page that leaves the conversation: details are named, never shown."""
    return TOKEN.sub("(weggelaten)", text)
