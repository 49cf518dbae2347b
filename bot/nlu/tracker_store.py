"""Rasa's tracker store on our database: bounded reads, one append a turn, no silent fallback."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from rasa.core.brokers.broker import EventBroker
from rasa.core.tracker_store import TrackerStore
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import (
    ActionExecuted,
    ActiveLoop,
    Event,
    LoopInterrupted,
    SessionStarted,
    SlotSet,
)
from rasa.shared.core.trackers import DialogueStateTracker

from bot.conversations.model import TrackerEvent
from bot.database import Database
from bot.nlu import rasa_patches

rasa_patches.apply()
EVENTS = TrackerEvent.__table__
# Under this name a tracker remembers how many of its events are in the database already.
STORED = "_startwijzer_stored"
# Rasa rebuilds a tracker from its events several times a turn, so what it reads has to stay short.
# About ten turns of a form; below it a checkpoint would cost more than it saves.
CHECKPOINT_AFTER = 100


class DialogueTrackerStore(TrackerStore):
    """Reads the events since the last checkpoint, and appends the new ones of a turn.

    When those become many, a turn begins with a checkpoint: a new session with the slots and the
    running form of before. Nothing is removed: the whole log stays for the console, and for
    Rasa's own store, which reads it the same way.

    Args:
        host: SQLAlchemy address of the database, whose tables exist already (Rasa calls it so).
        checkpoint_after: number of events.
    """

    def __init__(
        self,
        domain: Domain | None = None,
        event_broker: EventBroker | None = None,
        host: str = "",
        checkpoint_after: int = CHECKPOINT_AFTER,
        **kwargs: Any,
    ) -> None:
        self._database = Database(host)
        self._checkpoint_after = checkpoint_after
        super().__init__(domain, event_broker)

    async def retrieve(self, sender_id: str) -> DialogueStateTracker | None:
        """The tracker with what the dialogue needs; None for a new conversation.

        Raises:
            sqlalchemy.exc.SQLAlchemyError: the database is away. The citizen hears that something
                is wrong; Rasa's own answer, a store in memory, would forget the conversation.
        """
        tracker = await self._read(sender_id, since_checkpoint=True)
        if tracker is not None and len(tracker.events) > self._checkpoint_after:
            return self._tracker(sender_id, checkpoint(tracker), stored=0)
        return tracker

    async def retrieve_full_tracker(self, conversation_id: str) -> DialogueStateTracker | None:
        """The tracker with everything that ever happened."""
        return await self._read(conversation_id, since_checkpoint=False)

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Appends what is new, in one statement and one transaction."""
        stored = getattr(tracker, STORED, None)
        if stored is None:
            before = await self._read(tracker.sender_id, since_checkpoint=True)
            stored = 0 if before is None else len(before.events)
        new = [_row(tracker.sender_id, event) for event in list(tracker.events)[stored:]]
        if new:
            await asyncio.to_thread(self._append, new)
        setattr(tracker, STORED, len(tracker.events))

    async def keys(self) -> Iterable[str]:
        """The ids of all conversations."""

        def read() -> list[str]:
            with self._database.session() as session:
                return list(session.execute(sa.select(EVENTS.c.sender_id).distinct()).scalars())

        return await asyncio.to_thread(read)

    async def _read(self, sender_id: str, since_checkpoint: bool) -> DialogueStateTracker | None:
        rows = await asyncio.to_thread(self._rows, sender_id, since_checkpoint)
        if not rows:
            return None
        events = [Event.from_parameters(json.loads(data)) for data in rows]
        return self._tracker(sender_id, [e for e in events if e is not None], stored=len(rows))

    def _rows(self, sender_id: str, since_checkpoint: bool) -> list[str]:
        query = sa.select(EVENTS.c.data).where(EVENTS.c.sender_id == sender_id)
        if since_checkpoint:
            newest = sa.select(sa.func.coalesce(sa.func.max(EVENTS.c.id), 0)).where(
                EVENTS.c.sender_id == sender_id, EVENTS.c.type_name == SessionStarted.type_name
            )
            query = query.where(EVENTS.c.id >= newest.scalar_subquery())
        with self._database.session() as session:
            return list(session.execute(query.order_by(EVENTS.c.id)).scalars())

    def _append(self, rows: list[dict[str, Any]]) -> None:
        with self._database.session() as session:
            session.execute(sa.insert(EVENTS), rows)

    def _tracker(self, sender_id: str, events: list[Event], stored: int) -> DialogueStateTracker:
        tracker = DialogueStateTracker.from_events(sender_id, events, self.domain.slots)
        setattr(tracker, STORED, stored)
        return tracker


def checkpoint(tracker: DialogueStateTracker) -> list[Event]:
    """Events after which a new tracker stands where this one stands, between two turns."""
    events: list[Event] = [SessionStarted()]
    events += [
        SlotSet(slot.name, slot.value)
        for slot in tracker.slots.values()
        if slot.value != slot.initial_value
    ]
    if tracker.active_loop is not None:
        events.append(ActiveLoop(tracker.active_loop.name))
        if tracker.active_loop.is_interrupted:
            events.append(LoopInterrupted(True))
    return [*events, ActionExecuted(ACTION_LISTEN_NAME)]


def _row(sender_id: str, event: Event) -> dict[str, Any]:
    """An event as Rasa's own store writes it."""
    data = event.as_dict()
    return {
        "sender_id": sender_id,
        "type_name": event.type_name,
        "timestamp": data.get("timestamp"),
        "intent_name": ((data.get("parse_data") or {}).get("intent") or {}).get("name"),
        "action_name": data.get("name"),
        "data": json.dumps(data),
    }
