"""Whether a person wants messages: what they say about that, and what may still be sent.

- "stop" ends the messages, but in the middle of a flow only that flow: there it answers a question.
  What cannot be meant for a flow ("stop berichten", "afmelden") always ends the messages.
- Who stopped gets the confirmation, and nothing else. What they say after that is not read and not
  kept, until they say "start". One message a day tells them so, with the numbers for emergencies:
  it answers what they send, so it never comes by itself.
- "wis dit gesprek" erases everything at once, also for who stopped.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.conversations.log import Reply
from bot.conversations.messages import About
from bot.conversations.model import StoredMessage
from bot.database import now
from bot.whatsapp.model import WhatsAppDelivery, WhatsAppPerson
from bot.whatsapp.texts import Texts

Wish = Literal["stop", "start", "erase"]
# The name under which our own notices stand in the log; no flow of the bot has it.
FLOW = "whatsapp"
CONFIRMATIONS = ("afgemeld", "nog_afgemeld", "gewist")
REMIND_AFTER = timedelta(hours=24)


def wish(texts: Texts, text: str, *, in_flow: bool) -> Wish | None:
    """What somebody asks for whose whole message is one of the words, or None.

    Args:
        in_flow: whether the bot has just asked a question of a flow.
    """
    said = plain(text)
    if said in texts.words["stop"]:
        return "stop"
    if said in texts.words["stop_outside_flow"]:
        return None if in_flow else "stop"
    if said in texts.words["start"]:
        return "start"
    return "erase" if said in texts.words["erase"] else None


def plain(text: str) -> str:
    """The words of a whole message: without capitals, quotes, and marks at the end."""
    return " ".join(text.casefold().replace("’", "'").split()).strip(" .!'\"")


def may_send(person: WhatsAppPerson, about: Mapping[str, Any] | None) -> bool:
    """Whether a message of the bot may go to this person.

    Args:
        about: of the message, as it is in the log.
    """
    if person.opted_out_at is None:
        return True
    return about is not None and about.get("flow") == FLOW and about.get("step") in CONFIRMATIONS


def opt_out(session: Session, person: WhatsAppPerson) -> None:
    """No more messages, and what waited to be sent is not sent."""
    person.opted_out_at = now()
    session.execute(
        sa.update(WhatsAppDelivery)
        .where(
            WhatsAppDelivery.conversation_id == person.conversation_id,
            WhatsAppDelivery.status == "waiting",
        )
        .values(status="cancelled")
        .execution_options(synchronize_session=False)
    )
    session.flush()


def opt_in(session: Session, person: WhatsAppPerson) -> None:
    """Messages again, from now on; what was said in between stays unsent."""
    person.opted_out_at = None
    session.flush()


def is_to_remind(session: Session, conversation_id: str) -> bool:
    """Whether who stopped and writes again has not heard today that nobody reads it."""
    query = (
        sa.select(StoredMessage)
        .where(
            StoredMessage.conversation_id == conversation_id,
            StoredMessage.direction == "out",
            StoredMessage.at > now() - REMIND_AFTER,
        )
        .order_by(StoredMessage.seq.desc())
    )
    recent = session.execute(query).scalars()
    return not any(is_notice(message, "nog_afgemeld") for message in recent)


def is_notice(message: StoredMessage, step: str | None = None) -> bool:
    """Whether we said this ourselves, apart from the dialogue; `step` says which notice."""
    about = message.about or {}
    return about.get("flow") == FLOW and step in (None, about.get("step"))


def notice(text: str, step: str, choices: list[dict[str, str]] | None = None) -> Reply:
    """Something that we say ourselves, apart from the dialogue.

    Args:
        step: which notice it is.
        choices: of the question that still stands.
    """
    return Reply(text, choices or [], about=About(flow=FLOW, step=step).as_dict())
