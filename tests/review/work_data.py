"""Conversations, messages and staff for the tests of review: as the read model would have them."""

from datetime import datetime, timedelta, timezone

from bot.conversations.model import Conversation, StoredMessage
from bot.review.model import ReviewConversation, ReviewTurn
from bot.review.work_model import Correction
from bot.staff import accounts

MOMENT = datetime(2026, 5, 20, 12, tzinfo=timezone.utc)


def person(session, name="Beau", roles=("beoordelaar",), gemeenten=None):
    """An account; the `Person`."""
    email = f"{name.lower().replace(' ', '.')}@voorbeeldstad.example"
    return accounts.as_person(
        accounts.add(session, email=email, name=name, roles=roles, gemeenten=gemeenten)
    )


def conversation(session, name, *, gemeente="Assen", at=MOMENT, **fields):
    """A conversation in the log and in the read model."""
    session.add(Conversation(id=name, channel="web", created_at=at, last_message_at=at))
    session.flush()
    number = session.query(ReviewConversation).count() + 1
    row = {
        "conversation_id": name,
        "number": number,
        "gemeente": gemeente,
        "channel": "web",
        "started_at": at,
        "last_at": at,
        "turns": 0,
        "excerpt": "",
        "intents": [],
        "fallbacks": 0,
        "handed_over": False,
        "ups": 0,
        "downs": 0,
        "person_asked": False,
        **fields,
    }
    session.add(ReviewConversation(**row))
    session.flush()


def said(session, name, seq, text, *, at=MOMENT, **fields):
    """A message of the citizen, in the log and in the read model."""
    message = StoredMessage(
        conversation_id=name,
        seq=seq,
        direction="in",
        status="answered",
        text=text,
        choices=[],
        about={},
        at=at + timedelta(seconds=seq),
        attempts=1,
    )
    session.add(message)
    session.flush()
    row = {
        "id": message.id,
        "conversation_id": name,
        "seq": seq,
        "at": message.at,
        "text": text,
        "typed": True,
        "intent": "bbz",
        "confidence": 0.97,
        "runner_up": "subsidie",
        "runner_up_confidence": 0.01,
        "ranking": [{"name": "bbz", "confidence": 0.97}],
        "entities": [],
        "slots": {},
        "services": [],
        "fallback": False,
        **fields,
    }
    session.add(ReviewTurn(**row))
    session.flush()


def missed(session, name, seq, text, guess="bbz", **fields):
    """A message that the bot did not understand; `guess` is what it thought of first."""
    row = {"intent": None, "confidence": 0.4, "runner_up": guess, "fallback": True, **fields}
    said(session, name, seq, text, **row)


def correction(session, name, seq, text, intent, by, **fields):
    """A decision that is in the basket."""
    row = {
        "conversation_id": name,
        "seq": seq,
        "verdict": "intent",
        "intent": intent,
        "text": text,
        "in_basket": True,
        "understood_as": None,
        "confidence": 0.4,
        "version": 1,
        "by_id": by.id,
        "at": MOMENT,
        **fields,
    }
    session.add(Correction(**row))
    session.flush()
