"""Between Rasa and the domain: the tracker as domain objects, domain messages as bot messages."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, FollowupAction
from rasa_sdk.executor import CollectingDispatcher

from bot.catalogue.answering import Known
from bot.catalogue.doubt import Guess
from bot.conversations.messages import Message
from bot.database import Database
from bot.flows.model import Said
from bot.settings import Settings
from bot.taxonomy import taxonomy


@lru_cache
def settings() -> Settings:
    """The settings of this process."""
    return Settings.from_environment()


@lru_cache
def database() -> Database:
    """The database of this process."""
    return Database(settings().database_url)


class DomainAction(Action, ABC):
    """An action that works in a thread, because the domain's calls block.

    Anything it says is collected first: an action that fails half-way says nothing.
    """

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[EventType]:
        """Runs `act` and hands its messages to Rasa."""
        messages, events = await asyncio.to_thread(self.act, tracker)
        for message in messages:
            say(dispatcher, message)
        return events

    @abstractmethod
    def act(self, tracker: Tracker) -> tuple[Iterable[Message], list[EventType]]:
        """What to say, and what changes in the tracker."""


def said(tracker: Tracker) -> Said:
    """The citizen's last message."""
    latest = tracker.latest_message
    intent = (latest.get("intent") or {}).get("name")
    confidence = (latest.get("intent") or {}).get("confidence") or 0.0
    entities = {e["entity"]: e["value"] for e in latest.get("entities") or []}
    known = taxonomy().intents.get(intent or "")
    return Said(
        text="" if (latest.get("text") or "").startswith("/") else latest.get("text") or "",
        intent=intent,
        confidence=confidence,
        is_topic=known is not None and known.is_topic,
        answer=entities.pop("antwoord", None),
        entities=entities,
    )


def topics(tracker: Tracker) -> list[str]:
    """The subjects of the last message: one, or two when it asked two questions."""
    latest = tracker.latest_message
    first = (latest.get("intent") or {}).get("name")
    return [name for name in (first, latest.get("second_topic")) if name]


def ranking(tracker: Tracker) -> list[Guess]:
    """What the last message may have been about, the likeliest first."""
    found = tracker.latest_message.get("intent_ranking") or []
    return [Guess(item["name"], item["confidence"]) for item in found]


def known(tracker: Tracker, topic: str | None = None) -> Known:
    """What the tracker knows of the person; `again` when this topic was answered before."""
    return Known(
        gemeente=tracker.get_slot("gemeente"),
        situation=tracker.get_slot("situatie"),
        phase=tracker.get_slot("fase"),
        again=topic is not None and topic in memory(tracker)["topics"],
    )


def memory(tracker: Tracker) -> dict[str, Any]:
    """What the bot remembers of the talk.

    Topics answered, misses in a row, whether someone called for help, whether the gemeente was
    asked and for which topic, the last topic, and the flow of the last result since then.
    """
    empty = {
        "topics": [],
        "misses": 0,
        "crisis": False,
        "asked_gemeente": False,
        "nearby": None,
        "last": None,
        "result": None,
    }
    return {**empty, **(tracker.get_slot("gesprek") or {})}


def back_to_form(tracker: Tracker) -> list[EventType]:
    """Leads back to the form that was interrupted, or else to the citizen's next message."""
    form = (tracker.active_loop or {}).get("name")
    return [FollowupAction(form or "action_listen")]


def say(dispatcher: CollectingDispatcher, message: Message) -> None:
    """Puts a message out as Rasa's text and buttons, with `about` as custom data behind it."""
    custom: dict[str, Any] = {"about": message.about.as_dict()}
    if message.image is not None:
        custom["image"] = message.image.as_dict()
    dispatcher.utter_message(
        text=message.text,
        buttons=[{"title": c.title, "payload": c.payload} for c in message.choices],
        json_message=custom,
    )
