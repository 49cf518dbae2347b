"""The read model follows the log: whatever happens in it, in whatever order, wherever it stops."""

import logging
import threading
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from desk_rows import referral
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from log_data import APOLOGY, Talk, about, dump, flow, rows

from bot.conversations import log
from bot.conversations.model import Conversation, TrackerEvent
from bot.database import Database, _alembic_config, now
from bot.review import projection
from bot.review.model import (
    ReviewConversation,
    ReviewCursor,
    ReviewDue,
    ReviewFlow,
    ReviewText,
    ReviewTurn,
)


def only(database, model):
    found = rows(database, model)
    assert len(found) == 1
    return found[0]


def test_a_turn_holds_what_the_bot_understood_and_did(any_database):
    talk = Talk(any_database)
    talk.say(
        "ik woon in assen en wil bbz",
        intent="bbz",
        confidence=0.81,
        runner_up=("financiering", 0.11),
        entities=[{"entity": "gemeente", "value": "Assen", "start": 11}],
        slots={"gemeente": "Assen", "gesprek": {"misses": 0}, "requested_slot": None},
        about=about("bbz", ["bbz-loket"]),
    )
    projection.catch_up(any_database)

    turn = only(any_database, ReviewTurn)

    assert (turn.seq, turn.text, turn.typed) == (3, "ik woon in assen en wil bbz", True)
    assert (turn.intent, turn.confidence) == ("bbz", 0.81)
    assert (turn.runner_up, turn.runner_up_confidence) == ("financiering", 0.11)
    assert turn.entities == [{"entity": "gemeente", "value": "Assen"}]
    assert turn.slots == {"gemeente": "Assen"}
    assert (turn.action, turn.topic) == ("action_antwoord", "bbz")
    assert turn.services == ["bbz-loket"]
    assert (turn.fallback, turn.rating) == (False, None)
    assert turn.answered_ms >= 0


def test_what_was_not_recognised_has_no_intent_but_the_best_guess(any_database):
    talk = Talk(any_database)
    talk.say(
        "blub",
        intent="nlu_fallback",
        confidence=0.7,
        runner_up=("btw", 0.4),
        action="action_terugval",
        slots={"gesprek": {"misses": 1}},
    )
    projection.catch_up(any_database)

    turn = only(any_database, ReviewTurn)

    assert turn.intent is None
    assert (turn.confidence, turn.runner_up, turn.runner_up_confidence) == (0.4, "btw", 0.4)
    assert turn.ranking == [{"name": "btw", "confidence": 0.4}]
    assert turn.fallback is True
    assert only(any_database, ReviewConversation).fallbacks == 1


def test_the_fallback_that_understands_a_gemeente_is_no_miss(any_database):
    talk = Talk(any_database)
    talk.say("assen", action="action_terugval", slots={"gesprek": {"misses": 0}})
    projection.catch_up(any_database)

    assert only(any_database, ReviewTurn).fallback is False


def test_a_conversation_sums_its_turns_up(any_database):
    talk = Talk(any_database, gemeente="Zwolle")
    talk.say("  wat   is bbz ", intent="bbz", confidence=0.9, slots={"fase": "starten"})
    talk.say("Ja", "/bevestigen", intent="bevestigen", confidence=1.0)
    talk.say("bel me", intent="medewerker_spreken", confidence=0.5)
    projection.catch_up(any_database)

    found = only(any_database, ReviewConversation)

    assert (found.gemeente, found.channel, found.turns) == ("Zwolle", "web", 3)
    assert found.excerpt == "wat is bbz"
    assert found.phase == "starten"
    assert found.intents == ["bbz", "bevestigen", "medewerker_spreken"]
    assert found.lowest_confidence == 0.5
    assert (found.person_asked, found.handed_over, found.left_in) == (True, False, None)


def test_the_opening_of_the_bot_is_no_turn(any_database):
    Talk(any_database)
    projection.catch_up(any_database)

    assert rows(any_database, ReviewTurn) == []
    assert only(any_database, ReviewConversation).turns == 0


