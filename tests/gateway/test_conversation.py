"""The conversation API with a scripted Rasa: what a message holds, ratings, tokens, no doubles."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import jwt
import pytest
import requests
import sqlalchemy as sa
from gateway_citizen import Citizen, texts
from scripted_rasa import said
from served import SECRET, until

from bot.conversations.model import Conversation, Rating, StoredMessage, TrackerEvent
from bot.database import now
from bot.gateway.sessions import Sessions
from bot.privacy.keys import derive
from bot.privacy.model import VaultEntry

CHOICES = [("Ja, graag", "/bevestigen"), ("Nee", "/ontkennen")]


@pytest.fixture
def citizen(url):
    return Citizen(url)


def stored(database, table, **values):
    with database.session() as session:
        return list(session.execute(sa.select(table).filter_by(**values)).scalars())


# --- what a message holds ---


def test_an_answer_comes_as_text_and_as_html(citizen, rasa):
    rasa.answers["btw"] = said("**Let op:** zie [KVK](https://www.kvk.nl).\n\n- een\n- twee")
    (message,) = citizen.say("btw")

    assert message["text"] == "**Let op:** zie [KVK](https://www.kvk.nl).\n\n- een\n- twee"
    assert message["html"].startswith(
        '<p><strong>Let op:</strong> zie <a href="https://www.kvk.nl">KVK</a>.</p>'
    )


def test_what_a_citizen_says_is_never_markdown(citizen):
    citizen.say("**vet** [klik](https://evil.example) <b>")
    mine = citizen.history()[-2]

    assert mine["from"] == "citizen"
    assert mine["text"] == "**vet** [klik](https://evil.example) <b>"
    assert mine["html"] is None


def test_own_details_come_back_as_text_and_never_as_markup(citizen, rasa):
    rasa.answers["mijn adres is [email:1]"] = said("Is **[email:1]** goed?", CHOICES)
    (message,) = citizen.say("mijn adres is __jan__o'neil@voorbeeld.nl")

    assert message["text"] == "Is **__jan__o'neil@voorbeeld.nl** goed?"
    assert message["html"] == ("<p>Is <strong>__jan__o&#x27;neil@voorbeeld.nl</strong> goed?</p>")


def test_html_in_titles_and_pictures_is_data(citizen, rasa):
    bad = '"><img src=x onerror=alert(1)>'
    rasa.answers["xss"] = said(bad, [(bad, "/btw")], {"url": "https://a.nl/x.png", "alt": bad})
    (message,) = citizen.say("xss")

    assert message["choices"][0]["title"] == bad
    assert message["image"]["alt"] == bad
    assert "<img" not in message["html"]


def test_a_choice_is_kept_by_its_id_whether_it_is_pressed_or_typed(citizen, rasa):
    rasa.answers["hallo"] = said("Wil je dat?", CHOICES)
    (asked,) = citizen.say("hallo")
    citizen.say(choice=asked["choices"][1]["id"])
    (again,) = citizen.say("hallo")
    citizen.say(" ja, GRAAG! ")

    mine = [message for message in citizen.history() if message["from"] == "citizen"]
    assert [(m["text"], m["choice"]) for m in mine] == [
        ("hallo", None),
        ("Nee", asked["choices"][1]["id"]),
        ("hallo", None),
        ("Ja, graag", again["choices"][0]["id"]),
    ]
    assert rasa.turns_of(citizen.id)[1:] == ["hallo", "/ontkennen", "hallo", "/bevestigen"]


def test_the_progress_of_a_scan_is_told(citizen, rasa):
    rasa.answers["5"] = said("**Vraag 3 van 32.** Klopt dit?", flow="zelfscan", progress=(3, 32))
    (message,) = citizen.say("5")

    assert message["about"] == {
        "topic": None,
        "services": [],
        "flow": "zelfscan",
        "step": None,
        "by": "bot",
        "progress": {"step": 3, "of": 32},
    }
    assert citizen.say("hallo")[0]["about"]["progress"] is None


# --- ratings ---


def test_a_rating_stays_until_it_is_changed_or_taken_back(citizen, database):
    (message,) = citizen.say("hallo")
    path = f"/messages/{message['id']}/rating"
    for value in ("down", "up", None):
        assert citizen.ask("PUT", path, json={"rating": value}).status_code == 204
        assert citizen.history()[-1]["rating"] == value
    assert stored(database, Rating) == []


def test_the_conversation_as_a_whole_is_rated_apart(citizen, database):
    for value in ("no", "partly", "yes"):
        assert citizen.ask("PUT", "/rating", json={"helped": value}).status_code == 204

    (rating,) = stored(database, Rating)
    assert (rating.conversation_id, rating.seq, rating.value) == (citizen.id, 0, "yes")
    assert {message["rating"] for message in citizen.history()} == {None}


@pytest.mark.parametrize("seq", ["0", "3", "99", "999999999", "9999999999", "-1", "a", "2x"])
def test_only_a_message_of_the_bot_can_be_rated(citizen, seq):
    citizen.say("hallo")  # is 3

    response = citizen.ask("PUT", f"/messages/{seq}/rating", json={"rating": "up"})
    assert response.status_code == 404


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/messages/2/rating", {"rating": "yes"}),
        ("/messages/2/rating", {"rating": ["up"]}),
        ("/messages/2/rating", {}),
        ("/messages/2/rating", {"rating": "up", "why": "x"}),
        ("/rating", {"helped": None}),
        ("/rating", {"helped": {"a": 1}}),
        ("/rating", {}),
    ],
)
def test_another_rating_is_refused(citizen, database, path, body):
    assert citizen.ask("PUT", path, json=body).status_code == 422
    assert stored(database, Rating) == []


def test_ratings_go_with_the_conversation(citizen, database):
    citizen.ask("PUT", "/messages/2/rating", json={"rating": "up"})
    assert citizen.ask("DELETE").status_code == 204

    assert stored(database, Rating) == []


# --- tokens ---

ROUTES = [
    ("DELETE", "", None),
    ("POST", "/token", None),
    ("POST", "/messages", {"text": "hallo"}),
    ("GET", "/messages", None),
    ("GET", "/events", None),
    ("HEAD", "/events", None),
    ("PUT", "/messages/2/rating", {"rating": "up"}),
    ("PUT", "/rating", {"helped": "yes"}),
]


def signed(**claims):
    return jwt.encode(claims, derive(SECRET, "session"), "HS256")


def bad_tokens(citizen):
    """What must never open a conversation, by name."""
    header, claims, signature = Sessions(SECRET).issue(citizen.id).split(".")
    later = now() + timedelta(hours=1)
    yield "none", None
    yield "empty", "Bearer "
    yield "other scheme", f"Basic {header}.{claims}.{signature}"
    yield "changed", f"Bearer {header}.{claims}.{signature[::-1]}"
    yield "expired", f"Bearer {signed(sub=citizen.id, exp=now() - timedelta(seconds=1))}"
    yield "without end", f"Bearer {signed(sub=citizen.id)}"
    yield "strange end", f"Bearer {signed(sub=citizen.id, exp=10**18)}"
    unsigned = jwt.encode({"sub": citizen.id, "exp": later}, None, algorithm="none")
    yield "alg none", f"Bearer {unsigned}"
    other = jwt.encode({"sub": citizen.id, "exp": later}, "x" * 32, "HS256")
    yield "other key", f"Bearer {other}"
    yield "not ascii", "Bearer \xe9\xe9"


@pytest.mark.parametrize(("method", "path", "body"), ROUTES)
def test_a_token_opens_no_conversation_but_its_own(url, citizen, method, path, body):
    stranger = Citizen(url)
    before = citizen.history()

    response = citizen.ask(method, path, headers=stranger.headers, json=body)
    assert response.status_code == 403
    assert citizen.history() == before


@pytest.mark.parametrize(("method", "path", "body"), ROUTES)
def test_what_is_no_token_opens_nothing(url, citizen, rasa, method, path, body):
    before = citizen.history()
    turns = len(rasa.turns)
    for name, value in bad_tokens(citizen):
        headers = {"Authorization": value.encode("latin-1")} if value else {}
        response = requests.request(
            method,
            f"{url}/api/v1/conversations/{citizen.id}{path}",
            headers=headers,
            json=body,
            timeout=10,
        )
        assert response.status_code == 401, name
        assert response.headers["WWW-Authenticate"] == "Bearer"
    assert citizen.history() == before
    assert len(rasa.turns) == turns


@pytest.mark.parametrize(("method", "path", "body"), ROUTES)
def test_an_erased_conversation_is_gone_on_every_route(citizen, method, path, body):
    citizen.ask("DELETE")

    assert citizen.ask(method, path, json=body).status_code == 404


def test_a_token_holds_for_a_day_and_can_be_renewed(citizen):
    ends = datetime.fromisoformat(citizen.started["expires_at"])
    assert timedelta(hours=23, minutes=59) < ends - now() <= timedelta(hours=24)

    fresh = citizen.ask("POST", "/token").json()
    assert set(fresh) == {"token", "expires_at"}
    assert datetime.fromisoformat(fresh["expires_at"]) >= ends
    citizen.headers = {"Authorization": f"Bearer {fresh['token']}"}
    assert citizen.history()


# --- the same message twice ---


def test_the_same_key_is_one_message_with_one_answer(citizen, rasa):
    first = citizen.say("btw", key="een")
    other = citizen.say("zzp", key="twee")
    again = citizen.say("btw", key="een")

    assert again == first
    assert other != first
    assert rasa.turns_of(citizen.id)[1:] == ["btw", "zzp"]
    assert [m["text"] for m in citizen.history() if m["from"] == "citizen"] == ["btw", "zzp"]


def test_a_choice_with_the_same_key_counts_once(citizen, rasa):
    rasa.answers["hallo"] = said("Wil je dat?", CHOICES)
    (asked,) = citizen.say("hallo")
    first = citizen.say(choice=asked["choices"][0]["id"], key="k")

    assert citizen.say(choice=asked["choices"][0]["id"], key="k") == first
    assert rasa.turns_of(citizen.id)[-2:] == ["hallo", "/bevestigen"]


def test_a_second_request_waits_for_the_first(citizen, rasa):
    rasa.gate.clear()
    with ThreadPoolExecutor(4) as pool:
        asked = [pool.submit(citizen.say, "btw", key="een") for _ in range(4)]
        rasa.wait_for(2)
        rasa.gate.set()
        answers = [one.result(60) for one in asked]

    assert [message["text"] for message in answers[0]] == ["Antwoord op: btw"]
    assert all(answer == answers[0] for answer in answers)
    assert rasa.turns_of(citizen.id)[1:] == ["btw"]


def test_a_key_is_of_one_conversation_only(url, citizen):
    stranger = Citizen(url)

    assert citizen.say("btw", key="een")[0]["text"] == "Antwoord op: btw"
    assert stranger.say("zzp", key="een")[0]["text"] == "Antwoord op: zzp"


@pytest.mark.parametrize("key", ["", "a" * 65, "\xe9", "a\tb"])
def test_a_strange_key_is_refused(citizen, rasa, key):
    headers = {"Idempotency-Key": key.encode("latin-1")}
    response = citizen.ask("POST", "/messages", headers=headers, json={"text": "btw"})

    assert response.status_code == 400
    assert len(rasa.turns_of(citizen.id)) == 1


def test_messages_at_the_same_time_are_answered_one_by_one(citizen, rasa):
    texts = [f"vraag {number}" for number in range(5)]
    with ThreadPoolExecutor(5) as pool:
        answers = dict(zip(texts, pool.map(citizen.say, texts), strict=True))

    assert rasa.most_at_once[citizen.id] == 1
    assert sorted(rasa.turns_of(citizen.id)[1:]) == texts
    for text, answer in answers.items():
        assert f"Antwoord op: {text}" in [message["text"] for message in answer]
    numbers = [message["id"] for message in citizen.history()]
    assert numbers == sorted(set(numbers))


def test_who_asked_first_has_its_answer_while_the_next_one_is_being_made(citizen, rasa):
    rasa.gates = {text: threading.Event() for text in ("een", "twee")}
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(citizen.say, "een")
        rasa.wait_for(2)
        second = pool.submit(citizen.say, "twee")
        rasa.gates["een"].set()
        assert texts(first.result(60)) == ["Antwoord op: een"]
        assert rasa.finished == 2
        rasa.gates["twee"].set()
        assert texts(second.result(60))[-1] == "Antwoord op: twee"


# --- erased in the middle ---


def test_what_is_erased_in_the_middle_of_a_turn_leaves_nothing_behind(citizen, rasa, database):
    rasa.gate.clear()
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(
            citizen.ask, "POST", "/messages", json={"text": "bel mij op 06 12345678"}
        )
        rasa.wait_for(2)
        assert citizen.ask("DELETE").status_code == 204
        rasa.gate.set()
        assert asked.result(60).status_code == 404

    # Who asked may hear of it before the turn that was under way has ended.
    for table in (Conversation, StoredMessage, TrackerEvent, VaultEntry, Rating):
        until(lambda table=table: stored(database, table) == [])


def test_a_failing_turn_on_an_erased_conversation_is_silent(citizen, rasa, database):
    rasa.gate.clear()
    rasa.statuses = [500]
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(citizen.ask, "POST", "/messages", json={"text": "hallo"})
        rasa.wait_for(2)
        citizen.ask("DELETE")
        rasa.gate.set()
        assert asked.result(60).status_code == 404

    assert stored(database, StoredMessage) == []
    until(lambda: stored(database, TrackerEvent) == [])


def test_who_waits_in_the_queue_when_it_is_erased_hears_that_it_is_gone(citizen, rasa, database):
    rasa.gate.clear()
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(citizen.ask, "POST", "/messages", json={"text": "een"})
        rasa.wait_for(2)
        second = pool.submit(citizen.ask, "POST", "/messages", json={"text": "twee"})
        with citizen.stream() as stream:
            stream.wait_for(lambda s: "twee" in [m["text"] for m in s.messages])
            citizen.ask("DELETE")
            stream.wait_for(lambda s: s.ended)
        rasa.gate.set()
        assert (first.result(60).status_code, second.result(60).status_code) == (404, 404)

    assert stream.events[-1] == ("ended", None, {"reason": "erased"})
    assert len(rasa.turns_of(citizen.id)) == 2
    until(lambda: stored(database, TrackerEvent) == [])


# --- when it goes wrong ---


def test_an_apology_leads_to_the_answer_once_it_is_asked_again(citizen, rasa):
    rasa.statuses = [500]
    (apology,) = citizen.say("btw", key="een")
    assert "Sorry" in apology["text"]
    answer = citizen.say(choice=apology["choices"][0]["id"])

    assert [message["text"] for message in answer] == ["Antwoord op: btw"]
    assert rasa.turns_of(citizen.id)[1:] == ["btw", "btw"]
    later = citizen.say("btw", key="een")
    assert [message["text"] for message in later] == [apology["text"], "Antwoord op: btw"]
    assert rasa.turns_of(citizen.id)[1:] == ["btw", "btw"]


def test_what_failed_is_tried_again_by_itself(citizen, rasa, database):
    rasa.statuses = [500]
    citizen.say("een")
    with citizen.stream() as stream:
        stream.wait_for(lambda s: "Antwoord op: een" in [m["text"] for m in s.messages])

    assert rasa.turns_of(citizen.id)[1:] == ["een", "een"]
    # The first attempt had reached Rasa's events: it was taken out again.
    turns = [event.type_name for event in stored(database, TrackerEvent)]
    assert turns.count("user") == 2  # the greeting, and once what was said


def test_two_threads_that_ask_again_lead_to_one_answer(citizen, rasa):
    rasa.statuses = [500]
    (apology,) = citizen.say("btw")
    threads = [
        threading.Thread(target=citizen.say, kwargs={"choice": apology["choices"][0]["id"]})
        for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    texts = [message["text"] for message in citizen.history()]
    assert texts.count("Antwoord op: btw") == 1
