"""Names of people, by the words that announce them and by common first names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter

from bot.privacy.cues import WORD, Cue, Surety, cues
from bot.privacy.detail import Detail, any_of, gemeenten, vocabulary, whole, words

# Initials, the 't of "van 't Hoff", a word.
PART = re.compile(
    rf"(?P<between>\s?(?:-\s)?)(?P<w>(?:[A-Za-z]\.\s?){{0,5}}[A-Za-z]\.|['’]t\b|v/d\b|{WORD})"
)
# Titles, initials, particles and names: nobody's name is longer.
MOST_PARTS = 9
# Streets are called after people ("Jan van Galenstraat"); "Jan van der Laan" is a person.
STREET = re.compile(r"\w(?:straat|laan|plein|kade|gracht|weg)$", re.IGNORECASE)
# Words in capitals only of at least this many letters are abbreviations.
SHOUTED = 3
# A strange word is at least as long, and no compound that ends in a word of ours this long.
STRANGE, COMPOUND = 3, 5
# "gespeld", "veranderd", "doorgegeven": what was done with a name, written small.
PARTICIPLE = re.compile(
    r"(?:aan|af|bij|door|goed|in|klaar|mee|na|om|op|over|terug|toe|uit|vast|voor|weg|zelf)?"
    r"(?:ge|ver|be|ont|her|mis)\w{3,20}(?:d|t|en)"
)
# So far before and behind a name may stand what kind of organisation it is the name of.
BEFORE, BEHIND = 20, 15
MOST_SMALL_WORDS = 2
# With so many signs on either side in capitals, a capital says nothing.
AROUND = 60
ALSO = re.compile(r"\s(?:en|of|&)\s", re.IGNORECASE)
INITIALS_BEHIND = re.compile(r",\s?(?:[A-Z]\.){1,6}")
# "van der Berg": with these small words no "van de gemeente".
OF_A_SURNAME = re.compile(r" de[nr] \w")
# "op 't Hof", "in de Braek": only so do these begin a surname.
PREPOSITION = re.compile(r"(?:in|op|aan|uit|bij|onder|over) (?:de[nr]?|het|['’]t) [A-ZÀ-Ý]")
# "al-Hamwi", "d'Ancona", "ben-Haim": the capital stands behind what is glued to the name.
GLUED = re.compile(r"[a-zà-ÿ]{1,3}['’-](?=[^\W\d_a-zà-ÿ])")


@dataclass
class Name:
    """Words that may be a name: where they end, and what speaks for it."""

    end: int
    capital: bool
    capitals: int
    known: bool
    strange: bool
    closed: bool = False


# By where they begin, whether the cue is sure, and whether a surname may begin it.
Readings = dict[tuple[int, bool, bool], Name | None]


def names(text: str) -> Iterator[Detail]:
    """Names of people: announced ("ik heet"), signed, or a common first name amid a sentence."""
    taken, readings = -1, Readings()
    found = (
        (m.end(), rank, cue) for rank, cue in enumerate(cues()) for m in cue.before.finditer(text)
    )
    for start, _, cue in sorted(found, key=itemgetter(0, 1)):
        if start < taken or (end := _end(text, start, cue, readings)) is None:
            continue
        while end is not None:
            taken = end
            yield Detail("naam", start, end, text[start:end])
            # "Rob Smit en Ingrid Smit"
            also = ALSO.match(text, end)
            start = also.end() if also else end
            end = _end(text, start, Cue(cue.before, Surety.CLOSED), readings) if also else None


def _end(text: str, start: int, cue: Cue, readings: Readings) -> int | None:
    """Where the name that begins here ends; None when it is none."""
    # Several cues may announce a name at one place.
    key = (start, cue.surety is Surety.ANY, cue.surname)
    if key not in readings:
        readings[key] = _read(text, start, cue)
    name = readings[key]
    if name is None or (cue.after and not cue.after.match(text, name.end)):
        return None
    enough = {
        Surety.ANY: True,
        Surety.CAPITAL: name.capital or name.known or (name.strange and name.closed),
        Surety.CLOSED: name.known or ((name.capital or name.strange) and name.closed),
        Surety.RARE: name.capital and (name.known or name.strange),
        Surety.FULL: (name.capital and name.capitals > 1 and name.strange)
        or (name.known and (name.capital or name.closed)),
        Surety.KNOWN: name.capital and name.known,
    }[cue.surety]
    unsure = cue.surety is not Surety.ANY
    return None if not enough or (unsure and _is_organisation(text, start, name.end)) else name.end


def _read(text: str, start: int, cue: Cue) -> Name | None:
    """The words from here that belong together as a name; None when the first cannot be one."""
    lists = words()
    sure = cue.surety is Surety.ANY
    name: Name | None = None
    position, small_words, begun = start, 0, 0
    shouts = initials = upright = False
    particle = ""
    for _ in range(MOST_PARTS):
        match = PART.match(text, position)
        if match is None or "\n" in match["between"] or (match["between"] and position == start):
            break
        word, low = match["w"], match["w"].lower().replace("’", "'")
        if name is None:
            position = match.end()
            if low in lists["titel"]:
                position += text[position : position + 1] == "."
                continue
            goes_on = (
                particle and low in lists["tussenvoegsel"] and _goes_on(text, match.end(), True)
            )
            if cue.surname and (goes_on or _begins_surname(text, match, cue.surety)):
                particle, begun = low, begun + word[0].isupper()
                continue
            shouts = sure and word.isupper() and len(word) >= SHOUTED
            capital = shouts or _is_capital(match, text)
            if not _may_begin(text, match, low, cue, capital=capital, particle=bool(particle)):
                return None
            known = _is_first_name(low, capital)
            strange = _is_strange(low, capital=capital)
            name = Name(position, capital, begun + capital, known, strange)
            small_words, particle = int(not capital), ""
            initials, upright = word[-1] == ".", capital and word[0].isupper()
            continue
        if "-" in match["between"] and not (name.capitals > 1 and word[0].isupper()):
            break
        if word[-1] == ".":
            # A name has its initials at one place: "J. de Vries", "zehra b.".
            if initials:
                break
            initials = True
        end, capital = match.end(), (shouts and word.isupper()) or _is_capital(match, text)
        if low in lists["tussenvoegsel"] and _goes_on(text, end, capital=upright):
            position, particle = end, low
            continue
        if (low in lists["geen_naam"] or low in lists["daarna"]) and not (particle and capital):
            break
        if not capital and not _small_goes_on(
            text, end, low, name, cue.surety, small_words, particle
        ):
            break
        position, small_words, particle = end, small_words + (not capital), ""
        # "P. van Dijk"
        initialled = text[name.end - 1] == "." and word[-1] != "."
        strange = name.strange or initialled or (capital and _is_strange(low, capital=True))
        name.end, name.capitals, name.strange = end, name.capitals + capital, strange
    if name is None:
        return None
    behind = INITIALS_BEHIND.match(text, name.end) if cue.surname else None
    if behind:
        name.end, name.capital, name.capitals = behind.end(), True, 2
    name.closed = _is_closed(text, name.end)
    return name


def _may_begin(
    text: str, match: re.Match[str], low: str, cue: Cue, *, capital: bool, particle: bool
) -> bool:
    """Whether a name can begin with this word here.

    Args:
        capital: it has a capital that says something. particle: before it stands "van" or "de".
    """
    lists, sure = words(), cue.surety is Surety.ANY
    if low in lists["aanspreking"]:
        return False
    if sure and _is_first_name(low, capital=True):
        return low not in lists["daarna"] or _is_closed(text, match.end())
    # "meneer ter Haar"
    if {low, *low.split("-")} & lists["geen_naam"] and not (particle and capital):
        return False
    if not (sure or (cue.surname and match["w"][0].isupper()) or _may_be_called(low)):
        return False
    if not sure or capital or low in lists["wat_ik_ben"]:
        return True
    # "mijn naam is toch ...", "mijn naam is veranderd", but "mijn naam is de wilde".
    if low in vocabulary() and not match["w"].isupper():
        of = text.startswith(" van", match.end())
        return particle and not of and _is_closed(text, match.end())
    return PARTICIPLE.fullmatch(low) is None


def _small_goes_on(
    text: str, end: int, low: str, name: Name, surety: Surety, small_words: int, particle: str
) -> bool:
    """Whether a word without a capital belongs to a name that began without one."""
    lists = words()
    # "hanneke vd velde", "kobus van der meulen": no word of the sentence follows these.
    if text[name.end - 1] == "." or (particle in words()["voor_kleine_achternaam"]):
        return True
    if name.capital or small_words > MOST_SMALL_WORDS:
        return False
    if low in lists["voornamen"]:
        return True
    if surety is Surety.ANY and small_words == 1:
        return low not in vocabulary() or low in lists["wat_ik_ben"] or _is_closed(text, end)
    # "ik ben abdi rashid warsame uit ...": one word more before the end.
    more = SMALL_WORD.match(text, end)
    goes_on = more and more[1].lower() not in lists["geen_naam"] | lists["daarna"]
    return _is_closed(text, end) or bool(more and goes_on and _is_closed(text, more.end()))


SMALL_WORD = re.compile(rf"\s({WORD})")


def _is_closed(text: str, position: int) -> bool:
    return bool(_closed().match(text, position))


def _may_be_called(word: str) -> bool:
    """Whether "ik ben" and this word do not tell a trade, an origin or a state."""
    lists = words()
    beside = lists["wat_ik_ben"] & {word, *word.split("-")}
    return not beside and not word.endswith(_endings())


def _is_strange(word: str, *, capital: bool) -> bool:
    """Whether our texts do not know the word (written small), nor the last part of it.

    Without a capital, the end of a word may also tell that it is no name.
    """
    ends = _endings() if capital else _endings() + _small_endings()
    if len(word) < STRANGE or "." in word or word.endswith(ends):
        return False
    if not capital and PARTICIPLE.fullmatch(word):
        return False
    parts = (word[n:] for n in range(1, len(word) - COMPOUND + 1))
    known = vocabulary()
    return not (word in known or word in gemeenten() or any(part in known for part in parts))


def _is_first_name(word: str, capital: bool) -> bool:
    """Whether the (first half of the) word is a common first name, and not just a word."""
    lists = words()
    first = {word, word.split("-")[0]} & lists["voornamen"]
    return bool(first if capital else first - lists["ook_een_woord"])


def _is_capital(match: re.Match[str], text: str) -> bool:
    """A capital that says something: not in an abbreviation (UWV) or among capitals only."""
    word = GLUED.sub("", match["w"], count=1)
    if word[-1] == "." or not word[0].isupper():
        return word[-1] == "."
    around = text[max(0, match.start() - AROUND) : match.end() + AROUND]
    abbreviation = len(word) >= SHOUTED and word.isupper()
    return not abbreviation and not around.isupper()


def _begins_surname(text: str, match: re.Match[str], surety: Surety) -> bool:
    """Whether "van", "van der" or "El" and a surname stand here, not "van de gemeente"."""
    low = match["w"].lower()
    if PREPOSITION.match(text, match.start("w")):
        return True
    if low not in words()["voor_achternaam"]:
        return False
    if low in words()["voor_kleine_achternaam"] or OF_A_SURNAME.match(text, match.end()):
        return True
    return _goes_on(text, match.end(), capital=surety is not Surety.ANY)


def _goes_on(text: str, position: int, capital: bool) -> bool:
    """Whether the rest of a name follows, with a capital where the name began with one."""
    rest = _rest().match(text, position)
    if rest is None:
        return False
    ended = words()["geen_naam"] | words()["daarna"]
    return rest["w"][0].isupper() or not (capital or rest["w"].lower() in ended)


def _is_organisation(text: str, start: int, end: int) -> bool:
    """Whether the words in or beside the name say that it is that of a shop, a school, a street."""
    kind, beside, behind, place = _organisation()
    found = place.match(text, start)
    return bool(
        (found and found.end() >= end)
        or beside.search(text[max(0, start - BEFORE) : start])
        or kind.search(text[start:end])
        or kind.match(text, start)
        or STREET.search(text, start, end)
        or behind.match(text[end : end + BEHIND])
    )


@lru_cache(maxsize=1)
def _closed() -> re.Pattern[str]:
    """What may follow a name that stands on its own: "met Sandra, ...", "ik ben Tarik en ..."."""
    behind = any_of(words()["na_naam"])
    return re.compile(rf"\s?(?:$|[,.!?;:()\n|]|{behind}(?!\w))", re.IGNORECASE)


@lru_cache(maxsize=1)
def _rest() -> re.Pattern[str]:
    particles = any_of(words()["tussenvoegsel"])
    return re.compile(rf"\s(?:{particles}\s){{0,3}}(?P<w>{WORD})")


@lru_cache(maxsize=1)
def _organisation() -> tuple[re.Pattern[str], ...]:
    """What says so in a name, before it, behind it; and the names of places."""
    kind = any_of(words()["organisatie"])
    return (
        whole(words()["organisatie"]),
        re.compile(
            rf"(?<![\w.])(?:{kind}(?: van)?|(?:bedrijfs|handels|winkel)naam(?: is| wordt|:)) $",
            re.IGNORECASE,
        ),
        re.compile(rf" (?:{kind}|&)(?!\w)", re.IGNORECASE),
        re.compile(rf"{any_of(gemeenten())}(?!\w)", re.IGNORECASE),
    )


@lru_cache(maxsize=1)
def _endings() -> tuple[str, ...]:
    return tuple(words()["uitgang"])


@lru_cache(maxsize=1)
def _small_endings() -> tuple[str, ...]:
    return tuple(words()["uitgang_klein"])
