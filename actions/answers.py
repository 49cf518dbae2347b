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
    said,
    settings,
)
from bot.catalogue.query import Known, answer
from bot.catalogue.wording import ADVISER, choice_for, messages
from bot.conversations.messages import About, Choice, Message
from bot.database import now
from bot.referral.status import describe
from bot.taxonomy import taxonomy

# After this many misses in a row a person comes first, before more guesses.
MISSES_BEFORE_PERSON = 2
SUGGESTIONS = 3
# Intents that are a move in a conversation are no subject to suggest.
TALK = "gesprek"


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
        """The answer that fits what is known; remembers the topic and its phase."""
        topic = said(tracker).intent or ""
        intent = taxonomy().intents[topic]
        about_person = known(tracker, topic)
        seen = memory(tracker)
        events: list[EventType] = [
            SlotSet("gesprek", {"topics": sorted({*seen["topics"], topic}), "misses": 0})
        ]
        if intent.phase:
            events.append(SlotSet("fase", intent.phase))
        if intent.group == "zwaar_weer" and about_person.situation is None:
            events.append(SlotSet("situatie", "zwaar_weer"))
        return reply(topic, about_person), [*events, *back_to_form(tracker)]


class ActionTerugval(DomainAction):
    """Says that it was not understood: the likeliest subjects, the menu, and a person."""

    def name(self) -> str:
        """The name under which Rasa calls it."""
        return "action_terugval"

    def act(self, tracker: Tracker) -> tuple[Iterable[Message], list[EventType]]:
        """After two misses in a row the person comes first."""
        misses = memory(tracker)["misses"] + 1
        ranking = tracker.latest_message.get("intent_ranking") or []
        intents = taxonomy().intents
        likely = [
            choice_for(item["name"])
            for item in ranking
            if item["name"] in intents and intents[item["name"]].group != TALK
        ][:SUGGESTIONS]
        menu = Choice("Iets anders", "hulp")
        if misses >= MISSES_BEFORE_PERSON:
            text = (
                "Het lukt me niet om je te begrijpen. Dat ligt aan mij. Een adviseur kan je beter "
                "helpen. Of bedoel je een van deze onderwerpen?"
            )
            choices = [ADVISER, *likely, menu]
        elif likely:
            text = "Ik weet niet zeker wat je bedoelt. Gaat het over een van deze onderwerpen?"
            choices = [*likely, ADVISER, menu]
        else:
            text = "Dat begrijp ik niet. Zeg het in andere woorden, of kies hieronder."
            choices = [menu, ADVISER]
        events: list[EventType] = [SlotSet("gesprek", {**memory(tracker), "misses": misses})]
        return [Message(text, choices, About())], [*events, *back_to_form(tracker)]


class ActionNoodsituatie(DomainAction):
    """Help at once in despair or danger; a form that was under way is put aside, not lost."""

    def name(self) -> str:
        """The name under which Rasa calls it."""
        return "action_noodsituatie"

    def act(self, tracker: Tracker) -> tuple[Iterable[Message], list[EventType]]:
        """The numbers to call, without a question behind them."""
        said_now = reply("noodsituatie", known(tracker))
        return said_now, [ActiveLoop(None), SlotSet("requested_slot", None)]


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
