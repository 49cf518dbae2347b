"""A feed of Samenwerkende Catalogi 4.0 as products.

Obligations and meaning of the fields: Informatie Publicatie Model (IPM) Samenwerkende Catalogi
4.0, version 2.01 (June 2018, Logius), par. 3.5.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from bot.catalogue.exchange.feed import MOST_TEXT, Product, Report, day, link, thousands
from bot.catalogue.exchange.plain import Line, lines, plain
from bot.catalogue.exchange.sc_xml import Value, Values
from bot.catalogue.exchange.sc_xml import products as read_values
from bot.catalogue.exchange.upl import NO_NAME, Term, find

# IPM par. 3.5: obligatory, and once.
ONCE = (
    *("dcterms:identifier", "dcterms:title", "dcterms:language", "dcterms:type"),
    *("dcterms:modified", "dcterms:spatial", "overheid:authority", "dcterms:abstract"),
    *("productID", "onlineAanvragen"),
)
# Obligatory, once or twice: `particulier`, `ondernemer` or both.
AUDIENCE = "dcterms:audience"
ENTREPRENEUR = "ondernemer"
ONLINE = {"ja": "Online aanvragen kan.", "digid": "Online aanvragen kan, met DigiD."}
# Headings in productHTML under which a field of a service stands (sc_writer writes the same).
HEADINGS = {
    "conditions": "Voorwaarden",
    "first_step": "Eerste stap",
    "duration": "Hoe lang het duurt",
    "results": "Wat het oplevert",
}

_FIELDS = {heading.lower(): name for name, heading in HEADINGS.items()}


def products(data: bytes, report: Report) -> Iterator[Product]:
    """The products in the feed, in its order.

    Args:
        data: the feed (see `feed.read`).
        report: gets every problem of a product; a product with one is not given.

    Raises:
        FeedError: the feed as a whole cannot be used, or has too many problems.
    """
    seen: dict[tuple[str, str], int] = {}
    for number, values in enumerate(read_values(data, report), start=1):
        before = len(report.problems)
        _check(number, values, report)
        texts = {name: plain(values[name][0].text) for name in ONCE if name in values}
        for name in (*ONCE, AUDIENCE):
            if not any(plain(value.text) for value in values.get(name, ())):
                report.add(number, name, "verplicht veld ontbreekt of is leeg")
        for name in ("productID", "dcterms:identifier"):
            first = seen.setdefault((name, texts.get(name, "")), number)
            if texts.get(name) and first != number:
                report.add(number, name, f"'{texts[name][:80]}' staat ook bij product {first}")
        product = _product(number, values, texts, report)
        if len(report.problems) == before:
            yield product


def _check(number: int, values: Values, report: Report) -> None:
    for name, found in values.items():
        if any(value.size > MOST_TEXT for value in found):
            report.add(number, name, f"te lang: hoogstens {thousands(MOST_TEXT)} tekens")
        if name in ONCE and len(found) > 1:
            report.add(number, name, "dit staat er meer dan één keer")


def _product(number: int, values: Values, texts: dict[str, str], report: Report) -> Product:
    def checked(name: str, value: str, check: Callable[[str], str | None]) -> str | None:
        try:
            return check(value) if value else None
        except ValueError as error:
            report.add(number, name, str(error))
            return None

    apply_url = next((value.resource for value in values.get("aanvraagURL", ())), "")
    body = [line for value in values.get("productHTML", ()) for line in lines(value.text)]
    known, details = _sections(body)
    upl, unknown = _upl(values.get("uniformeProductnaam", ()))
    online = ONLINE.get(texts.get("onlineAanvragen", "").lower())
    audiences = {plain(value.text).lower() for value in values.get(AUDIENCE, ())}
    return Product(
        number=number,
        key=texts.get("productID", ""),
        name=texts.get("dcterms:title", ""),
        summary=texts.get("dcterms:abstract", ""),
        modified=checked("dcterms:modified", texts.get("dcterms:modified", ""), day) or "",
        for_business=ENTREPRENEUR in audiences,
        url=checked("dcterms:identifier", texts.get("dcterms:identifier", ""), link),
        apply_url=checked("aanvraagURL", apply_url, link),
        authority=texts.get("overheid:authority", ""),
        upl=upl,
        keywords=[
            text for value in values.get("dcterms:subject", ()) if (text := plain(value.text))
        ],
        known=known,
        notes=[*unknown, *([online] if online else []), *details],
    )


def _upl(values: Sequence[Value]) -> tuple[list[Term], list[str]]:
    """The uniform names, and a note for each that is not in the list."""
    found: dict[str, Term] = {}
    notes = []
    for value in values:
        name = plain(value.text)
        term = find(name, value.resource)
        if term is None:
            notes.append(f"Deze uniforme productnaam staat niet in de lijst: {name or '(leeg)'}.")
        elif term.uri != NO_NAME:
            found[term.uri] = term
    return list(found.values()), notes


def _sections(body: Sequence[Line]) -> tuple[dict[str, Any], list[str]]:
    """Fields of a service that stand under a heading that says so, and all other lines."""
    known: dict[str, list[str]] = {}
    rest: list[str] = []
    name: str | None = None
    for line in body:
        if line.kind == "heading":
            name = _FIELDS.get(line.text.lower())
            if name not in known and name is not None:
                known[name] = []
                continue
            name = None
        (rest if name is None else known[name]).append(line.text)
    fields = {
        name: texts if name == "conditions" else " ".join(texts) for name, texts in known.items()
    }
    return {name: value for name, value in fields.items() if value}, rest
