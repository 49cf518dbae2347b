"""Several web processes on one database, as real processes: nothing lost, nothing double."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing

import pytest
import sqlalchemy as sa
from gateway_citizen import Citizen, texts
from scripted_rasa import ScriptedRasa
from served import WebProcess, until

from bot.conversations import log
from bot.conversations.log import Reply
from bot.conversations.model import Conversation, StoredMessage, TrackerEvent
from bot.gateway.trouble import LATE


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def place(request, new_database, tmp_path_factory):
    """A database of each kind, for all tests here."""
    if request.param == "sqlite":
        one = closing(new_database(tmp_path_factory.mktemp("several")))
    else:
        one = request.getfixturevalue("new_postgres")()
    with one as database:
        yield database


@pytest.fixture(scope="module")
def rasa(place):
    with ScriptedRasa(place) as rasa:
        yield rasa


@pytest.fixture(scope="module")
def pair(place, rasa, tmp_path_factory):
    """Two web processes; who ends one starts it again."""
    folder = tmp_path_factory.mktemp("var")
    with ExitStack() as stack:
        processes = [WebProcess(place.url, rasa.port, folder) for _ in range(2)]
        for process in processes:
            stack.callback(process.close)
        yield processes


def test_both_streams_get_everything_in_order_whichever_process_took_it(pair, rasa):
    one, two = (process.url for process in pair)
    citizen = Citizen(one)
    with citizen.stream(one) as first, citizen.stream(two) as second:
        for number in range(20):
            (answer,) = citizen.say(f"vraag {number}", url=(one, two)[number % 2])
            assert answer["text"] == f"Antwoord op: vraag {number}"
        expected = citizen.history()
        for stream in (first, second):
            stream.wait_for(lambda s: len(s.messages) >= len(expected))
            assert stream.messages == expected
            assert [number for name, number, _ in stream.events if name == "message"] == [
                message["id"] for message in expected
            ]
    assert [message["id"] for message in expected] == list(range(2, 43))
    assert rasa.turns_of(citizen.id)[1:] == [f"vraag {number}" for number in range(20)]


def test_many_at_once_over_both_are_answered_one_by_one(pair, rasa):
    one, two = (process.url for process in pair)
    citizen = Citizen(one)
    said_texts = [f"vraag {number}" for number in range(12)]
    with citizen.stream(one) as first, citizen.stream(two) as second:
        with ThreadPoolExecutor(6) as pool:
            jobs = [
                pool.submit(citizen.say, text, url=(one, two)[number % 2])
                for number, text in enumerate(said_texts)
            ]
            answers = [job.result(90) for job in jobs]
        for text, answer in zip(said_texts, answers, strict=True):
            assert f"Antwoord op: {text}" in texts(answer)
        expected = citizen.history()
        for stream in (first, second):
            stream.wait_for(lambda s: len(s.messages) >= len(expected))
            assert stream.messages == expected
    assert rasa.most_at_once[citizen.id] == 1
    assert sorted(rasa.turns_of(citizen.id)[1:]) == sorted(said_texts)
    assert [message["id"] for message in expected] == list(range(2, 27))


def test_a_line_that_is_cut_is_taken_up_by_the_other_process(pair):
    one, two = (process.url for process in pair)
    citizen = Citizen(one)
    got = []
    for number in range(6):
        last = got[-1]["id"] if got else 0
        with citizen.stream((one, two)[number % 2], last) as stream:
            citizen.say(f"vraag {number}", url=(two, one)[number % 2])
            # Cut half-way: the question is there, the answer may or may not be.
            stream.wait_for(lambda s, n=number: f"vraag {n}" in texts(s.messages))
            stream.cut()
        got += stream.messages
    with citizen.stream(two, got[-1]["id"]) as stream:
        expected = citizen.history()
        stream.wait_for(lambda s: len(got) + len(s.messages) >= len(expected))
        got += stream.messages

    assert got == expected


def test_the_same_key_at_both_at_once_is_one_turn(pair, rasa):
    urls = [process.url for process in pair]
    citizen = Citizen(urls[0])
    for number in range(5):
        together = threading.Barrier(4)

        def say(url, key, together=together):
            together.wait(20)
            return citizen.say("btw", url=url, key=key)

        with ThreadPoolExecutor(4) as pool:
            answers = list(pool.map(say, urls * 2, [f"sleutel {number}"] * 4))
        assert texts(answers[0]) == ["Antwoord op: btw"]
        assert all(answer == answers[0] for answer in answers)
    assert rasa.turns_of(citizen.id)[1:] == ["btw"] * 5


def test_the_other_process_sees_typing_and_the_end(pair, rasa):
    one, two = (process.url for process in pair)
    citizen = Citizen(one)
    with citizen.stream(two, last=2) as stream, ThreadPoolExecutor(1) as pool:
        rasa.gate.clear()
        asked = pool.submit(citizen.say, "btw")
        stream.wait_for(lambda s: s.names == ["message", "typing"])
        rasa.gate.set()
        asked.result(60)
        stream.wait_for(lambda s: s.names == ["message", "typing", "message", "typing"])
        assert citizen.ask("DELETE").status_code == 204
        stream.wait_for(lambda s: s.ended)
    assert stream.events[-1] == ("ended", None, {"reason": "erased"})


def test_erased_by_one_process_in_the_middle_of_a_turn_of_the_other(pair, rasa, place):
    one, two = (process.url for process in pair)
    citizen = Citizen(one)
    with rasa.busy_with(citizen, "hallo") as asked:
        assert citizen.ask("DELETE", url=two).status_code == 204
        rasa.gate.set()
        assert asked.result(60).status_code == 404

    def left():
        with place.session() as session:
            columns = (Conversation.id, StoredMessage.conversation_id, TrackerEvent.sender_id)
            queries = [sa.select(column).where(column == citizen.id) for column in columns]
            return [query for query in queries if session.execute(query).first()]

    # Who asked may hear of the erasing before the process that was answering has ended its turn.
    until(lambda: left() == [])


def test_what_waits_is_answered_once_by_the_workers_of_both(pair, rasa, place):
    """Messages that no request waits for, as after a power cut."""
    with place.session() as session:
        ids = [log.start(session, channel="web", gemeente=None, page=None).id for _ in range(10)]
        for conversation_id in ids:
            for number in range(3):
                log.take_in(session, conversation_id, f"vraag {number}")
    for conversation_id in ids:
        rasa.wait_for(3, conversation_id, seconds=60)
    for conversation_id in ids:
        assert rasa.turns_of(conversation_id) == ["vraag 0", "vraag 1", "vraag 2"]
        assert rasa.most_at_once[conversation_id] == 1


def test_kill_9_in_the_middle_of_a_turn_loses_nothing(pair, rasa, place):
    """The other process says that it is late, and takes over when the claim has ended.

    What Rasa did is undone first.
    """
    one, two = (process.url for process in pair)
    citizen = Citizen(one)
    with rasa.busy_with(citizen, "hallo") as asked:
        pair[0].kill()
        assert asked.exception(60) is not None
    rasa.gate.set()
    pair[0].start()
    citizen.url = two
    with citizen.stream() as stream:
        stream.wait_for(lambda s: "Antwoord op: hallo" in texts(s.messages), seconds=60)
    assert texts(citizen.history())[-3:] == ["hallo", LATE.text, "Antwoord op: hallo"]
    assert rasa.turns_of(citizen.id)[1:] == ["hallo", "hallo"]
    assert said_to_rasa(place, citizen) == 2  # the greeting, and once what was said


def said_to_rasa(place, citizen):
    """How many messages of the citizen stand in Rasa's events."""
    said = sa.select(sa.func.count()).where(
        TrackerEvent.sender_id == citizen.id, TrackerEvent.type_name == "user"
    )
    with place.session() as session:
        return session.execute(said).scalar()


