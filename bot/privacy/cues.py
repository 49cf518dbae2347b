"""The words that announce the name of a person, and what they still ask of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

from bot.privacy.detail import LETTER, any_of, gemeenten, texts, words

# A first name of fewer letters is too often something else to be one by itself.
ALONE = 4
WORD = rf"{LETTER}(?:{LETTER}|['’-](?={LETTER})){{0,40}}"


class Surety(Enum):
    """What the words that announce a name still ask of it.

    A word is strange when none of our own texts use it. ANY: nothing, any word that is on no list.
    CAPITAL: a capital, a common first name, or a strange word and an end. CLOSED: a common first
    name, or a capital or a strange word, and an end. RARE: a capital and a common first name or a
    strange word. FULL: two capitals with a strange word, or a common first name with one capital.
    KNOWN: a common first name with a capital.
    """

    ANY = 0
    CAPITAL = 1
    CLOSED = 2
    RARE = 3
    FULL = 4
    KNOWN = 5


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


@lru_cache(maxsize=1)
def cues() -> tuple[Cue, ...]:
    """All cues, the surest first. None can run on to the end of a text."""
    lists = words()
    person = any_of(lists["persoon"])
    address, greet = any_of(lists["aanspreking"]), any_of(lists["groet"])
    mine = r"\b(?:mijne?|mij|mjn|min|m['’ ]?n|me|onze|zijn|haar)"
    # As people say it who learn Dutch, type fast, or speak Frisian.
    name_is = r"(?:naam|naa?n|nam|naame|name|namme)(?: (?:is|iss?|ies|luidt|was|ben)|\s?[:=])"
    # "ja hallo", "hoi hoi"
    hello = rf"(?:(?:{any_of(lists['begroeting'])}[ ,!.]{{1,5}}){{1,3}})"
    opening = rf"(?:^|[\n.!?,] ?){hello}?"
    place = rf"(?:{any_of(gemeenten() | lists['land'])}(?!\w)|(?-i:[A-Z]))"
    state = any_of(lists["geen_naam"] | lists["wat_ik_ben"] | lists["daarna"])
    called = rf"(?!(?:{state}|{LETTER}{{0,30}}{any_of(lists['uitgang'])})\b){WORD}"
    two = rf"{called}\s{called}"
    particle, behind = any_of(lists["tussenvoegsel"]), any_of(lists["na_aanspreking"])
    article, label = any_of(lists["lidwoord"]), any_of(lists["voor_naam"])
    told = rf"(?<!\w)(?:{any_of(lists['na_gegevens'])}(?!\w)|\|)"
    only_names = frozenset(
        name for name in lists["voornamen"] - lists["ook_een_woord"] - texts() if len(name) >= ALONE
    )
    closed = rf"\s?(?:$|[.,!?;:\n]|{any_of(lists['na_naam'])}\b)"
    speaks = r",?\s(?:(?:spreekt u|spreek je)(?: mee)?\s?(?:$|[.,!?])|aan de (?:lijn|telefoon)\b)"
    upper, lower = r"(?-i:[^\W\d_a-zà-ÿ])", r"(?-i:[a-zà-ÿ])"
    forms: tuple[tuple[str, Surety, str | None, bool], ...] = (
        (r"\b(?:i?k|hij|zij|ze) ?"
         r"(?:heet|heett?e|hete|heett|hiet|hjit|noem(?:t|de)? (?:ik )?me(?:zelf)?)\s",
         Surety.ANY, None, True),
        (r"\b(?:i?k (?:genaamd|noem)|noem (?:me|mij)(?: maar| gewoon)?)\s",
         Surety.CLOSED, None, True),
        (rf"\b(?:heet ik|{person} (?:heet|genaamd))\s", Surety.ANY, None, False),
        (rf"{mine} (?:(?:volledige|eigen|voor- en achter) ?)?(?:voor|achter|roep)?{name_is}\s",
         Surety.ANY, None, True),
        (r"\b(?:my name|i?k naam|namme) is\s", Surety.ANY, None, True),
        (rf"(?:{mine} |\ben )(?:voor|achter|roep)?naam,?\s", Surety.CLOSED, None, True),
        (r"\b(?:voor|achter|roep)naam\s", Surety.ANY, closed, True),
        (r"\bspreekt? (?:u|je) mee,?\s", Surety.CLOSED, None, True),
        (rf"\b{person}\s", Surety.RARE, closed, True),
        (r"(?:^|[\n,;.] ?)(?:voor- ?en ?)?(?:voor|achter|roep)?naam(?: is|\s?[:=])\s?",
         Surety.ANY, None, True),
        (r"(?:^|[\n,;.] ?)(?:voor|achter|roep)?naam\s", Surety.CLOSED, None, True),
        (r"\b(?:spreekt?|spreek je|spreekt u|(?:je|u) praat|praat je) (?:hier |nu )?met\s",
         Surety.ANY, None, True),
        (rf"(?<!\w){greet}(?: van)?[,.]?\s(?={WORD}(?:\s{WORD}){{0,2}}\s?$)",
         Surety.ANY, None, False),
        (rf"(?<!\w){greet} uit {WORD},?(?: van)?\s", Surety.CLOSED, None, True),
        (rf"(?<!\w){address}\s(?!van (?:de|het) )"
         rf"(?=(?:{particle}\s){{0,3}}{WORD}(?:\s{WORD})?\s{behind}\b)",
         Surety.ANY, None, True),
        (r"\bde heer\s", Surety.ANY, None, True),
        (opening, Surety.ANY,
         r"\s(?:is (?:de|mijn|m['’]n|mn) (?:voor|achter|roep)?naam\b(?! van)|heet ik\b)", False),
        (r"\ben\s", Surety.ANY, r"\s(?:is )?(?:mijn|m['’]n|mn) (?:voor|achter)naam\b", False),
        (rf"{opening}(?={called})", Surety.ANY, speaks, False),
        (opening, Surety.FULL, speaks, True),
        (rf"\bi?k\s(?={lower})(?={called})", Surety.ANY,
         r"\s(?:wil|ben|heb|woon|zoek)\b", False),
        (rf"(?:^|[\n.!?] ?)(?={upper})", Surety.RARE,
         r"\s(?:van (?:de gemeente|de balie|het loket|jullie)|zei|belde|mailde|vertelde)\b", True),
        (rf"{opening}(?={lower})(?={called})", Surety.ANY, r"\shier\s?(?:$|[.,!])", False),
        (opening, Surety.FULL, r"\shier\b", True),
        (rf"{opening}hier\s(?:is )?", Surety.CLOSED,
         r"\s?(?:[.,!]|(?:nog|weer|van|met|even|uit|over)\b)", True),
        (opening, Surety.RARE, r"\shier\s?(?:$|[^\w\s])", True),
        (rf"{hello}hier\s", Surety.CLOSED, None, True),
        (rf"{opening}hier\s", Surety.RARE, r"\s?(?:$|[.,!?|])", True),
        (rf"{opening}(?:je |u )?met\s", Surety.CLOSED, None, True),
        (rf"(?<!\w){address}\s", Surety.CAPITAL, None, True),
        (rf"(?<!\w)door\s(?={upper})", Surety.FULL, None, True),
        (rf"{mine} {person}(?: is)?,?\s\(?", Surety.CAPITAL, None, False),
        (rf"\b{person},?\s", Surety.FULL, None, True),
        (rf"(?<!\w){greet}(?: van)?[,.:]?\s", Surety.CAPITAL, None, True),
        (rf"(?<!\w){label}(?: is| zijn|\s?:|,)?\s", Surety.CAPITAL, None, True),
        (rf"(?<!\w){any_of(lists['iemand'])}\s", Surety.RARE, None, True),
        (r"\b(?:i?k ben(?: het(?: weer)?,?)?|i am|i'm|(?:wij|we) (?:zijn|heten)|ik,)\s",
         Surety.CLOSED, None, False),
        (r"\b(?:ik ben|ben ik|wij zijn|we zijn|dit is|naam(?: is)?)\s", Surety.FULL, None, False),
        (rf"\b{any_of(lists['contact'])} (?:gehad )?(?:met|aan|naar|van|bij)\s",
         Surety.FULL, None, True),
        (rf"(?:^|[\n,:;.(!?])\s?(?={LETTER})", Surety.FULL, rf"[\s,.:(]{{0,4}}{told}", True),
        (rf"[\n.!?:]\s?(?={upper})", Surety.RARE, rf"[\s,.:(]{{0,4}}{told}", True),
        (rf"\n\s?(?={LETTER})", Surety.FULL, r"\s?(?:\n|$)", False),
        # The last of the message: what people sign with.
        (rf"(?:[.!?…)]\s|\n\s?)(?={upper})", Surety.RARE, r"\s?[.!]?\s?$", True),
        (rf"{opening}(?={upper})", Surety.RARE, r"\sen ik\b", False),
        (rf"\b{hello}", Surety.KNOWN, None, False),
        # Without capitals: "ik ben sjoukje wiersma uit assen", "ik ben sjoukje wiersma, tel 06...".
        (rf"\bik ben\s(?={two}(?:\s{WORD})?\suit {place})", Surety.ANY, None, False),
        (rf"\bik ben\s(?={two})", Surety.ANY, rf"[\s,.:(]{{0,4}}{told}", False),
        (rf"(?:^|[\n.!?] ?)(?!{any_of(lists['ook_een_woord'])}\b)(?={upper})",
         Surety.KNOWN, rf"\s{behind}\b", False),
        # A first name and a surname at the start: what people answer, and sign with.
        (rf"(?:^|[\n.!?] ?)(?={upper}{LETTER}{{1,40}}\s(?:{particle}\s){{0,3}}{upper})",
         Surety.KNOWN, None, False),
        # Amid a sentence a capital is no accident: "vragen naar Marleen", "de keuken: Marleen
        # kookt". Not behind another one: "Studio Marleen".
        (rf"(?:(?<!\w)(?!{article} ){lower}|(?:^|[\n.!?] ?)(?!{article} ){LETTER})"
         rf"{LETTER}{{0,40}}[,:;]? \(?(?={upper})", Surety.KNOWN, None, False),
        (rf"(?<!\w){any_of(lists['voor_volle_naam'])}\s(?={upper})", Surety.FULL, None, True),
        # "J.P. de Vries", wherever it stands.
        (rf"(?<![\w.])(?=(?-i:[A-Z]\.(?:\s?[A-Z]\.){{0,5}})\s?(?:{particle}\s){{0,3}}{upper}{LETTER})",
         Surety.FULL, None, False),
        # Common first names that are no other word, written small, in none of our texts.
        (rf"(?<![\w-])(?={lower})(?={any_of(only_names)}(?![\w'’]))", Surety.CLOSED, None, False),
    )  # fmt: skip
    found = (
        Cue(
            re.compile(before, re.IGNORECASE),
            surety,
            re.compile(after, re.IGNORECASE) if after else None,
            surname,
        )
        for before, surety, after, surname in forms
    )
    return tuple(sorted(found, key=lambda cue: cue.surety.value))
