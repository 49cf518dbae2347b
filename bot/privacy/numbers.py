"""Details with a shape of their own: e-mail, account, tax, BSN, phone, KVK, licence plate."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

import phonenumbers
from phonenumbers import Leniency, PhoneNumberFormat, PhoneNumberMatcher, PhoneNumberType
from stdnum import iban, numdb
from stdnum.nl import bsn

from bot.privacy.detail import LETTER, Detail, any_of, whole, words
from bot.privacy.persons import MONTHS

# RFC 5321: before the @ stand at most 64 characters.
LOCAL_PART = r"(?<![\w.+'-])[\w.+'-]{1,64}"
# RFC 1035: a part of a domain has at most 63.
LABEL = r"[\w-]{1,63}"
# An @ and a dot as people write them who fear for spam, or know no key for it.
APE = r"apen?staart(?:je)?"
AT = rf"(?: ?@ ?| ?[(\[{{] ?(?:@|at?|{APE}) ?[)\]}}] ?| {APE} )"
DOT = r"(?: ?[(\[{] ?(?:\.|dot|punt) ?[)\]}] ?| (?:dot|punt) )"
# Where an account may begin; its country says how long it is.
IBAN = re.compile(r"(?:(?<!\w)|(?<=iban))(?P<country>[a-z]{2})[ .-]?\d{2}", re.IGNORECASE)
# Nine digits, B and two digits; one in eleven begins with digits of a citizen service number.
VAT = re.compile(
    r"(?:\b|(?<=btw))(?:NL[ .-]?)?(\d(?:[ .-]?\d){8})[ .-]?B[ .-]?(\d[ .-]?\d)\b", re.IGNORECASE
)
# Between digits that stand apart.
APART = r"[ ./,:=*_()-]{0,3}"
# Not a year and a serial number (2026-33871), and not the digits of a VAT number.
NINE_DIGITS = re.compile(
    # Nor the beginning of a mobile number: 0 6 1 2 3 4 5 6 7 8.
    rf"(?<!\d)(?<!\d[.,])(?!0{APART}6(?:{APART}\d){{8}}(?!\d))"
    r"(?!(?:19|20)\d\d-\d{5}(?!\d))\d(?:[ .-]{0,3}\d){8}"
    r"(?!\d|[.,]\d|[ .-]?B[ .-]?\d\d\b)",
    re.IGNORECASE,
)
# Before the digits of a phone number: a plus, a country code, the zero in brackets; or its zero.
COUNTRY_CODE = re.compile(rf"(?:(?:\+|\b00)\d{{0,3}}[\s().-]{{0,4}}0?[\s().-]{{0,4}}|\b0{APART})$")
LONGEST_CODE = 14
SHORTEST_WITH_COUNTRY = 11
# A date and an hour: 01-05-2027 12.
DAY = re.compile(r"\d\d?[-/. ]\d\d?[-/. ](?:19|20)\d\d(?!\d)")
# Ten digits from a zero, however they stand apart, also "mobiel0612345678".
TEN_DIGITS = re.compile(rf"(?<![\dA-Z+])(?<!\d[.,])\(?0(?:{APART}\d){{9}}(?!\d|[.,]\d)")
# What nobody has at home: 0800, 0900, 14 0592.
OF_ORGANISATIONS = {
    PhoneNumberType.TOLL_FREE,
    PhoneNumberType.PREMIUM_RATE,
    PhoneNumberType.SHARED_COST,
}
# Not a date (01.05.2027), nor a service number (0800 2117).
EIGHT_DIGITS = re.compile(
    r"(?<!\d)(?<!\d[.,])(?!\d\d?[ .]\d\d?[ .](?:19|20)\d\d)(?!0[89]00[ -])"
    r"(?:\d(?:[ .]?\d){7}|\d\d(?:-\d\d){3})(?!\d|[.,]\d)"
)
# A letter O where a zero belongs: "o6 12345678".
LETTER_O = re.compile(r"(?<!\w)o{1,2}(?=[ .-]?\d)", re.IGNORECASE)
# So many signs may stand between "bel me op" and a mobile number without its zero.
BETWEEN = 20
# Fewer digits has no document; a word with a digit in it is none.
FEWEST_DIGITS = 3
# So far from "KVK" may its number stand, and the word that says that it is a company's.
NEAR = 80
AROUND = 70
# RDW, "sidecodes" 1 to 14: which groups of letters and digits a Dutch licence plate has.
BETWEEN_SIGNS = "[ .-]{0,3}"
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
        start, position = match.start(), match.start() + 2
        whole_one = _account(_iban_length(match["country"].upper())).match(text, start)
        if whole_one and iban.is_valid(whole_one.group(), check_country=False):
            position = whole_one.end()
            yield Detail("iban", start, position, iban.compact(whole_one.group()))


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
        is_phone = COUNTRY_CODE.search(text, max(0, match.start() - LONGEST_CODE), match.start())
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
        if not _is_service(match.number) and not DAY.match(match.raw_string):
            value = phonenumbers.format_number(match.number, PhoneNumberFormat.E164)
            yield Detail("telefoon", match.start, match.end, value)


def phones_apart(text: str) -> Iterator[Detail]:
    """Dutch numbers whose digits stand apart in any way, and mobile numbers without their zero."""
    for match in TEN_DIGITS.finditer(text):
        number = phonenumbers.parse(re.sub(r"\D", "", match.group()), "NL")
        valid = phonenumbers.is_valid_number(number) and not DAY.match(match.group())
        if valid and not _is_service(number):
            value = phonenumbers.format_number(number, PhoneNumberFormat.E164)
            yield Detail("telefoon", match.start(), match.end(), value)
    for told in _told_mobile().finditer(text):
        value = "+31" + re.sub(r"\D", "", told["number"])
        yield Detail("telefoon", told.start("number"), told.end("number"), value)


def kvks(text: str) -> Iterator[Detail]:
    """Eight digits beside "KVK", unless the words around say that they are a company's."""
    named = _kvk_word()
    for match in EIGHT_DIGITS.finditer(text):
        start, end = match.span()
        near = named.search(text, max(0, start - NEAR), start) or named.search(
            text, end, end + NEAR
        )
        if near and not _of_a_company(text, match):
            yield Detail("kvk", match.start(), match.end(), re.sub(r"\D", "", match.group()))


