"""An answer of the catalogue as messages in plain Dutch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from urllib.parse import urlsplit

from bot.catalogue.answering import TopicAnswer
from bot.catalogue.model import Service
from bot.conversations.messages import About, Choice, Message
from bot.dutch import month_in_words
from bot.taxonomy import taxonomy

ASK_GEMEENTE = "In welke gemeente woon je? Dan kan ik ook hulp bij jou in de buurt noemen."
# What a choice means that starts a flow, with the id of the flow behind it.
START = "start:"
ADVISER = Choice("Praat met een adviseur", "medewerker_spreken")


def messages(answer: TopicAnswer, today: date) -> list[Message]:
    """The answer, then the services with their link and age, and subjects to go on with."""
    about = About(topic=answer.topic, services=[s.id for s in _shown(answer)])
    warning = answer.watch_out and f"**Let op.** {answer.watch_out}"
    text = "\n\n".join(part for part in (answer.text, warning, answer.next_step) if part)
    choices = [choice_for(topic) for topic in answer.related]
    if answer.offer:
        start = START + answer.offer["flow"]
        choices.insert(0, Choice(answer.offer["title"], answer.topic, start))
    if not _shown(answer):
        return [Message(text, choices, about)]
    if ADVISER not in choices:
        choices.append(ADVISER)
    return [Message(text, about=about), Message(_help_text(answer, today), choices, about)]


def nearby(answer: TopicAnswer, gemeente: str, today: date) -> list[Message]:
    """Where to go in one's own gemeente, after it was asked for."""
    about = About(topic=answer.topic, services=[s.id for s in _shown(answer)])
    own = [s for s in _shown(answer) if gemeente in s.facet("gemeente")]
    first = (
        f"Dank je. Dit is er voor {gemeente}."
        if own
        else (
            f"Dank je. Ik ken hiervoor geen eigen loket van {gemeente}. Dit kan in elke gemeente."
        )
    )
    text = "\n\n".join(part for part in (first, _help_text(answer, today)) if part)
    return [Message(text, [*map(choice_for, answer.related), ADVISER], about)]


def asking_gemeente(messages: Sequence[Message]) -> list[Message]:
    """The messages with the question where someone lives behind them."""
    *others, last = messages
    return [*others, replace(last, text=f"{last.text}\n\n{ASK_GEMEENTE}")]


def services_text(services: Sequence[Service], today: date) -> str:
    """The services as a list: what it is, what to do first, where, and how old that is."""
    title = "Dit kan je helpen:" if len(services) > 1 else "Hier kun je terecht:"
    return "\n\n".join([title, *(_service(service, today) for service in services)])


def _shown(answer: TopicAnswer) -> list[Service]:
    return [*answer.services, *([answer.perhaps] if answer.perhaps else [])]


def _help_text(answer: TopicAnswer, today: date) -> str:
    """The services that surely exist, and apart from them the one that may not exist any more."""
    parts = [services_text(answer.services, today)] if answer.services else []
    if answer.perhaps:
        parts.append(f"Vraag ook hiernaar. {_service(answer.perhaps, today)}")
    return "\n\n".join(parts)


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
    when = month_in_words(service.reviewed_on)
    if service.review_by < today:
        return f"(Let op: dit is voor het laatst nagekeken in {when}. Vraag na of het nog klopt.)"
    return f"(Nagekeken in {when}.)"
