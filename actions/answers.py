"""Answers on subjects, the fallback, emergencies, and starting over."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from rasa_sdk import Tracker
from rasa_sdk.events import ActiveLoop, AllSlotsReset, EventType, SlotSet

from actions.adapter import (
    DomainAction,
    back_to_form,
    database,
    known,
    memory,
    ranking,
    settings,
    topics,
)
from bot.catalogue.doubt import clarify
from bot.catalogue.query import SHORT_REACTIONS, Known, answer, situation_of
from bot.catalogue.wording import messages
from bot.conversations.messages import Message
from bot.database import now
from bot.referral.status import describe
from bot.taxonomy import taxonomy


def reply(topic: str, about_person: Known) -> list[Message]:
    """The answer on a topic, with the gemeente and the term filled in."""
    with database().session() as session:
        found = answer(session, topic, about_person)
        if found is None:
            raise LookupError(f"no answer on {topic} in the catalogue")
        text = found.text.replace("{gemeente}", about_person.gemeente or settings().gemeente)
        text = text.replace("{dagen}", str(settings().retention_days_conversation))
        return messages(replace(found, text=text), now().date())


class ActionAntwoord(DomainAction):
    """Answers a subject or a move in the conversation, and leads back to a form."""

    def name(self) -> str:
        """The name under which Rasa calls it."""
        return "action_antwoord"

    def act(self, tracker: Tracker) -> tuple[Iterable[Message], list[EventType]]:
        """The answer that fits what is known; remembers the topics and their phase."""
        asked = topics(tracker)
        if memory(tracker)["crisis"] and asked[0] in SHORT_REACTIONS:
            return reply("noodsituatie", replace(known(tracker), again=True)), []
        first = taxonomy().intents[asked[0]]
        seen = memory(tracker)["topics"]
        events: list[EventType] = [
            SlotSet("gesprek", {"topics": sorted({*seen, *asked}), "misses": 0, "crisis": False})
        ]
        if first.phase:
            events.append(SlotSet("fase", first.phase))
        if known(tracker).situation is None and situation_of(asked[0]):
            events.append(SlotSet("situatie", situation_of(asked[0])))
        said_now = [m for topic in asked for m in reply(topic, known(tracker, topic))]
        return said_now, [*events, *back_to_form(tracker)]


class ActionTerugval(DomainAction):
    """Says that it was not understood, and asks what was meant."""

    def name(self) -> str:
        """The name under which Rasa calls it."""
        return "action_terugval"

    def act(self, tracker: Tracker) -> tuple[Iterable[Message], list[EventType]]:
        """The likeliest subjects, the menu and a person."""
        seen = memory(tracker)
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
        return reply("noodsituatie", known(tracker)), events


class ActionOpnieuwBeginnen(DomainAction):
    """Forgets what was said about the person and starts over."""

    def name(self) -> str:
        """The name under which Rasa calls it."""
        return "action_opnieuw_beginnen"

    def act(self, tracker: Tracker) -> tuple[Iterable[Message], list[EventType]]:
        """Empties every slot but the gemeente of the website."""
        gemeente = tracker.get_slot("gemeente")
        events: list[EventType] = [ActiveLoop(None), AllSlotsReset(), SlotSet("gemeente", gemeente)]
        return reply("opnieuw_beginnen", known(tracker)), events


class ActionStatus(DomainAction):
    """How it stands with the requests of this conversation."""

    def name(self) -> str:
        """The name under which Rasa calls it."""
        return "action_status"

    def act(self, tracker: Tracker) -> tuple[Iterable[Message], list[EventType]]:
        """Only what was asked for in this conversation; another's reference tells nothing."""
        with database().session() as session:
            message = describe(session, tracker.sender_id)
        return [message], back_to_form(tracker)
