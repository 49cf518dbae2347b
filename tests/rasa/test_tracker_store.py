"""Our tracker store beside Rasa's own, on the same events."""

import asyncio

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from rasa.core.tracker_store import SQLTrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import (
    ActiveLoop,
    SlotSet,
    UserUttered,
)
from rasa.shared.core.trackers import DialogueStateTracker
from tracker_turns import A_TURN, START, dumped, state, turn_of

from bot.conversations.model import TrackerEvent
from bot.nlu.tracker_store import DialogueTrackerStore
from bot.settings import ROOT

DOMAIN = Domain.load(ROOT / "domain.yml")


def ours(url, checkpoint_after=10**6):
    return DialogueTrackerStore(DOMAIN, host=url, checkpoint_after=checkpoint_after)


def stock(url):
    return SQLTrackerStore(DOMAIN, host=url)


def play(store, turns, sender="iemand"):
    """Every turn as the server does it: read, add, save."""

    async def run():
        for turn in [START, *turns]:
            tracker = await store.get_or_create_tracker(sender, append_action_listen=False)
            for event in turn:
                tracker.update(event)
            await store.save(tracker)
        return await store.retrieve(sender)

    return asyncio.run(run())


def rows(database):
    with database.session() as session:
        query = sa.select(TrackerEvent.type_name, TrackerEvent.data).order_by(TrackerEvent.id)
        return list(session.execute(query))


def test_a_conversation_reads_back_as_it_was_saved(any_database):
    turns = [turn_of("een"), turn_of("twee", SlotSet("gemeente", "Assen"))]

    store = ours(any_database.url)
    tracker = play(store, turns)

    full = asyncio.run(store.retrieve_full_tracker("iemand"))
    assert dumped(full) == [e.as_dict() for turn in [START, *turns] for e in turn]
    assert state(tracker) == state(full)
    assert tracker.get_slot("gemeente") == "Assen"


def test_a_new_conversation_has_no_tracker(any_database):
    assert asyncio.run(ours(any_database.url).retrieve("niemand")) is None


def test_every_event_is_stored_once(any_database):
    play(ours(any_database.url), [turn_of(str(number)) for number in range(5)])

    assert len(rows(any_database)) == len(START) + 5 * 4


def test_saving_twice_adds_nothing(any_database):
    store = ours(any_database.url)
    tracker = play(store, [turn_of("een")])
    before = rows(any_database)

    asyncio.run(store.save(tracker))

    assert rows(any_database) == before


def test_a_tracker_that_another_made_is_stored_from_where_the_database_ends(any_database):
    store = ours(any_database.url)
    play(store, [turn_of("een")])
    events = [*START[1:], *turn_of("een"), *turn_of("twee")]  # of the session, as Rasa's own reads
    made = DialogueStateTracker.from_events("iemand", events, DOMAIN.slots)

    asyncio.run(store.save(made))

    assert len(rows(any_database)) == len(START) + 2 * 4


def test_rasas_own_store_reads_what_ours_wrote_and_the_reverse(database):
    turns = [
        turn_of("een", SlotSet("gemeente", "Assen")),
        turn_of("twee", ActiveLoop("zelfscan_form")),
    ]
    mine = play(ours(database.url), turns)
    theirs = asyncio.run(stock(database.url).retrieve("iemand"))

    assert state(mine) == state(theirs)
    play(stock(database.url), turns, "ander")
    assert state(asyncio.run(ours(database.url).retrieve("ander"))) == state(mine)


@given(turns=st.lists(A_TURN, max_size=12), checkpoint_after=st.integers(5, 30))
def test_with_checkpoints_a_dialogue_stands_where_it_would_without(
    tmp_path_factory, turns, checkpoint_after
):
    from bot.database import Database

    database = Database(f"sqlite:///{tmp_path_factory.mktemp('trackers') / 'a.sqlite3'}")
    database.upgrade()
    plain = play(ours(database.url), turns, "zonder")
    compact = play(ours(database.url, checkpoint_after), turns, "met")
    database.close()

    assert state(compact) == state(plain)