def test_who_asks_again_after_a_crash_is_answered_once(pair, rasa, place):
    """The message and what Rasa did are there, of a process that died before the answer was."""
    citizen = Citizen(pair[0].url)
    with place.session() as session:
        message = log.take_in(session, citizen.id, "btw", key="een")
        event = {"event": "user", "text": "btw", "metadata": {"turn": message.id}}
        session.add(TrackerEvent(sender_id=citizen.id, type_name="user", data=json.dumps(event)))
    assert texts(citizen.say("btw", key="een")) == ["Antwoord op: btw"]
    assert said_to_rasa(place, citizen) == 2


def test_stopping_ends_the_streams_at_once_and_another_process_goes_on(pair, rasa):
    one, two = (process.url for process in pair)
    citizen = Citizen(one)
    with citizen.stream(one) as stream:
        stream.wait_for(lambda s: len(s.messages) == 1)
        assert pair[0].stop() == 0
        stream.wait_for(lambda s: s.ended)
        assert "ended" not in stream.names
    pair[0].start()
    citizen.say("btw", url=two)
    with citizen.stream(two, last=2) as stream:
        stream.wait_for(lambda s: texts(s.messages) == ["btw", "Antwoord op: btw"])


def test_writers_in_several_processes_never_take_the_same_number(pair, place, rasa):
    """A desk puts messages while citizens say things over both processes."""
    one, two = (process.url for process in pair)
    citizen = Citizen(one)

    def put(number):
        with place.session() as session:
            log.put_out(session, citizen.id, [Reply(f"bericht {number}")])

    with ThreadPoolExecutor(6) as pool:
        jobs = [pool.submit(put, number) for number in range(20)]
        jobs += [pool.submit(citizen.say, f"v{n}", url=(one, two)[n % 2]) for n in range(10)]
        for job in jobs:
            job.result(90)
    messages = citizen.history()
    assert [message["id"] for message in messages] == list(range(2, 43))
    assert sorted(t for t in texts(messages) if t.startswith("bericht")) == sorted(
        f"bericht {number}" for number in range(20)
    )
