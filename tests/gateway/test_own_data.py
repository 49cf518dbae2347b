"""Seeing what is kept, over HTTP: with the token of the session, by a link, and certificates."""

import pytest
import requests
from gateway_citizen import Citizen
from served import SECRET

from bot.conversations import log
from bot.gateway import access as gate
from bot.gateway.own_data import GONE
from bot.privacy import access, erasure

PHONE = "06 12345678"
LINKS = access.Links(SECRET, "")


@pytest.fixture
def citizen(url, rasa):
    """Somebody who typed a phone number."""
    citizen = Citizen(url)
    citizen.say(f"bel mij op {PHONE}")
    return citizen


def get(url, path, **options):
    return requests.get(f"{url}{path}", timeout=30, **options)


def export(citizen, **options):
    return get(citizen.url, f"/api/v1/conversations/{citizen.id}/export", **options)


def test_who_has_the_token_gets_all_of_it_with_what_they_typed(citizen):
    response = export(citizen, headers=citizen.headers)

    assert response.status_code == 200
    assert response.headers["Content-Disposition"] == 'attachment; filename="mijn-gegevens.json"'
    assert response.headers["Cache-Control"] == "no-store"
    found = response.json()
    assert found["gesprek"]["nummer"] == citizen.id
    assert f"bel mij op {PHONE}" in [message["tekst"] for message in found["berichten"]]


def test_nobody_else_gets_it(citizen, url):
    other = Citizen(url)

    assert export(citizen).status_code == 401
    assert export(citizen, headers=other.headers).status_code == 403


def test_by_the_link_the_same_comes_without_what_points_to_a_person(citizen, url):
    response = get(url, f"{LINKS.address(citizen.id)}/json")

    assert response.status_code == 200
    assert response.json()["gesprek"]["nummer"] == citizen.id
    assert response.headers["Referrer-Policy"] == "no-referrer"
    assert "12345678" not in response.text
    assert "Access-Control-Allow-Origin" not in response.headers


def test_a_link_that_is_wrong_too_old_or_of_an_erased_conversation_gets_one_answer(
    citizen, url, database, monkeypatch
):
    erased = LINKS.address(citizen.id)
    with database.session() as session:
        erasure.erase_conversation(session, citizen.id, by=erasure.CITIZEN)
    with monkeypatch.context() as patch:
        patch.setattr(access, "LINK_TERM", -access.LINK_TERM)
        too_old = LINKS.address(citizen.id)
    another = access.Links(f"another {SECRET}", "").address(citizen.id)

    answers = {
        (response.status_code, response.json()["detail"], response.headers["Cache-Control"])
        for path in (erased, too_old, another, "/api/v1/own-data/x")
        for response in (get(url, path), get(url, f"{path}/json"))
    }

    assert answers == {(404, GONE, "no-store")}


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/own-data/{}",
        "/api/v1/own-data/{}/json",
        "/api/v1/results/{}/pdf",
        "/api/v1/erasures/{}",
    ],
)
def test_who_tries_many_links_has_to_wait_also_for_one_that_is_right(
    serve, database, tmp_path, monkeypatch, path
):
    """Else a refusal would tell which of them exist."""
    monkeypatch.setattr(gate, "LINKS_PER_MINUTE_AND_ADDRESS", 3)
    with database.session() as session:
        conversation = log.start(session, channel="web", gemeente=None, page=None).id
    right = LINKS.address(conversation)
    with serve(database, tmp_path) as url:
        tried = [get(url, path.format(f"x{number}")).status_code for number in range(3)]
        refused = [get(url, one) for one in (path.format("x4"), right)]

    assert tried == [404, 404, 404]
    assert [response.status_code for response in refused] == [429, 429]
    assert all(int(response.headers["Retry-After"]) > 0 for response in refused)


def test_a_session_of_before_the_secret_changed_is_still_served(serve, database, tmp_path):
    new = f"a newer {SECRET}"
    with serve(database, tmp_path) as url:
        before = Citizen(url)
    with serve(database, tmp_path, SECRET_KEY=new, SECRET_KEY_OLD=SECRET) as url:
        mine = f"{url}/api/v1/conversations/{before.id}"
        renewed = requests.post(f"{mine}/token", headers=before.headers, timeout=30)
    with serve(database, tmp_path, SECRET_KEY=new) as url:
        mine = f"{url}/api/v1/conversations/{before.id}/messages"
        fresh = {"Authorization": f"Bearer {renewed.json()['token']}"}

        assert renewed.status_code == 200
        assert requests.get(mine, headers=before.headers, timeout=30).status_code == 401
        assert requests.get(mine, headers=fresh, timeout=30).status_code == 200
