"""The record of processing activities of one gemeente (AVG art. 30 lid 1), from the data map."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.privacy.datamap import DataMap, Item, Processing
from bot.privacy.papers import KINDS
from bot.settings import Settings

MADE = "<!-- Gemaakt door `startwijzer privacy register` uit data/privacy/; verander het daar. -->"
TO_FILL_IN = "[in te vullen door de gemeente]"
SERIOUS = ("bijzonder", "gevoelig", "gewoon")


@dataclass(frozen=True)
class Controller:
    """Who is responsible, and how to reach them; what is not known yet is for the gemeente.

    Attributes:
        officer: the data protection officer (functionaris gegevensbescherming).
    """

    organisation: str
    contact: str = TO_FILL_IN
    officer: str = TO_FILL_IN


def records(
    data_map: DataMap, settings: Settings, controller: Controller
) -> list[Mapping[str, str]]:
    """One record for each processing of personal data, with what art. 30 lid 1 asks for."""
    return [
        _record(data_map, settings, controller, one)
        for one in data_map.processings.values()
        if one.ground != "geen"
    ]


def as_csv(found: Sequence[Mapping[str, str]]) -> str:
    """The records for a spreadsheet: a semicolon between fields, as Dutch ones expect."""
    out = io.StringIO()
    writer = csv.DictWriter(out, list(found[0]), delimiter=";", lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(found)
    return out.getvalue()


def as_markdown(found: Sequence[Mapping[str, str]], controller: Controller) -> str:
    """The records for people."""
    parts = [
        MADE,
        f"# Register van verwerkingsactiviteiten: Startwijzer, {controller.organisation}",
        "Dit is een voorzet voor het register van de gemeente (AVG art. 30 lid 1). Wat de gemeente "
        "zelf moet vaststellen, staat bij elke verwerking onderaan.",
    ]
    for record in found:
        (_, name), *rest = record.items()
        parts.append(f"## {name}")
        parts.append("\n".join(f"- **{label}**: {text}" for label, text in rest))
    return "\n\n".join(parts) + "\n"


def _record(
    data_map: DataMap, settings: Settings, controller: Controller, one: Processing
) -> Mapping[str, str]:
    items = data_map.items(one.id)
    grounds = dict.fromkeys([one.ground, *(item.ground for item in items)])
    terms = dict.fromkeys(item.term for item in items if item.kind != "geen")
    return {
        "Verwerking": one.name,
        "Verwerkingsverantwoordelijke": controller.organisation,
        "Contact": controller.contact,
        "Functionaris gegevensbescherming": controller.officer,
        "Doel": one.purpose,
        "Grond": "; ".join(
            f"{data_map.grounds[name].label} ({data_map.grounds[name].law})" for name in grounds
        ),
        "Betrokkenen": "; ".join(one.people),
        "Persoonsgegevens": " ".join(_data(items)),
        "Ontvangers": "; ".join(one.recipients),
        "Doorgifte buiten de EER": one.transfer,
        "Bewaartermijnen": "; ".join(
            f"{name}: {data_map.terms[name].in_words(settings)}" for name in terms
        ),
        "Beveiliging": " ".join(data_map.security),
        "De gemeente bevestigt": " ".join(
            text for text in (one.confirm, *(data_map.grounds[g].confirm for g in grounds)) if text
        ),
    }


def _data(items: Sequence[Item]) -> list[str]:
    """The data by kind, the most serious first."""
    found = []
    for kind in SERIOUS:
        named = dict.fromkeys(item.what for item in items if item.kind == kind)
        if named:
            found.append(f"{KINDS[kind].capitalize()}: {'; '.join(named)}.")
    return found
