"""The closing question: after a request was finished, whether the person was helped."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.conversations import log
from bot.conversations.messages import About, Choice, Message
from bot.conversations.model import Conversation
from bot.referral import life
from bot.referral.model import Referral

STEP = "geholpen"
INTENT = "doorverwijzing_status"
# In `Referral.helped`: the question was put, and nobody answered yet.
ASKED = "gevraagd"
ANSWERS = {"ja": "Ja", "deels": "Een beetje", "nee": "Nee"}


def is_to_ask(referral: Referral) -> bool:
    """Whether the request was finished and its citizen has not said whether that helped."""
    return referral.status == life.DONE and referral.helped in (None, ASKED)


def ask_helped(referral: Referral) -> Message:
    """The closing question; each choice names the request, however much later it is made."""
    text = (
        f"De adviseur heeft je aanvraag **{referral.reference}** afgerond. Ben je geholpen? Je "
        "antwoord helpt ons om het beter te doen."
    )
    choices = [
        Choice(title, INTENT, f"{STEP}:{value}:{referral.reference}")
        for value, title in ANSWERS.items()
    ]
    about = About(INTENT, [referral.service_id], flow="status", step=STEP)
    return Message(text, choices, about)


def note_helped(session: Session, referral: Referral, answer: str) -> Message:
    """Stores whether the person was helped, and says what can come next.

    Args:
        answer: `ja`, `deels` or `nee`; the last one given counts.

    Raises:
        ValueError: another answer.
        life.WrongTransition: the request was not finished.
    """
    if answer not in ANSWERS:
        raise ValueError(answer)
    values = {"helped": answer}
    if not life.update_if(session, referral, values, Referral.status == life.DONE):
        raise life.WrongTransition(
            f"Aanvraag {referral.reference} is '{referral.status}', dus nog niet afgerond."
        )
    life.note_event(session, referral, life.CITIZEN, f"geholpen: {answer}")
    about = About(INTENT, [referral.service_id], flow="status")
    more = Choice("Nog een vraag", "hulp")
    again = Choice("Opnieuw aanvragen", "medewerker_spreken")
    if answer == "ja":
        return Message("Wat fijn. Dank je wel voor je antwoord.", [more], about)
    if answer == "deels":
        text = (
            "Dank je wel. Fijn dat er iets gelukt is. Heb je nog hulp nodig? Dan kun je een nieuwe "
            "aanvraag doen. Vertel dan wat er nog mist."
        )
        return Message(text, [again, more], about)
    text = (
        "Dat spijt me. Ik wil je graag alsnog op de goede plek krijgen. Wil je een nieuwe aanvraag "
        "doen? Vertel dan wat er niet gelukt is. Je kunt ook een ander loket kiezen."
    )
    return Message(text, [again, more], about)


def to_ask(session: Session) -> Sequence[str]:
    """References of finished requests whose closing question was never put, oldest first.

    Only where the conversation still exists: nobody is looked up for it.
    """
    query = (
        sa.select(Referral.reference)
        .join(Conversation, Conversation.id == Referral.conversation_id)
        .where(Referral.status == life.DONE, Referral.helped.is_(None))
        .order_by(Referral.closed_at)
    )
    return list(session.execute(query).scalars())


def put_question(session: Session, reference: str) -> bool:
    """Puts the closing question in the conversation; False when another process did so already.

    A transaction for each: a citizen who writes at the same moment makes one of them fail, and
    that one is tried again later.
    """
    referral = session.get(Referral, reference)
    unasked = sa.and_(Referral.status == life.DONE, Referral.helped.is_(None))
    if referral is None or not life.update_if(session, referral, {"helped": ASKED}, unasked):
        return False
    tell(session, referral.conversation_id, ask_helped(referral))
    return True


def tell(session: Session, conversation_id: str, message: Message) -> None:
    """Says something in a conversation that nobody asked for; its channel brings it."""
    choices = [{"title": choice.title, "payload": choice.payload} for choice in message.choices]
    reply = log.Reply(message.text, choices, about=message.about.as_dict())
    log.put_out(session, conversation_id, [reply])
