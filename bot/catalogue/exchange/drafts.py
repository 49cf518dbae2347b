"""Drafts: what a feed tells of a service, as a file that an editor completes.

A draft has the fields of a service file as far as the feed gives them, and a block `draft` with
where it came from and what is still to be done. With that block it is no valid service, so a draft
that is put in the catalogue unfinished is refused there.
"""

from __future__ import annotations

import json
import re
import textwrap
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from bot.catalogue.exchange.feed import Product
from bot.content import validate

LONGEST_ID = 80
LONGEST_URL = 300
# The fields of a service that no feed gives, with what an editor has to find out.
QUESTIONS = {
    "provider": "wie dit aanbiedt: de id van een bestand in data/catalogue/providers",
    "phases": "bij welke fasen dit past (data/taxonomy.yml)",
    "needs": "bij welke behoeften dit past (data/taxonomy.yml)",
    "summary": "wat dit is, in één of twee korte zinnen",
    "first_step": "wat iemand als eerste doet",
    "reviewed_on": "de datum waarop je dit hebt nagekeken",
    "review_by": "de datum waarop dit opnieuw moet worden nagekeken",
}
OPTIONAL = "target_groups: voor wie dit is; laat het weg als dit voor iedereen is"
WIDTH = 98


@dataclass(frozen=True)
class Source:
    """Which system of which gemeente drafts came from; only that may replace them."""

    system: str
    title: str
    gemeente: str

    def made(self, draft: Any) -> bool:
        """Whether this content of a file is a draft from here."""
        block = draft.get("draft") if isinstance(draft, dict) else None
        return (
            isinstance(block, dict)
            and block.get("source") == self.system
            and block.get("gemeente") == self.gemeente
        )


def service_id(product: Product, gemeente: str, taken: Iterable[str]) -> str:
    """An id that is not taken yet: gemeente and name, and where needed the product's own id."""
    name = _slug(product.name) or _slug(product.key) or f"product-{product.number}"
    first = f"{_slug(gemeente)}-{name}"[:LONGEST_ID].strip("-")
    if first not in taken:
        return first
    for end in (_slug(product.key)[:40], f"{_slug(product.key)[:30]}-{product.number}"):
        other = f"{first[: LONGEST_ID - len(end) - 1].strip('-')}-{end.strip('-')}".strip("-")
        if end and other not in taken:
            return other
    return f"{first[:60].strip('-')}-nummer-{product.number}"


def draft(product: Product, identifier: str, source: Source, today: date) -> dict[str, Any]:
    """The content of a draft."""
    item: dict[str, Any] = {
        "id": identifier,
        "name": product.name,
        "status": "actueel",
        "gemeenten": [source.gemeente],
    }
    if product.summary:
        item["summary"] = product.summary
    item |= product.known
    if product.url and product.url.startswith("https://") and len(product.url) <= LONGEST_URL:
        item["url"] = product.url
    if product.upl:
        item["upl"] = [{"name": term.name, "uri": term.uri} for term in product.upl]
    title = f"{source.title}, gemeente {source.gemeente}"
    item["sources"] = [
        {"title": title, "date": product.modified} | ({"url": product.url} if product.url else {})
    ]
    about: dict[str, Any] = {
        "source": source.system,
        "gemeente": source.gemeente,
        "product": product.key,
        "imported_on": today.isoformat(),
        "todo": _todo(item),
    }
    if product.apply_url:
        about["apply_url"] = product.apply_url
    if product.keywords:
        about["keywords"] = list(product.keywords)
    if product.notes:
        about["notes"] = list(product.notes)
    return {**item, "draft": about}


def _todo(item: Mapping[str, Any]) -> list[str]:
    """What keeps this from being a service: what is missing, and what does not fit."""
    missing = [f"{name}: {question}" for name, question in QUESTIONS.items() if name not in item]
    wrong = [
        f"{problem.field}: {problem.message}"
        for problem in validate(item, "service", "")
        if problem.field
    ]
    return [*missing, OPTIONAL, *wrong]


def as_yaml(item: Mapping[str, Any]) -> str:
    """A draft as a file, with a comment that says what it is.

    Strings are written as JSON, which is YAML too (YAML 1.2, par. 1.3), long ones folded.
    """
    lines = [
        "# CONCEPT: dit is nog geen dienst. De chatbot gebruikt dit bestand niet.",
        "# 1. Vul aan wat onder 'draft' bij 'todo' staat, en schrijf de teksten in gewone taal.",
        "# 2. Haal het blok 'draft' weg.",
        "# 3. Zet het bestand in data/catalogue/services/ en draai: startwijzer catalogue check",
    ]
    for name, value in item.items():
        lines += _entry(name, value, "")
    return "\n".join(lines) + "\n"


def _entry(name: str, value: Any, indent: str) -> list[str]:
    """A key with its value as lines of YAML."""
    inner = f"{indent}  "
    if isinstance(value, dict):
        return [f"{indent}{name}:", *(x for n, v in value.items() for x in _entry(n, v, inner))]
    if isinstance(value, list) and value:
        return [f"{indent}{name}:", *(x for v in value for x in _scalar(f"{inner}- ", v, inner))]
    return _scalar(f"{indent}{name}: ", value, indent)


def _scalar(start: str, value: Any, indent: str) -> list[str]:
    if isinstance(value, dict):
        parts = ", ".join(f"{name}: {_json(part)}" for name, part in value.items())
        return [f"{start}{{{parts}}}"]
    one = f"{start}{_json(value)}"
    if not isinstance(value, str) or len(one) <= WIDTH or not _folds(value):
        return [one]
    wrapped = textwrap.wrap(
        value, WIDTH - len(indent) - 2, break_long_words=False, break_on_hyphens=False
    )
    return [f"{start}>-", *(f"{indent}  {line}" for line in wrapped)]


def _folds(value: str) -> bool:
    """Whether folding can be undone: single spaces only, and none at an end."""
    return value.split() == value.split(" ")


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _slug(text: str) -> str:
    letters = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode("ascii")
    return re.sub(r"[^a-z0-9]+", "-", letters.lower()).strip("-")
