"""Filling the tables from content: all or nothing, and only when something changed."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.catalogue import content
from bot.catalogue.model import (
    Answer,
    CatalogueVersion,
    Provider,
    Service,
    ServiceFacet,
    Source,
)

FACETS = {
    "phase": "phases",
    "need": "needs",
    "target_group": "target_groups",
    "gemeente": "gemeenten",
}


def load(session: Session, folder: Path = content.CATALOGUE) -> bool:
    """Brings the tables in line with the files; False when they already were.

    Raises:
        bot.content.ContentError: the files have mistakes; the tables stay as they were.
    """
    wanted = content.fingerprint(folder)
    if session.execute(sa.select(CatalogueVersion.fingerprint)).scalar() == wanted:
        return False
    items = content.read(folder)
    for table in (Source, ServiceFacet, Service, Provider, Answer, CatalogueVersion):
        session.execute(sa.delete(table))
    session.add_all(_provider(item) for item in items.providers.values())
    session.flush()
    session.add_all(_service(item) for item in items.services.values())
    session.add_all(_answer(item) for item in items.answers.values())
    session.add_all(_reply(item) for item in items.replies.values())
    session.add(CatalogueVersion(fingerprint=wanted))
    return True


def _provider(item: dict[str, Any]) -> Provider:
    return Provider(
        id=item["id"],
        name=item["name"],
        kind=item["kind"],
        phone=item.get("phone"),
        hours=item.get("hours"),
        hours_note=item.get("hours_note"),
        handover=item.get("handover"),
        url=item.get("url"),
        gemeenten=item.get("gemeenten", []),
        sources=[Source(**item["source"])],
        **_review(item),
    )


def _service(item: dict[str, Any]) -> Service:
    return Service(
        id=item["id"],
        name=item["name"],
        provider_id=item["provider"],
        status=item["status"],
        is_desk=item.get("desk", False),
        summary=item["summary"].strip(),
        conditions=item.get("conditions", []),
        first_step=item["first_step"].strip(),
        duration=item.get("duration"),
        results=item.get("results"),
        figures=item.get("figures", []),
        upl=item.get("upl", []),
        url=item.get("url"),
        facets=[
            ServiceFacet(name=name, value=value)
            for name, field in FACETS.items()
            for value in dict.fromkeys(item.get(field, []))
        ],
        sources=[Source(**source) for source in item["sources"]],
        **_review(item),
    )


def _answer(item: dict[str, Any]) -> Answer:
    return Answer(
        topic=item["topic"],
        text=item["text"].strip(),
        watch_out=item.get("watch_out"),
        offer=item.get("offer"),
        next_step=item["next_step"].strip(),
        services=item.get("services", []),
        related=item.get("related", []),
        variants=item.get("variants", []),
        sources=[Source(**source) for source in item["sources"]],
        **_review(item),
    )


def _reply(item: dict[str, Any]) -> Answer:
    again = [{"when": {"again": True}, "text": item["again"]}] if "again" in item else []
    return Answer(
        topic=item["intent"],
        text=item["text"].strip(),
        services=[],
        related=item.get("related", []),
        variants=again,
    )


def _review(item: dict[str, Any]) -> dict[str, date]:
    return {name: date.fromisoformat(item[name]) for name in ("reviewed_on", "review_by")}
