"""Puts made-up conversations in a database, in bulk."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

import sqlalchemy as sa

from bench.console.generate import Talk
from bot.conversations.model import Conversation, Rating, StoredMessage, TrackerEvent
from bot.database import Database
from bot.review.model import (
    ReviewConversation,
    ReviewDue,
    ReviewFlow,
    ReviewText,
    ReviewTurn,
)
from bot.review.view import view

AT_ONCE = 500
Rows = dict[Any, list[dict[str, Any]]]


def fill_log(database: Database, talks: Iterable[Talk], events: bool = True) -> int:
    """Writes the log only, as the gateway and Rasa would; the number of conversations."""
    return _fill(database, talks, lambda talk: _log(talk, events))


def fill_read_model(database: Database, talks: Iterable[Talk]) -> int:
    """Writes the messages and the read model, as the projection would have made it.

    Leaves Rasa's events out: nothing that is measured reads them.
    """

    def rows(talk: Talk) -> Rows:
        made = view(talk.source)
        if made is None:
            return {}
        return {
            **_log(talk, events=False),
            ReviewConversation: [made.conversation],
            ReviewTurn: made.turns,
            ReviewFlow: made.flows,
            ReviewText: [made.text],
        }

    total = _fill(database, talks, rows)
    with database.session() as session:
        session.execute(sa.delete(ReviewDue))
        postgres = session.get_bind().dialect.name != "sqlite"
    with database.engine.connect().execution_options(
        isolation_level="AUTOCOMMIT" if postgres else "SERIALIZABLE"
    ) as connection:
        connection.execute(sa.text("VACUUM ANALYZE" if postgres else "ANALYZE"))
        connection.commit()
    return total


def _fill(database: Database, talks: Iterable[Talk], rows: Any) -> int:
    total = 0
    for few in _chunks(iter(talks)):
        batch: Rows = {}
        for talk in few:
            for model, found in rows(talk).items():
                batch.setdefault(model, []).extend(found)
        with database.session() as session:
            for model, found in batch.items():
                if found:
                    session.execute(model.__table__.insert(), found)
        total += len(few)
    return total


def _chunks(talks: Iterator[Talk]) -> Iterator[list[Talk]]:
    while few := list(islice(talks, AT_ONCE)):
        yield few


def _log(talk: Talk, events: bool) -> Rows:
    source = talk.source
    last = max(said.at for said in source.messages)
    rows: Rows = {
        Conversation: [
            {
                "id": source.conversation_id,
                "channel": source.channel,
                "gemeente": source.gemeente,
                "created_at": source.started_at,
                "last_message_at": last,
            }
        ],
        StoredMessage: [
            {
                "id": said.id,
                "conversation_id": source.conversation_id,
                "seq": said.seq,
                "direction": "in" if said.citizen else "out",
                "status": "answered" if said.citizen else "sent",
                "text": said.text,
                "payload": "/informatie_geven" if said.chosen else None,
                "choices": [],
                "about": {},
                "at": said.at,
                "attempts": 0,
                "reply_to": said.reply_to,
            }
            for said in source.messages
        ],
        Rating: [
            {"conversation_id": source.conversation_id, "seq": seq, "value": value, "at": last}
            for seq, value in source.ratings.items()
        ],
    }
    if events:
        rows[TrackerEvent] = [
            {
                "id": event.id,
                "sender_id": source.conversation_id,
                "type_name": event.kind,
                "timestamp": event.at.timestamp(),
                "data": json.dumps({"event": event.kind, **event.data}, ensure_ascii=False),
            }
            for event in source.events
        ]
    return rows
