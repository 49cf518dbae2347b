"""Reading an answer from what someone said. Only what is certain counts; else nothing is read."""

from __future__ import annotations

import re
import unicodedata

from bot.flows.model import Said, Step
from bot.privacy.detect import TOKEN

# Longer than this, a text is a story and not the name of an option.
MOST_WORDS_FOR_OPTION = 6
# With the word after it; more digits than this is no age, number of hours or amount.
NUMBER = re.compile(r"(?<!\d)(\d[\d.]{0,14})(?:,(\d+))?(?![\d.,]*\d)\s*([^\W\d_]*)")
MULTIPLIERS = {
    "k": 1_000,
    "duizend": 1_000,
    "mille": 1_000,
    "ton": 100_000,
    "miljoen": 1_000_000,
    "mln": 1_000_000,
}
# "Jonger dan 18" is not 18, and 6 months are not 6 years.
SHIFTS = frozenset(["dan", "onder", "boven", "bijna", "tegen", "ruim"])
OTHER_UNITS = frozenset(["dag", "dagen", "weken", "maand", "maanden", "mnd", "kwartaal"])
NUMBERS = ("een", "twee", "drie", "vier", "vijf", "zes", "zeven", "acht", "negen", "tien")
QUESTION_WORDS = frozenset(["wat", "hoe", "waarom", "welke", "wanneer", "hoeveel", "mag", "kan"])
DENIALS = frozenset(["niet", "geen", "nooit", "niets", "niks", "zonder"])
NO = "nee"
# Words around a yes that add nothing to it.
PLAIN_WORDS = frozenset(
    [
        "ja",
        "jawel",
        "jazeker",
        "dat",
        "is",
        "het",
        "hoor",
        "graag",
        "oke",
        "ok",
        "ik",
        "ga",
        "vind",
        "mee",
        "doe",
        "daarmee",
        "maar",
        "natuurlijk",
        "zeker",
        "best",
        "dank",
        "je",
        "wel",
    ]
)
# Details of someone else are never stored: that person did not consent.
PERSON = (
    r"(?:schoon|stief|pleeg)?(?:man|vrouw|partner|vriend|vriendin|verloofde|ex|broer|broertje|zus|"
    r"zusje|vader|moeder|ouders?|opa|oma|zoon|zoontje|dochter|dochtertje|kind|kinderen|oom|tante|"
    r"neef|nicht|collega|baas|buurman|buurvrouw|huisgenoot|boekhouder|accountant|begeleider|"
    r"bewindvoerder)s?"
)
THIRD_PERSON = re.compile(
    rf"\b(?:mijn|m'n|mn|zijn|haar|hun|onze|de|een)\s+(?:\w+\s+)?{PERSON}\b|\biemand anders\b|"
    r"\b(?:zijn|haar|hun)\s+(?:nummer|telefoonnummer|telefoon|mobiel|mail|e-?mail(?:adres)?)\b"
)
CONTACT_KINDS = ("telefoon", "email")


def read(step: Step, said: Said) -> str | None:
    """The answer to this question, or None when it was not answered.

    A choice carries `step:value`; it counts only for its own question.
    """
    if said.answer is not None:
        step_id, _, value = said.answer.partition(":")
        return value if step_id == step.id and _is_possible(step, value) else None
    match step.kind:
        case "choice":
            return _option(step, said)
        case "number":
            return _number(step, said)
        case "gemeente":
            return None if _asks_something_else(said) else said.entities.get("gemeente")
        case "contact":
            if THIRD_PERSON.search(said.text.lower()):
                return None
            tokens = (match.group() for match in TOKEN.finditer(said.text))
            return next((t for t in tokens if t[1:].split(":")[0] in CONTACT_KINDS), None)
        case "text":
            return said.text.strip() or None


def normalise(text: str) -> str:
    """Lower case, without accents, punctuation and double spaces."""
    flat = unicodedata.normalize("NFKD", text.casefold())
    letters = "".join(c for c in flat if not unicodedata.combining(c))
    return " ".join(re.findall(r"[a-z0-9]+", letters))


def _says_nothing_else(step: Step, text: str) -> bool:
    """A plain yes, or a no in any words; "goed dat je het vraagt" and a question are neither."""
    words = set(normalise(text).split())
    if "?" in text:
        return False
    phrases = (phrase for option in step.options for phrase in (option.title, *option.words))
    own = {word for phrase in phrases for word in normalise(phrase).split()}
    return words <= own | PLAIN_WORDS or not (DENIALS | {NO}).isdisjoint(words)


def _named(step: Step, text: str) -> set[str]:
    """The values of the options that are named; a longer name hides the shorter ones in it.

    "Niet akkoord" does not name "akkoord": what is denied outside its own name does not count.
    """
    found = [
        (*match.span(), phrase, option.value)
        for option in step.options
        for phrase in map(normalise, (option.title, *option.words))
        for match in re.finditer(rf"\b{re.escape(phrase)}\b", text)
    ]
    denials = [match.start() for match in re.finditer(r"\w+", text) if match.group() in DENIALS]
    values = set()
    for start, end, phrase, value in found:
        hidden = any(s <= start and end <= e and e - s > end - start for s, e, _, _ in found)
        denied = any(not start <= at < end for at in denials)
        says_no = phrase == NO or not DENIALS.isdisjoint(phrase.split())
        if not hidden and (says_no or not denied):
            values.add(value)
    return values


def _asks_something_else(said: Said) -> bool:
    """A clear subject, put as a question: the words of an option in it are no answer."""
    words = normalise(said.text).split()
    return said.is_topic and ("?" in said.text or not QUESTION_WORDS.isdisjoint(words))


def _is_possible(step: Step, value: str) -> bool:
    return step.option(value) is not None if step.options else bool(value)


def _number(step: Step, said: Said) -> str | None:
    """An option that is named, or the one in whose bounds the one number of the text lies."""
    text = normalise(said.text)
    words = text.split()
    if _asks_something_else(said):
        return None
    named = _named(step, text) if len(words) <= MOST_WORDS_FOR_OPTION else set()
    if len(named) == 1:
        return named.pop()
    found = NUMBER.findall(TOKEN.sub(" ", said.text.lower()))
    if len(found) != 1 or not (SHIFTS | OTHER_UNITS | DENIALS).isdisjoint(words):
        return None
    whole, decimals, unit = found[0]
    if len(decimals) > 2:
        return None
    number = int(float(f"{whole.replace('.', '')}.{decimals or 0}") * MULTIPLIERS.get(unit, 1))
    inside = (o for o in step.options if o.bounds and o.bounds[0] <= number <= o.bounds[1])
    return next((option.value for option in inside), None)


def _option(step: Step, said: Said) -> str | None:
    text = normalise(said.text)
    if not text:
        return None
    for number, option in enumerate(step.options, start=1):
        if text in (str(number), NUMBERS[number - 1] if number <= len(NUMBERS) else ""):
            return option.value
    if step.strict and not _says_nothing_else(step, said.text):
        return None
    if len(text.split()) <= MOST_WORDS_FOR_OPTION and not _asks_something_else(said):
        values = _named(step, text)
        if values:
            return values.pop() if len(values) == 1 else None
    # A refusal in other words is never taken for a yes, whatever NLU makes of it.
    if said.intent != "ontkennen" and not (DENIALS | {NO}).isdisjoint(text.split()):
        return None
    by_intent = [o.value for o in step.options if said.intent in o.intents]
    return by_intent[0] if len(by_intent) == 1 else None
