"""Finding services, and the answer that fits what is known of someone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload, selectinload

from bot.catalogue.model import Answer, Provider, Service, ServiceFacet
from bot.taxonomy import taxonomy

# A topic names one or two services; more is a list, not an answer (product: short answers).
SHOWN = 2
# After a call for help these are about that call, not about business.
SHORT_REACTIONS = frozenset(["bevestigen", "ontkennen", "weet_niet", "informatie_geven", "bedankt"])


@dataclass(frozen=True)
class Known:
    """What the bot knows of someone: name of the gemeente, situation and phase (identifiers).

    `again` says that this subject came up before in the same conversation.
    """

    gemeente: str | None = None
    situation: str | None = None
    phase: str | None = None
    again: bool = False


@dataclass(frozen=True)
class TopicAnswer:
    """An answer made for one person: text, next step, services to name, topics to go on with."""

    topic: str
    text: str
    next_step: str | None
    services: Sequence[Service]
    related: Sequence[str]


def services(
    session: Session,
    *,
    phase: str | None = None,
    need: str | None = None,
    provider: str | None = None,
    target_group: str | None = None,
    gemeente: str | None = None,
) -> list[Service]:
    """Services that match every given facet, by name.

    Args:
        provider: a kind of provider (taxonomy) or the id of one.
        target_group: services for this group and services for everyone.
        gemeente: local services of this gemeente and services of the whole country.
    """
    query = (
        sa.select(Service)
        .join(Service.provider)
        .options(
            joinedload(Service.provider),
            selectinload(Service.facets),
            selectinload(Service.sources),
        )
        .order_by(Service.name)
    )
    for name, value in (("phase", phase), ("need", need)):
        if value:
            query = query.where(_has(name, value))
    for name, value in (("target_group", target_group), ("gemeente", gemeente)):
        if value:
            query = query.where(sa.or_(_has(name, value), ~_has(name)))
    if provider:
        query = query.where(sa.or_(Provider.kind == provider, Provider.id == provider))
    return list(session.execute(query).unique().scalars())


def answer(session: Session, topic: str, known: Known) -> TopicAnswer | None:
    """The answer on a topic for this person, or None when there is none.

    The first variant that fits the situation or phase replaces what it mentions. Services are
    those that the answer names, and those of the gemeente for the same need come first.
    """
    found = session.get(Answer, topic)
    if found is None:
        return None
    variant: dict[str, Any] = next((v for v in found.variants if _fits(v["when"], known)), {})
    return TopicAnswer(
        topic=topic,
        text=variant.get("text", found.text).strip(),
        next_step=variant.get("next_step", found.next_step),
        services=_pick(session, topic, variant.get("services") or found.services, known),
        related=variant.get("related") or found.related,
    )


def situation_of(topic: str) -> str | None:
    """The situation that a topic tells of someone: who asks about money trouble is in it."""
    intent = taxonomy().intents.get(topic)
    return "zwaar_weer" if intent is not None and intent.group == "zwaar_weer" else None


def as_dict(service: Service) -> dict[str, Any]:
    """A service as the public API and `catalogue list --json` give it."""
    provider = service.provider
    return {
        "id": service.id,
        "name": service.name,
        "status": service.status,
        "summary": service.summary,
        "conditions": service.conditions,
        "first_step": service.first_step,
        "duration": service.duration,
        "results": service.results,
        "figures": service.figures,
        "url": service.url,
        "provider": {
            "id": provider.id,
            "name": provider.name,
            "kind": provider.kind,
            "phone": provider.phone,
            "hours": provider.hours,
            "url": provider.url,
        },
        "phases": service.facet("phase"),
        "needs": service.facet("need"),
        "target_groups": service.facet("target_group"),
        "gemeenten": service.facet("gemeente"),
        "sources": [
            {"title": s.title, "date": s.date, "url": s.url, "seed": s.seed}
            for s in service.sources
        ],
        "reviewed_on": service.reviewed_on.isoformat(),
        "review_by": service.review_by.isoformat(),
    }


def _has(name: str, value: str | None = None) -> Any:
    facet = sa.and_(ServiceFacet.service_id == Service.id, ServiceFacet.name == name)
    if value is not None:
        facet = sa.and_(facet, ServiceFacet.value == value)
    return sa.exists().where(facet).correlate(Service)


def _fits(when: dict[str, Any], known: Known) -> bool:
    if "again" in when:
        return known.again
    checks = (("situations", known.situation), ("phases", known.phase))
    return all(value in when[field] for field, value in checks if field in when)


def _pick(session: Session, topic: str, named: Sequence[str], known: Known) -> list[Service]:
    """The services to show: one of the own gemeente for this need, and those the answer names.

    What may not exist any more (status `onbekend`) comes last.
    """
    every = {
        service.id: service
        for service in services(session, gemeente=known.gemeente)
        if service.status != "gestopt"
    }
    chosen = [every[name] for name in named if name in every]
    intent = taxonomy().intents.get(topic)
    local = [
        service
        for service in every.values()
        if service.facet("gemeente")
        and intent is not None
        and intent.need in service.facet("need")
        and _is_for(service, known.situation)
    ]
    local.sort(key=lambda service: service.status != "actueel")
    everywhere = [s for s in chosen if known.gemeente or not s.facet("gemeente")]
    ranked = list(dict.fromkeys([*local[:1], *everywhere])) if known.gemeente else everywhere
    return sorted(ranked, key=lambda service: service.status != "actueel")[:SHOWN]


def _is_for(service: Service, situation: str | None) -> bool:
    groups = service.facet("target_group")
    return not groups or situation in groups
