"""Answers on subjects, the fallback, emergencies, and starting over."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from rasa_sdk import Tracker
from rasa_sdk.events import ActiveLoop, AllSlotsReset, EventType, FollowupAction, SlotSet
from sqlalchemy.orm import Session

from actions.adapter import (
    DomainAction,
    back_to_form,
    database,
    known,
    memory,
    ranking,
    said,
    settings,
    topics,
)
from actions.reasons import explain
from bot.catalogue.answering import (
    SHORT_REACTIONS,
    Known,
    answer,
    depends_on_gemeente,
    situation_of,
)
from bot.catalogue.doubt import clarify
from bot.catalogue.wording import START, asking_gemeente, messages, nearby
from bot.conversations.messages import Message
from bot.database import now
from bot.privacy import own_data
from bot.privacy.datamap import fill_terms
from bot.taxonomy import taxonomy


def reply(session: Session, topic: str, about_person: Known) -> list[Message]:
    """The answer on a topic, with the gemeente and the terms filled in."""
    found = answer(session, topic, about_person)
    if found is None:
        raise LookupError(f"no answer on {topic} in the catalogue")
    name = about_person.gemeente or settings().gemeente
    called = f"gemeente {name}" if name else "je gemeente"
    text = found.text.replace("gemeente {gemeente}", called)
    text = fill_terms(text, settings())
    return messages(replace(found, text=text), now().date())


class ActionAntwoord(DomainAction):
    """Answers a subject or a move in the conversation, and leads back to a form."""

    def name(self) -> str:
        """The name under which Rasa calls it."""
        return "action_antwoord"

    def act(self, tracker: Tracker) -> tuple[Iterable[Message], list[EventType]]:
        """The answer that fits what is known; remembers the topics and their phase."""
        asked = topics(tracker)
        chosen = said(tracker).answer or ""
        if chosen.startswith(START):
            return [], [FollowupAction(f"{chosen.removeprefix(START)}_form")]
        if asked[0] == own_data.INTENT and chosen:
            with database().session() as session:
                done = own_data.act(session, settings(), tracker.sender_id, chosen)
            if done is not None:
                # Nothing else: there may be no conversation any more.
                return done, [FollowupAction("action_listen")]
        seen = memory(tracker)
        if seen["crisis"] and asked[0] in SHORT_REACTIONS:
            return _emergency(replace(known(tracker), again=True)), []
        if _answers_gemeente(tracker):
            return _nearby(tracker)
        reasons = explain(tracker)
        if reasons:
            return reasons, [SlotSet("gesprek", {**seen, "misses": 0}), *back_to_form(tracker)]
        with database().session() as session:
            return _on_subjects(session, tracker, asked)


def _on_subjects(
    session: Session, tracker: Tracker, asked: Sequence[str]
) -> tuple[list[Message], list[EventType]]:
    """The answers on these subjects, and what is known now that they were asked about."""
    seen = memory(tracker)
    first = taxonomy().intents[asked[0]]
    wants_gemeente = _wants_gemeente(session, tracker, asked[0])
    now_known = {
        **seen,
        "topics": sorted({*seen["topics"], *asked}),
        "misses": 0,
        "crisis": False,
        "asked_gemeente": seen["asked_gemeente"] or wants_gemeente,
        "nearby": asked[0] if wants_gemeente else None,
        "last": asked[0] if first.is_topic else seen["last"],
        "result": None if first.is_topic else seen["result"],
    }
    events: list[EventType] = [SlotSet("gesprek", now_known)]
    if first.phase:
        events.append(SlotSet("fase", first.phase))
    if known(tracker).situation is None and situation_of(asked[0]):
        events.append(SlotSet("situatie", situation_of(asked[0])))
    said_now = [m for topic in asked for m in reply(session, topic, known(tracker, topic))]
    if own_data.INTENT in asked:
        said_now.append(own_data.offer(session, tracker.sender_id))
    elif own_data.EXPLAINED in asked:
        said_now[-1] = replace(said_now[-1], choices=[own_data.SEE, *said_now[-1].choices])
    if wants_gemeente:
        said_now = asking_gemeente(said_now)
    return said_now, [*events, *back_to_form(tracker)]


def _emergency(person: Known) -> list[Message]:
    """The numbers to call."""
    with database().session() as session:
        return reply(session, "noodsituatie", person)


def _wants_gemeente(session: Session, tracker: Tracker, topic: str) -> bool:
    """Whether to ask where someone lives: once, where it matters, and not within a form."""
    if known(tracker).gemeente or memory(tracker)["asked_gemeente"] or tracker.active_loop:
        return False
    return depends_on_gemeente(session, topic)


def _answers_gemeente(tracker: Tracker) -> bool:
    """Whether this message does nothing but say the gemeente that was asked for."""
    intent = taxonomy().intents.get(said(tracker).intent or "")
    is_subject = intent is not None and intent.is_topic
    return (
        memory(tracker)["nearby"] is not None
        and "gemeente" in said(tracker).entities
        and not is_subject
    )


def _nearby(tracker: Tracker) -> tuple[Iterable[Message], list[EventType]]:
    """The help in someone's own gemeente on the subject for which it was asked."""
    topic, person = memory(tracker)["nearby"], known(tracker)
    with database().session() as session:
        found = answer(session, topic, person)
        if found is None or person.gemeente is None:
            raise LookupError(f"no answer on {topic} in the catalogue")
        messages_nearby = nearby(found, person.gemeente, now().date())
    return messages_nearby, [SlotSet("gesprek", {**memory(tracker), "nearby": None, "misses": 0})]


class ActionTerugval(DomainAction):
    """Says that it was not understood, and asks what was meant."""

    def name(self) -> str:
        """The name under which Rasa calls it."""
        return "action_terugval"

    def act(self, tracker: Tracker) -> tuple[Iterable[Message], list[EventType]]:
        """The likeliest subjects, the menu and a person."""
        if _answers_gemeente(tracker):
            return _nearby(tracker)
        seen = memory(tracker)
        reasons = explain(tracker)
        if reasons:
            return reasons, [SlotSet("gesprek", {**seen, "misses": 0}), *back_to_form(tracker)]
        misses = seen["misses"] + 1
        events: list[EventType] = [SlotSet("gesprek", {**seen, "misses": misses})]
        return [clarify(ranking(tracker), misses)], [*events, *back_to_form(tracker)]


class ActionNoodsituatie(DomainAction):
    """Help at once in despair or danger; a form that was under way is put aside, not lost."""

    def name(self) -> str:
        """The name under which Rasa calls it."""
        return "action_noodsituatie"

    def act(self, tracker: Tracker) -> tuple[Iterable[Message], list[EventType]]:
        """The numbers to call, without a question behind them."""
        events: list[EventType] = [
            ActiveLoop(None),
            SlotSet("requested_slot", None),
            SlotSet("gesprek", {**memory(tracker), "crisis": True}),
        ]
        return _emergency(known(tracker)), events


class ActionOpnieuwBeginnen(DomainAction):
    """Forgets what was said about the person and starts over."""

    def name(self) -> str:
        """The name under which Rasa calls it."""
        return "action_opnieuw_beginnen"

    def act(self, tracker: Tracker) -> tuple[Iterable[Message], list[EventType]]:
        """Empties every slot but the gemeente of the website."""
        gemeente = tracker.get_slot("gemeente")
        events: list[EventType] = [ActiveLoop(None), AllSlotsReset(), SlotSet("gemeente", gemeente)]
        with database().session() as session:
            return reply(session, "opnieuw_beginnen", known(tracker)), events
