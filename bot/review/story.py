"""A conversation as an end-to-end test story, in the YAML that Rasa 3.6 reads.

The read model keeps only the last action of a turn. A story needs every step in its order, so this
reads the log with the read model's own reader (`bot.review.source`, `bot.review.turns`).
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import sqlalchemy as sa
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.scalarstring import DoubleQuotedScalarString, LiteralScalarString
from sqlalchemy.orm import Session

from bot.review import source, turns
from bot.review.verdicts import INTENT
from bot.review.work import visible
from bot.review.work_model import Correction

# The bot's own books are no fact about the conversation, but for the question that waits.
NOT_TOLD = turns.BOOKS - {"requested_slot"}
# Rasa writes these by itself.
NOT_ACTED = (turns.LISTEN, "action_session_start", "action_extract_slots")
# Control characters, and what YAML takes for the end of a line.
NO_YAML = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
HEAD = """\
Uit een echt gesprek, zonder gegevens die iemand aanwijzen. Lees het na voor je het bewaart, en zet
het in een map als tests/stories; draai het met: rasa test core --e2e --stories BESTAND"""


class NoStory(Exception):
    """The conversation has no steps: Rasa never saw it. The message (Dutch) says so."""


def story(session: Session, conversation_id: str, gemeenten: frozenset[str] | None) -> str:
    """The story of a conversation: what was said, understood, done and set, in order.

    Where a reviewer decided on another subject, the story has that one, with a remark.

    Raises:
        UnknownReview: there is no such conversation, or it is not theirs to see.
        NoStory: nothing of it came to Rasa.
    """
    conversation = visible(session, conversation_id, gemeenten)
    query = sa.select(Correction).where(
        Correction.conversation_id == conversation_id, Correction.verdict == INTENT
    )
    meant = {row.seq: row.intent for row in session.execute(query).scalars()}
    steps: list[CommentedMap] = []
    for found in source.read(session, [conversation_id]):
        for turn in turns.turns(found):
            steps += _steps(turn, meant.get(turn.message.seq))
    if not steps:
        raise NoStory("Van dit gesprek is er geen verhaal: de bot heeft er niets in gedaan.")
    name = f"gesprek van {conversation.started_at:%Y-%m-%d}: {', '.join(conversation.intents[:3])}"
    return _as_yaml({"story": name.rstrip(": "), "steps": steps})


def _steps(turn: turns.Turn, meant: str | None) -> Iterator[CommentedMap]:
    """The steps of one turn; slots that are set one after another share a step."""
    slots: list[dict[str, Any]] = []
    for event in turn.events:
        data, name = event.data, event.data.get("name")
        if event.kind == "slot":
            if name not in NOT_TOLD and _is_plain(data.get("value")):
                slots.append({str(name): data.get("value")})
            continue
        step = _step(event.kind, data, meant)
        if step is None:
            continue
        if slots:
            yield CommentedMap(slot_was_set=slots)
            slots = []
        yield step
    if slots:
        yield CommentedMap(slot_was_set=slots)


def _step(kind: str, data: Mapping[str, Any], meant: str | None) -> CommentedMap | None:
    if kind == "user":
        return _said(data, meant)
    if kind == "action" and data.get("name") not in NOT_ACTED:
        return CommentedMap(action=data.get("name"))
    if kind == "active_loop":
        return CommentedMap(active_loop=data.get("name"))
    return None


def _said(data: Mapping[str, Any], meant: str | None) -> CommentedMap:
    parsed = data.get("parse_data") or {}
    understood = (parsed.get("intent") or {}).get("name") or turns.NOT_UNDERSTOOD
    text = _annotated(str(data.get("text") or ""), parsed.get("entities") or ())
    step = CommentedMap(user=LiteralScalarString(f"{text}\n"), intent=meant or understood)
    if meant and meant != understood:
        step.yaml_set_comment_before_after_key(
            "intent",
            before=f"De bot maakte hier {understood} van. Kijk na of de stappen hierna kloppen.",
            indent=4,
        )
    return step


def _annotated(text: str, entities: Any) -> str:
    """The text with its entities in Rasa's notation; a payload carries its own."""
    if text.startswith("/"):
        return text
    pieces: list[str] = []
    position = 0
    for entity in sorted(entities, key=lambda e: e.get("start") or 0):
        start, end = entity.get("start"), entity.get("end")
        if start is None or end is None or not position <= start < end <= len(text):
            continue
        mark = {"entity": entity.get("entity"), "value": entity.get("value")}
        pieces.append(_unmarked(text[position:start]))
        pieces.append(f"[{text[start:end]}]{json.dumps(mark, ensure_ascii=False)}")
        position = end
    return "".join([*pieces, _unmarked(text[position:])])


def _unmarked(text: str) -> str:
    """What a citizen typed is never Rasa's notation, nor what YAML cannot hold."""
    return NO_YAML.sub(" ", text).replace("](", "] (").replace("]{", "] {")


def _is_plain(value: Any) -> bool:
    return value is None or isinstance(value, (str, bool, int, float))


def _as_yaml(story: Mapping[str, Any]) -> str:
    yaml: Any = YAML()
    yaml.width = 4096
    yaml.allow_unicode = True
    document = CommentedMap(version=DoubleQuotedScalarString("3.1"), stories=[CommentedMap(story)])
    document.yaml_set_start_comment(HEAD)
    stream = io.StringIO()
    yaml.dump(document, stream)
    return stream.getvalue()
