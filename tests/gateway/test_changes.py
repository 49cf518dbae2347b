"""News in conversations, told and seen."""

import asyncio
import contextlib

import pytest
import sqlalchemy as sa
from news import FAR, heard, put, start, watching

from bot.conversations import log
from bot.conversations.log import Reply
from bot.gateway import changes
from bot.gateway.changes import Changes


@contextlib.contextmanager
def counting(database):
    """The statements that go to the database meanwhile."""
    statements = []

    def note(_, __, statement, *___):
        statements.append(statement)

    sa.event.listen(database.engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        sa.event.remove(database.engine, "before_cursor_execute", note)


async def settled(database):
    """Returns when the watcher has finished a look that began after now."""
    loop, second = asyncio.get_running_loop(), asyncio.Event()
    with counting(database) as statements:

        def note(*_):
            if len(statements) >= 2:
                loop.call_soon_threadsafe(second.set)

        sa.event.listen(database.engine, "after_cursor_execute", note)
        try:
            await asyncio.wait_for(second.wait(), FAR)
        finally:
            sa.event.remove(database.engine, "after_cursor_execute", note)


async def test_news_between_two_waits_is_not_missed(database):
    told = Changes(database)
    with told.listen("een") as news:
        told.tell("een")
        told.tell("een")
        assert await news.wait(FAR)
        assert not await news.wait(0.01)
        told.tell("twee")
        assert not await news.wait(0.01)


async def test_everyone_in_a_conversation_hears_it(database):
    told = Changes(database)
    with told.listen("een") as first, told.listen("een") as second:
        told.tell("een")
        assert await first.wait(FAR)
        assert await second.wait(FAR)


async def test_what_another_process_writes_is_seen_by_who_listens_to_it(any_database):
    one, other = start(any_database), start(any_database)
    async with watching(any_database) as seen, heard(seen, one, other) as (news, elsewhere):
        for number in range(3):
            await asyncio.to_thread(put, any_database, one, f"bericht {number}")
            assert await news.wait(FAR)
        await settled(any_database)
        assert not await elsewhere.wait(0)


async def test_what_is_erased_is_seen_too(any_database):
    other, one = start(any_database), start(any_database)
    put(any_database, other)
    put(any_database, one)
    async with watching(any_database) as seen, heard(seen, one) as (news,):
        with any_database.session() as session:
            log.erase(session, one)
        assert await news.wait(FAR)


async def test_a_number_that_is_used_again_is_seen(database):
    """SQLite gives the number of an erased message to the next one."""
    one, other = start(database), start(database)
    put(database, one)
    async with watching(database) as seen, heard(seen, other) as (news,):
        with database.session() as session:
            log.erase(session, one)
            log.put_out(session, other, [Reply("met het oude nummer")])
        assert await news.wait(FAR)


async def test_a_message_that_shows_later_than_a_newer_one_is_seen(postgres):
    """PostgreSQL gives the number at the insert, and shows the message at the commit."""
    slow, fast = start(postgres), start(postgres)
    async with watching(postgres) as seen, heard(seen, slow, fast) as (news, quick):
        with postgres.session() as session:
            log.put_out(session, slow, [Reply("langzaam")])
            await asyncio.to_thread(put, postgres, fast)
            assert await quick.wait(FAR)
            assert not await news.wait(0)
        assert await news.wait(FAR)


async def test_after_more_than_a_stretch_everyone_looks(database, monkeypatch):
    monkeypatch.setattr(changes, "STRETCH", 3)
    one, busy = start(database), start(database)
    async with watching(database) as seen, heard(seen, one) as (news,):
        put(database, busy)
        await settled(database)
        with database.session() as session:
            log.put_out(session, one, [Reply("dit valt buiten de blik")])
            log.put_out(session, busy, [Reply("druk")] * 5)
        assert await news.wait(FAR)


async def test_what_falls_out_of_the_stretch_is_no_news(database, monkeypatch):
    monkeypatch.setattr(changes, "STRETCH", 3)
    one, busy = start(database), start(database)
    put(database, one)
    async with watching(database) as seen, heard(seen, one, busy) as (news, other):
        for _ in range(6):
            await asyncio.to_thread(put, database, busy)
            assert await other.wait(FAR)
        assert not await news.wait(0)


async def test_the_database_is_left_alone_while_nobody_listens(database):
    one = start(database)
    async with watching(database, every=0.001) as seen:
        with counting(database) as statements:
            await asyncio.sleep(0.1)
            assert statements == []
            with seen.listen(one) as news:
                assert await news.wait(FAR)
            await asyncio.sleep(0.05)
            before = len(statements)
            await asyncio.sleep(0.1)
            assert len(statements) - before <= 1
            put(database, one)
            with seen.listen(one) as news:  # what came in between counts as news
                assert await news.wait(FAR)


async def test_one_look_is_one_query(database):
    ids = [start(database) for _ in range(50)]
    async with watching(database) as seen:
        with contextlib.ExitStack() as stack:
            for conversation in ids:
                stack.enter_context(seen.listen(conversation))
            with counting(database) as statements:
                await settled(database)
    assert {statement.split("FROM")[0].split()[0] for statement in statements} == {"SELECT"}
    assert len(set(statements)) == 1


async def test_a_database_that_is_away_for_a_while_is_looked_at_again(database, monkeypatch):
    one = start(database)
    loop, failed = asyncio.get_running_loop(), asyncio.Event()

    def broken():
        loop.call_soon_threadsafe(failed.set)
        raise sa.exc.OperationalError("SELECT", {}, Exception("away"))

    async with watching(database) as seen, heard(seen, one) as (news,):
        with monkeypatch.context() as patch:
            patch.setattr(database, "session", broken)
            await asyncio.wait_for(failed.wait(), FAR)
        put(database, one)
        assert await news.wait(FAR)


@pytest.mark.parametrize("number", [1, 5])
async def test_closing_wakes_everyone(database, number):
    told = Changes(database)
    with contextlib.ExitStack() as stack:
        listeners = [stack.enter_context(told.listen(str(n))) for n in range(number)]
        told.close()
        assert all([await news.wait(FAR) for news in listeners])
    assert told.closed
