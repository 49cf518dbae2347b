"""A feed as a file: its limits, its problems in Dutch, and what a product in any feed tells."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import urlsplit

from bot.catalogue import gemeenten
from bot.catalogue.exchange.plain import visible
from bot.catalogue.exchange.upl import Term
from bot.content import ContentError, Problem, name_of

# A gemeente has about 100 products (IPM Samenwerkende Catalogi, par. 2.5): far above any real feed.
MOST_BYTES = 20 * 1024 * 1024
MOST_PRODUCTS = 100_000
MOST_TEXT = 100_000
MOST_ADDRESS = 500
# After these an editor has enough to go on with.
MOST_PROBLEMS = 20
MOST_SHOWN = 300
# An address in a feed may be any URI (xsd:anyURI); these are links, or a name without a page.
LINKS = ("http", "https")
NAMES = ("urn",)


class FeedError(ContentError):
    """A feed that cannot be used; nothing was changed. `problems` (Dutch) say what is wrong."""


@dataclass(frozen=True)
class Product:
    """A product of another system, with clean texts.

    `number` is its place in the feed, from 1; `key` its own id in that system; `for_business` what
    the other system says of its audience; `authority` the organisation that it names, if any.
    `modified` is a date as jjjj-mm-dd. `known` holds other fields of a service that the feed gives,
    `notes` what else an editor may want to read.
    """

    number: int
    key: str
    name: str
    summary: str
    modified: str
    for_business: bool
    url: str | None = None
    apply_url: str | None = None
    authority: str = ""
    upl: Sequence[Term] = ()
    keywords: Sequence[str] = ()
    known: dict[str, Any] = field(default_factory=dict)
    notes: Sequence[str] = ()

    @property
    def about_business(self) -> bool:
        """Whether it is about entrepreneurship: by its audience, or by its uniform name."""
        return self.for_business or any(term.business for term in self.upl)


@dataclass
class Report:
    """What there is to say of one feed: its problems, by product number and field; how many
    products are not published; and notices (Dutch) for who reads it in.
    """

    file: str
    problems: list[Problem] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    unpublished: int = 0

    def add(self, number: int, name: str, message: str) -> None:
        """Notes a problem of a product.

        Raises:
            FeedError: there are so many that reading on helps nobody.
        """
        text = visible(message)
        if len(text) > MOST_SHOWN:
            text = f"{text[:MOST_SHOWN]}…"
        self.problems.append(Problem(self.file, f"product {number}", name, text))
        if len(self.problems) == MOST_PROBLEMS:
            self.fail(f"dit zijn de eerste {MOST_PROBLEMS} fouten; er kunnen er meer zijn")

    def fail(self, message: str) -> NoReturn:
        """Stops at a problem of the whole feed.

        Raises:
            FeedError: always.
        """
        raise FeedError([*self.problems, Problem(self.file, "", "", message)])

    def check(self) -> None:
        """Stops when there was any problem.

        Raises:
            FeedError: with all of them.
        """
        if self.problems:
            raise FeedError(self.problems)


def read(path: Path) -> bytes:
    """The feed, not larger than is allowed and in UTF-8; without byte order mark.

    Raises:
        FeedError: it cannot be read, is too large, empty, or not UTF-8.
    """
    report = Report(name_of(path))
    try:
        size, data = path.stat().st_size, b""
        if size <= MOST_BYTES:
            with path.open("rb") as file:
                data = file.read(MOST_BYTES + 1)
    except FileNotFoundError:
        report.fail("dit bestand bestaat niet")
    except IsADirectoryError:
        report.fail("dit is een map, en geen bestand")
    except OSError as error:
        report.fail(f"dit bestand is niet te lezen ({error.strerror})")
    if max(size, len(data)) > MOST_BYTES:
        report.fail(
            f"dit bestand is te groot: {max(size, len(data)) / 1024 / 1024:.1f} MB, hoogstens "
            f"{MOST_BYTES // 1024 // 1024} MB"
        )
    data = data.removeprefix(b"\xef\xbb\xbf")
    if not data.strip():
        report.fail("dit bestand is leeg")
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        report.fail(
            f"dit bestand is geen geldige UTF-8 (regel {line}, byte {error.start + 1}). Vraag de "
            "leverancier om een feed in UTF-8"
        )
    if b"\0" in data:
        report.fail("dit bestand bevat nultekens. Vraag de leverancier om een feed in UTF-8")
    return data


def check_gemeente(name: str) -> None:
    """Stops at a gemeente that does not exist.

    Raises:
        FeedError: it does not.
    """
    if name not in gemeenten.names():
        message = f"'{name}' is geen gemeente die de chatbot kent; let op de spelling"
        raise FeedError([Problem("--gemeente", "", "", message)])


def link(value: str) -> str | None:
    """A web address as given; None for the name of something without a page (`urn:`).

    Raises:
        ValueError: it is no address that someone can safely follow; the message (Dutch) says why.
    """
    address = value.strip()
    if re.search(r"\s", address) or visible(address) != address:
        raise ValueError("dit adres bevat spaties of onzichtbare tekens")
    try:
        parts = urlsplit(address)
        host, user = parts.hostname, parts.username
    except ValueError as error:
        raise ValueError("dit is geen geldig adres") from error
    if parts.scheme in NAMES and not host:
        return None
    if parts.scheme not in LINKS:
        raise ValueError("dit adres moet met https:// of http:// beginnen")
    if not host or user is not None or re.search(r"[\"'<>\\]", host):
        raise ValueError("dit is geen geldig webadres")
    if len(address) > MOST_ADDRESS:
        raise ValueError(f"dit adres is te lang: {len(address)} tekens, hoogstens {MOST_ADDRESS}")
    return address


def day(value: str) -> str:
    """The date in a date or a moment (xsd:date, xsd:dateTime), as jjjj-mm-dd.

    Raises:
        ValueError: it is neither; the message is Dutch.
    """
    try:
        return date.fromisoformat(value.strip()[:10]).isoformat()
    except ValueError as error:
        raise ValueError("dit is geen datum (jjjj-mm-dd)") from error


def thousands(number: int) -> str:
    """A number as the Dutch write it: 100.000."""
    return f"{number:,}".replace(",", ".")
