"""Our tracker store beside Rasa's own, on the same events."""

import asyncio

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from rasa.core.tracker_store import SQLTrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import (
    ActionExecuted,
    ActiveLoop,
    BotUttered,
    LoopInterrupted,
    SessionStarted,
    SlotSet,
    UserUttered,
)
from rasa.shared.core.trackers import DialogueStateTracker

from bot.conversations.model import TrackerEvent
from bot.nlu.tracker_store import DialogueTrackerStore
from bot.settings import ROOT

DOMAIN = Domain.load(ROOT / "domain.yml")
START = [ActionExecuted("action_session_start"), SessionStarted(), ActionExecuted("action_listen")]
TEXTS = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"), max_size=20)


def turn_of(text="hallo", *events):
    said = UserUttered(text, {"name": "groet", "confidence": 0.9}, [], {"text": text})
    return [said, ActionExecuted("action_antwoord"), *events, BotUttered("Dag!"),
            ActionExecuted("action_listen")]  # fmt: skip


A_TURN = st.builds(
    turn_of,
    TEXTS,
    st.sampled_from(
        [
            SlotSet("gemeente", "Assen"),
            SlotSet("flows", {"zelfscan": {"answers": {"a": 3}}}),
            SlotSet("gemeente", None),
            ActiveLoop("zelfscan_form"),
            ActiveLoop(None),
            LoopInterrupted(True),
            LoopInterrupted(False),
        ]
    ),
)


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


def state(tracker):
    """What a policy or an action sees between two turns."""
    loop = tracker.active_loop
    return (
        tracker.current_slot_values(),
        tracker.active_loop_name,
        loop.is_interrupted if loop else None,
        tracker.latest_action_name,
        tracker.is_paused(),
        tracker.followup_action,
    )


def dumped(tracker):
    return [event.as_dict() for event in tracker.events]


def rows(database):
    with database.session() as session:
        query = sa.select(TrackerEvent.type_name, TrackerEvent.data).order_by(TrackerEvent.id)
        return list(session.execute(query))


def test_a_conversation_reads_back_as_it_was_saved(any_database):
    turns = [turn_of("een"), turn_of("twee", SlotSet("gemeente", "Assen"))]

    tracker = play(ours(any_database.url), turns)

    assert [type(e) for e in tracker.events] == [
        type(e) for turn in [START[1:], *turns] for e in turn
    ]
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
    known = play(store, [turn_of("een")])
    made = DialogueStateTracker.from_events(
        "iemand", [*known.events, *turn_of("twee")], DOMAIN.slots
    )

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