def documents(text: str) -> Iterator[Detail]:
    """The number of a passport, an identity card, a licence or a permit, where it is called so."""
    for match in _document().finditer(text):
        number = match["number"]
        if sum(char.isdigit() for char in number) >= FEWEST_DIGITS:
            yield Detail("document", *match.span("number"), number.upper())


def plates(text: str) -> Iterator[Detail]:
    """Licence plates: with their dashes anywhere, without them only where a plate is spoken of,
    or, as one word, a vehicle."""
    between = "[-.]"
    if named := whole(words()["kenteken"]).search(text):
        between = BETWEEN_SIGNS
    elif whole(words()["voertuig"]).search(text):
        between = "[ .-]?"
    found = False
    for match in _plate(between).finditer(text):
        value = re.sub(r"[ .-]", "", match.group()).upper()
        # "bus AB 12 CD", not "de bus van 12 uur": beside a vehicle only as plates are written.
        loose = not named and " " in match.group() and not match.group().isupper()
        if not loose and not set(MONTHS) & set(re.split(r"[ .-]", match.group().lower())):
            found = True
            yield Detail("kenteken", match.start(), match.end(), value)
    if named and not found:
        yield from _plates_apart(text)


def _plates_apart(text: str) -> Iterator[Detail]:
    """The six signs of a plate in other groups than its own: "V 91 3 BF", "6 4 l p j 7"."""
    for match in _plate(BETWEEN_SIGNS, BETWEEN_SIGNS).finditer(text):
        value = re.sub(r"[ .-]", "", match.group()).upper()
        yield Detail("kenteken", match.start(), match.end(), value)


def _is_service(number: phonenumbers.PhoneNumber) -> bool:
    """Whether it is a number of organisations only, as the short ones (112, 14 0592) are."""
    short = number.country_code == 31 and len(str(number.national_number)) < 9
    return short or phonenumbers.number_type(number) in OF_ORGANISATIONS


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
        rf"(?:{LABEL}(?:\.{LABEL}){{0,7}}\.{LETTER}{{2,24}}(?!{LETTER})"
        rf"|{LABEL} ?[.,] ?{top}|{LABEL}{DOT}(?:{LABEL}{DOT})?{top})"
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
def _document() -> re.Pattern[str]:
    """A word of `document`, and behind it what may be its number."""
    return re.compile(
        rf"(?<!\w){any_of(words()['document'])}(?!{LETTER})[^\d\n|]{{0,{BETWEEN}}}?"
        r"(?<!\w)(?P<number>(?=[a-z]{0,5}\d)[a-z0-9]{7,12}"
        # In groups, and no date: "IW 492 8310".
        rf"|(?!{DAY.pattern})(?:(?-i:[A-Z]{{1,4}})[ -]?)?\d{{1,6}}(?:[ .-][a-z]?\d{{2,6}}){{1,4}})"
        r"(?!\w)",
        re.IGNORECASE,
    )


@lru_cache(maxsize=256)
def _iban_length(country: str) -> int:
    """How many signs an account of this country has; 0 for what is no country."""
    parts = numdb.get("iban").info(country)[0][1] if country.isascii() else {}
    fields = re.findall(r"(\d+)!", parts.get("bban", ""))
    return len("NL00") + sum(map(int, fields)) if fields else 0


@lru_cache(maxsize=64)
def _account(length: int) -> re.Pattern[str]:
    """So many letters and digits, with at most one sign between them."""
    return re.compile(rf"[a-z0-9](?:[ .-]?[a-z0-9]){{{max(length, 1) - 1}}}(?!\w)", re.IGNORECASE)


@lru_cache(maxsize=1)
def _kvk_word() -> re.Pattern[str]:
    """The words of `kvk`, also with the number right behind: "kvknr58826785"."""
    return re.compile(rf"(?<!\w){any_of(words()['kvk'])}(?!{LETTER})", re.IGNORECASE)


@lru_cache(maxsize=4)
def _plate(between: str, within: str = "") -> re.Pattern[str]:
    """All sidecodes in one expression, with these between their groups and between their signs."""
    signs = {"X": "[A-Za-z]", "9": r"\d"}
    forms = [
        between.join(within.join(signs[sign] for sign in group) for group in code.split("-"))
        for code in SIDECODES
    ]
    return re.compile(rf"(?<![\w-]){_no_word()}(?:{'|'.join(forms)})(?![\w-])")


def _no_word() -> str:
    """Not from "is 12 34 AB" on, nor from "te 12-34"."""
    small = words()["geen_naam"] | words()["geen_postcode"]
    return rf"(?!(?<!\w){any_of(small)} )"
