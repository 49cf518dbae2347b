"""The end of an intake: stored with a reference, or how to reach the desk for who refuses."""

from __future__ import annotations

from sqlalchemy.orm import Session

from bot.catalogue.model import Service
from bot.conversations.messages import About, Choice, Message
from bot.flows.model import Flow, Progress
from bot.privacy.vault import Vault
from bot.referral.file import NoConsent, Referrals
from bot.referral.intake import propose

AFTERWARDS = (Choice("Nog een vraag", "hulp"), Choice("Klaar", "afscheid"))


def close(
    session: Session, referrals: Referrals, conversation_id: str, flow: Flow, progress: Progress
) -> list[Message]:
    """Ends the intake as the citizen wished.

    With consent the request is stored. Without it every detail in the vault is erased at once.
    """
    answers = progress.answers
    service = propose(session, answers)
    about = About(topic=flow.intent, services=[service.id], flow=flow.id)
    if answers.get("voorstel") != "ja" or answers.get("toestemming") != "ja":
        Vault.erase(session, conversation_id)
        text = (
            "Dat is goed. Ik bewaar geen telefoonnummer of e-mailadres van je. Wil je later toch "
            f"contact? Dan kun je zelf terecht bij:\n\n{desk(service)}"
        )
        return [Message(text, AFTERWARDS, about)]
    asked = flow.step("toestemming")
    consent_text = asked.ask.format_map(flow.facts(answers)) if asked else ""
    try:
        reference = referrals.create(session, conversation_id, progress, service, consent_text)
    except NoConsent:
        text = (
            "Je telefoonnummer of e-mailadres is niet meer bewaard, omdat het te lang geleden is "
            "dat je het gaf. Begin de aanvraag opnieuw, dan vraag ik het nog een keer."
        )
        return [Message(text, [Choice("Opnieuw aanvragen", flow.intent)], about)]
    text = (
        f"Je aanvraag is opgeslagen voor {service.provider.name}. Een adviseur kan contact met je "
        f"opnemen via {answers['contact']}.\n\n"
        f"Je referentienummer is **{reference}**. Bewaar het goed. Hiermee kun je vragen hoe het "
        f"met je aanvraag staat.\n\nWil je zelf bellen? Dat kan ook:\n\n{desk(service)}"
    )
    return [Message(text, AFTERWARDS, about)]


def desk(service: Service) -> str:
    """How to reach the provider of a service: name, phone, hours and link, as far as known."""
    provider = service.provider
    parts = [f"**{provider.name}**"]
    if provider.phone:
        digits = "".join(c for c in provider.phone if c.isdigit() or c == "+")
        parts.append(f"telefoon [{provider.phone}](tel:{digits})")
    if provider.hours:
        parts.append(provider.hours.rstrip("."))
    if provider.url:
        parts.append(f"[website van {provider.name}]({provider.url})")
    if len(parts) == 1:
        parts.append("bel je gemeente via 14 met daarachter het netnummer")
    return "- " + ", ".join(parts)
