"""What someone hears when an answer is late or fails: something, soon, with a way to a person.

Each is a message in the log as any other, so it comes over every channel and is there after a
restart. In what it answers (`reply_to`) can be seen what was said before, so nothing is said twice.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from bot.conversations import log
from bot.conversations.log import Reply
from bot.conversations.messages import About
from bot.conversations.model import StoredMessage
from bot.database import Database

# Marks the choice by which a citizen asks to try again; it never goes to Rasa.
RETRY = "retry"
# A choice: people have heard something within five seconds, and who answers in four hears nothing
# of this. A look takes place every second (`Inbox.run`).
PATIENCE = 3.5
CALL = "bel je gemeente via 14 met daarachter het netnummer."
LATE = Reply(
    "Sorry, mijn antwoord duurt langer dan normaal. Wat je zei is bewaard en ik ben er nog mee "
    f"bezig. Het antwoord komt hier vanzelf. Wil je niet wachten? Dan {CALL}",
    [{"title": "Kijk of het er al is", "payload": RETRY}],
    about=About().as_dict(),
)
APOLOGY = Reply(
    "Sorry, er gaat iets mis aan onze kant. Wat je zei is bewaard. Ik probeer het zo vanzelf "
    f"opnieuw. Liever een mens? Dan {CALL}",
    [{"title": "Probeer het nu opnieuw", "payload": RETRY}],
    about=About().as_dict(),
)
STILL = Reply(
    "Sorry, het lukt nog niet. Wat je zei is bewaard en ik blijf het proberen. Kan het niet "
    f"wachten? Dan {CALL}",
    [{"title": "Probeer het nu opnieuw", "payload": RETRY}],
    about=About().as_dict(),
)
GIVEN_UP = Reply(
    "Het is niet gelukt om je bericht te beantwoorden. Dat spijt me. Stel je vraag nog een keer, "
    f"of {CALL}",
    about=About().as_dict(),
)
# Where the greeting itself is late or fails, this is the first that someone hears of us.
OPENING = "Hallo. Je praat met een computer, niet met een mens."


def tell(session: Session, message: StoredMessage, said: Reply) -> None:
    """Says this about a message; where it is the first of the bot, also who is talking.

    Raises:
        log.UnknownConversation: it was erased.
    """
    log.lock(session, message.conversation_id)
    spoken = sa.select(StoredMessage.id).where(
        StoredMessage.conversation_id == message.conversation_id,
        StoredMessage.direction == "out",
    )
    if session.execute(spoken.limit(1)).first() is None:
        said = replace(said, text=f"{OPENING}\n\n{said.text}")
    log.put_out(session, message.conversation_id, [said], message.seq)


def tell_late(database: Database, message: StoredMessage) -> bool:
    """Says that the answer is late, unless it has come, or something was said before.

    Returns:
        Whether it was said.

    Raises:
        log.UnknownConversation: it was erased.
    """
    with database.session() as session:
        log.lock(session, message.conversation_id)
        late = session.execute(_unheard().where(StoredMessage.id == message.id)).scalar()
        if late is None:
            return False
        tell(session, late, LATE)
        return True


def tell_all_late(database: Database, moment: datetime) -> Iterator[str]:
    """Says so in every conversation where someone has heard nothing for so long; gives their ids.

    Also where the process that was answering is dead, or waits for another. About the message whose
    turn it is: what stands behind it waits for that, which they know.
    """
    since = moment - timedelta(seconds=PATIENCE)
    other = aliased(StoredMessage)
    same = other.conversation_id == StoredMessage.conversation_id
    before = sa.exists().where(same, other.status == "received", other.seq < StoredMessage.seq)
    heard = sa.exists().where(same, other.direction == "out", other.at > since)
    late = _unheard().where(StoredMessage.at <= since, ~before, ~heard)
    with database.session() as session:
        found = list(session.execute(late).scalars())
    for message in found:
        try:
            said = tell_late(database, message)
        except log.UnknownConversation:
            continue
        if said:
            yield message.conversation_id


def _unheard() -> sa.sql.Select:
    """Messages that wait for their first attempt, to which nothing was said yet."""
    reply = aliased(StoredMessage)
    answered = sa.exists().where(
        reply.conversation_id == StoredMessage.conversation_id,
        reply.reply_to == StoredMessage.seq,
    )
    return sa.select(StoredMessage).where(
        StoredMessage.status == "received", StoredMessage.attempts == 0, ~answered
    )
