import asyncio

import sqlalchemy as sa
from meta import wamid
from sqlalchemy.exc import SQLAlchemyError

from bot.database import Database
from bot.gateway.whatsapp.storing import Storing
from bot.whatsapp.model import WhatsAppUpdate
from bot.whatsapp.reading import Incoming


def text(wa_id="31600000001"):
    return Incoming(wamid(), "text", wa_id, text="hallo")


def store(database, people, *groups):
    """What comes of webhooks at the same moment."""

    async def work():
        storing = Storing(database, people)
        try:
            waiting = [storing.store(messages) for messages in groups]
            return await asyncio.gather(*waiting, return_exceptions=True)
        finally:
            storing.close()

    return asyncio.run(asyncio.wait_for(work(), 60))


def kept(database):
    with database.session() as session:
        return session.query(WhatsAppUpdate).count()


def test_webhooks_at_the_same_moment_are_stored_in_one_transaction(any_database, people):
    commits = []
    sa.event.listen(any_database.engine, "commit", commits.append)
    again = text()

    assert store(any_database, people, [text(), again], [text()], [again]) == [2, 1, 0]
    assert kept(any_database) == 3
    assert len(commits) == 2, "that, and our own look"


def test_one_that_cannot_be_stored_keeps_no_other_out(any_database, people):
    nobody = text(wa_id=None)
    first, wrong, last = store(any_database, people, [text()], [nobody], [text()])

    assert (first, last) == (1, 1)
    assert isinstance(wrong, ValueError)
    assert kept(any_database) == 2


def test_a_database_that_is_away_is_told_to_all_who_wait(people, tmp_path):
    nowhere = Database(f"sqlite:///{tmp_path / 'no such folder' / 'x.sqlite3'}")
    outcomes = store(nowhere, people, [text()], [text()])

    assert [isinstance(outcome, SQLAlchemyError) for outcome in outcomes] == [True, True]


def test_what_comes_while_others_are_stored_is_stored_after_them(database, people):
    async def work():
        storing = Storing(database, people)
        try:
            tasks = []
            for _ in range(20):
                tasks.append(asyncio.create_task(storing.store([text()])))
                await asyncio.sleep(0)
            return await asyncio.gather(*tasks)
        finally:
            storing.close()

    assert sum(asyncio.run(asyncio.wait_for(work(), 60))) == 20
    assert kept(database) == 20
