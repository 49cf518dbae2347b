"""Our services as a feed of Samenwerkende Catalogi 4.0.

Every rule is of the Informatie Publicatie Model (IPM) Samenwerkende Catalogi 4.0, version 2.01
(June 2018, Logius): par. 3.2 (UTF-8, declared; no markup in metadata), 3.3 (namespaces), 3.5 (the
fields, which have to stand in this order) and 3.6 (uniform names). `productHTML` is escaped, as in
the example in its appendix: the XML Schema knows no XHTML elements by itself.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from html import escape
from typing import Any
from xml.sax.saxutils import XMLGenerator
from xml.sax.xmlreader import AttributesImpl

from bot.catalogue.exchange import owms
from bot.catalogue.exchange.feed import FeedError, check_gemeente
from bot.catalogue.exchange.plain import plain
from bot.catalogue.exchange.sc_reader import ENTREPRENEUR, HEADINGS
from bot.catalogue.exchange.upl import NO_NAME, NO_NAME_LABEL
from bot.content import Problem
from bot.taxonomy import taxonomy

STOPPED = "gestopt"
FIGURES = "Cijfers"
WHERE = "Waar"


def to_xml(services: Iterable[Mapping[str, Any]], publisher: str, only: str | None = None) -> bytes:
    """The feed of the services, each as one product for entrepreneurs; stopped ones are left out.

    Args:
        services: as `bot.catalogue.query.as_dict` gives them.
        publisher: the gemeente that publishes the feed, its `overheid:authority`.
        only: the gemeente that the services were selected for.

    Raises:
        FeedError: a gemeente does not exist, or there are no services.
    """
    check_gemeente(publisher)
    if only is not None:
        check_gemeente(only)
    current = [service for service in services if service["status"] != STOPPED]
    if not current:
        raise FeedError([Problem("", "", "", "er zijn geen diensten om te exporteren")])
    out = io.BytesIO()
    xml = _Writer(XMLGenerator(out, encoding="utf-8", short_empty_elements=True))
    xml.generator.startDocument()
    attributes = {
        "xmlns:overheidproduct": owms.PRODUCT,
        "xmlns:overheid": owms.OVERHEID,
        "xmlns:dcterms": owms.DCTERMS,
        "xmlns:xsi": owms.XSI,
        "xsi:schemaLocation": owms.SCHEMA_LOCATION,
    }
    used: set[str] = set()
    with xml.element("scproducten", attributes):
        for service in current:
            with xml.element("scproduct", {"owms-version": owms.VERSION}):
                _product(xml, service, _identifier(service, used), publisher, only)
    xml.generator.endDocument()
    return out.getvalue()


class _Writer:
    """Elements on lines of their own, with their depth as indent."""

    def __init__(self, generator: XMLGenerator) -> None:
        self.generator = generator
        self._depth = 0

    @contextmanager
    def element(self, name: str, attributes: Mapping[str, str] | None = None) -> Iterator[None]:
        """A group of elements, of the namespace of products."""
        self._indent()
        self._start(f"overheidproduct:{name}", attributes or {})
        self._depth += 1
        yield
        self._depth -= 1
        self._indent()
        self.generator.endElement(f"overheidproduct:{name}")

    def value(self, name: str, text: str, **attributes: str) -> None:
        """An element with text; a name without prefix is of the namespace of products."""
        self._indent()
        name = name if ":" in name else f"overheidproduct:{name}"
        self._start(name, attributes)
        self.generator.characters(text)
        self.generator.endElement(name)

    def _start(self, name: str, attributes: Mapping[str, str]) -> None:
        self.generator.startElement(name, AttributesImpl(dict(attributes)))

    def _indent(self) -> None:
        self.generator.ignorableWhitespace("\n" + "  " * self._depth)


def _product(
    xml: _Writer, service: Mapping[str, Any], identifier: str, publisher: str, only: str | None
) -> None:
    with xml.element("meta"):
        with xml.element("owmskern"):
            xml.value("dcterms:identifier", identifier)
            xml.value("dcterms:title", plain(service["name"]))
            xml.value("dcterms:language", "nl")
            xml.value("dcterms:type", "productbeschrijving", scheme="overheid:Informatietype")
            xml.value("dcterms:modified", service["reviewed_on"])
            _spatial(xml, service["gemeenten"], publisher if only is None else only)
            uri, label = owms.gemeente(publisher)
            xml.value(
                "overheid:authority", label, scheme="overheid:Gemeente", resourceIdentifier=uri
            )
        with xml.element("owmsmantel"):
            xml.value("dcterms:audience", ENTREPRENEUR, scheme="overheid:Doelgroep")
            xml.value("dcterms:subject", ", ".join(_keywords(service)))
            xml.value("dcterms:abstract", plain(service["summary"]))
        with xml.element("scmeta"):
            xml.value("productID", service["id"])
            xml.value("onlineAanvragen", "nee")
            for term in service["upl"] or [{"name": NO_NAME_LABEL, "uri": NO_NAME}]:
                xml.value(
                    "uniformeProductnaam",
                    plain(term["name"]),
                    scheme="overheid:UniformeProductnaam",
                    resourceIdentifier=term["uri"],
                )
    html = _html(service)
    with xml.element("body"):
        if html:
            xml.value(
                "productHTML",
                html,
                **{"xmlns": owms.XHTML, "xsi:schemaLocation": owms.XHTML_LOCATION},
            )


def _identifier(service: Mapping[str, Any], used: set[str]) -> str:
    """An address of its own for each product, a page where there is one (IPM: unique, anyURI).

    Services share pages, and not every service has one; then our id makes the difference.
    """
    page = service["url"] or service["provider"]["url"]
    identifier = service["url"]
    if not identifier or identifier in used:
        name = service["id"]
        identifier = f"{page.partition('#')[0]}#{name}" if page else f"urn:startwijzer:{name}"
    used.add(identifier)
    return str(identifier)


def _spatial(xml: _Writer, names: list[str], here: str) -> None:
    """Where it can be used (IPM: exactly one): this gemeente, else its first one, or the country.

    All gemeenten stand in the text of the product.
    """
    if names:
        scheme = "overheid:Gemeente"
        uri, label = owms.gemeente(here if here in names else names[0])
    else:
        scheme = "overheid:Koninkrijksdeel"
        uri, label = owms.NEDERLAND
    xml.value("dcterms:spatial", label, scheme=scheme, resourceIdentifier=uri)


def _keywords(service: Mapping[str, Any]) -> list[str]:
    words = taxonomy()
    found = [words.needs[name].label for name in service["needs"] if name in words.needs]
    found += [words.phases[name] for name in service["phases"] if name in words.phases]
    return [plain(text) for text in found] or [ENTREPRENEUR]


def _html(service: Mapping[str, Any]) -> str:
    """The rest of what we tell, under headings by which it can be read back (sc_reader)."""
    parts = []
    for name, heading in HEADINGS.items():
        value = service[name]
        tag = "ul" if isinstance(value, list) else "p"
        parts.append(_section(heading, value if isinstance(value, list) else [value or ""], tag))
    figures = [
        f"{f['label']}: {f['value']} ({f['year']}, {f['source']})" for f in service["figures"]
    ]
    parts.append(_section(FIGURES, figures, "ul"))
    if service["gemeenten"]:
        parts.append(_section(WHERE, [f"In {', '.join(service['gemeenten'])}."], "p"))
    return "".join(parts)


def _section(heading: str, texts: Iterable[str], tag: str) -> str:
    """A heading with what stands under it; nothing when that is nothing."""
    shown = [escape(text, quote=False) for text in map(plain, texts) if text]
    if not shown:
        return ""
    if tag == "ul":
        body = f"<ul>{''.join(f'<li>{text}</li>' for text in shown)}</ul>"
    else:
        body = "".join(f"<p>{text}</p>" for text in shown)
    return f"<h2>{escape(heading, quote=False)}</h2>{body}"
