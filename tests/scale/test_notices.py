"""What PostgreSQL tells: another process hears of a message at once, and again after an outage."""

import asyncio
import contextlib

import pytest
import sqlalchemy as sa
from news import FAR, heard, put, start, watching

from bot.conversations import log
from bot.conversations.log import Reply

# So seldom that whoever hears something before cannot have seen it by looking.
NEVER = 3600.0


@contextlib.asynccontextmanager
async def hearing(database):
    """One that hears, and its followers' news."""
    followed = asyncio.Event()
    async with watching(database, every=NEVER) as changes:
        changes.follow(followed.set)
        await asyncio.wait_for(changes._line.tried.wait(), FAR)
        assert changes._line.is_open
        yield changes, followed


async def test_what_is_said_elsewhere_is_heard_at_once_and_only_there(postgres):
    one, other = start(postgres), start(postgres)
    async with (
        hearing(postgres) as (changes, followed),
        heard(changes, one, other) as (news, elsewhere),
    ):
        for number in range(5):
            await asyncio.to_thread(put, postgres, one, f"bericht {number}")
            assert await news.wait(FAR)
        assert not await elsewhere.wait(0)
        assert followed.is_set()


async def test_who_erases_is_heard_too(postgres):
    one = start(postgres)
    put(postgres, one)
    async with hearing(postgres) as (changes, _), heard(changes, one) as (news,):
        with postgres.session() as session:
            log.erase(session, one)
        assert await news.wait(FAR)


async def test_nothing_is_told_of_what_was_rolled_back(postgres):
    one, other = start(postgres), start(postgres)
    async with hearing(postgres) as (changes, _), heard(changes, one, other) as (news, last):
        with pytest.raises(RuntimeError), postgres.session() as session:
            log.put_out(session, one, [Reply("toch niet")])
            raise RuntimeError
        await asyncio.to_thread(put, postgres, other)
        assert await last.wait(FAR)
        assert not await news.wait(0)


async def test_a_line_that_breaks_is_opened_again_and_everybody_looks(postgres):
    one = start(postgres)
    async with hearing(postgres) as (changes, followed), heard(changes, one) as (news,):
        await asyncio.to_thread(_cut_lines, postgres)
        put(postgres, one, "terwijl niemand het hoort")
        assert await news.wait(FAR)
        while not changes._line.is_open:
            await asyncio.wait_for(news.wait(FAR), FAR)
        followed.clear()
        await asyncio.to_thread(put, postgres, one, "en dit weer wel")
        assert await news.wait(FAR)
        await asyncio.wait_for(followed.wait(), FAR)


async def test_the_line_takes_no_connection_of_the_others(postgres):
    async with hearing(postgres):
        assert postgres.engine.pool.checkedout() == 0


def _cut_lines(database):
    """As a restart of the database does."""
    with database.engine.connect() as connection:
        cut = connection.execute(
            sa.text(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
                "WHERE datname = current_database() AND query LIKE 'LISTEN%'"
            )
        ).scalar_one()
    assert cut == 1