def test_a_rating_that_comes_late_or_is_taken_back_arrives(any_database):
    talk = Talk(any_database)
    _, answer = talk.say("hoi")
    projection.catch_up(any_database)

    talk.rate(answer, "down")
    talk.rate(0, "partly")
    projection.catch_up(any_database)
    first = only(any_database, ReviewConversation)
    turn = only(any_database, ReviewTurn)
    talk.rate(answer, "up")
    talk.rate(0, None)
    projection.catch_up(any_database)
    second = only(any_database, ReviewConversation)

    assert (first.ups, first.downs, first.helped, turn.rating) == (0, 1, "partly", "down")
    assert (second.ups, second.downs, second.helped) == (1, 0, None)


def test_an_answer_is_that_of_its_own_question_also_when_they_cross(any_database):
    talk = Talk(any_database)
    first, second = talk.take_in("een"), talk.take_in("twee")
    with any_database.session() as session:
        log.put_out(session, talk.id, [APOLOGY], reply_to=first[1])
    answer = talk.answer(first, intent="btw")
    talk.answer(second, intent="bbz")
    talk.rate(answer, "down")
    projection.catch_up(any_database)

    found = rows(any_database, ReviewTurn)

    assert [(t.text, t.intent, t.rating) for t in found] == [
        ("een", "btw", "down"),
        ("twee", "bbz", None),
    ]


def test_an_apology_is_no_answer(any_database):
    talk = Talk(any_database)
    message = talk.take_in("een")
    with any_database.session() as session:
        log.put_out(session, talk.id, [APOLOGY], reply_to=message[1])
    projection.catch_up(any_database)

    assert only(any_database, ReviewTurn).answered_ms is None


def test_a_turn_that_was_undone_is_as_if_it_never_happened(any_database):
    talk = Talk(any_database)
    message = talk.take_in("een")
    talk.rasa(message, intent="btw", slots={"fase": "starten"})
    projection.catch_up(any_database)
    before = only(any_database, ReviewTurn)
    talk.undo(message)
    projection.catch_up(any_database)
    undone = only(any_database, ReviewTurn)
    talk.answer(message, intent="bbz")
    projection.catch_up(any_database)

    assert (before.intent, before.slots) == ("btw", {"fase": "starten"})
    assert (undone.intent, undone.slots) == (None, {})
    assert only(any_database, ReviewTurn).intent == "bbz"


def test_a_referral_shows_that_someone_was_handed_over(any_database):
    talk = Talk(any_database)
    talk.say("hoi")
    projection.catch_up(any_database)
    with any_database.session() as session:
        session.add(referral(conversation_id=talk.id))
    projection.catch_up(any_database)

    assert only(any_database, ReviewConversation).handed_over is True


def zelfscan(talk, given, run="a", done=False, step=None, text="3", loop="zelfscan_form"):
    asked = about(flow="zelfscan", step=None if done else step)
    loops = {} if loop is False else {"loop": loop}
    talk.say(text, flows={"zelfscan": flow(run, given, done)}, about=asked, **loops)


def test_a_flow_is_open_until_it_is_completed_or_left(any_database):
    ended, left, opened = (Talk(any_database) for _ in range(3))
    for talk in (ended, left, opened):
        zelfscan(talk, {}, step="zs01", text="zelfscan")
        zelfscan(talk, {"zs01": "3"}, step="zs02", loop=False)
    zelfscan(ended, {"zs01": "3", "zs02": "4"}, done=True, loop=None)
    left.say("stop", loop=None)
    projection.catch_up(any_database)

    found = {run.conversation_id: run for run in rows(any_database, ReviewFlow)}
    left_in = {c.conversation_id: c.left_in for c in rows(any_database, ReviewConversation)}

    assert found[ended.id].outcome == "completed"
    assert found[left.id].outcome == "left"
    assert found[opened.id].outcome == "open"
    assert [found[t.id].steps for t in (ended, left, opened)] == [2, 1, 1]
    assert [found[t.id].last_step for t in (left, opened)] == ["zs02", "zs02"]
    assert found[ended.id].ended_at and found[left.id].ended_at
    assert found[opened.id].ended_at is None
    assert left_in == {ended.id: None, left.id: None, opened.id: "zelfscan"}


