"""The figures for Prometheus, as its own parser reads them."""

import secrets
import time
from datetime import timedelta

import pytest
import requests
import sqlalchemy as sa
from gateway_citizen import Citizen
from prometheus_client.parser import text_string_to_metric_families

from bot.conversations import log
from bot.conversations.model import StoredMessage
from bot.database import Database, now
from bot.operations.metrics import Metrics

TOKEN = "a-token-for-prometheus-of-thirty-two-characters"
MESSAGES = "/api/v1/conversations/{id}/messages"


def read(text):
    """Every figure by name and labels."""
    families = text_string_to_metric_families(text)
    return {
        (s.name, *(v for _, v in sorted(s.labels.items()))): s.value
        for family in families
        for s in family.samples
    }


def figures(url):
    response = requests.get(f"{url}/metrics", timeout=20)
    assert response.status_code == 200, response.text
    return read(response.text)


def wait_until(url, reached):
    """The figures as soon as they are so."""
    deadline = time.monotonic() + 20
    while not reached(found := figures(url)):
        assert time.monotonic() < deadline, found
        time.sleep(0.02)
    return found


def test_requests_are_counted_and_timed_by_route_and_status(url):
    citizen = Citizen(url)
    citizen.say("hallo")
    citizen.ask("POST", "/messages", json={})

    found = wait_until(
        url, lambda f: f.get(("startwijzer_http_request_seconds_count", MESSAGES)) == 2
    )
    assert found["startwijzer_http_requests_total", "POST", MESSAGES, "200"] == 1
    refused = [k for k in found if k[0] == "startwijzer_http_requests_total" and k[3][0] == "4"]
    assert len(refused) == 1
    assert found["startwijzer_http_request_seconds_bucket", "+Inf", MESSAGES] == 2
    assert found["startwijzer_http_request_seconds_sum", MESSAGES] > 0


def test_turns_are_counted_as_answered_and_as_put_off(url, rasa):
    rasa.statuses = [500]
    Citizen(url).say("dit gaat eerst mis")

    found = wait_until(url, lambda f: f["startwijzer_turns_total", "retried"] == 1)
    assert found["startwijzer_turns_total", "failed"] == 0
    found = wait_until(url, lambda f: f["startwijzer_waiting", "inbox"] == 0)
    assert found["startwijzer_turns_total", "answered"] == len(rasa.turns) - 1


def test_a_turn_that_is_given_up_is_counted_when_it_is_committed(database):
    metrics = Metrics(database, "1", "development")
    with database.session() as session:
        conversation = log.start(session, channel="web", gemeente=None, page=None).id
        message = log.take_in(session, conversation, "hallo").id

    def give_up(fail=False):
        with database.session() as session:
            session.get(StoredMessage, message).status = "failed"
            session.flush()
            if fail:
                raise RuntimeError

    with metrics.counting_turns():
        with pytest.raises(RuntimeError):
            give_up(fail=True)
        assert read(metrics.expose().decode())["startwijzer_turns_total", "failed"] == 0
        give_up()
    assert read(metrics.expose().decode())["startwijzer_turns_total", "failed"] == 1
    assert read(metrics.expose().decode())["startwijzer_given_up", "inbox"] == 1


def test_what_is_written_in_another_database_is_not_counted(database, tmp_path):
    other = Database(f"sqlite:///{tmp_path / 'other.sqlite3'}")
    other.upgrade()
    metrics = Metrics(other, "1", "development")
    with metrics.counting_turns(), database.session() as session:
        conversation = log.start(session, channel="web", gemeente=None, page=None).id
        message = log.take_in(session, conversation, "hallo").id
        session.get(StoredMessage, message).status = "answered"
    found = read(metrics.expose().decode())
    other.close()

    assert found["startwijzer_turns_total", "answered"] == 0


def test_what_waits_is_counted_with_its_age(any_database):
    metrics = Metrics(any_database, "1", "development")
    with any_database.session() as session:
        conversation = log.start(session, channel="web", gemeente=None, page=None).id
        first = log.take_in(session, conversation, "eerst").id
        session.get(StoredMessage, first).at = now() - timedelta(minutes=10)
        log.take_in(session, conversation, "later")
    found = read(metrics.expose().decode())

    assert found["startwijzer_waiting", "inbox"] == 2
    assert 600 <= found["startwijzer_oldest_waiting_seconds", "inbox"] < 700
    assert found["startwijzer_waiting", "projection"] == 2
    for queue in ("handover", "whatsapp"):
        assert found["startwijzer_waiting", queue] == 0
        assert found["startwijzer_oldest_waiting_seconds", queue] == 0
    assert found["startwijzer_database_up",] == 1
    assert found["startwijzer_database_connections", "in_use"] == 0
    assert found["startwijzer_database_connections", "idle"] == 1


