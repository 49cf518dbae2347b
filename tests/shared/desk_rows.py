"""Rows of desks and of requests to them; a test names only what it is about."""

from datetime import date

from bot.catalogue.model import Provider, Service
from bot.database import now
from bot.referral.model import Referral

DAY = date(2026, 1, 1)


def add_desk(session, name, handover=None):
    """An organisation, and its service `dienst-<name>` that people can be brought to."""
    common = {"reviewed_on": DAY, "review_by": DAY.replace(year=DAY.year + 1)}
    session.add(
        Provider(
            id=name,
            name=f"Loket {name.title()}",
            kind="ondernemershuis",
            handover=handover,
            gemeenten=[],
            **common,
        )
    )
    session.flush()
    session.add(
        Service(
            id=f"dienst-{name}",
            name="Ondernemersloket",
            provider_id=name,
            status="actueel",
            is_desk=True,
            summary="",
            conditions=[],
            first_step="",
            figures=[],
            upl=[],
            **common,
        )
    )


def referral(reference="SW-ACEF-GHJK", at=None, **values):
    """A request of somebody, made at this moment (now)."""
    at = at or now()
    given = {
        "run": reference,
        "status": "ontvangen",
        "gemeente": "Assen",
        "question": "Hoe begin ik?",
        "context": [],
        "service_id": "dienst",
        "contact_kind": "telefoon",
        "contact": b"",
        "consent_text": "Mag dit naar het loket?",
        "consent_at": at,
        "created_at": at,
        **values,
    }
    return Referral(reference=reference, **given)
