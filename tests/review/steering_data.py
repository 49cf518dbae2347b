"""A read model to steer by: conversations that are put in it directly, with what they hold."""

import itertools
import json
from datetime import datetime, timedelta, timezone

from bot.assessment.bank import read_bank
from bot.assessment.model import Result
from bot.conversations.model import Conversation
from bot.database import now
from bot.review.model import ReviewConversation, ReviewFlow, ReviewTurn

NOON = datetime(2026, 11, 10, 11, 0, tzinfo=timezone.utc)


class Steering:
    """Fills a database with conversations."""

    def __init__(self, database):
        self.database = database
        self._numbers = itertools.count(1)

    def conversation(self, **values):
        """One conversation; `turns` are texts or dicts of a turn, `flows` dicts of a flow."""
        (identity,) = self.many(1, **values)
        return identity

    def many(self, n, **values):
        """The same conversation n times; the ids."""
        with self.database.session() as session:
            return [self._add(session, **values) for _ in range(n)]

    def _add(self, session, *, gemeente="Voorbeeldstad", at=NOON, turns=(), flows=(), **values):
        number = next(self._numbers)
        identity = f"gesprek-{number}"
        rows = [turn if isinstance(turn, dict) else {"text": turn} for turn in turns]
        channel = values.setdefault("channel", "web")
        session.add(
            Conversation(
                id=identity,
                channel=channel,
                gemeente=gemeente,
                created_at=at,
                last_message_at=at,
            )
        )
        session.flush()
        session.add(
            ReviewConversation(
                **{
                    "conversation_id": identity,
                    "number": number,
                    "gemeente": gemeente,
                    "started_at": at,
                    "last_at": at,
                    "turns": max(1, len(rows)),
                    "excerpt": rows[0]["text"] if rows else "",
                    "intents": [],
                    "fallbacks": sum(row.get("fallback", False) for row in rows),
                    "handed_over": False,
                    "ups": 0,
                    "downs": 0,
                    "person_asked": False,
                    **values,
                }
            )
        )
        for place, row in enumerate(rows, start=1):
            session.add(
                ReviewTurn(
                    **{
                        "id": number * 1000 + place,
                        "conversation_id": identity,
                        "seq": place,
                        "at": at,
                        "typed": True,
                        "ranking": [],
                        "entities": [],
                        "slots": {},
                        "services": [],
                        "fallback": False,
                        **row,
                    }
                )
            )
        for place, flow in enumerate(flows, start=1):
            session.add(
                ReviewFlow(
                    **{
                        "id": number * 1000 + place,
                        "conversation_id": identity,
                        "started_at": at,
                        "outcome": "completed",
                        "steps": 0,
                        **flow,
                    }
                )
            )
        return identity

    def result(self, conversation, answers, outcome=None, at=NOON, version=None):
        """The result of a zelfscan in this conversation."""
        bank = read_bank()
        with self.database.session() as session:
            session.add(
                Result(
                    id=f"uitslag-{conversation}",
                    run=f"run-{conversation}",
                    conversation_id=conversation,
                    kind=bank.id,
                    version=version or bank.version,
                    page={},
                    answers=json.loads(json.dumps(answers)),
                    outcome=outcome,
                    created_at=at,
                )
            )


def recently(days=1):
    """A moment so many days ago."""
    return now() - timedelta(days=days)
