"""The end of the terms: what is past its term goes, wherever it is kept."""

from __future__ import annotations

from bot.assessment import results
from bot.conversations import log
from bot.database import Database
from bot.privacy.vault import Vault
from bot.referral import file as referrals
from bot.settings import Settings


def purge(settings: Settings, database: Database) -> dict[str, int]:
    """Removes everything that is past its term; the number of each."""
    with database.session() as session:
        details = Vault.purge(session)
        requests = referrals.purge(session, settings.retention_days_referral)
        made = results.purge(session, settings.retention_days_result)
        old = log.expired(session, settings.retention_days_conversation)
        for conversation_id in old:
            Vault.erase(session, conversation_id)
            log.erase(session, conversation_id)
    return {"vault": details, "referrals": requests, "results": made, "conversations": len(old)}
