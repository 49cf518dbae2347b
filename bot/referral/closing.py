"""The end of an intake: stored with a reference, or how to reach the desk for who refuses."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from bot.assessment.model import Result
from bot.catalogue.hours import in_words
from bot.catalogue.model import Service
from bot.conversations.messages import About, Choice, Message
from bot.database import now
from bot.flows.model import Answers, Flow, Progress
from bot.privacy.vault import Vault
from bot.referral.calendar import day_in_words, local_day, when_in_words
from bot.referral.destination import choose
from bot.referral.file import NoConsent, Referrals, find
from bot.referral.intake import context, recipient, service_of

# The questions that ask for consent, in the order in which they come.
CONSENTS = ("gezondheid", "toestemming")
AFTERWARDS = (Choice("Nog een vraag", "hulp"), Choice("Klaar", "afscheid"))
# Who may not or cannot consent: nothing of them is stored.
NOT_THEMSELVES = {
    "ander": (
        "Ik mag geen gegevens van iemand anders bewaren. Vraag of diegene zelf hier komt praten, "
        "of zelf belt. Dat kan hier:"
    ),
    "jong": (
        "Je bent nog geen 16. Dan mag ik je gegevens niet bewaren zonder je ouders of verzorgers. "
        "Bel samen met hen. Dat kan hier:"
    ),
}
REFUSED = (
    "Dat is goed. Ik bewaar geen telefoonnummer of e-mailadres van je. Wil je later toch contact? "
    "Dan kun je zelf terecht bij:"
)
TOO_LATE = (
    "Je telefoonnummer of e-mailadres is niet meer bewaard, omdat het te lang geleden is dat je "
    "het gaf. Begin de aanvraag opnieuw, dan vraag ik het nog een keer."
)


def close(
    session: Session,
    referrals: Referrals,
    conversation_id: str,
    flow: Flow,
    progress: Progress,
    results: Sequence[Result] = (),
) -> list[Message]:
    """Ends the intake as the citizen wished.

    With consent the request is stored. Without it every detail in the vault is erased at once.

    Args:
        results: what the person made in the conversation, of which they said whether it goes along.
    """
    answers = progress.answers
    destination = choose(session, answers)
    service = service_of(destination, answers)
    about = About(topic=flow.intent, services=[service.id], flow=flow.id)
    # Consent counts only while the questions before it still have the answers that led to it.
    if flow.applying(answers).get("toestemming") != "ja":
        Vault.erase(session, conversation_id)
        first = NOT_THEMSELVES.get(answers.get("zelf") or "", REFUSED)
        desks = f"{desk(destination.first)}\n{desk(destination.second)}"
        return [Message(f"{first}\n\n{desks}", AFTERWARDS, about)]
    try:
        reference = referrals.create(
            *(session, conversation_id, progress, service),
            _consent_text(flow, answers),
            context(answers, results),
        )
    except NoConsent:
        return [Message(TOO_LATE, [Choice("Opnieuw aanvragen", flow.intent)], about)]
    to = recipient(service, str(answers["gemeente"]))
    text = (
        f"Je aanvraag is opgeslagen voor {to}. Een adviseur kan contact met je "
        f"opnemen via {answers['contact']}. {_when(session, reference, service)}\n\n"
        f"Je referentienummer is **{reference}**. Bewaar het goed. Hiermee kun je vragen hoe het "
        f"met je aanvraag staat.\n\nWil je zelf bellen? Dat kan ook:\n\n{desk(service)}"
    )
    return [Message(text, AFTERWARDS, about)]


def _consent_text(flow: Flow, answers: Answers) -> str:
    """What someone agreed to, as it was asked; of health only where it was asked (AVG art. 9)."""
    given, words = flow.applying(answers), flow.facts(answers)
    asked = (flow.step(name) for name in CONSENTS if given.get(name) == "ja")
    return "\n\n".join(step.ask.format_map(words) for step in asked if step)


def _when(session: Session, reference: str, service: Service) -> str:
    """By when that should have happened, and when the desk is open."""
    referral = find(session, reference)
    if referral is None or referral.due_at is None:
        return ""
    due = day_in_words(local_day(referral.due_at))
    return f"Dat hoort uiterlijk {due} te gebeuren. {when_in_words(service.provider.hours, now())}"


def desk(service: Service) -> str:
    """How to reach the provider of a service: name, phone, hours and link, as far as known."""
    provider = service.provider
    parts = [f"**{provider.name}**"]
    if provider.phone:
        digits = "".join(c for c in provider.phone if c.isdigit() or c == "+")
        parts.append(f"telefoon [{provider.phone}](tel:{digits})")
    if provider.hours:
        parts.append(in_words(provider.hours))
    if provider.hours_note:
        parts.append(provider.hours_note.rstrip("."))
    if provider.url:
        parts.append(f"[website van {provider.name}]({provider.url})")
    if len(parts) == 1:
        parts.append("bel je gemeente via 14 met daarachter het netnummer")
    return "- " + ", ".join(parts)