def test_a_database_that_is_away_is_a_figure_too(tmp_path):
    away = Database(f"sqlite:///{tmp_path / 'nowhere' / 'x.sqlite3'}")
    found = read(Metrics(away, "1", "development").expose().decode())

    assert found["startwijzer_database_up",] == 0
    assert found["startwijzer_turns_total", "answered"] == 0


def test_open_streams_are_counted_until_they_close(url):
    citizen = Citizen(url)
    with citizen.stream() as stream:
        stream.wait_for(lambda s: s.messages)
        assert figures(url)["startwijzer_open_streams",] == 1
        citizen.ask("DELETE")
        stream.wait_for(lambda s: s.ended)
    found = wait_until(url, lambda f: f["startwijzer_open_streams",] == 0)

    events = "/api/v1/conversations/{id}/events"
    assert found["startwijzer_http_requests_total", "GET", events, "200"] == 1
    assert ("startwijzer_http_request_seconds_count", events) not in found


def test_what_runs_is_among_the_figures(url):
    names = {key[0]: key[1:] for key in figures(url)}

    assert names["startwijzer_build_info"][0] == "development"
    assert "process_resident_memory_bytes" in names


def test_no_label_comes_from_outside(url):
    def request_series():
        return {key for key in figures(url) if key[0] == "startwijzer_http_requests_total"}

    def ask_odd_things():
        odd = secrets.token_hex(8)
        requests.get(f"{url}/{odd}", timeout=20)
        requests.get(f"{url}/demo/{odd}", timeout=20)
        requests.get(f"{url}/console/{odd}", timeout=20)
        requests.get(f"{url}/api/v1/catalogue/services/{odd}?q={odd}", timeout=20)
        requests.get(f"{url}/api/v1/conversations/{odd}/messages", timeout=20)
        requests.request(f"X{odd}", f"{url}/health/live", headers={odd: odd}, timeout=20)

    figures(url)  # counts itself from the second time
    ask_odd_things()
    before = request_series()
    for _ in range(5):
        ask_odd_things()

    assert request_series() == before
    assert {key[1] for key in before} <= {"GET", "other"}


def test_with_a_token_only_who_shows_it_may_see_them(serve, database, tmp_path):
    def ask(*headers):
        return requests.get(f"{url}/metrics", headers=dict(headers), timeout=20).status_code

    with serve(database, tmp_path, METRICS_TOKEN=TOKEN) as url:
        assert ask(("Authorization", f"Bearer {TOKEN}")) == 200
        assert ask(("Authorization", f"Bearer {TOKEN}"), ("X-Forwarded-For", "10.0.0.1")) == 200
        assert ask() == 401
        assert ask(("Authorization", f"Bearer {TOKEN[:-1]}")) == 401
        assert ask(("Authorization", f"Basic {TOKEN}")) == 401
        assert ask(("Authorization", "Bearer \u00e9".encode("latin-1").decode("latin-1"))) == 401


@pytest.mark.parametrize(
    "name", ["Forwarded", "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Real-IP"]
)
def test_without_a_token_nobody_comes_in_through_a_proxy(url, name):
    answer = requests.get(f"{url}/metrics", headers={name: "127.0.0.1"}, timeout=20)

    assert answer.status_code == 404


def test_without_a_token_an_installation_behind_a_proxy_shows_them_to_nobody(
    serve, database, tmp_path
):
    with serve(database, tmp_path, TRUSTED_PROXIES="127.0.0.1/32") as url:
        assert requests.get(f"{url}/metrics", timeout=20).status_code == 404


def test_figures_say_nothing_about_what_was_said(url, database):
    citizen = Citizen(url)
    citizen.say("ik ben zwanger en blut")
    text = requests.get(f"{url}/metrics", timeout=20).text

    assert "zwanger" not in text
    assert citizen.id not in text
    with database.session() as session:
        assert session.execute(sa.select(sa.func.count(StoredMessage.id))).scalar() > 1