def test_a_flow_that_is_taken_up_again_is_one_run_and_a_new_one_is_another(any_database):
    talk = Talk(any_database)
    zelfscan(talk, {"zs01": "3"}, step="zs02")
    talk.say("help", loop=None)
    zelfscan(talk, {"zs01": "3"}, step="zs02")
    zelfscan(talk, {"zs01": "3", "zs02": "3"}, done=True, loop=None)
    zelfscan(talk, {}, run="b", step="zs01")
    projection.catch_up(any_database)

    found = rows(any_database, ReviewFlow)

    assert [(run.outcome, run.steps) for run in found] == [("completed", 2), ("open", 0)]


def test_an_answer_in_a_flow_is_kept_with_the_turn_that_gave_it(any_database):
    talk = Talk(any_database)
    zelfscan(talk, {}, step="zs01", text="zelfscan")
    zelfscan(talk, {"zs01": "3"}, step="zs02", loop=False)
    projection.catch_up(any_database)

    assert [turn.slots for turn in rows(any_database, ReviewTurn)] == [{}, {"zelfscan.zs01": "3"}]


def test_what_is_typed_as_an_answer_in_a_flow_says_nothing_of_doubt(any_database):
    talk = Talk(any_database)
    zelfscan(talk, {}, step="zs01", text="zelfscan")
    talk.say("tja, soms", confidence=0.2)
    projection.catch_up(any_database)

    assert only(any_database, ReviewConversation).lowest_confidence == 0.9


def test_erasing_a_conversation_erases_every_row_and_word_at_once(any_database):
    talk, other = Talk(any_database), Talk(any_database)
    talk.say("mijn kapsalon heet zonnestraal")
    zelfscan(talk, {}, step="zs01", text="zelfscan")
    other.say("iets anders")
    projection.catch_up(any_database)

    talk.erase()

    left = dump(any_database)
    assert {row["conversation_id"] for found in left.values() for row in found} == {other.id}
    with any_database.session() as session:
        if any_database.engine.dialect.name == "sqlite":
            found = sa.text("SELECT rowid FROM review_words WHERE review_words MATCH 'zonnestraal'")
            assert session.execute(found).all() == []


def test_the_word_of_an_erased_conversation_is_not_left_in_the_files(database):
    talk = Talk(database)
    for number in range(300):
        Talk(database).say(f"vraag {number}")
    talk.say("mijn kapsalon heet zonnestraal")
    projection.catch_up(database)
    talk.erase()
    projection.catch_up(database)
    with database.session() as session:
        assert projection.search.tidy(session) is True
        assert projection.search.tidy(session) is False
    with database.engine.connect() as connection:
        connection.execute(sa.text("PRAGMA wal_checkpoint(TRUNCATE)"))

    files = list(Path(database.url.removeprefix("sqlite:///")).parent.glob("startwijzer*"))

    assert all(b"zonnestraal" not in file.read_bytes() for file in files)


def test_nothing_of_an_erased_conversation_comes_back(any_database, monkeypatch):
    """It is erased between the reading and the writing of a batch."""
    talk = Talk(any_database)
    talk.say("mijn kapsalon heet zonnestraal")
    read = projection._read

    def read_then_erase(*arguments):
        batch = read(*arguments)
        if batch is not None:
            with any_database.session() as session:
                if session.get(Conversation, talk.id):
                    log.erase(session, talk.id)
        return batch

    monkeypatch.setattr(projection, "_read", read_then_erase)
    projection.catch_up(any_database)

    assert all(found == [] for found in dump(any_database).values())


def test_a_batch_that_another_process_overtook_writes_nothing(any_database):
    talk = Talk(any_database)
    talk.say("oud")
    batch = projection._read(any_database, 1000)
    talk.say("nieuw")
    projection.catch_up(any_database)
    with any_database.session() as session:
        assert projection._write(session, batch) is False

    assert [turn.text for turn in rows(any_database, ReviewTurn)] == ["oud", "nieuw"]


