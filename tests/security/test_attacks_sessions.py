"""Nobody gets into the conversation or the account of somebody else, or can ask without end."""

import re
import uuid

import jwt
import pytest
import requests
from gateway_citizen import Citizen
from served import SECRET

from bot.gateway.sessions import Sessions
from bot.privacy.keys import derive

ONE = "/api/v1/conversations/{id}"


def routes_of_a_conversation(site):
    """Every route with the id of a conversation in it: (method, rest of the path)."""
    found = set()
    for route in site.app.router.routes():
        canonical = route.resource.canonical if route.resource else ""
        if canonical.startswith(ONE):
            found.add((route.method, canonical.removeprefix(ONE).replace("{seq}", "1")))
    return sorted(found)


def test_a_token_opens_no_other_conversation_on_any_route(site):
    victim, attacker = Citizen(site.url), Citizen(site.url)
    victim.say("mijn geheim")
    routes = routes_of_a_conversation(site)

    assert len(routes) >= 8, "the table is made from the routes that there are"
    for method, path in routes:
        url = f"{site.url}/api/v1/conversations/{victim.id}{path}"
        body = {"text": "ik ben het"} if method == "POST" else {"rating": "up"}
        refused = requests.request(method, url, json=body, headers=attacker.headers, timeout=30)
        assert refused.status_code == 403, (method, path)
        assert "geheim" not in refused.text
        nobody = requests.request(method, url, json=body, timeout=30)
        assert nobody.status_code == 401, (method, path)
    assert [m["text"] for m in victim.history() if m["from"] == "citizen"] == ["mijn geheim"]


def test_ids_say_nothing_about_each_other(site):
    ids = [Citizen(site.url).id for _ in range(20)]

    assert len({i[:8] for i in ids}) == 20, "they do not count up"
    assert all(len(re.sub("[^0-9a-zA-Z_-]", "", i)) >= 22 for i in ids), "128 bits or more"


def test_a_conversation_that_is_there_and_one_that_is_not_refuse_alike(site):
    victim, attacker = Citizen(site.url), Citizen(site.url)
    answers = [
        requests.get(
            f"{site.url}/api/v1/conversations/{wanted}/messages",
            headers=attacker.headers,
            timeout=30,
        )
        for wanted in (victim.id, str(uuid.uuid4()))
    ]

    assert answers[0].status_code == answers[1].status_code == 403
    assert answers[0].json() == answers[1].json()


def test_nobody_chooses_the_id_of_a_conversation(site):
    for field in ("id", "conversation_id", "sender", "token"):
        refused = requests.post(
            f"{site.url}/api/v1/conversations", json={field: "chosen"}, timeout=30
        )
        assert refused.status_code == 422
    started = requests.post(
        f"{site.url}/api/v1/conversations",
        json={},
        headers={"Cookie": "session=chosen; id=chosen", "X-Conversation-Id": "chosen"},
        timeout=30,
    )
    assert started.status_code == 201
    assert "chosen" not in started.text
    assert "Set-Cookie" not in started.headers


def forged(claims, key, algorithm="HS256", **headers):
    return jwt.encode(claims, key, algorithm=algorithm, headers=headers)


@pytest.mark.parametrize(
    "make",
    [
        lambda claims: forged(claims, "", "none"),
        lambda claims: forged(claims, SECRET),  # the secret itself is no key
        lambda claims: forged(claims, "guessed"),
        lambda claims: forged(claims, derive(SECRET, "console csrf")),  # a key of ours for else
        lambda claims: forged(claims, derive(SECRET, "session"), "HS512"),
        lambda claims: forged({"sub": claims["sub"]}, derive(SECRET, "session")),  # no end
        lambda claims: forged({**claims, "exp": 1}, derive(SECRET, "session")),
        lambda claims: forged({**claims, "exp": 10**30}, derive(SECRET, "session")),
        lambda claims: forged(claims, "x", kid="../../../../dev/null"),
        lambda claims: Sessions("another " + SECRET).issue(claims["sub"]),
        lambda claims: "\u00ff\u00fe",
        lambda claims: "..",
    ],
    ids=range(12),
)
def test_a_token_that_was_made_by_somebody_else_opens_nothing(site, make):
    victim = Citizen(site.url)
    token = make({"sub": victim.id, "exp": 9999999999})
    refused = victim.ask("GET", "/messages", headers={"Authorization": f"Bearer {token}".encode()})

    assert refused.status_code == 401


