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
NINE_DIGITS = re.compile(r"(?<![\d,.])\d(?:[ .-]?\d){8}(?![\d,]|\.\d)")
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
    """All details in the text, in order and without overlap: the most certain kind wins."""
    found: list[Detail] = []
    for finder in (_emails, _ibans, _phones, _bsns):
        for detail in finder(text):
            if all(detail.end <= other.start or detail.start >= other.end for other in found):
                found.append(detail)
    return sorted(found, key=lambda detail: detail.start)


def mask(text: str, token_for: Callable[[Detail], str]) -> str:
    """The text with each detail replaced by `token_for(detail)`."""
    text = TOKEN.sub(r"(\1 \2)", text)
    pieces, position = [], 0
    for detail in find_details(text):
        pieces += [text[position : detail.start], token_for(detail)]
        position = detail.end
    return "".join([*pieces, text[position:]])


def _emails(text: str) -> Iterator[Detail]:
    for match in EMAIL.finditer(text):
        yield Detail("email", match.start(), match.end(), match.group())


def _ibans(text: str) -> Iterator[Detail]:
    """ISO 13616: country, check digits and a length that belongs to the country."""
    position = 0
    while match := IBAN.search(text, position):
        ends = [match.start() + m.end() for m in re.finditer(r"[A-Za-z0-9]", match.group())]
        valid = [end for end in ends if iban.is_valid(text[match.start() : end], check_country=False)]
        if valid:
            position = max(valid)
            value = iban.compact(text[match.start() : position])
            yield Detail("iban", match.start(), position, value)
        else:
            position = match.start() + 2


def _bsns(text: str) -> Iterator[Detail]:
    """Nine digits that pass the eleven test (Wet algemene bepalingen burgerservicenummer)."""
    for match in NINE_DIGITS.finditer(text):
        if bsn.is_valid(match.group()):
            yield Detail("bsn", match.start(), match.end(), bsn.compact(match.group()))


def _phones(text: str) -> Iterator[Detail]:
    """Dutch numbers in any spelling, and foreign ones with their country code."""
    for match in PhoneNumberMatcher(text, "NL", leniency=Leniency.VALID):
        # Without a prefix, nine digits are a BSN rather than a phone number.
        if not match.raw_string.lstrip("(").startswith(("0", "+")):
            continue
        national = str(match.number.national_number)
        # Short service numbers (112, 14 0592, 0800-8115) belong to organisations, not to a person.
        if match.number.country_code == 31 and (len(national) < 9 or national.startswith("800")):
            continue
        value = phonenumbers.format_number(match.number, PhoneNumberFormat.E164)
        yield Detail("telefoon", match.start, match.end, value)
