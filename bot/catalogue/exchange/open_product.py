"""Product types of Open Product as products: an answer of its API, saved as a JSON file.

Source: Producttypen API 1.7.0 of Open Product (https://github.com/maykinmedia/open-product,
src/producttypen-openapi.yaml), schemas `PaginatedProductTypeList`, `ProductType`, `NestedLink`,
`NestedPrijs` and `PrijsOptie`. A page of the list (`GET /producttypen`) and one product type
(`GET /producttypen/{uuid}`) are both read.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from typing import Any, NoReturn

from bot.catalogue.exchange.feed import MOST_PRODUCTS, Product, Report, day, link, thousands
from bot.catalogue.exchange.plain import plain
from bot.catalogue.exchange.upl import NO_NAME, Term, find
from bot.content import validate

ENTREPRENEURS = "bedrijven_en_instellingen"
# Commas and brackets: every value in JSON has one, and takes memory.
MOST_VALUES = 2_000_000


def products(data: bytes, report: Report, today: date) -> Iterator[Product]:
    """The published product types in the file, in its order.

    Args:
        data: the file (see `feed.read`).
        report: gets every problem of a product type (one with a problem is not given), how many
            were not published, and a notice when the file is one page of more.
        today: decides which price holds.

    Raises:
        FeedError: the file as a whole cannot be used, or has too many problems.
    """
    try:
        yield from _products(_items(_loaded(data, report), report), report, today)
    except RecursionError:
        report.fail("de objecten en lijsten zitten te diep in elkaar")


def _products(items: list[Any], report: Report, today: date) -> Iterator[Product]:
    seen: dict[tuple[str, str], int] = {}
    for number, item in enumerate(items, start=1):
        wrong = validate(item, "open_product", report.file)
        for problem in wrong:
            report.add(number, problem.field, problem.message)
        if wrong:
            continue
        before = len(report.problems)
        for name in ("uuid", "code"):
            first = seen.setdefault((name, item[name]), number)
            if first != number:
                report.add(number, name, f"'{item[name][:80]}' staat ook bij product {first}")
        product = _product(number, item, report, today)
        if len(report.problems) > before:
            continue
        if item["gepubliceerd"]:
            yield product
        else:
            report.unpublished += 1


def _loaded(data: bytes, report: Report) -> Any:
    if sum(data.count(mark) for mark in (b",", b"[", b"{")) > MOST_VALUES:
        report.fail(f"dit bestand heeft meer dan {thousands(MOST_VALUES)} waarden")
    try:
        return json.loads(data.decode("utf-8"), parse_constant=_no_number)
    except json.JSONDecodeError as error:
        report.fail(f"dit is geen geldige JSON (regel {error.lineno}, positie {error.colno})")
    except _NoNumber as error:
        report.fail(f"dit is geen geldige JSON: {error} is geen getal")
    except ValueError:  # Python reads no number of more than 4,300 digits
        report.fail("dit is geen geldige JSON: een getal is te lang")


class _NoNumber(ValueError):
    """NaN or Infinity, which JSON does not have (RFC 8259, par. 6)."""


def _no_number(name: str) -> NoReturn:
    raise _NoNumber(name)


def _items(content: Any, report: Report) -> list[Any]:
    if isinstance(content, dict) and "results" in content:
        items = content["results"]
        if not isinstance(items, list):
            report.fail("`results` moet een lijst van producttypen zijn")
        if not items:
            report.fail("dit bestand bevat geen enkel producttype")
        if len(items) > MOST_PRODUCTS:
            report.fail(f"dit bestand heeft meer dan {thousands(MOST_PRODUCTS)} producttypen")
        if content.get("next") or content.get("previous"):
            report.notices.append(
                "Dit bestand is één pagina van een langere lijst. Lees de andere pagina's ook in."
            )
        return items
    if isinstance(content, dict) and "uuid" in content:
        return [content]
    report.fail(
        "dit is geen antwoord van de Producttypen API van Open Product: het heeft geen lijst "
        "`results` en is geen producttype met een `uuid`"
    )


def _product(number: int, item: dict[str, Any], report: Report, today: date) -> Product:
    name, key = plain(item["naam"]), plain(item["code"])
    for field, value in (("naam", name), ("code", key)):
        if not value:
            report.add(number, field, "verplicht veld is leeg")
    links = []
    for place, given in enumerate(item.get("links", ())):
        try:
            links.append(link(given["url"]))
        except ValueError as error:
            report.add(number, f"links.{place}.url", str(error))
    modified = ""
    try:
        modified = day(item["update_datum"])
    except ValueError as error:
        report.add(number, "update_datum", str(error))
    upl, notes = _upl(plain(item.get("uniforme_product_naam") or ""))
    offices = [plain(office["naam"]) for office in item.get("organisaties", ())]
    if any(offices):
        notes.append(f"Organisatie: {', '.join(filter(None, offices))}.")
    figures = _figures(item.get("prijzen", ()), today)
    return Product(
        number=number,
        key=key,
        name=name,
        summary=plain(item["samenvatting"]),
        modified=modified,
        for_business=item["doelgroep"] == ENTREPRENEURS,
        url=next((url for url in links if url), None),
        upl=upl,
        keywords=[text for keyword in item.get("keywords", ()) if (text := plain(keyword))],
        known={"figures": figures} if figures else {},
        notes=notes,
    )


def _upl(name: str) -> tuple[list[Term], list[str]]:
    term = find(name)
    if name and term is None:
        return [], [f"Deze uniforme productnaam staat niet in de lijst: {name}."]
    return [term] if term and term.uri != NO_NAME else [], []


def _figures(prices: Any, today: date) -> list[dict[str, Any]]:
    """The options of the price that holds today: the last one that has begun."""
    begun = [price for price in prices if price["actief_vanaf"] <= today.isoformat()]
    if not begun:
        return []
    price = max(begun, key=lambda price: str(price["actief_vanaf"]))
    return [
        {
            "label": plain(option["beschrijving"]) or "Prijs",
            "value": f"€ {option['bedrag'].replace('.', ',')}",
            "year": int(price["actief_vanaf"][:4]),
            "source": "Open Product",
        }
        for option in price.get("prijsopties", ())
    ]
