"""Details that are words: names, dates of birth, addresses."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from functools import lru_cache

from bot.database import now
from bot.privacy.detail import Detail, any_of, whole, words

LETTER = r"[^\W\d_]"
WORD = rf"{LETTER}(?:{LETTER}|['’-](?={LETTER}))*"
MONTHS = ("jan", "feb", "mrt", "apr", "mei", "jun", "jul", "aug", "sep", "okt", "nov", "dec")
# Youngest and oldest age at which someone asks about a business of their own.
YOUNGEST, OLDEST = 15, 100
DATE = re.compile(
    r"(?<![\d/.-])(?:"
    r"(?P<d1>\d{1,2})\s?[-/.]\s?(?P<m1>\d{1,2})\s?[-/.]\s?(?P<y1>(?:19|20)?\d{2})"
    r"|(?P<d2>\d{1,2}) (?P<m2>\d{1,2}) (?P<y2>(?:19|20)\d{2})"
    r"|(?P<y3>(?:19|20)\d{2})-(?P<m3>\d{1,2})-(?P<d3>\d{1,2})"
    rf"|(?P<d4>\d{{1,2}})[\s-]?(?:e\s)?(?P<m4>(?:{'|'.join((*MONTHS, 'maa'))}){LETTER}*)"
    r"\.?[\s-]['’]?(?P<y4>(?:19|20)?\d{2})"
    r")(?![\d/-]|\.\d)",
    re.IGNORECASE,
)
# So far before a date may stand what it is the date of.
BEFORE, AFTER = 45, 25
HOUSE = r"\d{1,4}(?:\s?-?\s?(?:[a-wyz](?![a-z])|bis|hs|huis|\d{1,3}(?!\d)))?"
STREET_WORDS = 3
FIRST = 0


def names(text: str) -> Iterator[Detail]:
    """Names after words that announce one: "ik heet", "mevrouw", "groetjes", "ik ben"."""
    taken = -1
    for start, strict in sorted(_announced(text)):
        if start < taken:
            continue
        end = _name_end(text, start, strict)
        if end is not None:
            taken = end
            yield Detail("naam", start, end, text[start:end])


def births(text: str) -> Iterator[Detail]:
    """Dates of birth: named so, or a full date of so long ago with nothing that says otherwise."""
    named, business = whole(words()["geboren"]), whole(words()["zakelijke_datum"])
    for match in DATE.finditer(text):
        found = _date(match)
        if found is None:
            continue
        before = text[max(0, match.start() - BEFORE) : match.start()]
        after = text[match.end() : match.end() + AFTER]
        four_digits = len(found[1]) == 4
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
            yield Detail("adres", match.start(), match.end(), " ".join(match.group().split()))


def _announced(text: str) -> Iterator[tuple[int, bool]]:
    """Where a name may begin, and whether only what surely is one counts."""
    for pattern, strict in _triggers():
        for match in pattern.finditer(text):
            yield match.end(), strict


@lru_cache(maxsize=1)
def _triggers() -> tuple[tuple[re.Pattern[str], bool], ...]:
    lists = words()
    person = any_of(lists["persoon"])
    sure = (
        r"\b(?:ik|hij|zij|ze) (?:heet|heette|noem(?:t|de)? (?:ik )?me(?:zelf)?)\s+",
        r"\bheet ik\s+",
        rf"\b{person} (?:heet|genaamd)\s+",
        r"\b(?:m(?:ij|'|’)?n|zijn|haar) (?:(?:volledige|eigen|voor- en achter) ?)?"
        r"(?:voor|achter|roep)?naam(?: is|\s?[:=])\s+",
        r"(?:^|[\n,;.] ?)(?:voor|achter|roep)?naam(?: is|\s?[:=])\s*",
        r"\b(?:spreekt|spreek je|spreekt u|praat) (?:met|hier met)\s+",
    )
    unsure = (
        r"(?:^|[\n.!?,] ?)(?:(?:hallo|hoi|hai|hey|hi|dag|goede\w+|beste)[ ,!.]+)?(?:je |u )?met\s+",
        rf"(?<!\w){any_of(lists['aanspreking'])}\s+",
        rf"\b(?:mijn|m'n|mn|onze) {person}(?: is)?\s+",
        rf"(?<!\w){any_of(lists['groet'])}(?: van)?[,.]?\s+",
        r"\bik ben\s+",
        r"\bnaam(?: is)? ",
    )
    return tuple(
        (re.compile(pattern, re.IGNORECASE), strict)
        for group, strict in ((sure, False), (unsure, True))
        for pattern in group
    )


def _name_end(text: str, start: int, strict: bool) -> int | None:
    """Where the name that begins here ends; None when it is none.

    Args:
        strict: only a capital or a common first name makes it one.
    """
    lists = words()
    end, small = None, 0
    for number, match in enumerate(re.compile(rf"\s*(?P<w>{WORD}|[A-Z]\.)").finditer(text, start)):
        word, low = match["w"], match["w"].lower().replace("’", "'")
        if match.start() != (end if end is not None else start) and number:
            break
        if number and "\n" in text[match.start() : match.start("w")]:
            break
        capital = word[0].isupper() and not (
            len(word) > 2 and word.isupper() and not text.isupper()
        )
        if number == FIRST:
            known = low in lists["voornamen"]
            if (
                match.start() != start
                or low in lists["geen_naam"]
                or (strict and not (capital or known))
            ):
                return None
            if strict and not known and not _surely(text, start, match.end()):
                return None
            end, small = match.end(), 0 if capital else 1
            continue
        if low in lists["tussenvoegsel"] and _goes_on(text, match.end(), capital=small == 0):
            end = match.end()
            continue
        if low in lists["geen_naam"] or low in lists["daarna"]:
            break
        if capital or (small == 1 and not strict):
            end, small = match.end(), small if capital else small + 1
            continue
        break
    return end


def _surely(text: str, start: int, end: int) -> bool:
    """Whether an unknown word with a capital is a name: by what announces it or what follows it."""
    before = text[max(0, start - 12) : start].lower()
    if not before.endswith(("ben ", " is ", "met ")):
        return True
    if before.endswith("met ") and re.match(r"\s*(?:$|[,.!?;\n]|hier\b|uit\b)", text[end:]):
        return True
    after = re.match(rf"\s+(?:{any_of(words()['tussenvoegsel'])}\s+)*(?P<w>{WORD})", text[end:])
    return bool(after and after["w"][0].isupper())


def _goes_on(text: str, position: int, capital: bool) -> bool:
    """Whether the rest of a name follows, with a capital where the name began with one."""
    rest = re.match(rf"\s+(?:{any_of(words()['tussenvoegsel'])}\s+)*(?P<w>{WORD})", text[position:])
    if rest is None:
        return False
    low = rest["w"].lower()
    ended = words()["geen_naam"] | words()["daarna"]
    return bool(rest["w"][0].isupper() or not (capital or low in ended))


def _date(match: re.Match[str]) -> tuple[date, str] | None:
    """The date and its year as written; None when there is no such day."""
    for n in "1234":
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
    three = name[:3].lower()
    return MONTHS.index("mrt" if three == "maa" else three) + 1


@lru_cache(maxsize=1)
def _address() -> re.Pattern[str]:
    lists = words()
    small = r"(?:van|de|den|der|het|'t|ter|ten)"
    before = rf"(?-i:(?:(?:{small}|[A-ZÀ-Ý]\w*\.?)\s+){{0,{STREET_WORDS}}})"
    ends = any_of(lists["straat"])
    street = rf"{before}(?:{LETTER}[\w'’.-]*{ends}|(?-i:[A-ZÀ-Ý][\w'’-]+)\s+{ends})"
    nr = r"(?:(?:huis)?nummer|(?:huis|h)?nr\.?|no\.?)"
    city = rf"(?:,?\s+(?-i:[A-ZÀ-Ý]){LETTER}+)?"
    forms = (
        rf"(?P<street>{street}),?\s*{nr}?\s*{HOUSE}(?:[\s,]+(?:in |te )?{_postcode('a')})?{city}",
        rf"{_postcode('b')}[\s,]*(?:met |en )?(?:{nr}|-)?(?: is)?\s*:?\s*{HOUSE}",
        rf"(?:{nr}|op)\s+{HOUSE}[\s,]+(?:in |en |postcode |pc ){{0,2}}{_postcode('c')}",
        rf"{HOUSE},?\s+{_postcode('d')}",
    )
    counted = any_of(lists["telwoord"])
    return re.compile(rf"(?<![\w-])(?:{'|'.join(forms)})(?!\w)(?!\s*{counted})", re.IGNORECASE)


def _postcode(name: str) -> str:
    return rf"[1-9]\d{{3}}\s?(?P<{name}>[a-z]{{2}})(?![a-z])"


def _is_no_address(match: re.Match[str]) -> bool:
    lists = words()
    if match["street"]:
        return match["street"].lower() in lists["geen_straat"] | lists["straat"]
    letters = match["b"] or match["c"] or match["d"]
    return letters.lower() in lists["geen_postcode"]