def test_bytes_that_are_no_text_are_no_token_on_any_route(attacked):
    site = attacked(METRICS_TOKEN=SECRET)
    citizen = Citizen(site.url)
    routes = [
        (method, f"/api/v1/conversations/{citizen.id}{path}")
        for method, path in routes_of_a_conversation(site)
    ]
    for method, path in [*routes, ("GET", "/metrics")]:
        for token in (b"\xff\xfe", b"\xc3", b"\xed\xa0\x80", b"eyJ\xff.e30.x"):
            refused = requests.request(
                method,
                f"{site.url}{path}",
                json={} if method in ("POST", "PUT") else None,
                headers={"Authorization": b"Bearer " + token},
                timeout=30,
            )
            assert refused.status_code == 401, (method, path, token)
            assert refused.headers["Content-Type"].startswith("application/problem+json")


def test_a_token_counts_in_its_header_only(site):
    citizen = Citizen(site.url)
    url = f"{site.url}/api/v1/conversations/{citizen.id}/messages"
    token = citizen.started["token"]

    assert requests.get(f"{url}?token={token}", timeout=30).status_code == 401
    assert requests.get(url, headers={"Cookie": f"token={token}"}, timeout=30).status_code == 401


def test_a_message_without_or_with_another_sender_stays_in_its_own_conversation(site, rasa):
    first, second = Citizen(site.url), Citizen(site.url)
    first.say("van een")
    second.say("van twee")
    for sender in (None, "", "default", first.id, "x" * 300):
        refused = second.ask("POST", "/messages", json={"text": "hoi", "sender": sender})
        assert refused.status_code == 422

    assert {turn.sender for turn in rasa.turns} == {first.id, second.id}
    assert rasa.turns_of(first.id)[1:] == ["van een"]


# --- without end ---


def talk(site, address, citizen=None):
    """The status of one message, as the proxy hands it on for this address."""
    citizen = citizen or Citizen(site.url)
    said = citizen.ask(
        "POST", "/messages", headers={"X-Forwarded-For": address}, json={"text": "hoi"}
    )
    return said


def start(site, address):
    return requests.post(
        f"{site.url}/api/v1/conversations",
        json={},
        headers={"X-Forwarded-For": address},
        timeout=30,
    )


def test_one_conversation_has_so_many_messages_a_day(attacked):
    site = attacked(MESSAGES_PER_DAY="3")
    busy, other = Citizen(site.url), Citizen(site.url)
    answers = [talk(site, "192.0.2.1", busy) for _ in range(4)]

    assert [a.status_code for a in answers] == [200, 200, 200, 429]
    assert int(answers[-1].headers["Retry-After"]) > 3600
    assert "gemeente" in answers[-1].json()["detail"], "there is a way to a person"
    assert talk(site, "192.0.2.1", other).status_code == 200
    renewed = busy.ask("POST", "/token").json()["token"]
    busy.headers = {"Authorization": f"Bearer {renewed}"}
    assert talk(site, "192.0.2.1", busy).status_code == 429, "a new token is no new day"


def test_one_address_behind_our_proxy_has_so_many_messages_a_day(attacked):
    site = attacked(MESSAGES_PER_DAY_AND_ADDRESS="2", TRUSTED_PROXIES="127.0.0.1/32")
    statuses = [talk(site, "192.0.2.1").status_code for _ in range(3)]

    assert statuses == [200, 200, 429]
    assert talk(site, "192.0.2.2").status_code == 200


def test_one_address_behind_our_proxy_begins_so_many_conversations_a_day(attacked):
    site = attacked(CONVERSATIONS_PER_DAY_AND_ADDRESS="2", TRUSTED_PROXIES="127.0.0.1/32")
    statuses = [start(site, "192.0.2.1").status_code for _ in range(3)]

    assert statuses == [201, 201, 429]
    assert start(site, "192.0.2.2").status_code == 201


def test_who_names_another_address_is_not_believed(attacked):
    alone = attacked(CONVERSATIONS_PER_DAY_AND_ADDRESS="2")
    assert [start(alone, f"192.0.2.{n}").status_code for n in range(3)] == [201, 201, 429]


def test_what_a_visitor_puts_before_the_proxy_is_not_believed(attacked):
    site = attacked(CONVERSATIONS_PER_DAY_AND_ADDRESS="2", TRUSTED_PROXIES="127.0.0.1/32")
    statuses = [start(site, f"198.51.100.{n}, 192.0.2.1").status_code for n in range(3)]

    assert statuses == [201, 201, 429]


def test_another_address_in_the_same_network_is_the_same_visitor(attacked):
    site = attacked(CONVERSATIONS_PER_DAY_AND_ADDRESS="2", TRUSTED_PROXIES="127.0.0.1/32")
    statuses = [start(site, f"2001:db8:1:2::{n:x}").status_code for n in range(1, 4)]

    assert statuses == [201, 201, 429]