def test_a_message_whose_transaction_ends_late_is_not_missed(postgres):
    first, second = Talk(postgres), Talk(postgres)
    projection.catch_up(postgres)
    with postgres.session() as slow:
        log.take_in(slow, first.id, "eerst genummerd, laat bewaard")
        second.take_in("later genummerd, eerst bewaard")
        projection.catch_up(postgres)
    projection.catch_up(postgres)

    assert sorted(turn.text for turn in rows(postgres, ReviewTurn)) == [
        "eerst genummerd, laat bewaard",
        "later genummerd, eerst bewaard",
    ]


def test_several_workers_at_once_make_the_same(any_database):
    talks = [Talk(any_database) for _ in range(6)]
    failures = []

    def work(busy):
        own = Database(any_database.url)
        try:
            while busy.is_set() or projection.project(own, 3):
                projection.project(own, 3)
        except Exception as error:
            failures.append(error)
        finally:
            own.close()

    busy = threading.Event()
    busy.set()
    workers = [threading.Thread(target=work, args=(busy,)) for _ in range(3)]
    for worker in workers:
        worker.start()
    for number in range(5):
        for talk in talks:
            talk.say(f"vraag {number}")
    busy.clear()
    for worker in workers:
        worker.join(60)
    made = dump(any_database)
    projection.rebuild(any_database)

    assert failures == []
    assert made == dump(any_database)
    assert len(made["review_turn"]) == 30


def test_the_lag_counts_messages_and_the_age_of_the_oldest_change(any_database):
    projection.catch_up(any_database)
    with any_database.session() as session:
        assert projection.lag(session) == projection.Lag(0, 0.0)
    talk = Talk(any_database)
    talk.say("een")
    with any_database.session() as session:
        session.execute(sa.update(ReviewDue).values(at=now() - timedelta(minutes=5)))
        behind = projection.lag(session)

    assert behind.messages == 2
    assert 300 <= behind.seconds < 400
    projection.catch_up(any_database)
    with any_database.session() as session:
        assert projection.lag(session).messages == 0


def test_a_conversation_that_cannot_be_read_does_not_keep_the_others_waiting(database, caplog):
    bad, good = Talk(database), Talk(database)
    bad.say("een", slots={"flows": {"zelfscan": {"no": "run"}}})
    good.say("twee")
    with caplog.at_level(logging.ERROR):
        projection.catch_up(database)

    assert [turn.text for turn in rows(database, ReviewTurn)] == ["twee"]
    assert "conversation left out: KeyError" in caplog.text
    assert "een" not in caplog.text


def test_an_event_that_is_no_json_is_passed_over(database):
    talk = Talk(database)
    talk.say("een")
    with database.session() as session:
        session.add(TrackerEvent(sender_id=talk.id, type_name="action", timestamp=1.0, data="{"))
    projection.catch_up(database)

    assert [turn.text for turn in rows(database, ReviewTurn)] == ["een"]


def test_one_process_at_a_time_has_the_lease_until_it_ends(any_database):
    moment = now()
    with any_database.session() as session:
        assert projection.lease(session, "a", moment)
        assert projection.lease(session, "a", moment)
        assert not projection.lease(session, "b", moment)
        assert projection.lease(session, "b", moment + projection.LEASE + timedelta(seconds=1))
        projection.release(session, "b")
        assert projection.lease(session, "a", moment)


def test_rebuilding_mends_what_was_spoiled(any_database):
    talk = Talk(any_database)
    talk.say("mooi")
    projection.catch_up(any_database)
    made = dump(any_database)
    with any_database.session() as session:
        session.execute(sa.update(ReviewTurn).values(text="lelijk"))
        session.execute(sa.update(ReviewConversation).values(turns=99))
        session.execute(sa.delete(ReviewText))
    projection.rebuild(any_database)

    assert dump(any_database) == made


