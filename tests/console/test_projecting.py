"""The worker that keeps the read model up to date while the web process runs."""

import asyncio

import sqlalchemy as sa
from log_data import Talk, rows

from bot.console.projecting import Projecting
from bot.review import projection
from bot.review.model import ReviewCursor, ReviewTurn


def test_a_round_brings_everything_in(any_database):
    for _ in range(3):
        Talk(any_database).say("hoi")
    asyncio.run(Projecting(any_database).round())

    assert len(rows(any_database, ReviewTurn)) == 3
    with any_database.session() as session:
        assert projection.changes(session) == 0


def test_a_round_ends_while_someone_keeps_talking(database, monkeypatch):
    """What is said while it works is for the next round, or it would never pause."""
    talk = Talk(database)
    talk.say("hoi")
    project, rounds = projection.project, []

    def project_while_someone_talks(*arguments):
        done = project(*arguments)
        rounds.append(talk.say(f"bericht {len(rounds)}"))
        assert len(rounds) < 20, "the round goes on as long as someone talks"
        return done

    monkeypatch.setattr(projection, "project", project_while_someone_talks)
    worker = Projecting(database)
    asyncio.run(worker.round())
    assert len(rounds) < 5

    monkeypatch.undo()
    asyncio.run(worker.round())
    assert len(rows(database, ReviewTurn)) == 1 + len(rounds)


def test_a_worker_leaves_it_to_the_one_that_has_the_lease(any_database):
    Talk(any_database).say("hoi")
    with any_database.session() as session:
        assert projection.lease(session, "another", projection.now())
    asyncio.run(Projecting(any_database).round())
    assert rows(any_database, ReviewTurn) == []

    with any_database.session() as session:
        projection.release(session, "another")
    asyncio.run(Projecting(any_database).round())
    assert len(rows(any_database, ReviewTurn)) == 1


def test_a_worker_that_stops_gives_the_lease_back(any_database):
    Talk(any_database).say("hoi")

    async def arrived():
        while not rows(any_database, ReviewTurn):  # noqa: ASYNC110 - it is in the database
            await asyncio.sleep(0.01)

    async def run_until_done():
        task = asyncio.create_task(Projecting(any_database).run(0.01))
        await asyncio.wait_for(arrived(), 30)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(run_until_done())
    with any_database.session() as session:
        holders = session.execute(sa.select(ReviewCursor.holder)).scalars().all()
    assert holders == [None]


def test_a_round_wipes_what_was_erased(database):
    talk = Talk(database)
    talk.say("zonnestraal")
    worker = Projecting(database)
    asyncio.run(worker.round())
    talk.erase()
    asyncio.run(worker.round())

    with database.session() as session:
        assert not projection.search.is_untidy(session)
        blocks = session.execute(sa.text("SELECT block FROM review_words_data")).scalars()
        assert all(b"zonnestraal" not in block for block in blocks)
