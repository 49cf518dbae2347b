"""What an editor wants to see of the catalogue: what is stale, where it is thin, where it doubles.

The idea of a scheme of phases and needs that shows overlap and white spots is that of the VNG guide
'Duurzaam werken aan ondernemerschap' (2014), chapter Ondernemerspleinen.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from bot.catalogue.content import Content
from bot.taxonomy import taxonomy

Item = Mapping[str, Any]
CURRENT = "actueel"


@dataclass(frozen=True)
class Stale:
    """An item whose `review_by` has passed."""

    kind: str
    id: str
    review_by: str


@dataclass(frozen=True)
class Cell:
    """A need in a phase, with the services for it that surely exist, by id."""

    phase: str
    need: str
    services: tuple[str, ...]


@dataclass(frozen=True)
class Coverage:
    """How well a gemeente is covered.

    `empty` has no service at all, `national_only` nothing of the gemeente itself, and `overlaps`
    services of several local providers for one need in one phase.
    """

    gemeente: str
    empty: tuple[Cell, ...]
    national_only: tuple[Cell, ...]
    overlaps: tuple[Cell, ...]


def stale(content: Content, today: date) -> list[Stale]:
    """Everything that should have been looked at again, the oldest first."""
    kinds = {
        "dienst": content.services,
        "aanbieder": content.providers,
        "antwoord": content.answers,
    }
    found = [
        Stale(kind, name, item["review_by"])
        for kind, items in kinds.items()
        for name, item in items.items()
        if date.fromisoformat(item["review_by"]) < today
    ]
    return sorted(found, key=lambda item: (item.review_by, item.kind, item.id))


def by_provider(content: Content, gemeente: str | None = None) -> dict[tuple[str, str], list[str]]:
    """Ids of the services that surely exist, by phase and kind of provider.

    Args:
        gemeente: also the local services of this one; without it only those of the whole country.
    """
    cells: dict[tuple[str, str], list[str]] = defaultdict(list)
    for name, item in _available(content, gemeente).items():
        for phase in item["phases"]:
            cells[phase, content.providers[item["provider"]]["kind"]].append(name)
    return dict(cells)


def by_need(content: Content, gemeente: str | None = None) -> list[Cell]:
    """Every need in each of its phases (taxonomy), with its services; a cell may be empty."""
    available = _available(content, gemeente)
    return [
        Cell(
            phase,
            need,
            tuple(n for n, i in available.items() if need in i["needs"] and phase in i["phases"]),
        )
        for need, row in taxonomy().needs.items()
        for phase in row.phases
    ]


def coverage(content: Content, gemeente: str) -> Coverage:
    """White spots and overlaps of one gemeente."""
    cells = by_need(content, gemeente)

    def local(cell: Cell) -> list[str]:
        return [name for name in cell.services if content.services[name].get("gemeenten")]

    def providers(names: Iterable[str]) -> set[str]:
        return {content.services[name]["provider"] for name in names}

    return Coverage(
        gemeente,
        empty=tuple(cell for cell in cells if not cell.services),
        national_only=tuple(cell for cell in cells if cell.services and not local(cell)),
        overlaps=tuple(
            Cell(cell.phase, cell.need, tuple(local(cell)))
            for cell in cells
            if len(providers(local(cell))) > 1
        ),
    )


def gemeenten_with_services(content: Content) -> list[str]:
    """Gemeenten that have at least one service of their own that surely exists."""
    return sorted(
        {
            gemeente
            for item in content.services.values()
            if item["status"] == CURRENT
            for gemeente in item.get("gemeenten", [])
        }
    )


def _available(content: Content, gemeente: str | None) -> dict[str, Item]:
    return {
        name: item
        for name, item in content.services.items()
        if item["status"] == CURRENT
        and (not item.get("gemeenten") or gemeente in item["gemeenten"])
    }