def test_what_is_read_stays_short_however_long_the_conversation(any_database):
    store = ours(any_database.url, checkpoint_after=40)
    longest = 0
    for _ in range(12):
        longest = max(longest, len(play(store, [turn_of(str(n)) for n in range(8)]).events))

    assert longest <= 40 + 5


def test_a_checkpoint_removes_nothing_from_the_log(any_database):
    store = ours(any_database.url, checkpoint_after=10)
    play(store, [turn_of(str(number)) for number in range(30)])

    said = [data for type_name, data in rows(any_database) if type_name == "user"]
    full = asyncio.run(store.retrieve_full_tracker("iemand"))
    assert len(said) == 30
    assert sum(isinstance(event, UserUttered) for event in full.events) == 30


def test_a_database_that_is_away_is_told_as_such(tmp_path):
    store = ours(f"sqlite:///{tmp_path / 'nowhere' / 'a.sqlite3'}")

    with pytest.raises(sa.exc.OperationalError):
        asyncio.run(store.retrieve("iemand"))


def statements(database_of_store):
    """What is sent to the database from here on, as it happens."""
    sent = []
    sa.event.listen(
        database_of_store.engine,
        "before_cursor_execute",
        lambda _, __, statement, *___: sent.append(statement.split()[0]),
    )
    return sent


def test_a_turn_reads_once_and_writes_in_one_transaction(any_database):
    store = ours(any_database.url, checkpoint_after=40)
    play(store, [])
    sent = statements(store._database)

    async def turn(number):
        tracker = await store.get_or_create_tracker("iemand")
        for event in turn_of(str(number), SlotSet("gemeente", "Assen")):
            tracker.update(event)
        await store.save(tracker)

    for number in range(30):
        asyncio.run(turn(number))
        assert sent == ["SELECT", "SELECT", "INSERT"], "read; is it still there; append"
        sent.clear()


def test_the_first_turn_reads_once_too(any_database):
    store = ours(any_database.url)
    sent = statements(store._database)

    asyncio.run(store.get_or_create_tracker("iemand", append_action_listen=False))

    assert sent == ["SELECT"]


def test_what_was_erased_during_a_turn_does_not_come_back(any_database):
    store = ours(any_database.url)
    play(store, [turn_of("een")])

    async def turn():
        tracker = await store.get_or_create_tracker("iemand")
        tracker.update(turn_of("mijn geheim")[0])
        with any_database.session() as session:
            session.execute(sa.delete(TrackerEvent))
        await store.save(tracker)
        await store.save(tracker)

    asyncio.run(turn())

    assert rows(any_database) == []
    assert asyncio.run(store.retrieve("iemand")) is None


def test_an_erased_conversation_can_begin_anew_and_others_go_on(any_database):
    store = ours(any_database.url)
    play(store, [turn_of("een")], "ander")
    play(store, [turn_of("een")])
    with any_database.session() as session:
        session.execute(sa.delete(TrackerEvent).where(TrackerEvent.sender_id == "ander"))

    play(store, [turn_of("twee")])
    play(store, [turn_of("opnieuw")], "ander")

    assert "opnieuw" in str(rows(any_database)), "a new conversation under the old name"
    assert sum(name == "user" for name, _ in rows(any_database)) == 3


def test_two_trackers_of_one_conversation_lose_nothing(any_database):
    """Without a lock, as when one ran out: both turns are stored."""
    store = ours(any_database.url, checkpoint_after=8)
    play(store, [turn_of("een"), turn_of("twee"), turn_of("drie")])

    async def both():
        first = await store.retrieve("iemand")
        second = await store.retrieve("iemand")
        for tracker, text in ((first, "vier"), (second, "vijf")):
            for event in turn_of(text):
                tracker.update(event)
        await asyncio.gather(store.save(first), store.save(second))
        return await store.retrieve_full_tracker("iemand")

    full = asyncio.run(both())
    told = [event.text for event in full.events if isinstance(event, UserUttered)]
    assert sorted(told) == sorted(["een", "twee", "drie", "vier", "vijf"])
