"""What the bot offered to choose from, found by its id or by its title."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.conversations.model import StoredMessage, of_one

MESSAGE = StoredMessage.__table__
_LAST_OFFERED = (
    sa.select(MESSAGE.c.choices)
    .where(of_one(MESSAGE.c.conversation_id), MESSAGE.c.direction == "out", MESSAGE.c.text != "")
    .order_by(MESSAGE.c.seq.desc())
    .limit(1)
)


def matching(session: Session, conversation_id: str, text: str) -> dict[str, str] | None:
    """The choice of the last message of the bot whose title this text is, if there is one.

    Capitals, and a full stop or exclamation mark behind it, make no difference.

    Returns:
        `{"id", "title", "payload"}`.
    """
    given = {"conversation": conversation_id}
    offered = session.execute(_LAST_OFFERED, given).scalar() or []
    said = _plain(text)
    return next((dict(choice) for choice in offered if _plain(choice["title"]) == said), None)


def _plain(text: str) -> str:
    return text.strip(" .!\t\n").casefold()
