"""The intake of a referral: its questions, and the service that it proposes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from sqlalchemy.orm import Session

from bot.catalogue.model import Service
from bot.catalogue.query import Known, services
from bot.content import DATA, ContentError, Problem
from bot.flows.content import read_flow, step
from bot.flows.model import Answers, Flow

INTAKE = DATA / "referral" / "intake.yml"
Words = Callable[[Answers], Mapping[str, str]]
# Kinds of desk that receive people in general, the best first. Who can help with income comes
# first for someone with a benefit or without income; for others the entrepreneurs' desk does.
INCOME_FIRST = ("bijstand", "geen_inkomen", "ww", "arbeidsongeschikt")
DESKS_FOR_INCOME = ("sociale_zaken", "ondernemershuis", "economische_zaken")
DESKS_FOR_BUSINESS = ("ondernemershuis", "economische_zaken", "ondernemersplein_kvk")
# The general desks of any gemeente, where a gemeente has nothing of its own in the catalogue.
NATIONAL_FALLBACK = ("gemeente-werk-en-inkomen", "gemeente-bedrijvenloket")


def read_intake(words: Words = lambda answers: {}, path: Path = INTAKE) -> Flow:
    """The questions of the intake.

    Args:
        words: what the questions may name as `{word}`, from the answers so far.

    Raises:
        ContentError: the file has mistakes.
    """
    return replace(_read(path), facts=words)


def propose(session: Session, answers: Answers) -> Service:
    """The service to refer to: of the own gemeente first, then what every gemeente has.

    Raises:
        ContentError: the catalogue lacks the general desks.
    """
    known = Known(answers.get("gemeente"), answers.get("situatie"), answers.get("fase"))
    order = DESKS_FOR_INCOME if known.situation in INCOME_FIRST else DESKS_FOR_BUSINESS
    here = [
        service
        for service in services(session, gemeente=known.gemeente, phase=known.phase)
        if service.is_desk and service.status == "actueel" and _fits(service, known)
    ]
    local = [s for s in here if s.facet("gemeente") and s.provider.kind in order]
    if local:
        return min(local, key=lambda s: (order.index(s.provider.kind), -_closeness(s, known), s.id))
    general = {s.id: s for s in services(session, gemeente=known.gemeente)}
    wanted = NATIONAL_FALLBACK if order is DESKS_FOR_INCOME else NATIONAL_FALLBACK[::-1]
    for name in wanted:
        if name in general:
            return general[name]
    raise ContentError(
        [Problem("data/catalogue/services", name, "", "deze dienst ontbreekt") for name in wanted]
    )


def facts(session: Session, answers: Answers, retention_days: int) -> Mapping[str, str]:
    """The words that the questions of the intake may name, as far as they are known."""
    service = propose(session, answers)
    gemeente = answers.get("gemeente") or "je gemeente"
    local = (
        "Dit is een loket voor jouw gemeente."
        if service.facet("gemeente")
        else (f"Ik ken geen eigen loket van {gemeente}, daarom noem ik dit algemene loket.")
    )
    return {
        "dienst": service.name,
        "aanbieder": service.provider.name,
        "reden": local,
        "gemeente": gemeente,
        "bewaartermijn": str(retention_days),
    }


@lru_cache
def _read(path: Path) -> Flow:
    data = read_flow(path, "intake", "steps")
    steps = tuple(step(item) for item in data["steps"])
    return Flow(
        data["id"], data["intent"], data["title"], data["intro"].strip(), steps, numbered=False
    )


def _fits(service: Service, known: Known) -> bool:
    groups = service.facet("target_group")
    return not groups or known.situation in groups


def _closeness(service: Service, known: Known) -> int:
    """How much of what is known the service was made for."""
    return (known.situation in service.facet("target_group")) + (
        known.phase in service.facet("phase")
    )
