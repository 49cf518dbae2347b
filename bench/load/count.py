"""Compares what citizens sent and got with what the log and the dialogue hold.

- **Lost**: the gateway took it in, and it is not in the log, or has no answer there.
- **Doubled**: it, or its answer, is in the log twice, or the dialogue went through it twice.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from bench.load.talk import TROUBLE, Sent
from bot.conversations.model import StoredMessage, TrackerEvent
from bot.database import Database


@dataclass(frozen=True)
class Count:
    """Numbers of messages of citizens.

    Attributes:
        refused: never taken in, however often they were sent.
        logged: in the log.
        answered: with an answer in the log.
        unseen: answered in the log, while its citizen never got to see the answer.
        late: to which a word came that the answer is late, or an apology.
    """

    sent: int
    refused: int
    logged: int
    answered: int
    lost: int
    doubled: int
    unseen: int
    late: int

    @property
    def is_clean(self) -> bool:
        """Whether nothing is lost or doubled."""
        return not (self.lost or self.doubled or self.unseen)


def count(database: Database, sent: Sequence[Sent]) -> Count:
    """Counts them."""
    with database.session() as session:
        stored = session.execute(sa.select(StoredMessage)).scalars().all()
        query = sa.select(TrackerEvent.data).where(TrackerEvent.type_name == "user")
        turns = Counter(turn_of(data) for data in session.execute(query).scalars())
    by_key: dict[str, list[StoredMessage]] = defaultdict(list)
    replies: dict[tuple[str, int], list[StoredMessage]] = defaultdict(list)
    for message in stored:
        if message.key:
            by_key[message.key].append(message)
        if message.direction == "out" and message.reply_to is not None:
            replies[message.conversation_id, message.reply_to].append(message)
    numbers: Counter[str] = Counter(sent=len(sent))
    for one in sent:
        found = by_key[one.key]
        said = [r for m in found for r in replies[m.conversation_id, m.seq]]
        answers = [reply.text for reply in said if not reply.text.endswith(TROUBLE)]
        is_answered = bool(answers) and all(m.status == "answered" for m in found)
        numbers["refused"] += not one.accepted and not found
        numbers["logged"] += bool(found)
        numbers["answered"] += is_answered
        numbers["lost"] += one.accepted and not is_answered
        numbers["late"] += len(said) > len(answers)
        numbers["unseen"] += is_answered and one.answered is None
        twice = any(turns[message.id] > 1 for message in found)
        numbers["doubled"] += len(found) > 1 or _has_doubles(answers) or twice
    return Count(**{name: numbers[name] for name in Count.__dataclass_fields__})


def _has_doubles(texts: Iterable[str]) -> bool:
    return any(number > 1 for number in Counter(texts).values())


def turn_of(data: str) -> int | None:
    """The number that the gateway gave a message, which Rasa keeps with it."""
    turn: int | None = (json.loads(data).get("metadata") or {}).get("turn")
    return turn
