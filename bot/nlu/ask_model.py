"""Asks a trained model what it makes of messages, in a process of its own.

`python -m bot.nlu.ask_model MODEL` reads a JSON list of texts from its input, and writes as its
last line a JSON list of `{"intent", "confidence"}`: what the dialogue gets, after the fallback, and
how sure the model is of its best guess. Rasa takes seconds and half a gigabyte, so nobody imports
this.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys
from typing import TYPE_CHECKING, Any

from bot.nlu import without_tensorflow

if TYPE_CHECKING:
    from rasa.core.agent import Agent

NOT_UNDERSTOOD = "nlu_fallback"


def main(model: str) -> None:
    """Answers the texts on the standard input."""
    without_tensorflow.apply()
    from rasa.core.agent import Agent
    from rasa.utils.log_utils import configure_structlog

    # Otherwise Rasa writes a line about every message, with what was said in it.
    configure_structlog(logging.ERROR)
    agent = Agent.load(model)
    if not agent.is_ready():
        sys.exit("the model cannot be loaded")
    print(json.dumps(asyncio.run(_ask(agent, json.load(sys.stdin)))))


async def _ask(agent: Agent, texts: list[str]) -> list[dict[str, Any]]:
    return [_answer(await agent.parse_message(text)) for text in texts]


def _answer(parsed: dict[str, Any]) -> dict[str, Any]:
    name = parsed["intent"]["name"]
    guesses = [g for g in parsed.get("intent_ranking", []) if g["name"] != NOT_UNDERSTOOD]
    return {
        "intent": None if name == NOT_UNDERSTOOD else name,
        "confidence": float(guesses[0]["confidence"]) if guesses else 0.0,
    }


if __name__ == "__main__":
    main(sys.argv[1])
