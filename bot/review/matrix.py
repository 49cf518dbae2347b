"""The catalogue of one gemeente as a scheme: phases beside kinds of provider, and what is wrong."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from bot.catalogue import content as catalogue
from bot.catalogue import overview
from bot.catalogue.content import Content
from bot.dutch import date_in_words
from bot.review.block import Block, block
from bot.review.scope import Gemeenten
from bot.taxonomy import taxonomy

NONE, NATIONAL, OVERLAP, LOCAL = "geen aanbod", "alleen landelijk", "overlap", "eigen aanbod"
COUNTRY = "heel Nederland"


@dataclass(frozen=True)
class Field:
    """One kind of provider in one phase: its services by id, and what is to be said of them."""

    phase: str
    kind: str
    services: tuple[str, ...]
    local: int
    overlaps: int
    stale: int


@dataclass(frozen=True)
class NeedField:
    """One need in one phase: its services by id, and whether that is enough."""

    phase: str
    need: str
    services: tuple[str, ...]
    verdict: str


@dataclass(frozen=True)
class Matrix:
    """The scheme of a gemeente (None: only what is for the whole country)."""

    gemeente: str | None
    fields: Mapping[tuple[str, str], Field]
    needs: Sequence[NeedField]

    def with_verdict(self, verdict: str) -> list[NeedField]:
        """The needs of which this is to be said."""
        return [field for field in self.needs if field.verdict == verdict]

    def white(self, phase: str) -> int:
        """How many needs of a phase have no service at all."""
        return sum(1 for field in self.with_verdict(NONE) if field.phase == phase)


@dataclass(frozen=True)
class ServiceRow:
    """A service in a list."""

    id: str
    name: str
    provider: str
    area: str
    review_by: date
    is_stale: bool


def current() -> Content:
    """The content as it is in the files now; read again only when a file changed.

    Raises:
        bot.content.ContentError: the files have mistakes.
    """
    return _read(catalogue.fingerprint())


def matrix(content: Content, gemeente: str | None, today: date) -> Matrix:
    """The scheme of a gemeente; without one, of what is for the whole country."""
    doubled = _doubled(content, gemeente)
    stale = {item.id for item in overview.stale(content, today) if item.kind == "dienst"}
    fields = {}
    for (phase, kind), names in overview.by_provider(content, gemeente).items():
        fields[phase, kind] = Field(
            phase,
            kind,
            tuple(names),
            local=sum(1 for name in names if content.services[name].get("gemeenten")),
            overlaps=sum(1 for name in names if (phase, name) in doubled),
            stale=len(stale.intersection(names)),
        )
    return Matrix(gemeente, fields, _needs(content, gemeente))


def known_gemeenten(content: Content, gemeenten: Gemeenten) -> list[str]:
    """The gemeenten to choose from: those with services of their own, or those of the reader."""
    if gemeenten is None:
        return overview.gemeenten_with_services(content)
    return sorted(gemeenten)


def may_see(item: Mapping[str, Any], gemeenten: Gemeenten) -> bool:
    """Whether a service or provider is for the whole country, or for one of these gemeenten."""
    own: Collection[str] = item.get("gemeenten") or ()
    return not own or gemeenten is None or not gemeenten.isdisjoint(own)


def services(
    content: Content,
    gemeente: str | None,
    today: date,
    *,
    phase: str = "",
    kind: str = "",
    need: str = "",
) -> list[ServiceRow]:
    """The services for someone in this gemeente, by name, that match all that is given."""
    found = []
    for name, item in content.services.items():
        provider = content.providers[item["provider"]]
        own = item.get("gemeenten")
        if item["status"] != overview.CURRENT or (own and gemeente not in own):
            continue
        if phase and phase not in item["phases"]:
            continue
        if (kind and kind != provider["kind"]) or (need and need not in item["needs"]):
            continue
        review_by = date.fromisoformat(item["review_by"])
        area = ", ".join(own) if own else COUNTRY
        found.append(
            ServiceRow(name, item["name"], provider["name"], area, review_by, review_by < today)
        )
    return sorted(found, key=lambda row: (row.name.casefold(), row.id))


def stale(content: Content, gemeenten: Gemeenten, today: date) -> Block:
    """What should have been read again, the oldest first."""
    kinds: Mapping[str, Mapping[str, Mapping[str, Any]]] = {
        "dienst": content.services,
        "aanbieder": content.providers,
        "antwoord": content.answers,
    }
    rows = []
    for item in overview.stale(content, today):
        found = kinds[item.kind][item.id]
        if may_see(found, gemeenten):
            name = found.get("name") or _topic(item.id)
            day = date.fromisoformat(item.review_by)
            rows.append((name, item.kind, item.id, day, (today - day).days))
    return block(
        "verouderd",
        "Opnieuw te lezen",
        "Diensten, aanbieders en antwoorden waarvan de dag voorbij is waarop iemand ze opnieuw had "
        "moeten lezen (`review_by` in het bestand).",
        len(rows),
        "items",
        ("Naam", "Soort", "Bestand", "Lezen voor", "Dagen te laat"),
        rows,
        fewest=0,
    )


def as_block(found: Matrix) -> Block:
    """The scheme as a table: a row per kind of provider, a column per phase."""
    words = taxonomy()
    where = found.gemeente or COUNTRY
    names = {name for field in found.fields.values() for name in field.services}
    return block(
        "matrix",
        f"Diensten per fase en aanbieder, {where}",
        "Hoeveel diensten er zeker zijn. 'Lokaal': van de gemeente zelf. 'Overlap': er is van een "
        "andere lokale aanbieder ook een dienst voor dezelfde behoefte.",
        len(names),
        "diensten",
        ("Aanbieder", *words.phases.values()),
        [
            (label, *(in_words(found.fields.get((phase, kind))) for phase in words.phases))
            for kind, label in words.providers.items()
        ],
        fewest=0,
    )


def needs_block(content: Content, found: Matrix) -> Block:
    """Every need in each of its phases, with what there is for it."""
    words = taxonomy()
    where = found.gemeente or COUNTRY
    return block(
        "behoeften",
        f"Aanbod per behoefte, {where}",
        "'Geen aanbod' is een witte vlek. 'Alleen landelijk': de gemeente heeft zelf niets. "
        "'Overlap': meer lokale aanbieders doen hetzelfde in dezelfde fase.",
        len(found.needs),
        "behoeften in een fase",
        ("Behoefte", "Fase", "Oordeel", "Diensten", "Welke"),
        [
            (
                words.needs[field.need].label,
                words.phases[field.phase],
                field.verdict,
                len(field.services),
                ", ".join(content.services[name]["name"] for name in field.services),
            )
            for field in found.needs
        ],
        fewest=0,
    )


def in_words(field: Field | None) -> str:
    """Such as "3, waarvan 1 lokaal, 1 verouderd, overlap"."""
    if field is None or not field.services:
        return "geen"
    parts = [str(len(field.services))]
    if field.local:
        parts.append(f"waarvan {field.local} lokaal")
    if field.stale:
        parts.append(f"{field.stale} verouderd")
    if field.overlaps:
        parts.append("overlap")
    return ", ".join(parts)


def facts(content: Content, name: str, today: date) -> dict[str, Any]:
    """Everything of one service that an editor looks at, in words."""
    item = content.services[name]
    words = taxonomy()
    review_by = date.fromisoformat(item["review_by"])
    return {
        "name": item["name"],
        "provider": content.providers[item["provider"]]["name"],
        "kind": words.providers[content.providers[item["provider"]]["kind"]],
        "status": item["status"],
        "area": ", ".join(item.get("gemeenten", [])) or COUNTRY,
        "phases": [words.phases[phase] for phase in item["phases"]],
        "needs": [words.needs[need].label for need in item["needs"]],
        "groups": [words.target_groups[group] for group in item.get("target_groups", [])],
        "summary": item["summary"].strip(),
        "conditions": item.get("conditions", []),
        "first_step": item["first_step"].strip(),
        "url": item.get("url"),
        "sources": item["sources"],
        "reviewed_on": date_in_words(date.fromisoformat(item["reviewed_on"])),
        "review_by": date_in_words(review_by),
        "is_stale": review_by < today,
        "file": f"data/catalogue/services/{name}.yml",
        "answers": [
            _topic(topic) for topic, a in content.answers.items() if name in a.get("services", ())
        ],
    }


def _needs(content: Content, gemeente: str | None) -> list[NeedField]:
    cells = overview.by_need(content, gemeente)
    if gemeente is None:
        return [
            NeedField(c.phase, c.need, c.services, NATIONAL if c.services else NONE) for c in cells
        ]
    covered = overview.coverage(content, gemeente)
    verdicts = {
        (cell.phase, cell.need): verdict
        for verdict, group in (
            (NONE, covered.empty),
            (NATIONAL, covered.national_only),
            (OVERLAP, covered.overlaps),
        )
        for cell in group
    }
    return [
        NeedField(c.phase, c.need, c.services, verdicts.get((c.phase, c.need), LOCAL))
        for c in cells
    ]


def _doubled(content: Content, gemeente: str | None) -> set[tuple[str, str]]:
    """Phase and service of what several local providers do."""
    if gemeente is None:
        return set()
    overlaps = overview.coverage(content, gemeente).overlaps
    return {(cell.phase, name) for cell in overlaps for name in cell.services}


def _topic(topic: str) -> str:
    intent = taxonomy().intents.get(topic)
    return intent.label if intent else topic


@lru_cache(maxsize=1)
def _read(fingerprint: str) -> Content:
    return catalogue.read()
