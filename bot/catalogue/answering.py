"""The answer that fits what is known of someone, with the services of their own gemeente first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from bot.catalogue.model import Answer, Service
from bot.catalogue.query import is_local, services_named
from bot.catalogue.remembered import Remembered
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
    """An answer made for one person: what to tell, services to name, topics to go on with.

    `perhaps` is a programme of the own gemeente of which it is not sure that it still exists;
    `offer` a flow of the conversation to go on with (`flow` and `title`).
    """

    topic: str
    text: str
    watch_out: str | None
    next_step: str | None
    services: Sequence[Service]
    related: Sequence[str]
    perhaps: Service | None = None
    offer: Mapping[str, str] | None = None


def answer(session: Session, topic: str, known: Known) -> TopicAnswer | None:
    """The answer on a topic for this person, or None when there is none.

    The first variant that fits the situation or phase replaces what it mentions. Services are
    those that the answer names, and those of the gemeente for the same need come first.
    """
    memory = Remembered(session)
    found = memory.get(("answer", topic), lambda: _read_answer(session, topic))
    if found is None:
        return None
    variant: dict[str, Any] = next((v for v in found.variants if _fits(v["when"], known)), {})
    named = tuple(variant.get("services") or found.services)
    need = _need(topic)
    every = memory.get(
        ("services", named, need, known.gemeente),
        lambda: _read_services(session, named, need, known.gemeente),
    )
    return TopicAnswer(
        topic=topic,
        text=variant.get("text", found.text).strip(),
        watch_out=variant.get("watch_out", found.watch_out),
        next_step=variant.get("next_step", found.next_step),
        services=_certain(every, need, named, known),
        related=variant.get("related") or found.related,
        offer=found.offer,
        perhaps=_own(every, need, known, "onbekend"),
    )


def own_service(session: Session, need: str, known: Known) -> Service | None:
    """What the gemeente of this person itself has for a need, if anything."""
    found = services_named(session, (), need, known.gemeente)
    return _own(found, need, known, "actueel") or _own(found, need, known, "onbekend")


def depends_on_gemeente(session: Session, topic: str) -> bool:
    """Whether some gemeente has a service of its own for this topic, so that asking pays."""
    need = _need(topic)
    if need is None:
        return False
    return Remembered(session).get(("local", need), lambda: is_local(session, need))


def situation_of(topic: str) -> str | None:
    """The situation that a topic tells of someone: who asks about money trouble is in it."""
    intent = taxonomy().intents.get(topic)
    return "zwaar_weer" if intent is not None and intent.group == "zwaar_weer" else None


def _read_answer(session: Session, topic: str) -> Answer | None:
    """The answer, of use without its session."""
    found: Answer | None = session.get(Answer, topic)
    if found is not None:
        session.expunge(found)
    return found


def _read_services(
    session: Session, ids: Sequence[str], need: str | None, gemeente: str | None
) -> list[Service]:
    """`services_named`, of use without their session."""
    found = services_named(session, ids, need, gemeente)
    for item in {*found, *(service.provider for service in found)}:
        session.expunge(item)
    return found


def _need(topic: str) -> str | None:
    intent = taxonomy().intents.get(topic)
    return None if intent is None else intent.need


def _fits(when: dict[str, Any], known: Known) -> bool:
    if "again" in when:
        return known.again
    checks = (("situations", known.situation), ("phases", known.phase))
    return all(value in when[field] for field, value in checks if field in when)


def _certain(
    every: Sequence[Service], need: str | None, named: Sequence[str], known: Known
) -> list[Service]:
    """What surely exists: one service of the own gemeente for this need, then what is named."""
    sure = {service.id: service for service in every if service.status == "actueel"}
    own = _own(every, need, known, "actueel")
    chosen = [sure[name] for name in named if name in sure]
    everywhere = [s for s in chosen if known.gemeente or not s.facet("gemeente")]
    return list(dict.fromkeys([*([own] if own else []), *everywhere]))[:SHOWN]


def _own(found: Iterable[Service], need: str | None, known: Known, status: str) -> Service | None:
    """The gemeente's own service for a need; one of several gemeenten together comes after it."""
    if known.gemeente is None or need is None:
        return None
    fitting = [
        service
        for service in found
        if service.status == status
        and known.gemeente in service.facet("gemeente")
        and need in service.facet("need")
        and _is_for(service, known.situation)
    ]
    return min(fitting, key=lambda service: len(service.facet("gemeente")), default=None)


def _is_for(service: Service, situation: str | None) -> bool:
    groups = service.facet("target_group")
    return not groups or situation in groups
