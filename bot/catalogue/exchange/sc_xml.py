"""The XML of Samenwerkende Catalogi 4.0, read in pieces: the fields of one product at a time.

Structure: Informatie Publicatie Model Samenwerkende Catalogi 4.0, version 2.01 (June 2018,
Logius), par. 3.2 to 3.5, and https://standaarden.overheid.nl/sc/4.0/xsd/sc.xsd. Its root is
`scproducten`.

Only fields that count are kept, so memory does not grow with the feed; everything that a hostile
feed can drive up has a limit, and a DTD (and with it every entity) is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from xml.parsers.expat import errors as expat

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser, ParseError

from bot.catalogue.exchange import owms
from bot.catalogue.exchange.feed import MOST_PRODUCTS, MOST_TEXT, Report, thousands

PIECE = 64 * 1024
MOST_DEPTH = 100
MOST_ELEMENTS = 5_000  # in one product
MOST_NAMES = 1_000  # different names of elements and attributes; the parser remembers each
MOST_IN_A_TAG = 1_000_000  # bytes from one `<` to the next

ROOT = f"{{{owms.PRODUCT}}}scproducten"
PRODUCT = f"{{{owms.PRODUCT}}}scproduct"
# IPM par. 3.5: the groups within `scproduct` with the fields that we read, in the order of the
# standard.
FIELDS: Mapping[Sequence[str], Sequence[str]] = {
    ("meta", "owmskern"): (
        *("dcterms:identifier", "dcterms:title", "dcterms:language", "dcterms:type"),
        *("dcterms:modified", "dcterms:spatial", "overheid:authority"),
    ),
    ("meta", "owmsmantel"): ("dcterms:audience", "dcterms:subject", "dcterms:abstract"),
    ("meta", "scmeta"): ("productID", "onlineAanvragen", "aanvraagURL", "uniformeProductnaam"),
    ("body",): ("productHTML",),
}

_SPACES = {"": owms.PRODUCT, "dcterms": owms.DCTERMS, "overheid": owms.OVERHEID}
_ENCODING = re.compile(rb"\s*<\?xml[^>]*?encoding\s*=\s*[\"']([^\"'>]*)[\"']")
_LONG_TAG = re.compile(rb"<[^<]{%d}" % MOST_IN_A_TAG)
_CUT_OFF = (
    expat.XML_ERROR_NO_ELEMENTS,
    expat.XML_ERROR_UNCLOSED_TOKEN,
    expat.XML_ERROR_UNCLOSED_CDATA_SECTION,
    expat.XML_ERROR_PARTIAL_CHAR,
)


def _tag(name: str) -> str:
    prefix, _, local = name.rpartition(":")
    return f"{{{_SPACES[prefix]}}}{local}"


_PATHS = {
    (*map(_tag, group), _tag(name)): name for group, names in FIELDS.items() for name in names
}


@dataclass
class Value:
    """One element: its text with the tags of elements of its own, and what it refers to.

    Text may be escaped HTML; both kinds of markup are taken out later (see `plain`). `size` is the
    number of characters that stood there; no more than MOST_TEXT are kept.
    """

    resource: str = ""
    size: int = 0
    parts: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """What was kept."""
        return "".join(self.parts)

    def add(self, text: str) -> None:
        """More text, or a tag."""
        self.size += len(text)
        if self.size <= MOST_TEXT:
            self.parts.append(text)


Values = dict[str, list[Value]]


def products(data: bytes, report: Report) -> Iterator[Values]:
    """The fields of each product, by their name in FIELDS.

    Args:
        data: the feed (see `feed.read`).
        report: gets what is wrong with a product by itself.

    Raises:
        FeedError: the feed as a whole cannot be used.
    """
    _check_bytes(data, report)
    target = _Target(report)
    parser = DefusedXMLParser(target=target, encoding="utf-8", forbid_dtd=True)
    try:
        for start in range(0, len(data), PIECE):
            parser.feed(data[start : start + PIECE])
            yield from target.found
            target.found.clear()
        parser.close()
    except DefusedXmlException:
        report.fail(
            "deze feed bevat een DTD of entiteiten (<!DOCTYPE, <!ENTITY). Dat hoort niet in "
            "Samenwerkende Catalogi en kan schade doen"
        )
    except ParseError as error:
        report.fail(_broken(error))


def _check_bytes(data: bytes, report: Report) -> None:
    """IPM par. 3.2: a feed is in UTF-8 and says so (XML takes UTF-8 when it does not)."""
    declared = _ENCODING.match(data[:1000])
    if declared and declared[1].strip().lower() not in (b"utf-8", b"utf8"):
        name = declared[1].decode("ascii", "replace")[:40]
        report.fail(f"deze feed zegt dat hij in {name} staat, maar de standaard vraagt UTF-8")
    if _LONG_TAG.search(data):
        report.fail(f"deze feed heeft een element van meer dan {thousands(MOST_IN_A_TAG)} tekens")


def _broken(error: ParseError) -> str:
    line, column = error.position
    where = f"regel {line}, positie {column + 1}"
    if error.code in [expat.codes[message] for message in _CUT_OFF]:
        return f"deze feed is niet compleet: hij houdt op bij {where}. Haal hem opnieuw op"
    if error.code == expat.codes[expat.XML_ERROR_UNDEFINED_ENTITY]:
        return f"deze feed gebruikt een code die in XML niet bestaat, zoals &nbsp; ({where})"
    return f"dit is geen geldige XML ({where})"


class _Target:
    """Takes what the parser finds; finished products wait in `found`."""

    def __init__(self, report: Report) -> None:
        self.found: list[Values] = []
        self._report = report
        self._path: list[str] = []
        self._product: Values = {}
        self._value: Value | None = None
        self._names: set[str] = set()
        self._number = 0
        self._elements = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """An element opens."""
        self._limit(tag, attributes)
        self._path.append(tag)
        if len(self._path) == 1:
            self._check_root(tag)
        elif len(self._path) == 2:
            self._begin(tag, attributes)
        elif self._value is not None:
            self._value.add(f"<{_local(tag)}>")
        elif name := _PATHS.get(tuple(self._path[2:])):
            self._value = Value(resource=attributes.get("resourceIdentifier", ""))
            self._product.setdefault(name, []).append(self._value)

    def data(self, text: str) -> None:
        """Text within an element."""
        if self._value is not None:
            self._value.add(text)

    def end(self, tag: str) -> None:
        """An element closes."""
        path = tuple(self._path[2:])
        self._path.pop()
        if len(self._path) == 1:
            self.found.append(self._product)
        elif path in _PATHS:
            self._value = None
        elif self._value is not None:
            self._value.add(f"</{_local(tag)}>")

    def close(self) -> None:
        """The feed is complete."""
        if not self._number:
            self._report.fail("deze feed bevat geen enkel product")

    def _check_root(self, tag: str) -> None:
        if tag != ROOT:
            self._report.fail(
                f"dit is geen feed van Samenwerkende Catalogi {owms.VERSION}: het hoofdelement is "
                f"{_shown(tag)}, maar moet scproducten zijn in de naamruimte {owms.PRODUCT}"
            )

    def _begin(self, tag: str, attributes: dict[str, str]) -> None:
        if tag != PRODUCT:
            self._report.fail(
                f"onder scproducten staat {_shown(tag)}; daar mag alleen scproduct staan, in de "
                f"naamruimte {owms.PRODUCT}"
            )
        self._number += 1
        self._elements = 0
        self._product = {}
        if self._number > MOST_PRODUCTS:
            self._report.fail(f"deze feed heeft meer dan {thousands(MOST_PRODUCTS)} producten")
        version = attributes.get("owms-version", "").strip()
        if version != owms.VERSION:
            self._report.add(
                self._number, "owms-version", f"moet {owms.VERSION} zijn, en is '{version[:20]}'"
            )

    def _limit(self, tag: str, attributes: dict[str, str]) -> None:
        self._elements += 1
        self._names.update((tag, *attributes))
        if len(self._path) >= MOST_DEPTH:
            self._report.fail(f"de elementen zitten dieper in elkaar dan {MOST_DEPTH} lagen")
        if self._elements > MOST_ELEMENTS:
            self._report.fail(
                f"product {self._number} heeft meer dan {thousands(MOST_ELEMENTS)} elementen"
            )
        if len(self._names) > MOST_NAMES:
            self._report.fail(
                f"deze feed gebruikt meer dan {thousands(MOST_NAMES)} verschillende namen"
            )


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def _shown(tag: str) -> str:
    space, _, local = tag.rpartition("}")
    return f"{local[:80]} in {space[1:][:120]}" if space else f"{local[:80]} zonder naamruimte"
