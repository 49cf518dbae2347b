"""What is looked at before a correction may become a training example; each finding in Dutch."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from bot.privacy.detect import TOKEN, find_details
from bot.review.corrections import InBasket
from bot.review.examples import Data, annotated, folded
from bot.review.similar import NEAR_COPY, flat, is_near_copy, likeness, trigrams
from bot.review.verdicts import NEW_TOPIC
from bot.taxonomy import taxonomy

Outcome = Literal["good", "notice", "refused"]
# What Rasa would read as something else than words: annotations, and a message that is a payload.
MARKUP = re.compile(r"[][{}]|^/|^-")
# Rules of thumb for what `find_details` leaves alone: a postal code and a long number. They only
# ask to look again.
PERSONAL_HINTS = {
    "een postcode": re.compile(r"\b[1-9]\d{3}\s?[A-Za-z]{2}\b"),
    "een lang nummer": re.compile(r"\d{7,}"),
}
LABELS = {
    "topic": "Onderwerp",
    "text": "Tekst",
    "personal": "Persoonsgegevens",
    "double": "Dubbel",
    "leak": "Toetsberichten",
    "conflict": "Tegenspraak",
}


@dataclass(frozen=True)
class Finding:
    """The outcome of one check. `check` is one of LABELS, `text` says in Dutch what was found."""

    check: str
    outcome: Outcome
    text: str

    @property
    def label(self) -> str:
        """The name of the check, for people."""
        return LABELS[self.check]


@dataclass(frozen=True)
class Checked:
    """A correction with its findings, and the line that it would become in the training data."""

    item: InBasket
    line: str
    findings: tuple[Finding, ...]

    @property
    def goes_in(self) -> bool:
        """Whether the patch has it: nothing was refused."""
        return all(finding.outcome != "refused" for finding in self.findings)


def check(items: Sequence[InBasket], data: Data) -> list[Checked]:
    """Looks at all corrections of a basket, against the data and against each other."""
    same: dict[str, list[InBasket]] = defaultdict(list)
    for item in items:
        same[flat(item.correction.text)].append(item)
    apart = _Apart(data)
    earlier: dict[str | None, list[str]] = defaultdict(list)
    checked = []
    for item in items:
        text, intent = item.correction.text, item.correction.intent
        findings = (
            _topic(item),
            _text(item),
            _personal(item),
            _double(item, data, earlier[intent]),
            apart.check(item),
            _conflict(item, data, same[flat(text)]),
        )
        checked.append(Checked(item, annotated(text, item.entities), findings))
        if checked[-1].goes_in:
            earlier[intent].append(text)
    return checked


def _topic(item: InBasket) -> Finding:
    intent = item.correction.intent or ""
    known = taxonomy().intents.get(intent)
    if known is not None:
        return Finding("topic", "good", f"{known.label} ({intent})")
    if item.correction.verdict == NEW_TOPIC:
        return Finding(
            "topic",
            "refused",
            f"'{intent}' is een nieuw onderwerp. Het heeft eerst een antwoord en een plek in de "
            "woordenlijst nodig; daarna gaat dit bericht vanzelf mee.",
        )
    return Finding("topic", "refused", f"Het onderwerp '{intent}' bestaat niet meer.")


def _text(item: InBasket) -> Finding:
    text = item.correction.text
    if not flat(text):
        return Finding("text", "refused", "Er staat geen woord in waar de bot van kan leren.")
    if MARKUP.search(TOKEN.sub("", text).strip()) or not text.isprintable():
        return Finding(
            "text",
            "refused",
            "Er staan tekens in die Rasa anders leest: vierkante haken, accolades, of een streepje "
            "of schuine streep vooraan. Haal ze weg.",
        )
    return Finding("text", "good", "Gewone woorden.")


def _personal(item: InBasket) -> Finding:
    text = item.correction.text
    kinds = sorted({detail.kind for detail in find_details(text)})
    if kinds:
        return Finding("personal", "refused", f"Er staan gegevens in: {', '.join(kinds)}.")
    if TOKEN.search(text):
        return Finding(
            "personal",
            "refused",
            "Er staat een verborgen gegeven in, zoals [telefoon:1]. Haal het uit de tekst.",
        )
    hints = [name for name, pattern in PERSONAL_HINTS.items() if pattern.search(text)]
    if hints:
        return Finding("personal", "notice", f"Kijk goed: misschien {', '.join(hints)}.")
    return Finding("personal", "good", "Niets gevonden. Namen herken ik niet: lees het zelf na.")


def _double(item: InBasket, data: Data, earlier: Sequence[str]) -> Finding:
    text, intent = item.correction.text, item.correction.intent or ""
    if any(example.intent == intent for example in data.by_flat.get(flat(text), ())):
        return Finding("double", "refused", "Dit voorbeeld staat er al.")
    if any(is_near_copy(text, example) for example in data.of_intent.get(intent, ())):
        return Finding("double", "refused", "Er staat al een voorbeeld dat bijna hetzelfde is.")
    if any(flat(other) == flat(text) or is_near_copy(text, other) for other in earlier):
        return Finding("double", "refused", "Zo'n bericht zit al in de mand.")
    return Finding("double", "good", "Nieuw voor dit onderwerp.")


def _conflict(item: InBasket, data: Data, same: Sequence[InBasket]) -> Finding:
    intent = item.correction.intent
    others = {example.intent for example in data.by_flat.get(flat(item.correction.text), ())}
    if others - {intent}:
        names = ", ".join(sorted(str(name) for name in others - {intent}))
        return Finding("conflict", "refused", f"Deze tekst is al een voorbeeld van {names}.")
    rivals = sorted({str(o.correction.intent) for o in same if o.correction.intent != intent})
    if rivals:
        return Finding(
            "conflict", "refused", f"Dezelfde tekst zit ook in de mand bij {', '.join(rivals)}."
        )
    return Finding("conflict", "good", "Geen ander onderwerp heeft deze tekst.")


class _Apart:
    """The messages that measure the bot; what it learned from cannot measure it."""

    def __init__(self, data: Data) -> None:
        self._has_heldout = data.has_heldout
        self._exact = {folded(text) for text in data.kept_apart}
        self._shapes = [trigrams(text) for text in data.kept_apart]

    def check(self, item: InBasket) -> Finding:
        text = item.correction.text
        shape = trigrams(text)
        if folded(text) in self._exact or any(
            likeness(shape, other) > NEAR_COPY for other in self._shapes
        ):
            return Finding(
                "leak",
                "refused",
                "Dit bericht staat (bijna zo) in de toets van het model. Wie de vragen vooraf "
                "kent, laat niet zien wat hij kan.",
            )
        if not self._has_heldout:
            return Finding(
                "leak",
                "refused",
                "De toetsberichten staan niet op deze machine, dus dit is niet na te gaan. Maak de "
                "verbetering waar ook de tests staan.",
            )
        return Finding("leak", "good", "Staat niet in de toets.")
