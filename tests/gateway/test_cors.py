"""Which websites may use a conversation from a browser."""

import pytest
import requests
from gateway_citizen import Citizen

ALLOWED = "https://www.assen.nl"
STRANGERS = [
    "https://evil.example",
    "https://assen.nl",
    "http://www.assen.nl",
    "https://www.assen.nl:8443",
    "https://www.assen.nl.evil.example",
    "https://www.assen.nl/",
    "null",
    "",
    "file://",
]
PREFLIGHT = {
    "Access-Control-Request-Method": "POST",
    "Access-Control-Request-Headers": "authorization,content-type,idempotency-key",
}


@pytest.fixture
def url(database, rasa, tmp_path, serve):
    environment = {
        "PORT_RASA": str(rasa.port),
        "ALLOWED_ORIGINS": f"{ALLOWED},http://localhost:8000",
        "PUBLIC_URL": "https://chat.assen.nl/bot",
    }
    with serve(database, tmp_path, **environment) as url:
        yield url


def routes(citizen):
    one = f"/api/v1/conversations/{citizen.id}"
    return [
        ("POST", "/api/v1/conversations"),
        ("POST", f"{one}/token"),
        ("POST", f"{one}/messages"),
        ("GET", f"{one}/messages"),
        ("GET", f"{one}/events"),
        ("PUT", f"{one}/rating"),
        ("PUT", f"{one}/messages/2/rating"),
        ("DELETE", one),
    ]


@pytest.mark.parametrize("origin", STRANGERS)
def test_another_website_is_refused_before_anything_is_done(url, rasa, origin):
    citizen = Citizen(url)
    for method, path in routes(citizen):
        headers = {**citizen.headers, "Origin": origin}
        refused = requests.request(
            method, f"{url}{path}", headers=headers, json={"text": "hallo"}, timeout=10
        )
        assert refused.status_code == 403, (method, path)
        assert "Access-Control-Allow-Origin" not in refused.headers
        assert refused.headers["Vary"] == "Origin"
        asked = requests.options(
            f"{url}{path}", headers={"Origin": origin, **PREFLIGHT}, timeout=10
        )
        assert asked.status_code == 403
        assert "Access-Control-Allow-Origin" not in asked.headers
    assert len(citizen.history()) == 1
    assert len(rasa.turns) == 1


@pytest.mark.parametrize("origin", [ALLOWED, "http://localhost:8000", "https://chat.assen.nl"])
def test_a_website_on_the_list_may_do_everything(url, origin):
    citizen = Citizen(url)
    for method, path in routes(citizen):
        asked = requests.options(
            f"{url}{path}", headers={"Origin": origin, **PREFLIGHT}, timeout=10
        )
        assert (asked.status_code, asked.content) == (204, b"")
        assert asked.headers["Access-Control-Allow-Origin"] == origin
        assert method in asked.headers["Access-Control-Allow-Methods"].split(", ")
        named = asked.headers["Access-Control-Allow-Headers"].lower().split(", ")
        assert named == ["authorization", "content-type", "idempotency-key", "last-event-id"]
        assert asked.headers["Vary"] == "Origin"
        assert "Access-Control-Allow-Credentials" not in asked.headers
    citizen.headers["Origin"] = origin
    said = citizen.ask("POST", "/messages", json={"text": "hallo"})
    assert said.headers["Access-Control-Allow-Origin"] == origin
    assert said.headers["Access-Control-Expose-Headers"] == "API-Version, Retry-After"
    assert said.headers["Vary"] == "Origin"
    with citizen.stream() as stream:
        stream.wait_for(lambda s: len(s.messages) == 3)
        assert stream.headers["Access-Control-Allow-Origin"] == origin
    wrong = citizen.ask("POST", "/messages", json={"text": ""})
    assert wrong.status_code == 422
    assert wrong.headers["Access-Control-Allow-Origin"] == origin


def test_our_own_pages_may_by_whatever_name_they_were_reached(url):
    for origin in (url, url.replace("http://", "https://")):
        started = requests.post(
            f"{url}/api/v1/conversations", headers={"Origin": origin}, timeout=10
        )
        assert started.status_code == 201
        assert started.headers["Access-Control-Allow-Origin"] == origin


def test_a_server_names_no_origin_and_goes_on(url):
    started = requests.post(f"{url}/api/v1/conversations", timeout=10)

    assert started.status_code == 201
    assert "Access-Control-Allow-Origin" not in started.headers
    assert started.headers["Vary"] == "Origin"


def test_options_without_a_browser_tells_what_works(url):
    citizen = Citizen(url)
    for path, methods in [
        ("", "DELETE, OPTIONS"),
        ("/messages", "GET, HEAD, OPTIONS, POST"),
        ("/events", "GET, HEAD, OPTIONS"),
        ("/token", "OPTIONS, POST"),
    ]:
        answer = citizen.ask("OPTIONS", path)
        assert (answer.status_code, answer.headers["Allow"]) == (204, methods)
    assert citizen.ask("OPTIONS", "/nergens").status_code == 404


def test_the_catalogue_stays_open_to_every_website(url):
    answer = requests.get(
        f"{url}/api/v1/catalogue/providers", headers={"Origin": "https://evil.example"}, timeout=10
    )

    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
