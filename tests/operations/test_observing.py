"""One line for each request, which says how it went and nothing about who or what."""

import logging
import re
import time

import pytest
import requests
from gateway_citizen import Citizen

CONTENT = "ik ben zwanger en blut"
MESSAGES = "/api/v1/conversations/{id}/messages"
EVENTS = "/api/v1/conversations/{id}/events"


def seen(caplog, route, number=1):
    """The fields of the requests to this route, when so many were seen."""
    deadline = time.monotonic() + 20
    while True:
        records = [r for r in list(caplog.records) if r.name == "bot.gateway.observing"]
        found = [r.fields for r in records if r.fields["route"] == route]
        if len(found) >= number:
            return found
        assert time.monotonic() < deadline, records
        time.sleep(0.01)


def ours(caplog):
    """All that our code logged."""
    records = [r for r in list(caplog.records) if r.name.startswith("bot.")]
    return "\n".join(f"{r.getMessage()} {getattr(r, 'fields', '')}" for r in records)


@pytest.fixture(autouse=True)
def everything_is_logged(caplog):
    caplog.set_level(logging.DEBUG)


def test_a_request_is_one_line_with_its_route_and_status_and_time(url, caplog):
    Citizen(url).say(CONTENT)

    (fields,) = seen(caplog, MESSAGES)
    assert (fields["method"], fields["status"]) == ("POST", 200)
    assert 0 < fields["ms"] < 60_000
    assert set(fields) == {"method", "route", "status", "ms"}


def test_no_line_holds_what_was_said_or_who_said_it(url, caplog, rasa):
    rasa.statuses = [500]
    citizen = Citizen(url)
    citizen.say(CONTENT)
    citizen.say("En mijn nummer is 06 12345678")
    citizen.ask("GET", f"/messages?after=0&{CONTENT}")
    seen(caplog, MESSAGES, 3)

    said = ours(caplog)
    assert "no answer (status 500)" in said
    for secret in ("zwanger", "12345678", citizen.id, citizen.started["token"], "127.0.0.1"):
        assert secret not in said


def test_an_address_that_leads_nowhere_is_not_repeated(url, caplog):
    requests.get(f"{url}/06-12345678/%0AERROR", timeout=20)
    requests.request("ZWANGER", f"{url}/demo", timeout=20)

    assert seen(caplog, "unknown")[0]["status"] == 404
    said = ours(caplog)
    assert "12345678" not in said
    assert "ZWANGER" not in said


def test_every_answer_has_a_number_of_its_own_that_nobody_else_chose(url):
    sent = {"X-Request-Id": "chosen\u00e9".encode()}
    answers = [requests.get(f"{url}{path}", headers=sent, timeout=20) for path in ("/", "/x", "/")]

    numbers = [answer.headers["X-Request-Id"] for answer in answers]
    assert all(re.fullmatch(r"[0-9a-f]{16}", number) for number in numbers)
    assert len(set(numbers)) == 3


def test_pages_of_the_console_are_seen_by_their_route(url, caplog):
    answer = requests.get(f"{url}/console/gesprekken/secret-id", allow_redirects=False, timeout=20)

    assert "X-Request-Id" in answer.headers
    deadline = time.monotonic() + 20
    while not (found := [r for r in caplog.records if r.name == "bot.gateway.observing"]):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert "secret-id" not in str(found[0].fields)


def test_a_stream_has_a_number_and_is_a_line_when_it_ends(url, caplog):
    citizen = Citizen(url)
    with citizen.stream() as stream:
        stream.wait_for(lambda s: s.messages)
        assert re.fullmatch(r"[0-9a-f]{16}", stream.headers["X-Request-Id"])
        assert not [r for r in caplog.records if getattr(r, "fields", {}).get("route") == EVENTS]
        citizen.ask("DELETE")
        stream.wait_for(lambda s: s.ended)

    assert seen(caplog, EVENTS)[0]["status"] == 200


def test_machines_that_ask_how_we_are_make_no_noise_unless_we_are_ill(url, caplog):
    requests.get(f"{url}/health/live", timeout=20)
    requests.get(f"{url}/health", timeout=20)
    seen(caplog, "/health")

    levels = {r.fields["route"]: r.levelno for r in caplog.records if hasattr(r, "fields")}
    assert levels["/health/live"] == logging.DEBUG
    assert levels["/health"] == logging.INFO, "the actions are away"
