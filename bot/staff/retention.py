"""The end of the terms of what staff leave behind."""

from __future__ import annotations

from bot.database import Database
from bot.staff import audit, sessions, throttle


def purge(database: Database, terms: sessions.Terms, audit_days: int) -> dict[str, int]:
    """Removes sessions that are over, old failures, and audit entries past their term; how many."""
    with database.session() as session:
        return {
            "sessions": sessions.purge(session, terms),
            "failures": throttle.purge(session),
            "audit": audit.purge(session, audit_days),
        }
