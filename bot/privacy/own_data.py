"""What the bot says and does when someone wants to see or erase what is kept about them.

The question is the intent `gegevens_wissen`; its choices carry what to do in their answer, so that
only a choice that the bot offered does anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sqlalchemy.orm import Session

from bot.conversations import log
from bot.conversations.messages import About, Choice, Message
from bot.privacy import access, erasure, kept, preserve
from bot.privacy.datamap import in_words
from bot.referral.file import of_conversation
from bot.referral.model import Referral
from bot.settings import Settings

INTENT = "gegevens_wissen"
# What someone asks who wants to know what happens with what they tell.
EXPLAINED = "privacy"
ASK, ERASE, SHOW, ERASE_REQUEST = "wissen_vraag", "wissen", "inzage", "wissen_aanvraag"
WHATSAPP = "whatsapp"
SEE = Choice("Laat zien wat er bewaard is", INTENT, SHOW)
# A request of another conversation: that flow asks for its number and contact detail first.
ELSEWHERE = Choice("Een andere aanvraag wissen", "doorverwijzing_status")
NOTHING_ELSE = Choice("Nee, laat maar", "hulp")
ABOUT = About(INTENT)
ON_WHATSAPP = "Wil je dit hele gesprek wissen? Stuur dan: **wis dit gesprek**"


def offer(session: Session, conversation_id: str) -> Message:
    """What someone can do with what is kept, behind the answer of the catalogue."""
    choices = [SEE]
    requests = of_conversation(session, conversation_id)
    choices += [erase_choice(request.reference) for request in requests if request.question]
    choices.append(ELSEWHERE)
    if _channel(session, conversation_id) == WHATSAPP:
        return Message(ON_WHATSAPP, choices, ABOUT)
    choices.insert(0, Choice("Wis dit gesprek", INTENT, ASK))
    return Message("Ik kan het ook hier voor je doen. Wat wil je?", choices, ABOUT)


def erase_choice(reference: str) -> Choice:
    """The button that erases a request of this conversation, after a question whether to."""
    return Choice(f"Wis aanvraag {reference}", INTENT, f"{ASK}:{reference}")


def act(
    session: Session, settings: Settings, conversation_id: str, answer: str
) -> Sequence[Message] | None:
    """What a choice asks for; None where it is none of these.

    Erasing asks first. The certificate's code is told then, because nothing can be said in a
    conversation that has gone.
    """
    what, _, about = answer.partition(":")
    if what == SHOW:
        return [show(session, settings, conversation_id)]
    if what == ASK:
        return [_confirm(session, conversation_id, about)]
    if what == ERASE:
        return [_erase(session, settings.var, conversation_id, about)]
    if what == ERASE_REQUEST:
        return [_erase_request(session, settings, conversation_id, about)]
    return None


def show(session: Session, settings: Settings, conversation_id: str) -> Message:
    """What is kept by kind, with a link to all of it."""
    found = access.of_the_conversation(session, conversation_id, settings)
    links = access.Links(settings.secret_key, settings.public_url, settings.secret_key_old)
    link = links.address(conversation_id)
    text = (
        f"Dit is er van dit gesprek bewaard, met hoeveel het er zijn:\n\n{access.in_words(found)}"
        f"\n\n[Bekijk alles in één overzicht]({link}). De link werkt {in_words(access.LINK_TERM)}. "
        "Je naam, nummers en adressen staan er niet in: die haal ik uit je berichten.\n\nKlopt er "
        "iets niet? Vraag je gemeente om het te verbeteren."
    )
    if found["langer_bewaard"]:
        text += f"\n\n{found['langer_bewaard']}"
    others = [one for one in offer(session, conversation_id).choices if one != SEE]
    return Message(text, others, ABOUT)


def _confirm(session: Session, conversation_id: str, reference: str) -> Message:
    code = erasure.new_code()
    if reference:
        text = (
            f"Wil je aanvraag **{reference}** echt wissen? Een adviseur neemt dan geen contact "
            "meer op. Heeft het loket je aanvraag al? Dan vraag ik het loket om die ook te wissen. "
            "Je kunt dit niet terugdraaien."
        )
        yes = Choice("Ja, wis de aanvraag", INTENT, f"{ERASE_REQUEST}:{reference}")
        return Message(text, [yes, NOTHING_ELSE], ABOUT)
    held = preserve.find(session, kept.CONVERSATION, conversation_id)
    if held is not None:
        return Message(preserve.in_words(held), [NOTHING_ELSE], ABOUT)
    text = (
        "Wil je dit hele gesprek echt wissen? Alles wat je hier zei, je uitslagen en je oordeel "
        "gaan dan weg. Je kunt dit niet terugdraaien."
    )
    if of_conversation(session, conversation_id):
        text += " Je aanvraag om contact blijft staan. Die wis je apart."
    text += f"\n\nJe bewijs van wissen krijgt nummer **{code}**. Schrijf het op als je dat wilt."
    return Message(text, [Choice("Ja, wis alles", INTENT, f"{ERASE}:{code}"), NOTHING_ELSE], ABOUT)


def _erase(session: Session, var: Path, conversation_id: str, code: str) -> Message:
    try:
        erasure.erase_conversation(
            session, conversation_id, by=erasure.CITIZEN, var=var, code=code or None
        )
    except preserve.Preserved as refused:
        return Message(str(refused), [NOTHING_ELSE], ABOUT)
    except log.UnknownConversation:
        pass
    return Message("Dit gesprek is gewist.", about=ABOUT)


def _erase_request(
    session: Session, settings: Settings, conversation_id: str, reference: str
) -> Message:
    """Only a request that was made in this conversation; others need their contact detail."""
    asked = of_conversation(session, conversation_id)
    mine = {one.reference: one for one in asked if one.question}
    if reference not in mine:
        return Message("Deze aanvraag is al gewist.", [NOTHING_ELSE], ABOUT)
    return erase_request(session, settings, mine[reference])


def erase_request(session: Session, settings: Settings, request: Referral) -> Message:
    """Erases a request of someone who has shown that it is theirs; says so with the certificate.

    The bot asked before whether they are sure.
    """
    reference = request.reference
    ledger = kept.Ledger(settings.secret_key, settings.secret_key_old)
    try:
        made = erasure.erase_referral(session, request, ledger, by=erasure.CITIZEN)
    except preserve.Preserved as refused:
        return Message(str(refused), [NOTHING_ELSE], ABOUT)
    told = " Ik vraag het loket om de aanvraag ook te wissen." if made.told_desk else ""
    text = f"Aanvraag {reference} is gewist.{told} Je bewijs van wissen: **{made.code}**."
    return Message(text, [Choice("Nog een vraag", "hulp")], ABOUT)


def _channel(session: Session, conversation_id: str) -> str:
    try:
        return str(log.get(session, conversation_id).channel)
    except log.UnknownConversation:
        return ""
