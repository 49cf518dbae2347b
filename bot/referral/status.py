"""What a citizen hears about a request, and what they can still do with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.catalogue.model import Service
from bot.conversations.messages import About, Choice, Message
from bot.conversations.model import Conversation, StoredMessage
from bot.database import now
from bot.privacy.vault import Vault
from bot.referral import life
from bot.referral.calendar import day_in_words, local_day, when_in_words
from bot.referral.closing import desk
from bot.referral.file import LONGEST_WISH, Referrals, find, find_reference, of_conversation
from bot.referral.helped import is_to_ask
from bot.referral.helped import tell as put_in
from bot.referral.intake import SENT
from bot.referral.model import Referral

TOPIC = "doorverwijzing_status"
FLOW = "status"
# The step under which a refusal goes into the log of the conversation, where it is counted.
REFUSED_STEP = "controle"
MOST_ATTEMPTS = 5
# In words of B1; "je nummer" is the reference.
WORDS = {
    life.RECEIVED: "is ontvangen. Een adviseur heeft hem nog niet opgepakt.",
    life.IN_HAND: "is in behandeling. Een adviseur is ermee bezig.",
    life.CONTACT: "loopt. Een adviseur heeft contact met je gehad.",
    life.NO_CONTACT: (
        "ligt stil. De adviseur kon je niet bereiken. Klopt je telefoonnummer of e-mailadres nog? "
        "Je kunt het hier verbeteren, of zelf bellen."
    ),
    life.DONE: "is klaar. De adviseur heeft je vraag afgerond.",
    life.WITHDRAWN: "is ingetrokken. Je telefoonnummer of e-mailadres is gewist.",
}
# News that a citizen hears at once; that a request is done comes with the closing question.
NEWS = (life.IN_HAND, life.NO_CONTACT)
NEWS_STEP = "nieuws"
LOOK = Choice("Bekijk mijn aanvraag", TOPIC)
NEW_REQUEST = Choice("Praat met een adviseur", "medewerker_spreken")
ANOTHER_QUESTION = Choice("Nog een vraag", "hulp")
NONE_HERE = (
    "In dit gesprek heb je nog geen aanvraag gedaan. Deed je dat eerder, in een ander gesprek? "
    "Bel dan het loket dat bij je aanvraag staat en noem je referentienummer. Je kunt ook een "
    "nieuwe aanvraag doen."
)
# One text for a number that does not exist, a wrong check, and a request that was erased.
REFUSED = (
    "Ik kan geen aanvraag vinden bij dit nummer en dit telefoonnummer of e-mailadres. Misschien "
    "zit er een typfout in. Of de aanvraag is al gewist. Kijk het na en probeer het opnieuw. Je "
    "kunt ook het loket bellen waar je aanvraag heen ging. Noem dan je referentienummer."
)
STOPPED = (
    "Het is nu een paar keer niet gelukt. Ik zoek in dit gesprek niet verder. Zo kan niemand de "
    "gegevens van een ander raden. Bel het loket waar je aanvraag heen ging en noem je "
    "referentienummer. Weet je het loket niet meer? Bel dan je gemeente, via 14 met daarachter "
    "het netnummer."
)


@dataclass(frozen=True)
class View:
    """A request as its citizen may see it: what stands where, and what can be done with it."""

    reference: str
    text: str
    provider: str
    service: str
    is_open: bool
    asks_helped: bool


def describe(session: Session, conversation_id: str, moment: datetime | None = None) -> Message:
    """The state of the requests that were made in this conversation."""
    found = views(session, conversation_id, moment or now())
    if not found:
        return Message(NONE_HERE, [NEW_REQUEST], About(TOPIC))
    services = [view.service for view in found]
    text = "\n\n".join(view.text for view in found)
    return Message(text, [ANOTHER_QUESTION], About(TOPIC, services))


def views(session: Session, conversation_id: str, moment: datetime) -> list[View]:
    """The requests of this conversation, oldest first."""
    return [view(session, one, moment) for one in of_conversation(session, conversation_id)]


def prove(
    session: Session,
    referrals: Referrals,
    conversation_id: str,
    reference: str | None,
    contact: str | None,
) -> Referral | None:
    """The request with this reference, for who also knows the contact detail that it was made with.

    Nobody learns whether a reference exists: whatever is wrong, the work is the same (one look in
    the database, one decryption, one comparison) and so is the answer.

    Args:
        reference: in any spelling that people use.
        contact: the token of a detail that was typed in this conversation.
    """
    referral = find(session, find_reference(reference))
    given = referrals.detail(session, conversation_id, contact)
    return referral if referrals.matches(referral, given[1] if given else None) else None


def refusals(session: Session, conversation_id: str) -> int:
    """How often this conversation was refused a request: it is in its log, restarts or not."""
    said = sa.select(StoredMessage.about).where(
        StoredMessage.conversation_id == conversation_id, StoredMessage.direction == "out"
    )
    steps = [(about or {}).get("step") for about in session.execute(said).scalars()]
    return steps.count(REFUSED_STEP)


def refuse() -> Message:
    """The answer to every reference and check that do not belong together."""
    choices = [Choice("Opnieuw proberen", TOPIC), NEW_REQUEST]
    return Message(REFUSED, choices, About(TOPIC, flow=FLOW, step=REFUSED_STEP))


def stop() -> Message:
    """The answer after too many attempts, right or wrong."""
    return Message(STOPPED, [NEW_REQUEST, ANOTHER_QUESTION], About(TOPIC, flow=FLOW))


def view(session: Session, referral: Referral, moment: datetime) -> View:
    """One request in words: its state, when an adviser calls, and how to reach the desk."""
    service = session.get(Service, referral.service_id)
    is_open = referral.status in life.OPEN
    sentences = [f"Je aanvraag **{referral.reference}** {WORDS[referral.status]}"]
    if referral.status in life.WAITING:
        sentences.append(_due(referral, moment))
    parts = [" ".join(sentence for sentence in sentences if sentence)]
    if is_open and service:
        open_now = when_in_words(service.provider.hours, moment)
        parts.append(f"{open_now}\n\n{desk(service)}".strip())
    return View(
        reference=referral.reference,
        text="\n\n".join(parts),
        provider=service.provider.name if service else "het loket",
        service=referral.service_id,
        is_open=is_open,
        asks_helped=is_to_ask(referral),
    )


def withdraw(
    session: Session,
    referral: Referral,
    by: str = life.CITIZEN,
    note: str | None = None,
    tell: life.Tell = life.tell_desk,
) -> None:
    """Ends a request because the citizen wants that, and has the desk forget it.

    The contact detail is overwritten, here and in the vault of the conversation that it came from
    (AVG art. 7 lid 3 and art. 17 lid 1 b: withdrawing consent is as easy as giving it).

    Raises:
        life.WrongTransition: it has ended already.
    """
    life.change(session, referral, life.WITHDRAWN, by, note)
    if referral.conversation_id:
        Vault.erase(session, referral.conversation_id)
    tell(session, referral, "ingetrokken")


def set_status(
    session: Session,
    referral: Referral,
    status: str,
    by: str,
    note: str | None = None,
    tell: life.Tell = life.tell_desk,
) -> None:
    """Brings a request into another state on behalf of staff; withdrawn is withdrawn in full.

    What its citizen has to know is said in the conversation, as long as that is kept.

    Raises:
        life.ReferralError: see `life.change`.
    """
    if status == life.WITHDRAWN:
        withdraw(session, referral, by, note, tell)
        return
    life.change(session, referral, status, by, note)
    here = referral.conversation_id
    if status in NEWS and here and session.get(Conversation, here) is not None:
        text = f"Nieuws over je aanvraag. Aanvraag **{referral.reference}** {WORDS[status]}"
        about = About(TOPIC, [referral.service_id], flow=FLOW, step=NEWS_STEP)
        put_in(session, here, Message(text, [LOOK], about))


def correct(
    session: Session,
    referrals: Referrals,
    referral: Referral,
    *,
    contact: tuple[str, str] | None = None,
    consent_text: str | None = None,
    question: str | None = None,
    wish: str | None = None,
    tell: life.Tell = life.tell_desk,
) -> None:
    """Changes what the citizen wants to have changed, and tells the desk.

    Who could not be reached and gives another contact detail is received again, with a new term.

    Args:
        contact: kind and readable value; only with `consent_text`, what the citizen agreed to.
        wish: when or how to get in touch, cut off at 120 characters.

    Raises:
        ValueError: nothing to change, or a contact detail without consent.
        life.Closed: the request has ended in the meantime.
    """
    values: dict[str, Any] = {}
    if contact is not None:
        if not consent_text:
            raise ValueError("a contact detail is never stored without consent")
        kind, value = contact
        values |= {"contact_kind": kind, "contact": referrals.sealed(value)}
        values |= {"consent_text": consent_text, "consent_at": now()}
    if question is not None:
        values |= {"question": question, "context": _with_question(referral, question)}
    if wish is not None:
        values["wish"] = wish[:LONGEST_WISH]
    if not values:
        raise ValueError("nothing to change")
    if not life.update_if(session, referral, values, Referral.status.in_(life.OPEN)):
        raise life.Closed(f"Aanvraag {referral.reference} is al {referral.status}.")
    changed = [name for name in ("contact", "question", "wish") if name in values]
    life.note_event(session, referral, life.CITIZEN, f"gewijzigd: {', '.join(changed)}")
    if contact is not None and referral.status == life.NO_CONTACT:
        life.change(session, referral, life.RECEIVED, life.CITIZEN, "nieuw contactgegeven")
    tell(session, referral, "gewijzigd")


def _with_question(referral: Referral, question: str) -> Sequence[dict[str, str]]:
    """What the citizen approved, with the new question in the place of the old one."""
    label = SENT["vraag"]
    return [
        {**item, "text": question} if item["label"] == label else item for item in referral.context
    ]


def _due(referral: Referral, moment: datetime) -> str:
    if referral.due_at is None:
        return ""
    day = day_in_words(local_day(referral.due_at))
    if referral.due_at >= moment:
        return (
            f"De bedoeling is dat een adviseur uiterlijk **{day}** contact met je opneemt. Duurt "
            "het je te lang? Bel dan zelf en noem je nummer."
        )
    return (
        f"Een adviseur had uiterlijk {day} contact met je moeten opnemen. Dat is niet gelukt. Dat "
        "spijt me. Bel gerust zelf en noem je nummer."
    )
