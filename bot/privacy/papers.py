"""The data map as a page for the privacy officer: `docs/privacy.md`, in Dutch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from typing import Any

from bot.content import DATA
from bot.privacy.datamap import DataMap, Item, Reader, fill_terms
from bot.settings import Settings
from bot.staff.roles import ROLES, Right

INTRODUCTION = DATA / "privacy" / "inleiding.md"
MADE = "<!-- Gemaakt door `startwijzer privacy map` uit data/privacy/; verander het daar. -->"
KINDS = {
    "geen": "geen persoonsgegeven",
    "gewoon": "gewoon",
    "gevoelig": "gevoelig",
    "bijzonder": "kan bijzonder zijn",
}


def privacy_page(data_map: DataMap, settings: Settings) -> str:
    """The whole page, with the terms of this installation."""
    introduction = fill_terms(INTRODUCTION.read_text(encoding="utf-8"), settings)
    parts = [
        MADE,
        introduction.strip(),
        *_processings(data_map),
        *_terms(data_map, settings),
        *_grounds(data_map),
        *_tables(data_map, settings),
        *_places(data_map, settings),
        *_security(data_map),
    ]
    return "\n\n".join(parts) + "\n"


def as_dict(data_map: DataMap, settings: Settings) -> dict[str, Any]:
    """The map for machines, with the length of every term and the roles of every reader."""
    data = asdict(data_map)
    for name, term in data_map.terms.items():
        data["terms"][name]["length"] = term.length(settings)
    for name, reader in data_map.readers.items():
        data["readers"][name]["roles"] = roles(reader)
    return data


def roles(reader: Reader) -> list[str]:
    """The roles that have the right of this reader.

    Raises:
        ValueError: there is no such right.
    """
    if not reader.right:
        return []
    right = Right(reader.right)
    return [role for role, rights in ROLES.items() if right in rights]


def who(reader: Reader) -> str:
    """Who sees it, in words."""
    named = ", ".join(roles(reader))
    text = f"medewerkers: {named}" if named else reader.who
    return f"{text} ({reader.note})" if reader.note else text


def readers(data_map: DataMap, names: Iterable[str]) -> str:
    """Several readers, in words."""
    return "; ".join(who(data_map.readers[name]) for name in names)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown; what a cell holds cannot break it."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(_cell(cell) for cell in line)} |" for line in lines)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _processings(data_map: DataMap) -> Iterator[str]:
    yield "## De verwerkingen"
    rows = [
        (
            f"**{one.name}**",
            one.purpose,
            data_map.grounds[one.ground].label,
            "; ".join(one.recipients) or "niemand",
            one.transfer,
        )
        for one in data_map.processings.values()
    ]
    yield table(["Verwerking", "Doel", "Grond", "Ontvangers", "Buiten de EER"], rows)


def _terms(data_map: DataMap, settings: Settings) -> Iterator[str]:
    yield "## Termijnen"
    rows = [
        (
            name,
            term.in_words(settings),
            f"`{term.decided_by}`" if term.decided_by else "een gebeurtenis",
            term.ends,
        )
        for name, term in data_map.terms.items()
    ]
    yield table(["Termijn", "Hoe lang", "Wat dat bepaalt", "Hoe het eindigt"], rows)


def _grounds(data_map: DataMap) -> Iterator[str]:
    yield "## Gronden, en wat de gemeente zelf bevestigt"
    yield (
        "Software kan niet bepalen of iets mag. Hieronder staat waar het programma van uitgaat, en "
        "wat de gemeente moet vaststellen voordat de bot open gaat."
    )
    rows = [
        (f"{ground.label} ({ground.law})", ground.why, ground.confirm or "niets")
        for ground in data_map.grounds.values()
    ]
    rows += [
        (one.name, "zie de tabel met verwerkingen", one.confirm)
        for one in data_map.processings.values()
        if one.confirm
    ]
    yield table(["Grond of verwerking", "Waarom", "De gemeente bevestigt"], rows)


def _tables(data_map: DataMap, settings: Settings) -> Iterator[str]:
    yield "## Elk veld in de database"
    yield (
        "Per verwerking staat hier elke tabel met al haar kolommen. 'Kan bijzonder zijn' betekent: "
        "er kan iets in staan over gezondheid, afkomst of schulden, omdat een vragenlijst ernaar "
        "vraagt of omdat iemand het zelf vertelt."
    )
    for processing in data_map.processings.values():
        yield f"### {processing.name}"
        for one in data_map.tables:
            mine = [item for item in one.items if item.processing == processing.id]
            if mine:
                yield f"**`{one.name}`** {one.about}"
                yield _items("Kolommen", mine, data_map, settings, code=True)


def _places(data_map: DataMap, settings: Settings) -> Iterator[str]:
    yield "## Buiten de database"
    yield _items("Plek", data_map.places, data_map, settings, code=False)


def _items(
    head: str, items: Iterable[Item], data_map: DataMap, settings: Settings, *, code: bool
) -> str:
    quote = "`" if code else ""
    rows = [
        (
            ", ".join(f"{quote}{name}{quote}" for name in item.names),
            item.what,
            item.why,
            KINDS[item.kind],
            data_map.grounds[item.ground].label,
            readers(data_map, item.seen_by),
            f"{item.term}: {data_map.terms[item.term].length(settings)}",
        )
        for item in items
    ]
    return table([head, "Wat", "Waarvoor", "Soort", "Grond", "Wie ziet het", "Termijn"], rows)


def _security(data_map: DataMap) -> Iterator[str]:
    yield "## Beveiliging"
    yield "\n".join(f"- {line}" for line in data_map.security)
