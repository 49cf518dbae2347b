"""Details with a shape of their own: e-mail, account, tax, BSN, phone, KVK, licence plate."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

import phonenumbers
from phonenumbers import Leniency, PhoneNumberFormat, PhoneNumberMatcher
from stdnum import iban
from stdnum.nl import bsn

from bot.privacy.detail import LETTER, Detail, any_of, whole, words
from bot.privacy.persons import MONTHS

# RFC 5321: before the @ stand at most 64 characters.
LOCAL_PART = r"(?<![\w.+'-])[\w.+'-]{1,64}"
# An @ and a dot as people write them who fear for spam, or know no key for it.
AT = r"(?: ?@ ?| ?[(\[{] ?(?:@|at|apenstaart(?:je)?) ?[)\]}] ?| apenstaart(?:je)? )"
DOT = r"(?: ?[(\[{] ?(?:\.|dot|punt) ?[)\]}] ?| (?:dot|punt) )"
IBAN = re.compile(r"(?:\b|(?<=iban))[a-z]{2}[ .-]?\d{2}(?:[ .-]?[a-z0-9]){11,30}\b", re.IGNORECASE)
# Nine digits, B and two digits; one in eleven begins with digits of a citizen service number.
VAT = re.compile(
    r"(?:\b|(?<=btw))(?:NL[ .-]?)?(\d(?:[ .-]?\d){8})[ .-]?B[ .-]?(\d[ .-]?\d)\b", re.IGNORECASE
)
# Not a year and a serial number (2026-33871), and not the digits of a VAT number.
NINE_DIGITS = re.compile(
    r"(?<!\d)(?<!\d[.,])(?!(?:19|20)\d\d-\d{5}(?!\d))\d(?:[ .-]{0,3}\d){8}"
    r"(?!\d|[.,]\d|[ .-]?B[ .-]?\d\d\b)",
    re.IGNORECASE,
)
# Before the digits of a phone number: a plus, a country code, the zero in brackets.
COUNTRY_CODE = re.compile(r"(?:\+|\b00)\d{0,3}[\s().-]*0?[\s().-]*$")
SHORTEST_WITH_COUNTRY = 11
# Not a date: 01.05.2027.
EIGHT_DIGITS = re.compile(
    r"(?<!\d)(?<!\d[.,])(?!\d\d?[ .]\d\d?[ .](?:19|20)\d\d)"
    r"(?:\d(?:[ .]?\d){7}|\d\d(?:-\d\d){3})(?!\d|[.,]\d)"
)
# A letter O where a zero belongs: "o6 12345678".
LETTER_O = re.compile(r"(?<!\w)o{1,2}(?=[ .-]?\d)", re.IGNORECASE)
# So many signs may stand between "bel me op" and a mobile number without its zero.
BETWEEN = 20
# So far from "KVK" may its number stand, and the word that says that it is a company's.
NEAR = 40
AROUND = 70
# RDW, "sidecodes" 1 to 14: which groups of letters and digits a Dutch licence plate has.
SIDECODES = (
    *("XX-99-99", "99-99-XX", "99-XX-99", "XX-99-XX", "XX-XX-99", "99-XX-XX", "99-XXX-9"),
    *("9-XXX-99", "XX-999-X", "X-999-XX", "XXX-99-X", "X-99-XXX", "9-XX-999", "999-XX-9"),
)


def emails(text: str) -> Iterator[Detail]:
    """E-mail addresses, also as people spell them who have no @ or fear for spam."""
    for match in _email().finditer(text):
        value = re.sub(f"{AT}| at ", "@", match.group(), flags=re.IGNORECASE)
        value = re.sub(f"{DOT}|[., ]+", ".", value, flags=re.IGNORECASE)
        yield Detail("email", match.start(), match.end(), value)


def ibans(text: str) -> Iterator[Detail]:
    """ISO 13616: country, check digits and a length that belongs to the country."""
    position = 0
    while match := IBAN.search(text, position):
        ends = [match.start() + m.end() for m in re.finditer(r"[^\W_]\b", match.group())]
        start = match.start()
        valid = [end for end in ends if iban.is_valid(text[start:end], check_country=False)]
        if valid:
            position = max(valid)
            value = iban.compact(text[match.start() : position])
            yield Detail("iban", match.start(), position, value)
        else:
            position = match.start() + 2


def vats(text: str) -> Iterator[Detail]:
    """VAT numbers, unless the words around say that they are those of a company.

    That of an eenmanszaak belongs to a person (and was, until 2020, made from their citizen service
    number); the number itself does not tell which it is.
    """
    for match in VAT.finditer(text):
        if not _of_a_company(text, match):
            digits, check = (re.sub(r"\D", "", group) for group in match.groups())
            yield Detail("btw", match.start(), match.end(), f"NL{digits}B{check}")


def bsns(text: str) -> Iterator[Detail]:
    """Nine digits that pass the eleven test (Wet algemene bepalingen burgerservicenummer)."""
    for match in NINE_DIGITS.finditer(text):
        is_phone = COUNTRY_CODE.search(text[: match.start()])
        if bsn.is_valid(match.group()) and not is_phone:
            yield Detail("bsn", match.start(), match.end(), bsn.compact(match.group()))


def phones(text: str) -> Iterator[Detail]:
    """Dutch numbers in any spelling, and foreign ones with their country code."""
    text = LETTER_O.sub(lambda match: "0" * len(match.group()), text.replace("_", " "))
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
    for told in _told_mobile().finditer(text):
        value = "+31" + re.sub(r"\D", "", told["number"])
        yield Detail("telefoon", told.start("number"), told.end("number"), value)


def kvks(text: str) -> Iterator[Detail]:
    """Eight digits beside "KVK", unless the words around say that they are a company's."""
    named = [match.span() for match in _kvk_word().finditer(text)]
    for match in EIGHT_DIGITS.finditer(text) if named else ():
        near = any(end <= match.start() <= end + NEAR or match.end() <= start <= match.end() + NEAR
                   for start, end in named)  # fmt: skip
        if near and not _of_a_company(text, match):
            yield Detail("kvk", match.start(), match.end(), re.sub(r"\D", "", match.group()))


