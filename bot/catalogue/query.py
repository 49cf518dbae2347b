"""Finding services, and the answer that fits what is known of someone."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload, selectinload

from bot.catalogue.model import CatalogueVersion, Provider, Service, ServiceFacet

Item = TypeVar("Item")
# What is searched for: letters and digits, so never a wildcard of SQL.
WORD = re.compile(r"[0-9A-Za-zÀ-ɏḀ-ỿ]+")


@dataclass(frozen=True)
class Page(Generic[Item]):
    """Part of a list: the items on this page, and how many there are on all pages together."""

    items: Sequence[Item]
    count: int


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
    query = _services(
        phase=phase, need=need, provider=provider, target_group=target_group, gemeente=gemeente
    )
    return list(session.execute(query.order_by(*_by_name(Service))).scalars())


def services_named(
    session: Session, ids: Sequence[str], need: str | None, gemeente: str | None
) -> list[Service]:
    """The services with these ids, and what the gemeente itself has for a need, by name.

    Args:
        need: None where there is none; it counts only for a gemeente.
        gemeente: leaves out what is for the people of others; None names all of `ids`.
    """
    wanted = Service.id.in_(ids)
    if gemeente:
        wanted = sa.and_(wanted, _serves("gemeente", gemeente))
        if need:
            own = sa.and_(_has("need", need), _has("gemeente", gemeente))
            wanted = sa.or_(wanted, own)
    return list(session.execute(_to_tell().where(wanted)).scalars())


def is_local(session: Session, need: str) -> bool:
    """Whether some gemeente surely has a service of its own for this need."""
    query = sa.select(Service.id).where(
        Service.status == "actueel", _has("need", need), _has("gemeente")
    )
    return session.execute(query.limit(1)).first() is not None


def service_page(
    session: Session, number: int, size: int, *, descending: bool = False, **facets: str | None
) -> Page[Service]:
    """One page of the services by name.

    Args:
        number: the page, from 1.
        size: services on a page.
        facets: those of `services`, and `status` and `q` (words that are all in name or summary).
    """
    return _page(session, Service, _services(**facets), number, size, descending)


def provider_page(
    session: Session,
    number: int,
    size: int,
    *,
    descending: bool = False,
    kind: str | None = None,
    q: str | None = None,
) -> Page[Provider]:
    """One page of the providers by name.

    Args:
        number: the page, from 1.
        size: providers on a page.
        kind: kind of provider (taxonomy).
        q: words that are all in the name.
    """
    query = sa.select(Provider).options(selectinload(Provider.sources))
    if kind:
        query = query.where(Provider.kind == kind)
    query = query.where(*_all_words(q, Provider.name))
    return _page(session, Provider, query, number, size, descending)


def fingerprint(session: Session) -> str:
    """The fingerprint of the content that the tables hold; empty when nothing was loaded."""
    return session.execute(sa.select(CatalogueVersion.fingerprint)).scalar() or ""


def as_dict(service: Service) -> dict[str, Any]:
    """A service as the public API and `catalogue list --json` give it."""
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
        "upl": service.upl,
        "url": service.url,
        "provider": _contact(service.provider),
        "phases": service.facet("phase"),
        "needs": service.facet("need"),
        "target_groups": service.facet("target_group"),
        "gemeenten": service.facet("gemeente"),
        **_sources_and_review(service),
    }


def provider_as_dict(provider: Provider) -> dict[str, Any]:
    """A provider as the public API gives it; `gemeenten` is empty for the whole country."""
    return {
        **_contact(provider),
        "gemeenten": provider.gemeenten,
        **_sources_and_review(provider),
    }


def _contact(provider: Provider) -> dict[str, Any]:
    return {
        "id": provider.id,
        "name": provider.name,
        "kind": provider.kind,
        "phone": provider.phone,
        "hours": provider.hours,
        "hours_note": provider.hours_note,
        "url": provider.url,
    }


def _sources_and_review(item: Service | Provider) -> dict[str, Any]:
    return {
        "sources": [
            {"title": s.title, "date": s.date, "url": s.url, "seed": s.seed} for s in item.sources
        ],
        "reviewed_on": item.reviewed_on.isoformat(),
        "review_by": item.review_by.isoformat(),
    }


def _services(
    *,
    phase: str | None = None,
    need: str | None = None,
    provider: str | None = None,
    target_group: str | None = None,
    gemeente: str | None = None,
    status: str | None = None,
    q: str | None = None,
) -> Any:
    """The query for services that match; everything that `as_dict` needs is loaded with them."""
    query = sa.select(Service).options(
        joinedload(Service.provider),
        selectinload(Service.facets),
        selectinload(Service.sources),
    )
    for name, value in (("phase", phase), ("need", need)):
        if value:
            query = query.where(_has(name, value))
    for name, value in (("target_group", target_group), ("gemeente", gemeente)):
        if value:
            query = query.where(_serves(name, value))
    if provider:
        named = sa.or_(Provider.kind == provider, Provider.id == provider)
        query = query.where(Service.provider.has(named))
    if status:
        query = query.where(Service.status == status)
    return query.where(*_all_words(q, Service.name + " " + Service.summary))


def _to_tell() -> Any:
    """The query for services to tell people of: without their sources, which nobody is told."""
    query = sa.select(Service).options(
        joinedload(Service.provider, innerjoin=True), selectinload(Service.facets)
    )
    return query.order_by(*_by_name(Service))


def _page(
    session: Session, table: Any, query: Any, number: int, size: int, descending: bool
) -> Page[Any]:
    count = session.execute(query.with_only_columns(sa.func.count(table.id))).scalar_one()
    part = query.order_by(*_by_name(table, descending)).limit(size).offset((number - 1) * size)
    return Page(list(session.execute(part).scalars()), count)


def _by_name(table: Any, descending: bool = False) -> list[Any]:
    """By name; the id keeps what has the same name in a fixed order, so pages do not overlap."""
    columns = [table.name, table.id]
    return [column.desc() for column in columns] if descending else columns


def _all_words(q: str | None, text: Any) -> list[Any]:
    words = WORD.findall(unicodedata.normalize("NFC", q or "").lower())
    return [sa.func.lower(text).like(f"%{word}%") for word in words]


def _serves(name: str, value: str) -> Any:
    """Whether a service is for who has this value: by name, or because it is for everyone."""
    return sa.or_(_has(name, value), ~_has(name))


def _has(name: str, value: str | None = None) -> Any:
    facet = sa.and_(ServiceFacet.service_id == Service.id, ServiceFacet.name == name)
    if value is not None:
        facet = sa.and_(facet, ServiceFacet.value == value)
    return sa.exists().where(facet).correlate(Service)
