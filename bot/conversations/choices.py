"""What the bot offered to choose from, found by its id or by its title."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.conversations.model import StoredMessage


def matching(session: Session, conversation_id: str, text: str) -> dict[str, str] | None:
    """The choice of the last message of the bot whose title this text is, if there is one.

    Capitals, and a full stop or exclamation mark behind it, make no difference.

    Returns:
        `{"id", "title", "payload"}`.
    """
    newest = (
        sa.select(StoredMessage.choices)
        .where(
            StoredMessage.conversation_id == conversation_id,
            StoredMessage.direction == "out",
            StoredMessage.text != "",
        )
        .order_by(StoredMessage.seq.desc())
        .limit(1)
    )
    offered = session.execute(newest).scalar() or []
    said = _plain(text)
    return next((dict(choice) for choice in offered if _plain(choice["title"]) == said), None)


def _plain(text: str) -> str:
    return text.strip(" .!\t\n").casefold()
