"""What a citizen said, turn by turn, with what the bot made of it: from the log, by rules only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.review.source import Event, Said, Source

NOT_UNDERSTOOD = "nlu_fallback"
FALLBACK_ACTION = "action_terugval"
LISTEN = "action_listen"
ASKS_FOR_PERSON = "medewerker_spreken"
MOST_GUESSES = 5
# How the bot keeps its own books: no fact about the person.
BOOKS = {"requested_slot", "session_started_metadata", "flows", "gesprek"}
FORM = "_form"
ANSWER = "_antwoord"

Row = dict[str, Any]


@dataclass
class Turn:
    """One message of the citizen with the events that Rasa wrote from it on."""

    message: Said
    events: list[Event] = field(default_factory=list)
    replies: list[Said] = field(default_factory=list)
    in_flow: str | None = None  # the flow that was asking when this was said
    flows: Mapping[str, Any] = field(default_factory=dict)  # how far all flows were then

    def of(self, kind: str) -> Iterable[Mapping[str, Any]]:
        """The data of the events of one kind, in order."""
        return (event.data for event in self.events if event.kind == kind)


def turns(source: Source) -> list[Turn]:
    """The turns of a conversation, in order; the opening of the bot, with nothing said, is none.

    Rasa keeps the id of a message with the turn (`metadata.turn`); the gateway keeps with an answer
    what it answers (`reply_to`), and in a log of before that it answers what came last.
    """
    made = {m.id: Turn(m) for m in source.messages if m.citizen and m.text}
    by_seq = {turn.message.seq: turn for turn in made.values()}
    last: Turn | None = None
    for message in source.messages:
        if message.citizen:
            last = made.get(message.id)
            continue
        turn = last if message.reply_to is None else by_seq.get(message.reply_to)
        if turn is not None:
            turn.replies.append(message)
    _divide(source.events, made)
    return list(made.values())


def _divide(events: Sequence[Event], made: Mapping[int, Turn]) -> None:
    """Gives every event to the turn that it belongs to."""
    turn: Turn | None = None
    flow: str | None = None
    flows: Mapping[str, Any] = {}
    for event in events:
        if event.kind == "user":
            number: Any = (event.data.get("metadata") or {}).get("turn")
            turn = made.get(number)
            if turn is not None:
                turn.events = []  # tried again: what counts is the last time
                turn.in_flow, turn.flows = flow, flows
        if turn is not None:
            turn.events.append(event)
        if event.kind == "active_loop":
            flow = flow_of(event.data)
        elif event.kind == "slot" and event.data.get("name") == "flows":
            flows = event.data.get("value") or {}


def flow_of(data: Mapping[str, Any]) -> str | None:
    """The flow of an `active_loop` event; None where it ends one."""
    name = data.get("name")
    return name.removesuffix(FORM) if isinstance(name, str) else None


def about_of(data: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a message of the bot is about (`about` in the conversation API), from its event."""
    custom = (data.get("data") or {}).get("custom") or {}
    found = custom.get("about") or {}
    return found if isinstance(found, dict) else {}


def row(source: Source, turn: Turn) -> Row:
    """The row of `review_turn` of one turn."""
    parsed = next(iter(turn.of("user")), {}).get("parse_data") or {}
    about = [about_of(data) for data in turn.of("bot")]
    actions = [d.get("name") for d in turn.of("action") if d.get("name") != LISTEN]
    left: Mapping[str, Any] = next((a for a in reversed(about) if a.get("flow")), {})
    answers = [reply for reply in turn.replies if not reply.is_apology]
    return {
        "id": turn.message.id,
        "conversation_id": source.conversation_id,
        "seq": turn.message.seq,
        "at": turn.message.at,
        "text": turn.message.text,
        "typed": not turn.message.chosen,
        **_understood(parsed),
        "entities": [
            {"entity": _short(e.get("entity")), "value": e.get("value")}
            for e in parsed.get("entities") or ()
            if e.get("entity") != "antwoord"
        ],
        "slots": _set(turn),
        "action": _short(actions[-1]) if actions else None,
        "services": list(dict.fromkeys(s for a in about for s in a.get("services") or ())),
        "topic": _short(next((a["topic"] for a in about if a.get("topic")), None)),
        "flow": _short(left.get("flow"), 40),
        "step": _short(left.get("step")),
        "fallback": FALLBACK_ACTION in actions and _missed(turn),
        "answered_ms": round((answers[0].at - turn.message.at).total_seconds() * 1000)
        if answers
        else None,
        "rating": _rating(source, turn),
    }


def _understood(parsed: Mapping[str, Any]) -> Row:
    """What the bot made of it. `nlu_fallback` is no intent: then the best guess is runner-up."""
    guesses = [
        {"name": str(g["name"])[:80], "confidence": float(g.get("confidence") or 0.0)}
        for g in parsed.get("intent_ranking") or ()
        if g.get("name") and g["name"] != NOT_UNDERSTOOD
    ][:MOST_GUESSES]
    name = (parsed.get("intent") or {}).get("name")
    understood = bool(name) and name != NOT_UNDERSTOOD
    if understood and not guesses:
        guesses = [{"name": name, "confidence": float(parsed["intent"].get("confidence") or 0.0)}]
    other: Row = next((g for g in guesses if not (understood and g["name"] == name)), {})
    return {
        "intent": _short(name) if understood else None,
        "confidence": guesses[0]["confidence"] if guesses else None,
        "runner_up": other.get("name"),
        "runner_up_confidence": other.get("confidence"),
        "ranking": guesses,
    }


def _set(turn: Turn) -> Row:
    """The facts that this turn set, answers within a flow under `flow.step`."""
    found: Row = {}
    for data in turn.of("slot"):
        name, value = data.get("name"), data.get("value")
        if name == "flows":
            for flow, progress in (value or {}).items():
                before = (turn.flows.get(flow) or {}).get("answers") or {}
                for step in progress.get("given") or ():
                    if progress["answers"].get(step) != before.get(step):
                        found[f"{flow}.{step}"] = progress["answers"].get(step)
        elif isinstance(name, str) and name not in BOOKS and not name.endswith(ANSWER):
            found[name] = value
    return found


def _missed(turn: Turn) -> bool:
    """Whether the fallback asked what was meant; it also answers "in Assen" and that is no miss."""
    talks = [d["value"] for d in turn.of("slot") if d.get("name") == "gesprek" and d.get("value")]
    return not talks or bool(talks[-1].get("misses"))


def _rating(source: Source, turn: Turn) -> str | None:
    """A thumb down for any of the answers weighs more than a thumb up for another."""
    given = {source.ratings.get(reply.seq) for reply in turn.replies}
    return "down" if "down" in given else "up" if "up" in given else None


def _short(value: Any, most: int = 80) -> str | None:
    return None if value is None else str(value)[:most]
