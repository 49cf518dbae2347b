"""Importing a feed of a gemeente into drafts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from bot.catalogue.exchange import feed, open_product, owms, sc_reader
from bot.catalogue.exchange.drafts import Source, draft, service_id
from bot.catalogue.exchange.folder import Batch, batch
from bot.content import name_of

# Where the drafts are, in the folder of Settings.var.
FOLDER = "drafts"
SAMENWERKENDE_CATALOGI = ("samenwerkende-catalogi", "Samenwerkende Catalogi")
OPEN_PRODUCT = ("open-product", "Open Product")
MOST_SHOWN = 10


@dataclass(frozen=True)
class Summary:
    """What an import did: numbers of products and drafts, and notices (Dutch)."""

    folder: Path
    products: int
    added: int
    replaced: int
    left_out: int
    unpublished: int
    kept: Sequence[str]
    notices: Sequence[str]

    def __str__(self) -> str:
        written = self.added + self.replaced
        lines = [
            f"{_many(self.products, 'product', 'producten')} gelezen, "
            f"{_many(written, 'concept', 'concepten')} gemaakt"
            + (f" ({self.added} nieuw, {self.replaced} vervangen)." if self.replaced else ".")
        ]
        for number, why in (
            (self.left_out, "niet voor ondernemers"),
            (self.unpublished, "niet gepubliceerd"),
        ):
            if number:
                lines.append(f"{_many(number, 'product', 'producten')} overgeslagen: {why}.")
        if self.kept:
            shown = ", ".join(self.kept[:MOST_SHOWN])
            more = len(self.kept) - MOST_SHOWN
            lines.append(
                f"{_many(len(self.kept), 'concept', 'concepten')} van een andere bron niet "
                f"vervangen: {shown}{f' en nog {more}' if more > 0 else ''}."
            )
        lines += self.notices
        if written:
            lines.append(
                f"De concepten staan in {self.folder}. Een redacteur vult ze aan; de chatbot "
                "gebruikt ze nog niet."
            )
        return "\n".join(lines)


def import_sc(path: Path, gemeente: str, folder: Path, today: date) -> Summary:
    """Imports a feed of Samenwerkende Catalogi 4.0.

    Args:
        path: the XML file.
        gemeente: whose feed it is.
        folder: the folder with drafts.
        today: the date that the drafts tell.

    Raises:
        FeedError: the feed or the gemeente is wrong; the folder is as it was.
        OSError: the folder cannot be written; it is as it was.
    """
    return _import(
        path, Source(*SAMENWERKENDE_CATALOGI, gemeente), folder, today, sc_reader.products
    )


def import_open_product(path: Path, gemeente: str, folder: Path, today: date) -> Summary:
    """Imports product types of Open Product; arguments and errors as `import_sc`."""

    def products(data: bytes, report: feed.Report) -> Iterator[feed.Product]:
        return open_product.products(data, report, today)

    return _import(path, Source(*OPEN_PRODUCT, gemeente), folder, today, products)


def _import(
    path: Path,
    source: Source,
    folder: Path,
    today: date,
    products: Callable[[bytes, feed.Report], Iterator[feed.Product]],
) -> Summary:
    feed.check_gemeente(source.gemeente)
    data = feed.read(path)
    report = feed.Report(name_of(path))
    with batch(folder, source) as drafts:
        read, authorities = _fill(drafts, products(data, report), today)
        report.check()
    own = {source.gemeente.lower(), owms.gemeente(source.gemeente)[1].lower()}
    others = sorted(name for name in authorities if name.lower() not in own)
    if others:
        report.notices.append(
            f"Let op: de feed noemt als bevoegd gezag {', '.join(others[:3])}, "
            f"en niet {source.gemeente}."
        )
    return Summary(
        folder=folder,
        products=read + report.unpublished,
        added=drafts.added,
        replaced=drafts.replaced,
        left_out=read - drafts.added - drafts.replaced - len(drafts.kept),
        unpublished=report.unpublished,
        kept=drafts.kept,
        notices=report.notices,
    )


def _fill(drafts: Batch, products: Iterator[feed.Product], today: date) -> tuple[int, set[str]]:
    """Adds the products that are about entrepreneurship; how many there were, and whose."""
    read = 0
    authorities: set[str] = set()
    for product in products:
        read += 1
        if product.authority and len(authorities) < MOST_SHOWN:
            authorities.add(product.authority)
        if product.about_business:
            name = service_id(product, drafts.source.gemeente, drafts.ids)
            drafts.add(draft(product, name, drafts.source, today))
    return read, authorities


def _many(number: int, one: str, more: str) -> str:
    return f"{feed.thousands(number)} {one if number == 1 else more}"
