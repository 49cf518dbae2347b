"""A conversation as the read model holds it: a pure function of its log."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bot.review import flows, search, turns
from bot.review.model import LONGEST_EXCERPT
from bot.review.source import Source
from bot.taxonomy import taxonomy

# PostgreSQL's tsvector holds at most 1 MB.
LONGEST_BODY = 200_000
Row = dict[str, Any]


@dataclass(frozen=True)
class View:
    """The rows of one conversation, by table."""

    conversation: Row
    turns: list[Row]
    flows: list[Row]
    text: Row


def view(source: Source) -> View | None:
    """The rows of a conversation; None before anything was said in it."""
    if not source.messages:
        return None
    said = turns.turns(source)
    rows = [turns.row(source, turn) for turn in said]
    runs = flows.rows(source)
    doubtful = [
        row["confidence"]
        for row, turn in zip(rows, said, strict=True)
        if row["typed"] and turn.in_flow is None and row["confidence"] is not None
    ]
    number = source.messages[0].id
    thumbs = [value for seq, value in source.ratings.items() if seq]
    conversation = {
        "conversation_id": source.conversation_id,
        "number": number,
        "gemeente": source.gemeente or _last(rows, "gemeente", 80),
        "channel": source.channel,
        "started_at": source.started_at,
        "last_at": max(message.at for message in source.messages),
        "turns": len(rows),
        "excerpt": _excerpt(rows),
        "phase": _last(rows, "fase", 40) or _phase(rows),
        "intents": list(dict.fromkeys(row["intent"] for row in rows if row["intent"])),
        "lowest_confidence": min(doubtful, default=None),
        "fallbacks": sum(row["fallback"] for row in rows),
        "handed_over": source.handed_over,
        "ups": thumbs.count("up"),
        "downs": thumbs.count("down"),
        "helped": source.ratings.get(0),
        "left_in": flows.left_in(runs),
        "person_asked": any(row["intent"] == turns.ASKS_FOR_PERSON for row in rows),
    }
    body = search.plain("\n".join(row["text"] for row in rows))[:LONGEST_BODY]
    text = {"number": number, "conversation_id": source.conversation_id, "body": body}
    return View(conversation, rows, runs, text)


def _excerpt(rows: list[Row]) -> str:
    """The first thing that was typed, else the first that was chosen."""
    first = next((row["text"] for row in rows if row["typed"]), rows[0]["text"] if rows else "")
    text = " ".join(first.split())
    return text if len(text) <= LONGEST_EXCERPT else f"{text[: LONGEST_EXCERPT - 1]}…"


def _last(rows: list[Row], slot: str, most: int) -> str | None:
    """What a slot was set to last."""
    values = [row["slots"][slot] for row in rows if isinstance(row["slots"].get(slot), str)]
    return values[-1][:most] if values else None


def _phase(rows: list[Row]) -> str | None:
    """The phase of the last subject that belongs to one."""
    known = taxonomy().intents
    phases = [known[r["intent"]].phase for r in rows if r["intent"] in known]
    return next((phase for phase in reversed(phases) if phase), None)
