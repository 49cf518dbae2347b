"""Who answers in a conversation, and what is next."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import sqlalchemy as sa

from bot.conversations import log, turns
from bot.conversations.log import Reply
from bot.conversations.model import StoredMessage, TrackerEvent
from bot.database import now

LATER = turns.TERM + timedelta(seconds=1)


def start(database):
    with database.session() as session:
        return log.start(session, channel="web", gemeente=None, page=None).id


@pytest.fixture
def conversation(any_database):
    return start(any_database)


@pytest.fixture
def hold(any_database, conversation):
    """Claims the conversation at a moment, as a process of its own does."""

    def hold(moment, held=None):
        with any_database.session() as session:
            return turns.hold(session, conversation, moment, held)

    return hold


def test_one_at_a_time_holds_a_conversation(hold, any_database, conversation):
    moment = now()
    held = hold(moment)

    assert held == moment + turns.TERM
    assert hold(moment) is None
    assert hold(moment + timedelta(seconds=5)) is None
    with any_database.session() as session:
        turns.release(session, conversation, held)
    assert hold(moment) is not None


def test_of_many_at_once_one_gets_it(hold):
    moment = now()
    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(hold, [moment] * 12))

    assert len([held for held in found if held]) == 1


def test_a_claim_ends_by_itself_when_its_process_was_killed(hold):
    moment = now()
    hold(moment)

    assert hold(moment + turns.TERM) is None
    assert hold(moment + LATER) is not None


def test_who_goes_on_keeps_it_and_who_lost_it_hears_so(hold, any_database, conversation):
    moment = now()
    held = hold(moment)
    longer = hold(moment + timedelta(seconds=10), held)

    assert longer == moment + timedelta(seconds=10) + turns.TERM
    assert hold(moment + LATER) is None
    taken = hold(moment + timedelta(seconds=10) + LATER)
    assert hold(moment + timedelta(seconds=11) + LATER, longer) is None
    with any_database.session() as session:
        turns.release(session, conversation, longer)  # of another by now: not given back
    assert hold(moment + timedelta(seconds=11) + LATER) is None
    assert hold(moment + timedelta(seconds=11) + LATER, taken) is not None


def test_a_conversation_that_is_gone_cannot_be_held(any_database):
    with any_database.session() as session:
        assert turns.hold(session, "weg", now()) is None


def test_what_came_in_waits_for_an_answer_oldest_first(any_database, conversation):
    with any_database.session() as session:
        log.take_in(session, conversation, "hallo")
        log.take_in(session, conversation, "btw", payload="/btw")
        log.put_out(session, conversation, [Reply("dag")])

        assert [m.text for m in turns.waiting(session, conversation)] == ["hallo", "btw"]
        assert [m.payload for m in turns.waiting(session, conversation)] == [None, "/btw"]


def change(session, message, **values):
    session.execute(sa.update(StoredMessage).where(StoredMessage.id == message.id).values(**values))


@pytest.mark.parametrize("status", ["answered", "failed"])
def test_what_was_answered_or_given_up_waits_no_more(any_database, conversation, status):
    with any_database.session() as session:
        change(session, log.take_in(session, conversation, "hallo"), status=status)
        assert not turns.is_working(session, conversation)
        assert turns.due(session, now()) == []
        log.take_in(session, conversation, "btw")

        assert [m.text for m in turns.waiting(session, conversation)] == ["btw"]
        assert turns.is_working(session, conversation)


def test_conversations_are_due_once_when_something_waits_oldest_first(any_database, conversation):
    other = start(any_database)
    start(any_database)
    with any_database.session() as session:
        log.take_in(session, conversation, "hallo")
        log.take_in(session, other, "hoi")
        log.take_in(session, conversation, "btw")

        assert turns.due(session, now()) == [conversation, other]


def test_what_is_put_off_makes_what_is_behind_it_wait_too(any_database, conversation):
    moment = now()
    with any_database.session() as session:
        first = log.take_in(session, conversation, "hallo")
        change(session, first, next_attempt_at=moment + timedelta(seconds=5))
        assert not turns.is_working(session, conversation)
        log.take_in(session, conversation, "en nog iets")

        assert turns.due(session, moment) == []
        assert turns.due(session, moment + timedelta(seconds=5)) == [conversation]


def test_a_conversation_that_is_held_is_not_due(any_database, conversation, hold):
    moment = now()
    with any_database.session() as session:
        log.take_in(session, conversation, "hallo")
    hold(moment)
    with any_database.session() as session:
        assert turns.due(session, moment) == []
        assert turns.due(session, moment + LATER) == [conversation]


def events(session, conversation, *turns_and_kinds):
    for turn, kind in turns_and_kinds:
        data = {"event": kind, "metadata": {"turn": turn} if kind == "user" else {}}
        session.add(
            TrackerEvent(sender_id=conversation, type_name=kind, data=json.dumps(data), timestamp=1)
        )
        session.flush()


@pytest.mark.parametrize(("turn", "left"), [(8, 2), (7, 4), (9, 4)])
def test_only_the_newest_turn_can_be_undone(any_database, conversation, turn, left):
    other = start(any_database)
    with any_database.session() as session:
        events(session, conversation, (7, "user"), (7, "action"), (8, "user"), (8, "action"))
        events(session, other, (8, "user"))
        turns.undo(session, conversation, turn)
        session.flush()

        count = session.query(TrackerEvent).filter_by(sender_id=conversation).count()
        assert count == left
        assert session.query(TrackerEvent).filter_by(sender_id=other).count() == 1
