"""Every failure is heard: a late answer, a failed one, one that is no answer, and no database."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
import sqlalchemy as sa
from gateway_citizen import Citizen, texts
from scripted_rasa import ScriptedRasa, said

from bot.conversations.model import StoredMessage
from bot.gateway.trouble import APOLOGY, LATE, OPENING, STILL

PERSON = "14 met daarachter het netnummer"


@pytest.fixture
def citizen(url):
    return Citizen(url)


# --- late ---


def test_who_asks_hears_that_the_answer_is_late_while_it_is_being_made(citizen, rasa):
    rasa.gate.clear()
    (late,) = citizen.say("btw", key="een")
    assert late["text"] == LATE.text
    assert PERSON in late["text"]
    assert rasa.finished == 1, "only the greeting: the answer is still being made"
    rasa.gate.set()
    with citizen.stream() as stream:
        stream.wait_for(lambda s: "Antwoord op: btw" in texts(s.messages))

    assert texts(citizen.history())[1:] == ["btw", LATE.text, "Antwoord op: btw"]
    assert texts(citizen.say("btw", key="een")) == [LATE.text, "Antwoord op: btw"]
    assert rasa.turns_of(citizen.id)[1:] == ["btw"]


def test_everyone_who_waits_hears_it_and_it_is_said_once(citizen, rasa):
    """Two calls under one key, a stream, and the worker look at the same message."""
    rasa.gate.clear()
    with citizen.stream() as stream, ThreadPoolExecutor(2) as pool:
        calls = [pool.submit(citizen.say, "btw", key="een") for _ in range(2)]
        assert [texts(call.result(60)) for call in calls] == [[LATE.text]] * 2
        stream.wait_for(lambda s: LATE.text in texts(s.messages))
        rasa.gate.set()
        stream.wait_for(lambda s: "Antwoord op: btw" in texts(s.messages))

    assert texts(stream.messages).count(LATE.text) == 1


def test_the_choice_to_look_gives_the_answer(citizen, rasa):
    rasa.gate.clear()
    (late,) = citizen.say("btw")
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(citizen.say, choice=late["choices"][0]["id"])
        rasa.gate.set()
        assert texts(asked.result(60)) in (["Antwoord op: btw"], [])
    with citizen.stream() as stream:
        stream.wait_for(lambda s: "Antwoord op: btw" in texts(s.messages))
    assert rasa.turns_of(citizen.id)[1:] == ["btw"]


def test_a_greeting_that_is_late_says_first_who_is_talking(url, rasa):
    rasa.gate.clear()
    started = requests.post(f"{url}/api/v1/conversations", json={}, timeout=30)
    rasa.gate.set()

    assert started.status_code == 201
    (late,) = started.json()["messages"]
    assert late["text"] == f"{OPENING}\n\n{LATE.text}"


def test_who_waits_behind_a_message_that_is_late_hears_it_too(citizen, rasa):
    rasa.gate.clear()
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(citizen.say, "een")
        rasa.wait_for(2)
        second = pool.submit(citizen.say, "twee")
        assert LATE.text in texts(first.result(60))
        assert LATE.text in texts(second.result(60))
        rasa.gate.set()
    with citizen.stream() as stream:
        stream.wait_for(lambda s: "Antwoord op: twee" in texts(s.messages))
    assert rasa.turns_of(citizen.id)[1:] == ["een", "twee"]


# --- failed ---


def test_a_greeting_that_fails_says_first_who_is_talking(url, rasa):
    rasa.statuses = [500]
    citizen = Citizen(url)
    (apology,) = citizen.started["messages"]
    assert apology["text"] == f"{OPENING}\n\n{APOLOGY.text}"

    citizen.say(choice=apology["choices"][0]["id"])
    said_now = texts(citizen.history())
    assert sum(OPENING in text for text in said_now) == 1


def test_who_asks_again_in_vain_hears_that_too(citizen, rasa):
    rasa.statuses = [500] * 2
    (apology,) = citizen.say("btw")
    choice = apology["choices"][0]["id"]

    for _ in range(2):
        answer = citizen.say(choice=choice)
        assert texts(answer) in ([STILL.text], ["Antwoord op: btw"])
    assert PERSON in STILL.text
    with citizen.stream() as stream:
        stream.wait_for(lambda s: "Antwoord op: btw" in texts(s.messages))


def test_who_says_more_while_it_fails_is_heard_each_time(citizen, rasa):
    rasa.statuses = [500] * 2
    citizen.say("een")
    answer = citizen.say("twee")

    assert answer, "there is always an answer"
    with citizen.stream() as stream:
        stream.wait_for(lambda s: "Antwoord op: twee" in texts(s.messages))
    answers = [text for text in texts(citizen.history()) if text.startswith("Antwoord op")]
    assert answers[1:] == ["Antwoord op: een", "Antwoord op: twee"]


@pytest.mark.parametrize(
    "garbage",
    [
        {},
        {"text": "hallo"},
        [],
        None,
        "hallo",
        [1],
        [{"text": 5}],
        [{"text": "Kies", "buttons": [{"title": "zonder betekenis"}]}],
        [{"text": "Kies", "buttons": {}}],
        [{"text": "hallo", "custom": {"about": "niets"}}],
        [{"text": "hallo", "custom": {"image": ["x"]}}],
    ],
    ids=json.dumps,
)
def test_what_is_no_answer_is_an_apology_and_then_the_answer(citizen, rasa, garbage):
    rasa.answers["btw"] = garbage
    (apology,) = citizen.say("btw")
    assert apology["text"] == APOLOGY.text
    rasa.answers["btw"] = said("Dat is belasting.")
    citizen.say(choice=apology["choices"][0]["id"])

    assert texts(citizen.history())[1:] == ["btw", APOLOGY.text, "Dat is belasting."]


def test_what_cannot_be_stored_is_an_apology(serve, postgres, tmp_path):
    """PostgreSQL takes no text with a zero byte in it."""
    with (
        ScriptedRasa(postgres) as rasa,
        serve(postgres, tmp_path, PORT_RASA=str(rasa.port)) as url,
    ):
        citizen = Citizen(url)
        rasa.answers["btw"] = said("een\x00twee")
        assert texts(citizen.say("btw")) == [APOLOGY.text]


# --- no database ---


def test_without_its_tables_the_citizen_is_told_of_an_outage(citizen, database, tmp_path):
    moved = sa.text("ALTER TABLE message RENAME TO message_gone")
    back = sa.text("ALTER TABLE message_gone RENAME TO message")
    with database.session() as session:
        session.execute(moved)
    response = citizen.ask("POST", "/messages", json={"text": "btw"})
    with database.session() as session:
        session.execute(back)

    assert response.status_code == 503
    assert response.headers["Retry-After"]
    problem = response.json()
    assert problem["title"] == "Storing"
    assert PERSON in problem["detail"]
    assert texts(citizen.say("btw")) == ["Antwoord op: btw"]


def test_a_write_that_waits_too_long_for_another_is_told(citizen, database):
    """SQLite has one writer at a time, and waits five seconds for it."""
    begun, done = threading.Event(), threading.Event()

    def hog():
        with database.engine.connect() as connection:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            begun.set()
            done.wait(60)
            connection.exec_driver_sql("ROLLBACK")

    thread = threading.Thread(target=hog)
    thread.start()
    begun.wait(20)
    try:
        assert citizen.ask("POST", "/messages", json={"text": "btw"}).status_code == 503
    finally:
        done.set()
        thread.join(20)
    assert texts(citizen.say("btw", key="een")) == ["Antwoord op: btw"]
    with database.session() as session:
        stored = session.execute(sa.select(StoredMessage.text).filter_by(direction="in"))
        assert stored.scalars().all().count("btw") == 1