def plates(text: str) -> Iterator[Detail]:
    """Licence plates: with their dashes anywhere, without them only where a plate is spoken of,
    or, as one word, a vehicle."""
    between = "-"
    if whole(words()["kenteken"]).search(text):
        between = r"[\s-]?"
    elif whole(words()["voertuig"]).search(text):
        between = "-?"
    for match in _plate(between).finditer(text):
        value = re.sub(r"[\s-]", "", match.group()).upper()
        if not set(MONTHS) & set(re.split(r"[\s-]", match.group().lower())):
            yield Detail("kenteken", match.start(), match.end(), value)


def _of_a_company(text: str, match: re.Match[str]) -> bool:
    around = text[max(0, match.start() - AROUND) : match.end() + AROUND]
    lists = words()
    own = whole(lists["eigen"]).search(around)
    return not own and bool(whole(lists["bedrijf"]).search(around))


@lru_cache(maxsize=1)
def _email() -> re.Pattern[str]:
    lists = words()
    top = rf"{any_of(lists['topdomein'])}(?!\w)"
    dotted = (
        rf"(?:[\w-]+(?:\.[\w-]+)*\.{LETTER}{{2,}}"
        rf"|[\w-]+ ?[.,] ?{top}|[\w-]+{DOT}(?:[\w-]+{DOT})?{top})"
    )
    known = rf"{any_of(lists['mailbedrijf'])}(?:[ ,]{top})?(?!\w)"
    return re.compile(
        rf"{LOCAL_PART}(?:{DOT}[\w+'-]{{1,64}})?(?:{AT}(?:{dotted}|{known})| at {dotted})",
        re.IGNORECASE,
    )


@lru_cache(maxsize=1)
def _told_mobile() -> re.Pattern[str]:
    """A mobile number that lost its zero: "bel me op 6 12345678"."""
    told = any_of(words()["bellen"])
    return re.compile(
        rf"(?<!\w){told}(?!\w)[^\d\n]{{0,{BETWEEN}}}(?<![+(])(?P<number>6(?:[ .-]{{0,3}}\d){{8}})"
        r"(?!\d|[.,]\d)",
        re.IGNORECASE,
    )


@lru_cache(maxsize=1)
def _kvk_word() -> re.Pattern[str]:
    """The words of `kvk`, also with the number right behind: "kvknr58826785"."""
    return re.compile(rf"(?<!\w){any_of(words()['kvk'])}(?!{LETTER})", re.IGNORECASE)


@lru_cache(maxsize=3)
def _plate(between: str) -> re.Pattern[str]:
    """All sidecodes in one expression, with this expression between their groups."""
    forms = [
        between.join(
            rf"[A-Za-z]{{{len(group)}}}" if group[0] == "X" else rf"\d{{{len(group)}}}"
            for group in code.split("-")
        )
        for code in SIDECODES
    ]
    return re.compile(rf"(?<![\w-])(?:{'|'.join(forms)})(?![\w-])")
