"""A part is away, hangs or fails: the citizen hears so, what they said is kept and counts once."""

import signal
import threading
import time
from contextlib import contextmanager

import requests
import sqlalchemy as sa
from running import PERSON

from bench.load.count import turn_of
from bot.conversations.model import StoredMessage, TrackerEvent
from bot.gateway.trouble import APOLOGY, LATE

TROUBLE = (APOLOGY.text, LATE.text)


def until_answered(citizen, after, seconds=60):
    """The first message of the bot after that number that is an answer."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        for message in citizen.history():
            is_bot = message["id"] > after and message["from"] == "bot"
            if is_bot and message["text"] not in TROUBLE:
                return message
        time.sleep(0.2)
    raise AssertionError(f"no answer within {seconds} s: {citizen.history()[-3:]}")


def texts(citizen):
    return [message["text"] for message in citizen.history()]


def turns_of(site, citizen):
    """How often the dialogue went through each message of a citizen."""
    with site.product.database.session() as session:
        query = sa.select(StoredMessage.id).filter_by(conversation_id=citizen.id, direction="in")
        ids = list(session.execute(query).scalars())
        query = sa.select(TrackerEvent.data).filter_by(sender_id=citizen.id, type_name="user")
        turns = [turn_of(data) for data in session.execute(query).scalars()]
    return [turns.count(number) for number in ids]


@contextmanager
def stopped(site, name):
    """It hangs, until the end of the block."""
    site.keeper.signal(name, signal.SIGSTOP)
    try:
        yield
    finally:
        site.keeper.signal(name, signal.SIGCONT)


def test_all_killed_and_started_in_the_middle_of_a_form_lose_nothing(site):
    citizen = site.citizen()
    citizen.short_scan()
    citizen.say("5")
    citizen.say("2")
    for name in site.keeper.names:
        site.keeper.down(name)
    for name in site.keeper.names:
        site.keeper.up(name)
    citizen.say("eens")
    assert (citizen.flow, citizen.step) == ("zelfscan", "zs05")


def test_the_action_server_away_gives_an_apology_and_keeps_the_answer(site):
    citizen = site.citizen()
    citizen.short_scan()
    site.keeper.down("actions")
    response = requests.get(f"{site.product.url}/health", timeout=10)
    text = citizen.say("helemaal mee eens")
    last = citizen.messages[-1]["id"]
    site.keeper.up("actions")

    assert response.status_code == 503
    assert response.json()["parts"]["actions"] == "weg"
    assert text == APOLOGY.text
    assert PERSON in text
    assert "bewaard" in text
    assert "Vraag 2 van 18" in until_answered(citizen, last)["text"]
    citizen.say("mee eens")
    assert citizen.step == "zs03", "the answer counted exactly once"
    assert set(turns_of(site, citizen)) == {1}


def test_a_form_that_cannot_start_does_not_run_on(site):
    citizen = site.citizen()
    site.keeper.down("actions")
    assert citizen.say("ik wil de zelfscan doen") == APOLOGY.text
    last = citizen.messages[-1]["id"]
    site.keeper.up("actions")
    citizen.choose("Probeer het nu opnieuw")
    until_answered(citizen, last)
    citizen.say("kort")
    assert citizen.step == "zs01"


def test_an_action_that_raises_is_heard_at_once_and_the_answer_is_kept(site):
    citizen, other = site.citizen(), site.citizen()
    citizen.short_scan()
    site.order(citizen, "raise")
    assert citizen.say("5") == APOLOGY.text
    last = citizen.messages[-1]["id"]
    other.say("wat is een vof")
    assert other.text not in TROUBLE, "others notice nothing"
    site.order(citizen, None)
    assert "Vraag 2 van 18" in until_answered(citizen, last)["text"]
    citizen.say("5")
    assert citizen.step == "zs03"
    assert set(turns_of(site, citizen)) == {1}


def test_an_action_that_hangs_is_heard_in_seconds_and_its_time_out_too(site):
    citizen, other = site.citizen(), site.citizen()
    citizen.short_scan()
    site.order(citizen, "hang")
    assert citizen.say("5") == LATE.text
    assert PERSON in citizen.text
    last = citizen.messages[-1]["id"]
    other.say("wat is een vof")
    assert other.text not in TROUBLE, "others notice nothing"
    deadline = time.monotonic() + 30
    while APOLOGY.text not in texts(citizen):
        assert time.monotonic() < deadline, texts(citizen)[-3:]
        time.sleep(0.2)
    site.order(citizen, None)
    assert "Vraag 2 van 18" in until_answered(citizen, last)["text"]
    citizen.say("5")
    assert citizen.step == "zs03", "the answer counted exactly once"
    assert texts(citizen).count(LATE.text) == texts(citizen).count(APOLOGY.text) == 1
    assert set(turns_of(site, citizen)) == {1}


def test_an_action_server_that_hangs_is_heard_and_the_answer_comes_after_it(site):
    citizen = site.citizen()
    citizen.short_scan()
    with stopped(site, "actions"):
        assert citizen.say("5") == LATE.text
    assert "Vraag 2 van 18" in until_answered(citizen, citizen.messages[-1]["id"])["text"]
    citizen.say("5")
    assert citizen.step == "zs03"


def test_a_rasa_that_hangs_longer_than_anyone_waits_counts_the_answer_once(site):
    citizen = site.citizen()
    citizen.short_scan()
    with stopped(site, "rasa"):
        assert citizen.say("5") == LATE.text
        last = citizen.messages[-1]["id"]
        assert requests.get(f"{site.product.url}/health", timeout=10).status_code == 503
        deadline = time.monotonic() + 30
        while APOLOGY.text not in texts(citizen):
            assert time.monotonic() < deadline, texts(citizen)[-3:]
            time.sleep(0.2)
        time.sleep(3)  # the next attempt is under way, and hangs too
    assert "Vraag 2 van 18" in until_answered(citizen, last)["text"]
    citizen.say("5")
    assert citizen.step == "zs03", "the answer counted exactly once"
    assert set(turns_of(site, citizen)) == {1}


def test_a_message_that_was_accepted_survives_kill_9_of_the_web_process(site):
    citizen = site.citizen()
    citizen.short_scan()
    site.keeper.down("rasa")
    assert citizen.say("mee eens") == APOLOGY.text
    last = citizen.messages[-1]["id"]
    site.keeper.down("web")
    site.keeper.up("rasa")
    site.keeper.up("web")
    assert "Vraag 2 van 18" in until_answered(citizen, last)["text"]


def test_two_messages_at_once_of_one_person_are_both_answered_in_order(site):
    citizen = site.citizen()
    citizen.short_scan()
    together = threading.Barrier(2)

    def say(text):
        together.wait(20)
        citizen.request("POST", "/messages", json={"text": text})

    threads = [threading.Thread(target=say, args=[text]) for text in ("5", "1")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    steps = [m["about"]["step"] for m in citizen.history() if m["about"]]
    assert steps[-2:] == ["zs02", "zs03"]
    assert set(turns_of(site, citizen)) == {1}
