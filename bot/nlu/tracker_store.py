"""Rasa's tracker store on our database: bounded reads, one append a turn, no silent fallback."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from rasa.core.brokers.broker import EventBroker
from rasa.core.tracker_store import TrackerStore
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import (
    ActionExecuted,
    ActionExecutionRejected,
    ActiveLoop,
    ConversationPaused,
    Event,
    FollowupAction,
    SessionStarted,
    SlotSet,
)
from rasa.shared.core.trackers import DialogueStateTracker

from bot.conversations.model import TrackerEvent, of_one
from bot.database import Database
from bot.nlu import rasa_patches

rasa_patches.apply()
logger = logging.getLogger(__name__)
EVENTS = TrackerEvent.__table__
_ALL = sa.select(EVENTS.c.id, EVENTS.c.data).where(of_one(EVENTS.c.sender_id)).order_by(EVENTS.c.id)
_CHECKPOINT = sa.select(sa.func.coalesce(sa.func.max(EVENTS.c.id), 0)).where(
    of_one(EVENTS.c.sender_id), EVENTS.c.type_name == SessionStarted.type_name
)
_SINCE_CHECKPOINT = _ALL.where(EVENTS.c.id >= _CHECKPOINT.scalar_subquery())
# Locked, where the database can: an erasure that goes on is waited for.
_KNOWN = (
    sa.select(EVENTS.c.id).where(EVENTS.c.id == sa.bindparam("event")).with_for_update(read=True)
)
_APPEND = sa.insert(EVENTS)
# Under this name a tracker remembers what of it is in the database already.
STORED = "_startwijzer_stored"
# Events that a turn reads at most; about eight turns. A checkpoint is some seven events itself.
CHECKPOINT_AFTER = 50


@dataclass(frozen=True)
class Stored:
    """What of a tracker is in the database: that many of its first events.

    `last`: the id of the newest event when it was read; None for a conversation without any.
    """

    events: int = 0
    last: int | None = None


class DialogueTrackerStore(TrackerStore):
    """Reads the events since the last checkpoint, and appends the new ones of a turn.

    Rasa replays a tracker several times a turn, for every prediction and every action. Its rules
    look at this turn and at the state between turns, so that is what it gets: a session that
    begins with the slots and the running form (`checkpoint`). When many events were read for that,
    the checkpoint is stored too, and the next turn reads from there. Nothing is removed: the whole
    log stays for the console, and for Rasa's own store, which reads it the same way.

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
        if tracker is None or tracker.latest_action_name != ACTION_LISTEN_NAME:
            return tracker
        read: Stored = getattr(tracker, STORED)
        events = checkpoint(tracker)
        is_long = read.events > self._checkpoint_after
        stored = Stored(0 if is_long else len(events), read.last)
        return self._tracker(sender_id, events, stored)

    async def retrieve_full_tracker(self, conversation_id: str) -> DialogueStateTracker | None:
        """The tracker with everything that ever happened."""
        return await self._read(conversation_id, since_checkpoint=False)

    def init_tracker(self, sender_id: str) -> DialogueStateTracker:
        """The tracker of a conversation of which nothing is in the database."""
        tracker = super().init_tracker(sender_id)
        setattr(tracker, STORED, Stored())
        return tracker

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Appends what is new, in one transaction.

        Of a conversation that was erased during the turn nothing is stored.
        """
        stored: Stored | None = getattr(tracker, STORED, None)
        if stored is None:  # not from this store
            before = await self._read(tracker.sender_id, since_checkpoint=True)
            stored = Stored() if before is None else getattr(before, STORED)
        new = [_row(tracker.sender_id, event) for event in list(tracker.events)[stored.events :]]
        if new:
            await asyncio.to_thread(self._append, new, stored.last)
            setattr(tracker, STORED, Stored(len(tracker.events), stored.last))

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
        found = [Event.from_parameters(json.loads(data)) for _, data in rows]
        events = [event for event in found if event is not None]
        return self._tracker(sender_id, events, Stored(len(events), rows[-1][0]))

    def _rows(self, sender_id: str, since_checkpoint: bool) -> list[tuple[int, str]]:
        query = _SINCE_CHECKPOINT if since_checkpoint else _ALL
        with self._database.session() as session:
            found = session.execute(query, {"conversation": sender_id})
            return [(row.id, row.data) for row in found]

    def _append(self, rows: list[dict[str, Any]], after: int | None) -> None:
        with self._database.session() as session:
            if after is not None and session.execute(_KNOWN, {"event": after}).first() is None:
                logger.info("a conversation was erased during a turn: nothing is stored")
                return
            session.execute(_APPEND, rows)

    def _tracker(self, sender_id: str, events: list[Event], stored: Stored) -> DialogueStateTracker:
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
        if tracker.active_loop.rejected:
            events.append(ActionExecutionRejected(tracker.active_loop.name))
    events.append(ActionExecuted(ACTION_LISTEN_NAME))
    if tracker.is_paused():
        events.append(ConversationPaused())
    if tracker.followup_action is not None:
        events.append(FollowupAction(tracker.followup_action))
    return events


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
