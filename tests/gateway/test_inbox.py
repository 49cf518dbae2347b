"""What the inbox asks of the database while somebody waits for an answer."""

import asyncio
import contextlib

import pytest
import sqlalchemy as sa

from bot.conversations import log
from bot.conversations.log import Reply
from bot.conversations.model import StoredMessage
from bot.gateway.inbox import Inbox, Said
from bot.privacy.vault import Vault

SECRET = "een-geheim-van-minstens-32-tekens-lang"


class NoisyRasa:
    """Answers everything, after so many notices in the same conversation."""

    def __init__(self, notices):
        self.inbox = None
        self._notices = notices

    async def send(self, conversation_id, message, turn):
        for _ in range(self._notices):
            self.inbox.changes.tell(conversation_id)
            await asyncio.sleep(0)
        return [Reply(f"Antwoord op: {message}")]


@pytest.fixture(autouse=True)
def no_looks(monkeypatch):
    """Nobody looks by themselves, which they do on a machine on which a turn takes long."""
    monkeypatch.setattr("bot.gateway.inbox.LOOK_EVERY", 60)


@contextlib.contextmanager
def noted(database, event):
    """What comes with each such event of the engine meanwhile."""
    found = []

    def note(*details):
        found.append(details)

    sa.event.listen(database.engine, event, note)
    try:
        yield found
    finally:
        sa.event.remove(database.engine, event, note)


async def asked(database, notices):
    """Statements, and number of transactions, of one answer with so many notices meanwhile."""
    rasa = NoisyRasa(notices)
    rasa.inbox = inbox = Inbox(database, rasa, Vault(SECRET))
    with database.session() as session:
        conversation_id = log.start(session, channel="web", gemeente=None, page=None).id
    with noted(database, "before_cursor_execute") as executed, noted(database, "begin") as begun:
        (answer,) = await inbox.say(conversation_id, lambda _: Said("btw"))
    assert answer["text"] == "Antwoord op: btw"
    return [statement for _, _, statement, *_ in executed], len(begun)


async def test_news_of_a_turn_that_is_made_here_is_not_looked_up(any_database):
    """PostgreSQL tells a process what it wrote itself, too."""
    quiet = await asked(any_database, notices=0)

    assert await asked(any_database, notices=30) == quiet


async def test_an_answer_takes_two_transactions(any_database):
    """One stores the message and claims the conversation, one stores the answer and reads it."""
    _, transactions = await asked(any_database, notices=0)

    assert transactions == 2


async def test_what_cannot_be_shown_is_stored_and_not_asked_again(any_database, monkeypatch):
    def broken(*_):
        raise ValueError

    monkeypatch.setattr("bot.gateway.markdown.render", broken)
    with pytest.raises(ValueError):
        await asked(any_database, notices=0)

    with any_database.session() as session:
        (message,) = session.execute(sa.select(StoredMessage).filter_by(direction="in")).scalars()
        (answer,) = session.execute(sa.select(StoredMessage).filter_by(direction="out")).scalars()
    assert (message.status, message.attempts) == ("answered", 0)
    assert answer.text == "Antwoord op: btw"
