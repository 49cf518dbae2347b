"""The Uniforme Productnamenlijst: the government's one name and address for each product."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from bot.content import DATA

FILE = DATA / "standards" / "upl.csv"
# Stands in a feed where the list has no name for a product (IPM Samenwerkende Catalogi, par. 3.6).
NO_NAME = "http://standaarden.overheid.nl/owms/terms/UPL-naam_nog_niet_beschikbaar"
NO_NAME_LABEL = "UPL-naam nog niet beschikbaar"
_ADDRESS = re.compile(r"https?://standaarden\.overheid\.nl/owms/terms/(\S+)")


@dataclass(frozen=True)
class Term:
    """A name of the list with its address; `business` says whether businesses use the product."""

    name: str
    uri: str
    business: bool


@lru_cache
def terms() -> Mapping[str, Term]:
    """All names, by address.

    Source: data/standards/README.md.
    """
    with FILE.open(encoding="utf-8", newline="") as file:
        return {
            row["uri"]: Term(row["name"], row["uri"], row["business"] == "yes")
            for row in csv.DictReader(file)
        }


def find(name: str, uri: str = "") -> Term | None:
    """The name that a feed means, or None.

    The address decides; without one that can be right, the name does. An address that is not (yet)
    in our copy of the list counts, with the name that the feed gives it. Addresses keep `http:`
    since the list moved to https (IPM Samenwerkende Catalogi 2.01, par. 3.1).
    """
    found = _ADDRESS.fullmatch(uri.strip())
    if found:
        address = f"http://standaarden.overheid.nl/owms/terms/{found[1]}"
        if address in terms():
            return terms()[address]
        if name:
            return Term(name, address, business=False)
    return _by_name().get(name.casefold())


@lru_cache
def _by_name() -> Mapping[str, Term]:
    return {term.name.casefold(): term for term in terms().values()}
