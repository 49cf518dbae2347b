"""The conversation about a request: see it, withdraw or correct it, and say whether it helped.

The questions are in data/referral/status.yml. Who did a request in this conversation sees it at
once; others prove with its reference and contact detail that it is theirs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from sqlalchemy.orm import Session

from bot.content import DATA
from bot.conversations.messages import About, Choice, Message
from bot.database import now
from bot.flows.content import flow as flow_of
from bot.flows.content import read_flow
from bot.flows.model import Answers, Flow, Option, Progress, Step
from bot.privacy import own_data, vault
from bot.privacy.datamap import in_words
from bot.privacy.vault import Vault
from bot.referral import helped, life, status
from bot.referral.file import Referrals, find, find_reference
from bot.referral.model import Referral
from bot.referral.status import ANOTHER_QUESTION, FLOW, NEW_REQUEST, TOPIC, View

STATUS = DATA / "referral" / "status.yml"
READY = "klaar"
# The questions by which someone proves that a request is theirs, and the two that choose one.
NUMBER, NUMBER_AGAIN, CHECK, WHICH = "nummer", "nummer_opnieuw", "contact", "welke"
NOT_ABOUT_OPEN = frozenset([NUMBER, NUMBER_AGAIN, CHECK, WHICH, helped.STEP])
# What can be done with a request that has ended: nothing, or erasing it.
CHOICE, ERASE, SURE = "keuze", "wissen", "zeker_wissen"
ENOUGH = Option(READY, "Klaar", ("klaar", "nee", "niets", "niks"), ("ontkennen", "bedankt"))


@dataclass(frozen=True)
class Seen:
    """What someone may see with these answers.

    `stopped` after too many wrong attempts; `proven` when it is of another conversation.
    """

    shown: Sequence[View] = ()
    stopped: bool = False
    proven: bool = False

    @property
    def able(self) -> list[View]:
        """The requests that something can still be done or said about."""
        return [one for one in self.shown if one.is_open or one.asks_helped or self.proven]

    def subject(self, answers: Answers) -> View | None:
        """The one that it is about: the only one, or the one that was chosen."""
        if len(self.able) == 1:
            return self.able[0]
        return next((view for view in self.able if view.reference == answers.get(WHICH)), None)


Look = Callable[[Answers], Seen]
Erase = Callable[[Session, Referral], Message]


def look(session: Session, referrals: Referrals, conversation_id: str, answers: Answers) -> Seen:
    """What this conversation may see: its own requests, or the one that the answers prove."""
    moment = now()
    reference = _reference(answers)
    own = status.views(session, conversation_id, moment)
    named = [view for view in own if view.reference == reference]
    if own and (named or NUMBER not in answers):
        return Seen(named or own)
    if status.refusals(session, conversation_id) >= status.MOST_ATTEMPTS:
        return Seen(stopped=True)
    if CHECK not in answers:
        return Seen()
    proven = status.prove(session, referrals, conversation_id, reference, answers[CHECK])
    return Seen([status.view(session, proven, moment)], proven=True) if proven else Seen()


def flow(look: Look, retention_days: int, path: Path = STATUS) -> Flow:
    """The questions for someone who may see this.

    Args:
        look: what may be seen with the answers so far.
        retention_days: how long a request is kept.

    Raises:
        ContentError: the file has mistakes.
    """
    read = read_status(path)
    at_first = look({})
    asked = replace(read, steps=tuple(_with_requests(one, at_first) for one in read.steps))

    def choose(progress: Progress) -> Step | None:
        return _next(asked, look(progress.answers), progress.answers)

    def facts(answers: Answers) -> Mapping[str, str]:
        return _facts(look(answers), answers, retention_days)

    intro = "" if at_first.shown or at_first.stopped else read.intro
    return replace(asked, intro=intro, choose=choose, facts=facts)


@lru_cache
def read_status(path: Path = STATUS) -> Flow:
    """The questions in a file, as they are for everyone.

    Raises:
        ContentError: the file has mistakes.
    """
    return flow_of(read_flow(path, "status", "steps"), numbered=False)


def known(text: str, answer: str | None) -> dict[str, str]:
    """What a message that starts the flow says already: a reference, or whether it helped.

    Args:
        answer: the meaning of a choice; that of the closing question is `geholpen:ja:REFERENCE`.
    """
    name, _, rest = (answer or "").partition(":")
    value, _, reference = rest.partition(":")
    if name == helped.STEP and reference:
        return {"geholpen": value, "referentie": reference}
    found = find_reference(text)
    return {"referentie": found} if found else {}


def finish(
    session: Session,
    referrals: Referrals,
    conversation_id: str,
    progress: Progress,
    retention_days: int,
    erase: Erase,
    tell: life.Tell = life.tell_desk,
) -> list[Message]:
    """Does what was asked, and says so; refuses who may see nothing, always in the same words.

    Args:
        erase: removes a request for good and says so, `bot.privacy.own_data.erase_request`.
    """
    answers = progress.answers
    seen = look(session, referrals, conversation_id, answers)
    if seen.stopped:
        return [status.stop()]
    if not seen.shown:
        return [status.refuse()]
    about = About(TOPIC, [view.service for view in seen.shown], flow=FLOW)
    subject = seen.subject(answers)
    referral = find(session, subject.reference) if subject else None
    if subject is None or referral is None:
        return [_nothing_to_do(seen, answers, about)]
    if answers.get(CHOICE) == ERASE and answers.get(SURE) == "ja":
        Vault.erase(session, conversation_id)
        return [erase(session, referral)]
    if subject.asks_helped:
        return [helped.note_helped(session, referral, answers.get(helped.STEP) or "")]
    consent = _consent(_facts(seen, answers, retention_days))
    try:
        done = _do(session, referrals, conversation_id, referral, answers, consent, tell)
    except (life.WrongTransition, life.Closed):
        done = (
            "Je aanvraag is intussen al afgesloten. Daarom kan ik er niets meer aan veranderen. "
            "Je kunt wel een nieuwe aanvraag doen."
        )
    choices = [ANOTHER_QUESTION, Choice("Klaar", "afscheid")]
    return [Message(done, choices, about)]


def _do(
    session: Session,
    referrals: Referrals,
    conversation_id: str,
    referral: Referral,
    answers: Answers,
    consent: str,
    tell: life.Tell,
) -> str:
    """Withdraws or corrects; what the citizen hears about it."""
    number = f"**{referral.reference}**"
    stays = f"Goed. Aanvraag {number} blijft staan zoals hij is."
    chosen, what = answers.get("keuze"), answers.get("wat")
    if chosen == "intrekken" and answers.get("zeker") == "ja":
        status.withdraw(session, referral, tell=tell)
        Vault.erase(session, conversation_id)
        return (
            f"Aanvraag {number} is ingetrokken. Je telefoonnummer of e-mailadres is gewist. Ik "
            "laat het loket weten dat je geen contact meer wilt."
        )
    if chosen != "verbeteren":
        return stays
    told = f"Gelukt. Ik geef het door aan het loket, bij aanvraag {number}."
    if what == "vraag":
        question = answers.get("nieuwe_vraag") or ""
        status.correct(session, referrals, referral, question=question, tell=tell)
        return told
    if what == "wens":
        wish = answers.get("nieuwe_wens") or ""
        status.correct(session, referrals, referral, wish=wish, tell=tell)
        return told
    if answers.get("toestemming") != "ja":
        return f"{stays} Ik bewaar geen nieuw telefoonnummer of e-mailadres."
    contact = referrals.detail(session, conversation_id, answers.get("nieuw_contact"))
    if contact is None:
        return (
            "Je telefoonnummer of e-mailadres is niet meer bewaard, omdat het te lang geleden is "
            f"dat je het gaf. {stays} Begin opnieuw als je het nog wilt veranderen."
        )
    status.correct(session, referrals, referral, contact=contact, consent_text=consent, tell=tell)
    return f"{told} Het loket gebruikt nu {answers['nieuw_contact']}."


def _consent(facts: Mapping[str, str]) -> str:
    """The question for consent as it was asked."""
    asked = read_status().step("toestemming")
    return asked.ask.format_map(facts) if asked else ""


def _nothing_to_do(seen: Seen, answers: Answers, about: About) -> Message:
    """All have ended and were asked about, or nothing has to change."""
    if answers.get(WHICH) == READY:
        text = "Goed. Je aanvragen blijven staan zoals ze zijn."
        return Message(text, [ANOTHER_QUESTION, Choice("Klaar", "afscheid")], about)
    text = "\n\n".join(view.text for view in seen.shown)
    erasing = [own_data.erase_choice(view.reference) for view in seen.shown]
    return Message(text, [NEW_REQUEST, *erasing, ANOTHER_QUESTION], about)


def _next(asked: Flow, seen: Seen, answers: Answers) -> Step | None:
    """The question to ask now; None when there is nothing (more) to ask, or to see."""
    if not seen.shown:
        if seen.stopped or CHECK in answers:
            return None
        if NUMBER not in answers:
            return asked.step(NUMBER)
        readable = _reference(answers) or NUMBER_AGAIN in answers
        return asked.step(CHECK if readable else NUMBER_AGAIN)
    if len(seen.able) > 1 and WHICH not in answers:
        return asked.step(WHICH)
    subject = seen.subject(answers)
    if subject is None:
        return None
    if subject.asks_helped:
        return None if helped.STEP in answers else asked.step(helped.STEP)
    if not subject.is_open:
        return _of_what_ended(asked, answers)
    about_it = (one for one in asked.open_steps(answers) if one.id not in NOT_ABOUT_OPEN)
    return next(about_it, None)


def _of_what_ended(asked: Flow, answers: Answers) -> Step | None:
    """Whether to erase a request that has ended; who sees it elsewhere has no other way to."""
    question = next((one for one in asked.open_steps(answers) if one.id in (CHOICE, SURE)), None)
    if question is None or question.id == SURE:
        return question
    return replace(
        question, options=tuple(o for o in question.options if o.value in (ERASE, READY))
    )


def _facts(seen: Seen, answers: Answers, retention_days: int) -> Mapping[str, str]:
    subject = seen.subject(answers)
    shown = [subject] if subject and WHICH in answers else seen.shown
    return {
        "overzicht": "\n\n".join(view.text for view in shown),
        "nummer": f"**{subject.reference}**" if subject else "",
        "aanbieder": subject.provider if subject else "",
        "contact": answers.get("nieuw_contact") or "",
        "bewaartermijn": str(retention_days),
    }


def _reference(answers: Answers) -> str | None:
    return find_reference(answers.get(NUMBER)) or find_reference(answers.get(NUMBER_AGAIN))


def _with_requests(question: Step, seen: Seen) -> Step:
    """A question with its term, and which request it is about with those of this conversation."""
    if question.id != WHICH:
        explain = question.explain.replace("{termijn_kluis}", in_words(vault.TERM))
        return replace(question, explain=explain)
    options = (Option(v.reference, f"{v.reference}: {v.provider}"[:60]) for v in seen.able)
    return replace(question, options=(*options, ENOUGH))
