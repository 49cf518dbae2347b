"""The stream of events: what comes over it, how it ends, and how many there may be."""

import socket
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta

import jwt
import pytest
import requests
from gateway_citizen import Citizen
from served import SECRET

from bot.conversations import log
from bot.conversations.log import Reply
from bot.database import now
from bot.gateway import access, events
from bot.privacy.keys import derive


@pytest.fixture
def citizen(url):
    return Citizen(url)


def texts(stream):
    return [message["text"] for message in stream.messages]


def test_typing_shows_while_the_bot_works_on_a_message(citizen, rasa):
    with citizen.stream(last=2) as stream, ThreadPoolExecutor(1) as pool:
        rasa.gate.clear()
        asked = pool.submit(citizen.say, "btw")
        stream.wait_for(lambda s: len(s.events) == 2)
        assert stream.events[0][2]["text"] == "btw"
        assert stream.events[1] == ("typing", None, {"active": True})
        rasa.gate.set()
        answer = asked.result(60)
        stream.wait_for(lambda s: s.names.count("typing") == 2)

    assert stream.names == ["message", "typing", "message", "typing"]
    assert stream.events[2] == ("message", answer[0]["id"], answer[0])
    assert stream.events[3] == ("typing", None, {"active": False})
    assert stream.retry == "2000"


def test_who_joins_in_the_middle_of_a_turn_sees_the_typing(citizen, rasa):
    rasa.gate.clear()
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(citizen.say, "btw")
        rasa.wait_for(2)
        with citizen.stream() as stream:
            stream.wait_for(lambda s: ("typing", None, {"active": True}) in s.events)
            rasa.gate.set()
            stream.wait_for(lambda s: s.events[-1] == ("typing", None, {"active": False}))
        asked.result(60)


def test_what_was_put_off_is_not_typing(citizen, rasa):
    rasa.statuses = [500] * 50
    with citizen.stream(last=2) as stream:
        citizen.say("btw")
        stream.wait_for(lambda s: s.names.count("typing") == 2)

    assert stream.events[-1] == ("typing", None, {"active": False})
    assert "Sorry" in texts(stream)[-1]


def test_a_message_without_a_question_comes_too(citizen, database):
    """As a desk puts one, in another process."""
    with citizen.stream(last=2) as stream:
        with database.session() as session:
            log.put_out(session, citizen.id, [Reply("Ben je geholpen?")])
        stream.wait_for(lambda s: texts(s) == ["Ben je geholpen?"])


def test_erasing_ends_every_stream(citizen):
    with citizen.stream() as first, citizen.stream() as second:
        citizen.ask("DELETE")
        for stream in (first, second):
            stream.wait_for(lambda s: s.ended)
            assert stream.events[-1] == ("ended", None, {"reason": "erased"})


def test_the_end_of_the_token_ends_the_stream(citizen):
    claims = {"sub": citizen.id, "exp": now() + timedelta(seconds=2)}
    token = jwt.encode(claims, derive(SECRET, "session"), "HS256")
    citizen.headers = {"Authorization": f"Bearer {token}"}
    with citizen.stream() as stream:
        stream.wait_for(lambda s: s.ended)

    assert stream.events[-1] == ("ended", None, {"reason": "expired"})
    assert citizen.ask("GET", "/messages").status_code == 401


def test_silence_is_broken_by_a_heartbeat(citizen, monkeypatch):
    monkeypatch.setattr(events, "HEARTBEAT_SECONDS", 0.05)
    with requests.get(
        f"{citizen.url}/api/v1/conversations/{citizen.id}/events?after=2",
        headers=citizen.headers,
        stream=True,
        timeout=10,
    ) as response:
        lines = response.iter_lines(chunk_size=1)
        beats = [next(lines) for _ in range(6)]

    assert beats == [b"retry: 2000", b"", b": hartslag", b"", b": hartslag", b""]


def test_a_browser_that_leaves_is_no_error(citizen, monkeypatch, caplog):
    monkeypatch.setattr(events, "HEARTBEAT_SECONDS", 0.05)
    for _ in range(3):
        with citizen.stream() as stream:
            stream.wait_for(lambda s: s.retry)
    # Heartbeats find out that they left: then there is room for as many again.
    deadline = time.monotonic() + 20
    while True:
        with ExitStack() as streams:
            try:
                for _ in range(access.STREAMS):
                    streams.enter_context(citizen.stream())
                break
            except AssertionError:
                assert time.monotonic() < deadline
        time.sleep(1)  # asked again at once, the limit per minute is what refuses
    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == []


