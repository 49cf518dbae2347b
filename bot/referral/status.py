"""What a citizen hears about a request."""

from __future__ import annotations

from sqlalchemy.orm import Session

from bot.catalogue.model import Service
from bot.conversations.messages import About, Choice, Message
from bot.referral.closing import desk
from bot.referral.file import of_conversation

TOPIC = "doorverwijzing_status"


def describe(session: Session, conversation_id: str) -> Message:
    """The state of the requests that were made in this conversation."""
    found = of_conversation(session, conversation_id)
    if not found:
        text = (
            "In dit gesprek heb je nog geen aanvraag gedaan. Deed je dat eerder, in een ander "
            "gesprek? Bel dan het loket dat bij je aanvraag staat en noem je referentienummer. "
            "Je kunt ook een nieuwe aanvraag doen."
        )
        return Message(text, [Choice("Praat met een adviseur", "medewerker_spreken")], About(TOPIC))
    lines = []
    for referral in found:
        service = session.get(Service, referral.service_id)
        where = f"\n\n{desk(service)}" if service else ""
        lines.append(
            f"Je aanvraag **{referral.reference}** is ontvangen. Een adviseur heeft hem nog niet "
            f"opgepakt. Duurt het je te lang? Bel dan zelf en noem je nummer.{where}"
        )
    services = [referral.service_id for referral in found]
    return Message("\n\n".join(lines), [Choice("Nog een vraag", "hulp")], About(TOPIC, services))