def test_every_table_that_is_watched_has_its_triggers(any_database):
    """A later migration that makes a table anew drops its triggers: make those anew as well."""
    sqlite = "SELECT DISTINCT tbl_name FROM sqlite_master WHERE type = 'trigger'"
    other = "SELECT DISTINCT event_object_table FROM information_schema.triggers"
    dialect = any_database.engine.dialect.name
    with any_database.session() as session:
        found = session.execute(sa.text(sqlite if dialect == "sqlite" else other)).scalars()
        watched = set(found)

    assert {"message", "events", "rating", "conversation", "referral"} <= watched


def test_the_read_model_is_taken_out_and_put_back_whole(any_database):
    talk = Talk(any_database)
    talk.say("hoi")
    projection.catch_up(any_database)
    made = dump(any_database)
    with any_database.engine.begin() as connection:
        config = _alembic_config()
        config.attributes["connection"] = connection
        command.downgrade(config, "0007")
    talk.say("terwijl er geen leesmodel was")
    any_database.upgrade()
    projection.catch_up(any_database)
    found = dump(any_database)

    assert found["review_turn"][0] == made["review_turn"][0]
    assert len(found["review_turn"]) == 2


class Crash(Exception):
    """The process stops here."""


def crash_after(database, statements):
    """Projects one batch, and stops after so many statements; whether it did."""
    left = [statements]

    def count(*_):
        left[0] -= 1
        if left[0] < 0:
            raise Crash

    sa.event.listen(database.engine, "before_cursor_execute", count)
    try:
        projection.project(database, 3)
        return False
    except Crash:
        return True
    finally:
        sa.event.remove(database.engine, "before_cursor_execute", count)


STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            ["take_in", "answer", "rasa", "undo", "rate", "erase", "project", "crash", "flow"]
        ),
        st.integers(0, 40),
    ),
    max_size=40,
)


def happens(database, steps):
    """Lets it all happen, in this order."""
    talks = [Talk(database) for _ in range(3)]
    open_messages = {}
    for what, number in steps:
        talk = talks[number % 3]
        if what == "project":
            projection.project(database, 1 + number % 5)
        elif what == "crash":
            crash_after(database, number)
        elif what == "erase":
            if number % 5 == 0:
                talk.erase()
                open_messages.pop(talk.id, None)
                talks[number % 3] = Talk(database)
        elif what == "take_in":
            open_messages[talk.id] = talk.take_in(f"bericht {number}")
        elif what == "flow":
            zelfscan(talk, {"zs01": "3"}, run=str(number), done=number % 2 == 0, step="zs02")
        elif what == "rate":
            talk.rate(2 if number % 2 else 0, ("down" if number % 2 else "no"))
        elif talk.id in open_messages:
            message = open_messages[talk.id]
            if what == "undo":
                talk.undo(message)
            else:
                getattr(talk, what)(message, confidence=number / 41)


def check_that_it_is_as_made_anew(database, steps):
    happens(database, steps)
    projection.catch_up(database)
    made = dump(database)
    projection.rebuild(database)

    assert dump(database) == made


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS)
def test_whatever_happens_the_result_is_that_of_making_it_anew(database, steps):
    check_that_it_is_as_made_anew(database, steps)


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS)
def test_whatever_happens_on_postgresql_the_result_is_the_same(postgres, steps):
    check_that_it_is_as_made_anew(postgres, steps)


@pytest.mark.parametrize("statements", range(0, 24, 3))
def test_a_batch_that_is_cut_off_leaves_nothing_half(any_database, statements):
    talk = Talk(any_database)
    talk.say("een")
    crash_after(any_database, statements)
    with any_database.session() as session:
        position = session.execute(sa.select(ReviewCursor.position)).scalar_one()
        waiting = session.execute(sa.select(sa.func.count()).select_from(ReviewDue)).scalar_one()
    seen = dump(any_database)

    assert (position == 0) == (seen["review_conversation"] == []) == (seen["review_text"] == [])
    assert position or waiting
