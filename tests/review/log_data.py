"""A log as the gateway and Rasa write it, and the read model as something to compare."""

import json
import time

import sqlalchemy as sa

from bot.conversations import log, ratings, turns
from bot.conversations.log import Reply
from bot.conversations.model import TrackerEvent
from bot.review.projection import TABLES

APOLOGY = Reply("Sorry, er gaat iets mis.", [{"title": "Opnieuw", "payload": "retry"}])


def about(topic=None, services=(), flow=None, step=None):
    """What a message of the bot is about."""
    return {"topic": topic, "services": list(services), "flow": flow, "step": step, "by": "bot"}


class Talk:
    """One conversation that is being held; every method is one or more transactions."""

    def __init__(self, database, gemeente="Assen", channel="web"):
        self.database = database
        self.flows = {}
        with database.session() as session:
            self.id = log.start(session, channel=channel, gemeente=gemeente, page=None).id
        opening = self.take_in("", '/groet{"gemeente": "Assen"}')
        self.answer(opening, intent="groet", about=about("groet"))

    def take_in(self, text, payload=None):
        """Stores a message of the citizen; its (id, seq)."""
        with self.database.session() as session:
            message = log.take_in(session, self.id, text, payload)
            return message.id, message.seq

    def rasa(self, message, intent="btw", confidence=0.9, **turn):
        """Writes the events of a turn as Rasa does, in one transaction.

        Args:
            turn: `runner_up`, `entities`, `action`, `about`, `slots`, `loop`, `flows`.
        """
        events = [_user(message[0], intent, confidence, turn)]
        if "loop" in turn:
            events.append(("active_loop", {"name": turn["loop"]}))
        action = turn.get("action", "action_antwoord")
        events.insert(1, ("action", {"name": action}))
        custom = {"about": turn.get("about", about(intent))}
        events.append(("bot", {"text": "Antwoord", "data": {"custom": custom}}))
        for name, value in turn.get("slots", {}).items():
            events.append(("slot", {"name": name, "value": value}))
        if "flows" in turn:
            self.flows = {**self.flows, **turn["flows"]}
            events.append(("slot", {"name": "flows", "value": self.flows}))
        events.append(("action", {"name": "action_listen"}))
        with self.database.session() as session:
            for kind, data in events:
                data = {"event": kind, "timestamp": time.time(), **data}
                session.add(
                    TrackerEvent(
                        sender_id=self.id,
                        type_name=kind,
                        timestamp=data["timestamp"],
                        data=json.dumps(data),
                    )
                )
                session.flush()

    def answer(self, message, reply=None, **turn):
        """Rasa answers, and the gateway stores it; the `seq` of the answer."""
        self.rasa(message, **turn)
        with self.database.session() as session:
            stored = session.get(log.StoredMessage, message[0])
            stored.status = "answered"
            made = reply or Reply("Antwoord", about=turn.get("about", about()))
            log.put_out(session, self.id, [made], reply_to=message[1])
            return log.newest(session, self.id)

    def say(self, text, payload=None, **turn):
        """A whole turn; the (id, seq) of the message and the `seq` of the answer."""
        message = self.take_in(text, payload)
        return message, self.answer(message, **turn)

    def undo(self, message):
        """Takes the events of an unfinished turn out again."""
        with self.database.session() as session:
            turns.undo(session, self.id, message[0])

    def rate(self, seq, value):
        """A rating of an answer, or with `seq` 0 of the conversation; None takes it back."""
        with self.database.session() as session:
            ratings.rate(session, self.id, seq, value)

    def erase(self):
        """The citizen erases the conversation."""
        with self.database.session() as session:
            log.erase(session, self.id)


def flow(run, given, done=False):
    """How far someone is, in the shape of the tracker; `given` are answers by step, in order."""
    shape = {"run": run, "answers": dict(given), "given": list(given)}
    return {**shape, "reopened": [], "done": done}


def dump(database):
    """Everything in the read model, to compare."""
    with database.session() as session:
        return {
            table.__tablename__: sorted(
                (dict(row) for row in session.execute(sa.select(*table.__table__.c)).mappings()),
                key=repr,
            )
            for table in TABLES
        }


def rows(database, model):
    """All rows of one table of the read model, by its first key."""
    with database.session() as session:
        query = sa.select(model).order_by(model.__table__.primary_key.columns.values()[0])
        return list(session.execute(query).scalars())


def _user(number, intent, confidence, turn):
    guesses = [{"name": intent, "confidence": confidence}]
    if "runner_up" in turn:
        name, other = turn["runner_up"]
        guesses.append({"name": name, "confidence": other})
    parsed = {
        "intent": guesses[0],
        "intent_ranking": guesses,
        "entities": turn.get("entities", []),
    }
    return "user", {"text": "", "metadata": {"turn": number}, "parse_data": parsed}
