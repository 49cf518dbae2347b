"""The question 'why do I see this?', that people may ask of a result.

It is the intent `uitleg_vraag`; a choice below a result carries which flow made it.
"""

from __future__ import annotations

import re

from bot.conversations.messages import Choice

INTENT = "uitleg_vraag"
PREFIX = "waarom:"
# What can mean nothing else, whatever NLU makes of it; other words are its work.
PHRASES = re.compile(
    r"\bwaarom (zie|krijg) ik d[ai]t\b|\bhoe kom je (daar|hier|er) ?(bij|aan|op)\b|"
    r"\bwaar (is|zijn) (dit|dat|die|deze)( \w+)? op gebaseerd\b|\bwaar komt d[ai]t vandaan\b"
)


def choice(flow: str) -> Choice:
    """The button below a result of this flow."""
    return Choice("Waarom zie ik dit?", INTENT, f"{PREFIX}{flow}")


def is_asked(text: str) -> bool:
    """Whether a text asks for the reason of what was just told."""
    return PHRASES.search(text.lower()) is not None


def flow_of(answer: str | None) -> str | None:
    """The flow whose result a choice asks about; None for any other choice."""
    return answer.removeprefix(PREFIX) if answer and answer.startswith(PREFIX) else None
