"""A message as its citizen gets it: with their own details back in place."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from bot.conversations import log, ratings, turns
from bot.conversations.messages import About
from bot.conversations.model import StoredMessage
from bot.database import Database
from bot.gateway import markdown
from bot.privacy.detect import TOKEN
from bot.privacy.vault import Vault

NOTHING = About().as_dict()


@dataclass(frozen=True)
class Seen:
    """What there is to see: messages, and whether the bot is working on an answer."""

    messages: list[dict[str, Any]]
    working: bool


@dataclass(frozen=True)
class Found:
    """Messages of one conversation with its ratings, as they are stored."""

    messages: Sequence[StoredMessage]
    ratings: Mapping[int, str]


class Transcript:
    """Reads conversations for their citizens."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    async def after(self, conversation_id: str, seq: int) -> Seen:
        """Everything with a higher number.

        Raises:
            log.UnknownConversation: it does not exist (any more).
        """

        def read() -> Seen:
            with self._database.session() as session:
                # In this order: an answer that comes between never has the bot at work behind it.
                found = _found(session, conversation_id, log.history(session, conversation_id, seq))
                working = turns.is_working(session, conversation_id)
                return Seen(public(session, self._vault, found), working)

        return await asyncio.to_thread(read)


def answers(session: Session, conversation_id: str, seq: int) -> Found:
    """What the bot answered to the message with this number.

    Raises:
        log.UnknownConversation: the conversation does not exist (any more).
    """
    return _found(session, conversation_id, log.answers(session, conversation_id, seq))


def _found(session: Session, conversation_id: str, messages: Sequence[StoredMessage]) -> Found:
    if not messages:
        log.get(session, conversation_id)  # it exists at least
        return Found((), {})
    return Found(messages, ratings.given(session, conversation_id))


def public(session: Session, vault: Vault, found: Found) -> list[dict[str, Any]]:
    """The messages in the shape of the public API (see openapi.yml).

    Args:
        session: asked for details only; without any in the messages nothing is asked.
    """
    return [_public(session, vault, message, found.ratings) for message in found.messages]


def _public(
    session: Session, vault: Vault, message: StoredMessage, given: Mapping[int, str]
) -> dict[str, Any]:
    is_bot = message.direction == "out"
    details = {
        token: vault.restore(session, message.conversation_id, token)
        for token in {match.group() for match in TOKEN.finditer(message.text)}
    }
    return {
        "id": message.seq,
        "from": "bot" if is_bot else "citizen",
        "at": message.at.isoformat(),
        "text": TOKEN.sub(lambda match: details[match.group()], message.text),
        "html": markdown.render(message.text, details) if is_bot else None,
        "choices": [{"id": c["id"], "title": c["title"]} for c in message.choices],
        "choice": message.choice,
        "image": message.image,
        "rating": given.get(message.seq),
        "about": {**NOTHING, **message.about} if is_bot else None,
    }
