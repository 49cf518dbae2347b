"""Numbers and dates that people write in words: "nul zes twaalf ...", "drie maart zeventig"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from functools import lru_cache

import phonenumbers
from stdnum.nl import bsn

from bot.database import now
from bot.privacy.detail import LETTER, Detail, any_of, small, whole, words

UNITS = ("nul", "een", "twee", "drie", "vier", "vijf", "zes", "zeven", "acht", "negen")
TEENS = (
    *("tien", "elf", "twaalf", "dertien", "veertien", "vijftien"),
    *("zestien", "zeventien", "achttien", "negentien"),
)
TENS = ("twintig", "dertig", "veertig", "vijftig", "zestig", "zeventig", "tachtig", "negentig")
MONTHS = (
    *("januari", "februari", "maart", "april", "mei", "juni"),
    *("juli", "augustus", "september", "oktober", "november", "december"),
)
# Ordinals that are no number with "de" or "ste" behind it.
ODD_ORDINALS = {"eerste": 1, "derde": 3, "achtste": 8}
# A phone number has ten digits, a BSN nine. Said in words, they stand in at least so many groups.
FEWEST_GROUPS, MOST_GROUPS = 3, 10
# So far before a date stands that it is one of birth; so old is the oldest who asks.
BEFORE, OLDEST = 45, 100


def numbers(text: str) -> Iterator[Detail]:
    """Dutch phone numbers and BSNs of which at least a part is written in words."""
    for match in _groups().finditer(text):
        groups = re.findall(rf"\d+|{LETTER}+", small(match.group()))
        said = sum(not group.isdigit() for group in groups)
        if not said:
            continue
        digits = "".join(
            group if group.isdigit() else str(_numbers()[group.replace("é", "e")])
            for group in groups
        )
        if said >= FEWEST_GROUPS - 1 and len(digits) == 9 and bsn.is_valid(digits):
            yield Detail("bsn", match.start(), match.end(), digits)
        elif len(digits) == 10 and digits[0] == "0" and digits[1:4] not in ("800", "900"):
            phone = phonenumbers.PhoneNumberFormat.E164
            value = phonenumbers.format_number(phonenumbers.parse(digits, "NL"), phone)
            yield Detail("telefoon", match.start(), match.end(), value)


def births(text: str) -> Iterator[Detail]:
    """Dates with a day or a year in words, where they are called that of a birth."""
    for match in _date().finditer(text):
        if not whole(words()["geboren"]).search(
            text[max(0, match.start() - BEFORE) : match.start()]
        ):
            continue
        year = _year(small(match["year"]).replace(" ", ""))
        month = MONTHS.index(small(match["month"])) + 1
        try:
            born = date(year, month, _day(small(match["day"])))
        except ValueError:
            continue
        if now().year - born.year <= OLDEST:
            yield Detail("geboortedatum", match.start(), match.end(), born.isoformat())


@lru_cache(maxsize=1)
def _numbers() -> dict[str, int]:
    """The words for 0 to 99."""
    found = {word: number for number, word in enumerate((*UNITS, *TEENS))}
    for tens, word in enumerate(TENS, start=2):
        found[word] = tens * 10
        for unit, first in enumerate(UNITS[1:], start=1):
            joint = "ën" if first.endswith("e") else "en"
            found[first + joint + word] = found[first + "en" + word] = tens * 10 + unit
    return found


@lru_cache(maxsize=1)
def _groups() -> re.Pattern[str]:
    """Groups of digits and numbers in words; each group ends where the next begins.

    Between digits and a word nothing has to stand: "06twaalf34".
    """
    group = rf"(?:{any_of(frozenset((*_numbers(), 'één')))}|\d{{1,8}})"
    more = rf"{{{FEWEST_GROUPS - 1},{MOST_GROUPS - 1}}}"
    between = rf"(?:[ ,.-]{{1,3}}|(?<=\d)(?={LETTER})|(?<={LETTER})(?=\d))"
    return re.compile(rf"(?<!\w){group}(?:{between}{group}){more}(?!\w)", re.IGNORECASE)


@lru_cache(maxsize=1)
def _date() -> re.Pattern[str]:
    said = any_of(frozenset(_numbers()))
    ordinal = rf"(?:{any_of(frozenset(ODD_ORDINALS))}|{said}(?:ste|de)|{said})"
    century = rf"(?:negentien(?: ?honderd)?|tweeduizend)(?: ?(?:en )?{said})?"
    return re.compile(
        rf"(?<!\w)(?:de )?(?P<day>{ordinal}|\d{{1,2}}e?) (?P<month>{any_of(frozenset(MONTHS))}) "
        rf"(?P<year>{century}|{said}|(?:19|20)\d\d)(?!\w)",
        re.IGNORECASE,
    )


def _day(said: str) -> int:
    if said.rstrip("e").isdigit():
        return int(said.rstrip("e"))
    for number in (said, said.removesuffix("de"), said.removesuffix("ste")):
        if number in _numbers():
            return _numbers()[number]
    return ODD_ORDINALS.get(said, 0)


def _year(said: str) -> int:
    """The year; two digits are those of the last hundred years."""
    if said.isdigit():
        return int(said)
    for century, first in (("negentienhonderd", 1900), ("tweeduizend", 2000), ("negentien", 1900)):
        rest = said.removeprefix(century)
        if rest != said:
            return first + (_numbers().get(rest.removeprefix("en"), 0) if rest else 0)
    short = _numbers()[said]
    return short + (2000 if short <= now().year % 100 else 1900)
