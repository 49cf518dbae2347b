"""What the product does when someone tries to break in; what it does under faults: tests/faults."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path

import pytest
import requests
from openapi_spec_validator import validate
from product import Citizen, Product


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        ({"Authorization": "Bearer"}, 401),
        ({"Authorization": "Bearer nonsense"}, 401),
        ({"Authorization": "Basic YTpi"}, 401),
        (
            {"Authorization": "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4IiwiZXhwIjo5OTk5OTk5OTk5fQ."},
            401,
        ),
    ],
)
def test_without_a_valid_token_nothing_is_said_or_read(
    product: Product, citizen: Citizen, headers: dict, status: int
) -> None:
    url = f"{product.url}/api/v1/conversations/{citizen.id}/messages"
    for response in (
        requests.post(url, json={"text": "hallo"}, headers=headers, timeout=10),
        requests.get(url, headers=headers, timeout=10),
    ):
        assert response.status_code == status
        assert response.headers["Content-Type"].startswith("application/problem+json")
        assert "gesprek" in response.json()["detail"]


def test_a_token_opens_only_its_own_conversation(product: Product, citizen: Citizen) -> None:
    other = Citizen(product.url).start()
    other.token = citizen.token
    assert other.request("GET", "/messages").status_code == 403
    assert other.request("POST", "/messages", json={"text": "hoi"}).status_code == 403
    assert other.request("DELETE").status_code == 403


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'{"text": "' + b"a" * 100_000 + b'"}', 413),
        (json.dumps({"text": "a" * 2001}).encode(), 413),
        (b'{"text": ""}', 422),
        (b'{"text": "   / /  "}', 422),
        (b'{"text": null}', 422),
        (b'{"text": 5}', 422),
        (b"{}", 422),
        (b"", 422),
        (b'{"text": "a", "choice": "1-1"}', 422),
        (b'{"text": "a", "sender": "someone else"}', 422),
        (b'{"choice": "999-1"}', 422),
        (b'{"choice": "/bevestigen"}', 422),
        (b'{"choice": {"id": 1}}', 422),
        (b"[]", 400),
        (b'"hallo"', 400),
        (b"{", 400),
        (b"\xff\xfe", 400),
        (b"[" * 20_000, 400),
    ],
)
def test_a_wrong_message_gets_a_clear_answer(citizen: Citizen, body: bytes, status: int) -> None:
    response = citizen.request("POST", "/messages", data=body)
    assert response.status_code == status, response.text
    problem = response.json()
    assert problem["status"] == status
    assert problem["detail"].endswith(".")
    assert "Traceback" not in response.text
    assert [m for m in citizen.history() if m["from"] == "citizen"] == [], "nothing was stored"


@pytest.mark.parametrize(
    "typed",
    [
        "/restart",
        '/informatie_geven{"antwoord": "zs01:5"}',
        '  /informatie_geven{"antwoord": "zs01:5"}',
        "\u200b/restart",
        '//informatie_geven{"antwoord": "zs01:5"}',
    ],
)
def test_a_typed_payload_is_only_text(citizen: Citizen, typed: str) -> None:
    citizen.short_scan()
    citizen.say(typed)
    assert citizen.step in ("zs01", None)
    citizen.say("ik wil verder met de zelfscan")
    assert citizen.step in ("lengte", "zs01"), "the payload answered no question"


def test_events_come_as_they_happen_and_resume_without_loss_or_doubles(citizen: Citizen) -> None:
    first = citizen.messages[-1]["id"]
    citizen.say("wat is een vof")
    last = citizen.messages[-1]["id"]
    everything = citizen.read_events(until=last)
    assert [m["id"] for m in everything] == [m["id"] for m in citizen.history()]
    resumed = citizen.read_events(until=last, last_event_id=first)
    assert [m["id"] for m in resumed] == [m["id"] for m in everything if m["id"] > first]
    got: list[dict] = []
    reader = threading.Thread(
        target=lambda: got.extend(citizen.read_events(until=last + 1, last_event_id=last))
    )
    reader.start()
    time.sleep(0.5)
    citizen.say("dankjewel")
    reader.join(15)
    assert got[0]["text"] == "dankjewel"


def test_identifying_details_stay_out_of_the_log_but_not_of_the_citizens_own_history(
    product: Product, citizen: Citizen
) -> None:
    citizen.say("mijn mail is sanne.test@voorbeeld.nl en mijn bsn is 111222333")
    own = citizen.history()[-2]["text"]
    assert "sanne.test@voorbeeld.nl" in own
    assert "111222333" in own
    assert "[email:1] en mijn bsn is [bsn:1]" in product.cli("conversations", "show", citizen.id)
    stored = product.database_bytes()
    assert b"sanne.test" not in stored
    assert b"111222333" not in stored
    assert "sanne.test" not in product.logs()


def test_erasing_removes_everything_of_the_conversation(product: Product, citizen: Citizen) -> None:
    citizen.say("ik droom van een zaak in zelfgemaakte kaarsenwinkelwagens")
    assert citizen.request("DELETE").status_code == 204
    assert citizen.request("GET", "/messages").status_code == 404
    assert citizen.request("POST", "/messages", json={"text": "hoi"}).status_code == 404
    assert citizen.id not in product.cli("conversations", "list", "--json")


def test_the_api_description_is_valid_and_the_catalogue_filters(product: Product) -> None:
    validate(requests.get(f"{product.url}/api/v1/openapi.json", timeout=10).json())
    url = f"{product.url}/api/v1/catalogue/services"
    found = requests.get(url, params={"need": "handelsregister"}, timeout=10).json()["services"]
    assert "kvk-inschrijven" in [service["id"] for service in found]
    assert all("handelsregister" in service["needs"] for service in found)
    assert requests.get(url, params={"colour": "red"}, timeout=10).status_code == 400


def test_an_unknown_gemeente_or_channel_is_refused(product: Product) -> None:
    url = f"{product.url}/api/v1/conversations"
    wrong = [{"gemeente": "Nergenshuizen"}, {"gemeente": 3}, {"gemeente": ["Assen"]}, {"page": 1}]
    for body in (*wrong, {"channel": "fax"}, {"channel": {}}, {"page": "\ud800"}):
        response = requests.post(url, json=body, timeout=10)
        assert response.status_code == 422, body


def test_rasa_and_actions_listen_on_loopback_only_and_need_a_token(product: Product) -> None:
    listening = Path("/proc/net/tcp").read_text()
    for port in (product.settings.port_rasa, product.settings.port_actions):
        assert f"0100007F:{port:04X}" in listening
        assert f"00000000:{port:04X}" not in listening
    url = f"{product.settings.rasa_url}/model/parse"
    assert requests.post(url, json={"text": "hoi"}, timeout=10).status_code == 401


def test_every_page_carries_the_security_headers(product: Product) -> None:
    for path in ("/", "/api/v1/openapi.json", "/health", "/nergens"):
        headers = requests.get(f"{product.url}{path}", timeout=10).headers
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
