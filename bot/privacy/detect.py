"""Finding identifying details in what a citizen types."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import phonenumbers
from phonenumbers import Leniency, PhoneNumberFormat, PhoneNumberMatcher
from stdnum import iban
from stdnum.nl import bsn

EMAIL = re.compile(r"[\w.+'-]+@[\w-]+(?:\.[\w-]+)+")
IBAN = re.compile(r"\b[A-Za-z]{2}\d{2}(?:[ .-]?[A-Za-z0-9]){11,30}\b")
NINE_DIGITS = re.compile(r"(?<![\d,.])\d(?:[ .-]?\d){8}(?!\d|[.,]\d)")
# Before the digits of a phone number: a plus, a country code, the zero in brackets.
COUNTRY_CODE = re.compile(r"(?:\+|\b00)\d{0,3}[\s().-]*0?[\s().-]*$")
FOUND = "|"
SHORTEST_WITH_COUNTRY = 11
# What a token looks like. A citizen who types one would point into their own vault: it is defused.
TOKEN = re.compile(r"\[([a-z]+):(\d+)\]")


@dataclass(frozen=True)
class Detail:
    """An identifying detail in a text: what kind, where, and its value in one spelling."""

    kind: str
    start: int
    end: int
    value: str


def find_details(text: str) -> list[Detail]:
    """All details in the text, in order and without overlap: the most certain kind first."""
    found: list[Detail] = []
    for finder in (_emails, _ibans, _bsns, _phones):
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


def _emails(text: str) -> Iterator[Detail]:
    for match in EMAIL.finditer(text):
        yield Detail("email", match.start(), match.end(), match.group())


def _ibans(text: str) -> Iterator[Detail]:
    """ISO 13616: country, check digits and a length that belongs to the country."""
    position = 0
    while match := IBAN.search(text, position):
        ends = [match.start() + m.end() for m in re.finditer(r"[A-Za-z0-9]", match.group())]
        start = match.start()
        valid = [end for end in ends if iban.is_valid(text[start:end], check_country=False)]
        if valid:
            position = max(valid)
            value = iban.compact(text[match.start() : position])
            yield Detail("iban", match.start(), position, value)
        else:
            position = match.start() + 2


def _bsns(text: str) -> Iterator[Detail]:
    """Nine digits that pass the eleven test (Wet algemene bepalingen burgerservicenummer)."""
    for match in NINE_DIGITS.finditer(text):
        is_phone = COUNTRY_CODE.search(text[: match.start()])
        if bsn.is_valid(match.group()) and not is_phone:
            yield Detail("bsn", match.start(), match.end(), bsn.compact(match.group()))


def _phones(text: str) -> Iterator[Detail]:
    """Dutch numbers in any spelling, and foreign ones with their country code."""
    for match in PhoneNumberMatcher(text, "NL", leniency=Leniency.VALID):
        # Nine digits without a zero or a country code before them are not a phone number.
        digits = sum(c.isdigit() for c in match.raw_string)
        if digits < SHORTEST_WITH_COUNTRY and match.raw_string.lstrip("(")[0] not in "0+":
            continue
        national = str(match.number.national_number)
        # Short service numbers (112, 14 0592, 0800-8115) belong to organisations, not to a person.
        if match.number.country_code == 31 and (len(national) < 9 or national.startswith("800")):
            continue
        value = phonenumbers.format_number(match.number, PhoneNumberFormat.E164)
        yield Detail("telefoon", match.start, match.end, value)
