"""Dates of birth and addresses."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from functools import lru_cache

from bot.database import now
from bot.privacy.detail import LETTER, Detail, any_of, gemeenten, small, whole, words

MONTHS = ("jan", "feb", "mrt", "apr", "mei", "jun", "jul", "aug", "sep", "okt", "nov", "dec")
# Other ways in which a month begins: maart, and what people write who know the English names.
OTHER_MONTHS = {"maa": "mrt", "mar": "mrt", "may": "mei", "oct": "okt", "agu": "aug"}
MONTH = rf"(?:{'|'.join((*MONTHS, *OTHER_MONTHS))}){LETTER}{{0,9}}"
# Youngest and oldest age at which someone asks about a business of their own.
YOUNGEST, OLDEST = 15, 100
DATE = re.compile(
    r"(?<![\d/-])(?<!\d\.)(?:"
    r"(?P<d1>\d{1,2})\s?[-/.]\s?(?P<m1>\d{1,2})\s?[-/.]\s?['’`]?(?P<y1>(?:19|20)?\d{2})"
    # Not in a phone number: 06 12 04 56 78.
    r"|(?<!\d\s)(?P<d2>\d{1,2}) (?P<m2>\d{1,2}) ['’`]?(?P<y2>(?:19|20)?\d{2})(?!\s\d)"
    r"|(?P<y3>(?:19|20)\d{2})[-/. ](?P<m3>\d{1,2})[-/. ](?P<d3>\d{1,2})"
    rf"|(?P<d4>\d{{1,2}})\s?[-/.]?(?:e|de|ste)?\s?(?:van\s)?(?P<m4>{MONTH})"
    r"(?:[.,]?[\s/-]|\.|(?=19|20|['’`]))['’`]?(?P<y4>(?:19|20)?\d{2})"
    rf"|(?P<m5>{MONTH})"
    r"\s(?P<d5>\d{1,2}),?\s(?P<y5>(?:19|20)\d{2})"
    r"|(?P<d6>\d{2})(?P<m6>\d{2})(?P<y6>(?:19|20)\d{2})"
    r"|(?P<y7>(?:19|20)\d{2})(?P<m7>\d{2})(?P<d7>\d{2})|(?P<d8>\d{2})(?P<m8>\d{2})(?P<y8>\d{2})"
    r")(?![\d/-]|\.\d)",
    re.IGNORECASE,
)
# So far before a date may stand what it is the date of.
BEFORE, AFTER = 45, 25
# So far before a postcode may stand that it is one.
NEAR = 30
# With what people put behind it: 4a, 4-2, 4/2, 4 bis, 4-III, 4 2hoog.
HOUSE = (
    r"\d{1,4}(?:\s?[-/]?\s?"
    r"(?:i{1,3}(?![a-z])|[a-wyz](?![a-z])|bis|hs|huis|\d{1,3}(?!\d)(?:\s?hoog)?"
    r"|(?:unit|app|appartement|kamer)\s\d{1,4}))?"
)
STREET_WORDS = 3
# A word in a street name, one with a capital, the small words between them.
WORD = rf"(?:{LETTER}[\w'’.-]{{0,30}}|['’]t(?!\w))"
CAPITAL = r"(?-i:[A-ZÀ-Ý][\w'’.-]{0,30})"
SMALL = r"(?:van|de|den|der|het|'t|ter|ten)"
PARTICLE = re.compile(rf"^{SMALL}\s")
# "NEN 3140", "de A 28"
CODE = re.compile(r"(?:(?:de|het|een)\s)?[A-Z]{1,6}\s\d")
NUMBER = r"(?:(?:huis)?nummer|(?:huis|h)?nr\.?|no\.?)"
# The last word of a street name with its number, also that of "Plein 1944 nr 5".
NAMED_HOUSE = (
    rf"(?P<last>{WORD})(?:\s(?:(?:19|20)\d\d|['’]?\d\d-['’]?\d\d)(?=,?\s{NUMBER}))?"
    rf",?\s(?:{NUMBER}\s?)?(?!(?:19|20)\d\d){HOUSE}"
)

# Beside a detail that was found before, which stands there as "|".
IN_A_LIST = re.compile(
    rf"(?:\|[,;\n]\s?|\n)(?P<address>(?:(?:{SMALL}|{CAPITAL})\s){{0,{STREET_WORDS}}}"
    rf"(?=[A-ZÀ-Ý'’]){NAMED_HOUSE})(?=\s?(?:[,;\n]\s?\||[,;]?\n|$))"
)


def births(text: str) -> Iterator[Detail]:
    """Dates of birth: named so, or a full date of so long ago with nothing that says otherwise."""
    named, business = whole(words()["geboren"]), whole(words()["zakelijke_datum"])
    for match in DATE.finditer(text):
        found = _date(match)
        if found is None:
            continue
        before = text[max(0, match.start() - BEFORE) : match.start()]
        after = text[match.end() : match.end() + AFTER]
        # Eight digits in a row may be any number.
        four_digits = len(found[1]) == 4 and not match.group().isdigit()
        age = now().year - found[0].year
        is_birth = bool(named.search(before) or named.search(after)) or (
            four_digits
            and YOUNGEST <= age <= OLDEST
            and not business.search(before + " | " + after)
        )
        if is_birth and age <= OLDEST:
            yield Detail("geboortedatum", match.start(), match.end(), found[0].isoformat())


def addresses(text: str) -> Iterator[Detail]:
    """A postcode with its house number in either order, and a street with a house number."""
    covered = -1
    for match in _address().finditer(text):
        if match.start() >= covered and not _is_no_address(match):
            covered = match.end()
            yield Detail("adres", match.start(), match.end(), match.group())


def told_addresses(text: str) -> Iterator[Detail]:
    """What is called an address, whatever the name of its street: "ik woon op Het Rietveld 6"."""
    position = 0
    while match := _told_address().search(text, position):
        start, end = match.span("address")
        # The next may begin within this one, if it is none: "ik woon" of "ik woon in de Poort 8".
        position = start
        weak = match["told"].lower() in words()["adres_hoofdletter"]
        # "naar Singel 118, moet ik" is one, "naar assen 2 keer" and "in Assen 2 winkels" are not.
        capital = PARTICLE.sub("", match["address"])[0].isupper()
        closed = capital and _closed().match(text, end)
        # "voldoet aan NEN 3140": a norm, a type, a code.
        code = weak and CODE.match(match["address"])
        if (closed or not weak) and not code and not _is_counted(match["last"], match["address"]):
            position = end
            yield Detail("adres", start, end, match["address"])


def addresses_called_so_after(text: str) -> Iterator[Detail]:
    """What is called an address by the words behind it: "Rokin 101 is mijn adres"."""
    for match in _address_called_so_after().finditer(text):
        # "Kloosterveste 9 Assen", but "de bus 2 Assen"
        place = match["place"] and (not match["last"][0].isupper() or CODE.match(match.group()))
        if not place and not _is_counted(match["last"], match.group()):
            yield Detail("adres", match.start(), match.end(), match.group())


def addresses_in_a_list(text: str) -> Iterator[Detail]:
    """A street with a number among other details, between commas: "|, Kade Z.Z. 61, |"."""
    for match in IN_A_LIST.finditer(text):
        if not _is_counted(match["last"], match["address"]):
            yield Detail("adres", *match.span("address"), match["address"])


def _date(match: re.Match[str]) -> tuple[date, str] | None:
    """The date and its year as written; None when there is no such day."""
    for n in "12345678":
        if match[f"d{n}"]:
            day, month, year = match[f"d{n}"], match[f"m{n}"], match[f"y{n}"]
            break
    number = int(month) if month.isdigit() else _month(month)
    full = (
        int(year)
        if len(year) == 4
        else int(year) + (2000 if int(year) <= now().year % 100 else 1900)
    )
    try:
        return date(full, number, int(day)), year
    except ValueError:
        return None


def _month(name: str) -> int:
    three = small(name[:3])
    return MONTHS.index(OTHER_MONTHS.get(three, three)) + 1


@lru_cache(maxsize=1)
def _address() -> re.Pattern[str]:
    lists = words()
    known = any_of(lists["straat_voor"] | lists["voornamen"])
    called = rf"(?:{known}\s(?:{SMALL}\s){{0,2}})?"
    before = rf"{called}(?:(?:{SMALL}|{CAPITAL})\s){{0,{STREET_WORDS}}}"
    ends = any_of(lists["straat"])
    street = rf"{before}(?:{WORD}{ends}|{CAPITAL}\s{ends})"
    # "Laan van Meerdervoort 900"
    turned = (
        rf"(?:{ends}\s(?:van|naar|tot)\s(?:{SMALL}\s)?{CAPITAL}(?:\s{CAPITAL}){{0,2}}"
        rf"|{any_of(lists['straat_voorop'])}\s(?:{SMALL}\s)?{WORD}(?:\s{WORD})?)"
    )
    city = rf"(?:,?\s(?-i:(?:De|Den|Het)\s)?(?-i:[A-ZÀ-Ý]){LETTER}{{1,30}})?"
    forms = (
        rf"(?P<street>{street}|{turned}),?\s?{NUMBER}?\s?{HOUSE}"
        rf"(?:[\s,]{{1,3}}(?:in |te )?{_postcode('a')}(?:\s{HOUSE})?)?{city}",
        rf"{_postcode('b')}[\s,]{{0,3}}(?:met |en )?(?:{NUMBER}|-)?(?: is)?\s?:?\s?{HOUSE}",
        rf"(?:{NUMBER}|op)\s{HOUSE}[\s,]{{1,3}}(?:in |en |postcode |pc ){{0,2}}{_postcode('c')}",
        rf"(?:(?:{SMALL}|{CAPITAL})\s){{0,{STREET_WORDS}}}{CAPITAL}\s{HOUSE}[\s,]{{1,3}}{_postcode('d')}{city}",
        rf"{HOUSE},?\s{_postcode('e')}",
        rf"{NUMBER}\s{HOUSE}\s(?:van|in|aan)\s(?:de|het)\s(?P<turned>{WORD}{ends})",
    )
    counted = any_of(lists["telwoord"])
    return re.compile(rf"(?<![\w-])(?:{'|'.join(forms)})(?!\w)(?!\s?{counted})", re.IGNORECASE)


@lru_cache(maxsize=1)
def _told_address() -> re.Pattern[str]:
    lists = words()
    told = any_of(lists["adres"] | lists["adres_hoofdletter"])
    return re.compile(
        rf"(?<![\w-])(?P<told>{told})\s(?P<address>(?:{WORD}\s){{0,{STREET_WORDS}}}{NAMED_HOUSE})"
        rf"(?!\w)(?!\s?{any_of(lists['telwoord'])})",
        re.IGNORECASE,
    )


@lru_cache(maxsize=1)
def _address_called_so_after() -> re.Pattern[str]:
    behind, place = any_of(words()["adres_erachter"]), any_of(gemeenten())
    return re.compile(
        rf"(?<![\w-])(?:(?:{SMALL}|{CAPITAL})\s){{0,{STREET_WORDS}}}{NAMED_HOUSE}"
        rf"(?=,?\s(?:{behind}|(?:in |te )?(?P<place>{place}))\b)",
        re.IGNORECASE,
    )


@lru_cache(maxsize=1)
def _closed() -> re.Pattern[str]:
    """What follows a house number, and not a number of things: an end, or a word of `na_adres`."""
    return re.compile(rf"\s?(?:$|[,.!?;:()\n|]|{any_of(words()['na_adres'])}\b)", re.IGNORECASE)


def _postcode(name: str) -> str:
    return rf"[1-9]\d{{3}}\s?(?P<{name}>[a-z]{{2}})(?![a-z])"


def _is_no_address(match: re.Match[str]) -> bool:
    lists = words()
    if match["street"]:
        return match["street"].lower() in lists["geen_straat"] | lists["straat"]
    if match["turned"]:
        return match["turned"].lower() in lists["geen_straat"] | lists["straat"]
    letters = match["b"] or match["c"] or match["d"] or match["e"]
    # "1600 pk 14" is no address, "mijn adres is 8011 PK 14" is one.
    told = _postcode_told().search(match.string, max(0, match.start() - NEAR), match.start())
    return not told and letters.lower() in lists["geen_postcode"]


@lru_cache(maxsize=1)
def _postcode_told() -> re.Pattern[str]:
    """A word for an address or a postcode, with nothing but small words behind it."""
    told = any_of(words()["adres"] | {"postcode", "pc", "postc", "woon", "woont"})
    return re.compile(rf"(?<!\w){told}(?!\w)[^\d.!?]{{0,{NEAR}}}$", re.IGNORECASE)


def _is_counted(last: str, address: str) -> bool:
    """Whether the last word before a number is one that is numbered or counted itself."""
    lists = words()
    if last.lower() in gemeenten():
        # "in Huizen 2 winkels", but "Nieuwe Huizen 31"
        return not re.match(rf"{CAPITAL}\s{re.escape(last)}\s", address)
    return last.lower() in lists["geen_naam"] | lists["geen_straatnaam"]
