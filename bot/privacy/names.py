"""Names of people, by the words that announce them and by common first names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

from bot.privacy.detail import LETTER, Detail, any_of, gemeenten, whole, words

WORD = rf"{LETTER}(?:{LETTER}|['’-](?={LETTER}))*"
# Initials, the 't of "van 't Hoff", a word.
PART = re.compile(rf"(?P<between>\s*)(?P<w>(?:[A-Za-z]\.){{1,6}}|['’]t\b|{WORD})")
# Titles, particles and names: nobody's name is longer, and a thousand initials are no name.
MOST_PARTS = 12
# What may follow a name that stands on its own: "met Sandra, ...", "ik ben Tarik en ...".
CLOSED = re.compile(
    r"\s*(?:$|[,.!?;()\n|]|van (?:de|het)\b|(?:hier|uit|en|ik|is|was|wil|heeft|had|kan|gaat|werkt"
    r"|woont|zegt|zei|staat|zit|doet)\b)",
    re.IGNORECASE,
)
# Streets are called after people ("Jan van Galenstraat"); these ends are no surnames.
STREETS = ("straat", "laan", "plein", "kade", "gracht", "weg")
# Words in capitals only of at least this many letters are abbreviations.
SHOUTED = 3
# So far before and behind a name may stand what kind of organisation it is the name of.
BEFORE, BEHIND = 20, 15
MOST_SMALL_WORDS = 2
# With so many signs on either side in capitals, a capital says nothing.
AROUND = 60


class Surety(Enum):
    """What the words that announce a name still ask of it.

    ANY: nothing, any word that is on no list. CAPITAL: a capital, or a common first name. CLOSED: a
    common first name, or a capital and an end. FULL: two capitals, or a common first name with one.
    KNOWN: a common first name with a capital.
    """

    ANY = 0
    CAPITAL = 1
    CLOSED = 2
    FULL = 3
    KNOWN = 4


@dataclass(frozen=True)
class Cue:
    """Words before a name (`before` ends where it begins), and those that must follow it.

    Args:
        surname: the name may begin with "van", "de" or "el".
    """

    before: re.Pattern[str]
    surety: Surety
    after: re.Pattern[str] | None = None
    surname: bool = False


@dataclass(frozen=True)
class Name:
    """Words that may be a name: where they end, and what speaks for it."""

    end: int
    capital: bool
    capitals: int
    known: bool


def names(text: str) -> Iterator[Detail]:
    """Names of people: announced ("ik heet"), signed, or a common first name amid a sentence."""
    taken = -1
    found = ((m.end(), cue) for cue in _cues() for m in cue.before.finditer(text))
    for start, cue in sorted(found, key=lambda pair: (pair[0], pair[1].surety.value)):
        if start < taken or (end := _end(text, start, cue)) is None:
            continue
        while end is not None:
            taken = end
            yield Detail("naam", start, end, text[start:end])
            # "Rob Smit en Ingrid Smit"
            also = re.compile(r"\s+(?:en|of|&)\s+").match(text, end)
            start = also.end() if also else end
            end = _end(text, start, Cue(cue.before, Surety.CLOSED)) if also else None


def _end(text: str, start: int, cue: Cue) -> int | None:
    """Where the name that begins here ends; None when it is none."""
    name = _read(text, start, cue)
    if name is None or (cue.after and not cue.after.match(text, name.end)):
        return None
    enough = {
        Surety.ANY: True,
        Surety.CAPITAL: name.capital or name.known,
        Surety.CLOSED: name.known or (name.capital and bool(CLOSED.match(text, name.end))),
        Surety.FULL: name.capital and (name.known or name.capitals > 1),
        Surety.KNOWN: name.capital and name.known,
    }[cue.surety]
    unsure = cue.surety is not Surety.ANY
    return None if not enough or (unsure and _is_organisation(text, start, name.end)) else name.end


def _read(text: str, start: int, cue: Cue) -> Name | None:
    """The words from here that belong together as a name; None when the first cannot be one."""
    lists = words()
    no_name, small_words = lists["geen_naam"], 0
    first: Name | None = None
    position, shouts = start, False
    for _ in range(MOST_PARTS):
        match = PART.match(text, position)
        if match is None or "\n" in match["between"] or (match["between"] and position == start):
            break
        word, low = match["w"], match["w"].lower().replace("’", "'")
        if first is None:
            position = match.end()
            if low in lists["titel"] or (cue.surname and _begins_surname(text, match, cue.surety)):
                position += text[position : position + 1] == "."
                continue
            sure = cue.surety is Surety.ANY or (cue.surname and word[0].isupper())
            if {low, *low.split("-")} & no_name or not (sure or _may_be_called(low)):
                return None
            shouts = cue.surety is Surety.ANY and word.isupper() and len(word) >= SHOUTED
            capital = shouts or _is_capital(match, text)
            known = _is_first_name(low, capital)
            first, small_words = Name(position, capital, int(capital), known), int(not capital)
            continue
        end, capital = match.end(), (shouts and word.isupper()) or _is_capital(match, text)
        if low in lists["tussenvoegsel"] and _goes_on(text, end, capital=first.capital):
            position = end
            continue
        if low in no_name or low in lists["daarna"]:
            break
        if not capital and not _small_goes_on(text, end, low, first, cue.surety, small_words):
            break
        position, small_words = end, small_words + (not capital)
        first = Name(end, first.capital, first.capitals + capital, first.known)
    if first is None:
        return None
    initials = re.compile(r",\s?(?:[A-Z]\.)+").match(text, first.end) if cue.surname else None
    return Name(initials.end(), True, 2, first.known) if initials else first


def _small_goes_on(
    text: str, end: int, low: str, first: Name, surety: Surety, small_words: int
) -> bool:
    """Whether a word without a capital belongs to a name that began without one."""
    if text[first.end - 1] == ".":
        return True
    if first.capital or small_words > MOST_SMALL_WORDS:
        return False
    if (surety is Surety.ANY and small_words == 1) or low in words()["voornamen"]:
        return True
    # "ik ben abdi rashid warsame uit ...": one word more before the end.
    more = re.compile(rf"\s+({WORD})").match(text, end)
    goes_on = more and more[1].lower() not in words()["geen_naam"] | words()["daarna"]
    return bool(CLOSED.match(text, end) or (more and goes_on and CLOSED.match(text, more.end())))


def _may_be_called(word: str) -> bool:
    """Whether "ik ben" and this word do not tell a trade, an origin or a state."""
    lists = words()
    beside = lists["wat_ik_ben"] & {word, *word.split("-")}
    return not beside and not word.endswith(tuple(lists["uitgang"]))


def _is_first_name(word: str, capital: bool) -> bool:
    """Whether the (first half of the) word is a common first name, and not just a word."""
    lists = words()
    first = {word, word.split("-")[0]}
    return bool(first & lists["voornamen"] - (frozenset() if capital else lists["ook_een_woord"]))


def _is_capital(match: re.Match[str], text: str) -> bool:
    """A capital that says something: not in an abbreviation (UWV) or among capitals only."""
    word, around = match["w"], text[max(0, match.start() - AROUND) : match.end() + AROUND]
    initials = word.endswith(".")
    abbreviation = len(word) >= SHOUTED and word.isupper()
    return initials or (word[0].isupper() and not abbreviation and not around.isupper())


def _begins_surname(text: str, match: re.Match[str], surety: Surety) -> bool:
    """Whether "van", "van der" or "El" and a surname stand here, not "van de gemeente"."""
    low = match["w"].lower()
    if low not in words()["voor_achternaam"]:
        return False
    if low in words()["voor_kleine_achternaam"] or re.match(
        r" de[nr] \w", text[match.end() : match.end() + 6]
    ):
        return True
    return _goes_on(text, match.end(), capital=surety is not Surety.ANY)


def _goes_on(text: str, position: int, capital: bool) -> bool:
    """Whether the rest of a name follows, with a capital where the name began with one."""
    particles = any_of(words()["tussenvoegsel"])
    rest = re.compile(rf"\s+(?:{particles}\s+){{0,3}}(?P<w>{WORD})").match(text, position)
    if rest is None:
        return False
    ended = words()["geen_naam"] | words()["daarna"]
    return rest["w"][0].isupper() or not (capital or rest["w"].lower() in ended)


def _is_organisation(text: str, start: int, end: int) -> bool:
    """Whether the words in or beside the name say that it is that of a shop, a school, a street."""
    lists = words()
    kind = any_of(lists["organisatie"])
    beside = re.compile(rf"(?<![\w.]){kind}(?: van)?\s+$", re.IGNORECASE)
    behind = re.compile(rf"\s+(?:{kind}|&)(?!\w)", re.IGNORECASE)
    place = re.compile(rf"{any_of(gemeenten())}(?!\w)", re.IGNORECASE).match(text, start)
    return bool(
        (place and place.end() >= end)
        or beside.search(text[max(0, start - BEFORE) : start])
        or whole(lists["organisatie"]).search(text[start:end])
        or text[start:end].lower().endswith(STREETS)
        or behind.match(text[end : end + BEHIND])
    )


@lru_cache(maxsize=1)
def _cues() -> tuple[Cue, ...]:
    lists = words()
    person = any_of(lists["persoon"])
    address, greet = any_of(lists["aanspreking"]), any_of(lists["groet"])
    mine = r"\b(?:mijn|m['’]n|mn|me|onze|zijn|haar)"
    hello = rf"(?:{any_of(lists['begroeting'])}[ ,!.]+)"
    opening = rf"(?:^|[\n.!?,] ?){hello}?"
    place = rf"(?:{any_of(gemeenten() | lists['land'])}(?!\w)|(?-i:[A-Z]))"
    state = any_of(lists["geen_naam"] | lists["wat_ik_ben"] | lists["daarna"])
    called = rf"(?!(?:{state}|{LETTER}*{any_of(lists['uitgang'])})\b){WORD}"
    two = rf"{called}\s+{called}"
    particle, behind = any_of(lists["tussenvoegsel"]), any_of(lists["na_aanspreking"])
    article = any_of(lists["lidwoord"])
    told = rf"(?<!\w)(?:{any_of(lists['na_gegevens'])}(?!\w)|\|)"
    forms: tuple[tuple[str, Surety, str | None, bool], ...] = (
        (r"\b(?:ik|hij|zij|ze) (?:heet|heette|noem(?:t|de)? (?:ik )?me(?:zelf)?)\s+",
         Surety.ANY, None, False),
        (rf"\b(?:heet ik|{person} (?:heet|genaamd))\s+", Surety.ANY, None, False),
        (rf"{mine} (?:(?:volledige|eigen|voor- en achter) ?)?(?:voor|achter|roep)?naam"
         r"(?: is|\s?[:=])\s+", Surety.ANY, None, True),
        (r"(?:^|[\n,;.] ?)(?:voor- ?en ?)?(?:voor|achter|roep)?naam(?: is|\s?[:=])\s*",
         Surety.ANY, None, True),
        (r"\b(?:spreekt|spreek je|spreekt u|(?:je|u) praat) (?:hier )?met\s+",
         Surety.ANY, None, True),
        (rf"(?<!\w){greet}(?: van)?[,.]?\s+(?={WORD}(?:\s+{WORD}){{0,2}}\s*$)",
         Surety.ANY, None, False),
        (rf"(?<!\w){address}\s+(?!van (?:de|het) )"
         rf"(?=(?:{particle}\s+)*{WORD}(?:\s+{WORD})?\s+{behind}\b)",
         Surety.ANY, None, True),
        (r"\bde heer\s+", Surety.ANY, None, True),
        (opening, Surety.ANY, r"\s+is (?:de|mijn|m['’]n|mn) naam\b(?! van)", False),
        (opening, Surety.FULL, r"\s+hier\b", False),
        (opening, Surety.CAPITAL, r"\s+hier\s*(?:$|[^\w\s])", False),
        (rf"{opening}(?:je |u )?met\s+", Surety.CLOSED, None, True),
        (rf"(?<!\w){address}\s+", Surety.CAPITAL, None, True),
        (rf"{mine} {person}(?: is)?\s+", Surety.CAPITAL, None, False),
        (rf"\b{person},?\s+", Surety.FULL, None, False),
        (rf"(?<!\w){greet}(?: van)?[,.]?\s+", Surety.CAPITAL, None, True),
        (rf"\b{any_of(lists['voor_naam'])}(?:\s?:|,)?\s+", Surety.CAPITAL, None, True),
        (r"\b(?:ik ben(?: het(?: weer)?,?)?|(?:wij|we) (?:zijn|heten)|ik,)\s+",
         Surety.CLOSED, None, False),
        (r"\b(?:ik ben|wij zijn|we zijn|dit is|naam(?: is)?)\s+",
         Surety.FULL, None, False),
        (rf"\b{any_of(lists['contact'])} (?:gehad )?(?:met|aan|naar|van)\s+",
         Surety.FULL, None, True),
        (rf"(?:^|[\n,:;.(])\s*(?={LETTER})", Surety.FULL, rf"[\s,.:(]*{told}", True),
        (rf"\n\s*(?={LETTER})", Surety.FULL, r"\s*$", False),
        (rf"\b{hello}", Surety.KNOWN, None, False),
        # Without capitals: "ik ben sjoukje wiersma uit assen", "ik ben sjoukje wiersma, tel 06...".
        (rf"\bik ben\s+(?={two}(?:\s+{WORD})?\s+uit {place})", Surety.ANY, None, False),
        (rf"\bik ben\s+(?={two})", Surety.ANY, rf"[\s,.:(]*{told}", False),
        (rf"(?:^|[\n.!?] ?)(?!{any_of(lists['ook_een_woord'])}\b)(?=[A-ZÀ-Ý])",
         Surety.KNOWN, rf"\s+{behind}\b", False),
        # Nothing else on the line: what people answer, and sign with.
        (rf"(?:^|\n)(?=(?-i:[^\W\d_a-z]){LETTER}+\s+(?:{particle}\s+){{0,3}}(?-i:[^\W\d_a-z]))",
         Surety.KNOWN, r"[ .]*(?:\n|$)", False),
        # Amid a sentence a capital is no accident: "vragen naar Marleen".
        (rf"(?<!\w)(?!{article} ){LETTER}+,? (?=(?-i:[^\W\d_a-z]))", Surety.KNOWN, None, False),
    )  # fmt: skip
    return tuple(
        Cue(
            re.compile(before, re.IGNORECASE),
            surety,
            re.compile(after, re.IGNORECASE) if after else None,
            surname,
        )
        for before, surety, after, surname in forms
    )