@pytest.mark.parametrize("last", ["een", "-1", "1.5", "9" * 10, "\xb2"])
def test_a_wrong_number_is_refused_before_the_stream_begins(citizen, last):
    headers = {"Last-Event-ID": last.encode("latin-1")}

    assert citizen.ask("GET", "/events", headers=headers).status_code == 400


def test_the_header_of_a_browser_that_comes_back_wins_over_the_address(citizen):
    citizen.say("btw")
    with requests.get(
        f"{citizen.url}/api/v1/conversations/{citizen.id}/events?after=0",
        headers={**citizen.headers, "Last-Event-ID": "3"},
        stream=True,
        timeout=10,
    ) as response:
        lines = response.iter_lines(chunk_size=1)
        assert next(line for line in lines if line.startswith(b"id")) == b"id: 4"


def test_one_conversation_has_so_many_streams_and_no_more(citizen, url):
    stranger = Citizen(url)
    streams = [citizen.stream() for _ in range(access.STREAMS)]
    for stream in streams:
        stream.__enter__()
    try:
        refused = citizen.ask("GET", "/events")
        assert refused.status_code == 429
        assert refused.headers["Retry-After"] == "5"
        with stranger.stream():
            pass
        assert citizen.ask("POST", "/messages", json={"text": "hallo"}).status_code == 200
    finally:
        for stream in streams:
            stream.__exit__(None, None, None)
    # A lost line is noticed when something is written on it.
    citizen.say("nog iets")
    citizen.say("en nog iets")
    with citizen.stream() as stream:
        stream.wait_for(lambda s: "Antwoord op: en nog iets" in texts(s))


def test_one_address_has_so_many_streams_and_no_more(serve, database, rasa, tmp_path, monkeypatch):
    monkeypatch.setattr(access, "STREAMS_PER_ADDRESS", 1)
    with serve(database, tmp_path, PORT_RASA=str(rasa.port)) as url:
        one, other = Citizen(url), Citizen(url)
        with one.stream():
            assert other.ask("GET", "/events").status_code == 429
            assert other.ask("HEAD", "/events").status_code == 429
            assert other.say("hallo")


def test_a_body_that_comes_too_slowly_is_given_up(citizen, monkeypatch):
    monkeypatch.setattr("bot.gateway.reading.LONGEST_READ", 0.2)
    host, port = citizen.url.removeprefix("http://").split(":")
    head = (
        f"POST /api/v1/conversations/{citizen.id}/messages HTTP/1.1\r\nHost: {host}\r\n"
        f"Authorization: {citizen.headers['Authorization']}\r\nContent-Length: 20\r\n\r\n"
    )
    with socket.create_connection((host, int(port)), timeout=20) as line:
        line.sendall(head.encode() + b'{"text"')
        received = line.recv(100)
        while not received.endswith(b"}"):
            received += line.recv(4096)

    assert received.startswith(b"HTTP/1.1 408")
    assert "langzaam" in received.decode()
    assert citizen.say("hallo")


def test_a_body_that_is_too_large_is_refused(citizen):
    body = b'{"text": "' + b"a" * 40_000 + b'"}'

    assert citizen.ask("POST", "/messages", data=body).status_code == 413
    assert citizen.ask("POST", "/messages", json={"text": "a" * 2001}).status_code == 413
    assert citizen.ask("POST", "/messages", json={"text": "a" * 2000}).status_code == 200


def test_who_says_too_much_is_slowed_down_and_no_one_else(citizen, url):
    stranger = Citizen(url)
    statuses = [citizen.ask("POST", "/messages", json={}).status_code for _ in range(70)]

    assert statuses[:60] == [422] * 60
    assert 429 in statuses[60:]
    assert citizen.ask("GET", "/messages").status_code == 200
    assert stranger.say("hallo")
    refused = citizen.ask("POST", "/messages", json={"text": "hallo"})
    assert int(refused.headers["Retry-After"]) > 0
    assert "Wacht" in refused.json()["detail"]


def test_other_requests_have_a_limit_too(citizen, rasa):
    statuses = {citizen.ask("GET", "/messages?after=x").status_code for _ in range(300)}

    assert statuses == {400, 429}


def test_new_conversations_have_a_limit_per_address(serve, database, rasa, tmp_path):
    with serve(database, tmp_path, PORT_RASA=str(rasa.port), TRUSTED_PROXIES="127.0.0.0/8") as url:

        def start(address):
            headers = {"X-Forwarded-For": address}
            body = {"gemeente": "Nergenshuizen"}
            response = requests.post(
                f"{url}/api/v1/conversations", headers=headers, json=body, timeout=10
            )
            return response.status_code

        statuses = [start("203.0.113.7") for _ in range(70)]
        assert statuses[:60] == [422] * 60
        assert 429 in statuses[60:]
        assert start("203.0.113.8") == 422
