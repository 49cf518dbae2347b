"""An answer of the catalogue as messages in plain Dutch."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from urllib.parse import urlsplit

from bot.catalogue.model import Service
from bot.catalogue.query import TopicAnswer
from bot.conversations.messages import About, Choice, Message
from bot.taxonomy import taxonomy

MONTHS = [
    *("januari", "februari", "maart", "april", "mei", "juni", "juli", "augustus"),
    *("september", "oktober", "november", "december"),
]
ADVISER = Choice("Praat met een adviseur", "medewerker_spreken")


def messages(answer: TopicAnswer, today: date) -> list[Message]:
    """The answer, then the services with their link and age, and subjects to go on with."""
    about = About(topic=answer.topic, services=[service.id for service in answer.services])
    text = "\n\n".join(part for part in (answer.text, answer.next_step) if part)
    choices = [choice_for(topic) for topic in answer.related]
    if answer.services and ADVISER not in choices:
        choices.append(ADVISER)
    if not answer.services:
        return [Message(text, choices, about)]
    return [
        Message(text, about=about),
        Message(services_text(answer.services, today), choices, about),
    ]


def services_text(services: Sequence[Service], today: date) -> str:
    """The services as a list: what it is, what to do first, where, and how old that is."""
    title = "Dit kan je helpen:" if len(services) > 1 else "Hier kun je terecht:"
    return "\n\n".join([title, *(_service(service, today) for service in services)])


def choice_for(intent: str) -> Choice:
    """A button for a subject, with the name that people know it by."""
    if intent == ADVISER.intent:
        return ADVISER
    return Choice(taxonomy().intents[intent].label, intent)


def _service(service: Service, today: date) -> str:
    provider = service.provider
    by = "" if service.name in provider.name else f" ({provider.name})"
    parts = [f"**{service.name}**{by}. {service.summary}", service.first_step]
    url = service.url or provider.url
    if url:
        host = (urlsplit(url).hostname or url).removeprefix("www.")
        parts.append(f"[Naar {host}]({url}).")
    if provider.phone:
        digits = "".join(c for c in provider.phone if c.isdigit() or c == "+")
        parts.append(f"Bellen kan ook: [{provider.phone}](tel:{digits}).")
    parts.append(_age(service, today))
    return " ".join(parts)


def _age(service: Service, today: date) -> str:
    when = f"{MONTHS[service.reviewed_on.month - 1]} {service.reviewed_on.year}"
    if service.review_by < today:
        return f"(Let op: dit is voor het laatst nagekeken in {when}. Vraag na of het nog klopt.)"
    return f"(Nagekeken in {when}.)"
