"""The log of a conversation as the projection reads it: its only source."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.conversations.model import Conversation, Rating, StoredMessage, TrackerEvent
from bot.referral.model import Referral

# What the projection makes nothing of, and is most of what Rasa writes.
UNUSED_EVENTS = ("user_featurization", "followup", "action_execution_rejected", "session_started")


@dataclass(frozen=True)
class Said:
    """A message of the log, of either side; `reply_to` is the `seq` that the bot answers."""

    id: int
    seq: int
    citizen: bool
    text: str
    chosen: bool
    at: datetime
    reply_to: int | None = None
    is_apology: bool = False


@dataclass(frozen=True)
class Event:
    """An event of Rasa; `data` is what Rasa wrote, `at` in UTC."""

    id: int
    kind: str
    at: datetime
    data: Mapping[str, Any]


@dataclass(frozen=True)
class Source:
    """All that is known of one conversation. `ratings` goes by `seq`, 0 for the conversation."""

    conversation_id: str
    gemeente: str | None
    channel: str
    started_at: datetime
    messages: Sequence[Said] = ()
    events: Sequence[Event] = ()
    ratings: Mapping[int, str] = field(default_factory=dict)
    handed_over: bool = False


def read(session: Session, ids: Sequence[str]) -> list[Source]:
    """The sources of these conversations; those that were erased are left out."""
    messages, events, ratings = (
        _messages(session, ids),
        _events(session, ids),
        _ratings(session, ids),
    )
    handed_over = set(
        session.execute(
            sa.select(Referral.conversation_id).where(Referral.conversation_id.in_(ids))
        ).scalars()
    )
    columns = (Conversation.id, Conversation.gemeente, Conversation.channel)
    query = sa.select(*columns, Conversation.created_at).where(Conversation.id.in_(ids))
    return [
        Source(
            conversation_id=row.id,
            gemeente=row.gemeente,
            channel=row.channel,
            started_at=row.created_at,
            messages=messages[row.id],
            events=events[row.id],
            ratings=ratings[row.id],
            handed_over=row.id in handed_over,
        )
        for row in session.execute(query.order_by(Conversation.id))
    ]


def _messages(session: Session, ids: Sequence[str]) -> dict[str, list[Said]]:
    m = StoredMessage
    query = (
        sa.select(
            m.id,
            m.conversation_id,
            m.seq,
            m.direction,
            m.text,
            m.payload,
            m.at,
            m.reply_to,
            m.choices,
        )
        .where(m.conversation_id.in_(ids))
        .order_by(m.conversation_id, m.seq)
    )
    found: dict[str, list[Said]] = defaultdict(list)
    for row in session.execute(query):
        apology = any(choice.get("payload") == "retry" for choice in row.choices or ())
        found[row.conversation_id].append(
            Said(
                id=row.id,
                seq=row.seq,
                citizen=row.direction == "in",
                text=row.text,
                chosen=row.payload is not None,
                at=row.at,
                reply_to=row.reply_to,
                is_apology=apology,
            )
        )
    return found


def _events(session: Session, ids: Sequence[str]) -> dict[str, list[Event]]:
    e = TrackerEvent
    query = (
        sa.select(e.id, e.sender_id, e.type_name, e.timestamp, e.data)
        .where(e.sender_id.in_(ids), e.type_name.not_in(UNUSED_EVENTS))
        .order_by(e.sender_id, e.id)
    )
    found: dict[str, list[Event]] = defaultdict(list)
    for row in session.execute(query):
        data = _object(row.data)
        if data is not None:
            at = datetime.fromtimestamp(row.timestamp or 0.0, timezone.utc)
            found[row.sender_id].append(Event(row.id, row.type_name, at, data))
    return found


def _ratings(session: Session, ids: Sequence[str]) -> dict[str, dict[int, str]]:
    query = sa.select(Rating.conversation_id, Rating.seq, Rating.value).where(
        Rating.conversation_id.in_(ids)
    )
    found: dict[str, dict[int, str]] = defaultdict(dict)
    for row in session.execute(query):
        found[row.conversation_id][row.seq] = row.value
    return found


def _object(text: str | None) -> dict[str, Any] | None:
    """What Rasa wrote; None where it is no JSON object."""
    try:
        found = json.loads(text or "")
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
