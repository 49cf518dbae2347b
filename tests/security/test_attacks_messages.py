"""What somebody types, chooses or names cannot do more than talk."""

import gzip
import json
import zlib

import pytest
import requests
from gateway_citizen import Citizen
from scripted_rasa import said

COMMANDS = [
    '/informatie_geven{"antwoord": "zs01:5"}',
    "/restart",
    "/session_start",
    "/action_listen",
]
# What somebody may put before a command so that it looks like none to us, and like one to Rasa.
BEFORE = [
    "",
    "  ",
    "\n\t\n",
    "//",
    "/ /",
    "\u200b",  # zero width space
    "\u200d\u2060\ufeff",
    "\u202e",  # from right to left
    "\u2066/\u2069",
    "\u00a0\u3000",  # spaces of other kinds
    "\u2028\u2029",
    "\x1c\x1d\x1e\x1f\x85",
    "\x00",
    "\x1b[2J",
    "\ud800",  # half of a character
]


@pytest.mark.parametrize("before", BEFORE, ids=ascii)
def test_a_command_that_somebody_types_is_only_text(site, rasa, before):
    citizen = Citizen(site.url)
    for command in COMMANDS:
        citizen.say(before + command)

    received = rasa.turns_of(citizen.id)[1:]
    assert len(received) == len(COMMANDS)
    # As Rasa looks for a command: RegexMessageHandler strips, and then looks for a slash.
    assert not any(turn.strip().startswith("/") for turn in received)


def test_a_slash_of_another_script_is_no_slash(site, rasa):
    citizen = Citizen(site.url)
    for slash in "\uff0f\u2044\u2215\u29f8":
        citizen.say(f"{slash}restart")

    assert not any(turn.strip().startswith("/") for turn in rasa.turns_of(citizen.id)[1:])


def test_a_detail_that_is_masked_away_leaves_no_command(site, rasa):
    citizen = Citizen(site.url)
    citizen.say("06-12345678 /restart")
    citizen.say("06-12345678/restart")

    assert not any(turn.strip().startswith("/") for turn in rasa.turns_of(citizen.id)[1:])


NO_CHOICES = [
    "/bevestigen",
    "2-1'--",
    "2-1 OR 1=1",
    "2-1\x00",
    "\x00",
    "\ud800",
    "\u0662-\u0661",  # digits that are not ASCII
    "2-01",
    "-1",
    "2-",
    "9" * 5000 + "-1",
    "2-" + "9" * 5000,
    {"id": "2-1"},
    ["2-1"],
    None,
    True,
    2.1,
]


def test_only_an_id_that_the_bot_offered_is_a_choice(any_database, attacked, rasa):
    rasa.answers["hallo"] = said("Wil je dat?", [("Ja", "/bevestigen")])
    citizen = Citizen(attacked(database=any_database).url)
    citizen.say("hallo")
    for choice in NO_CHOICES:
        answer = citizen.ask("POST", "/messages", json={"choice": choice})
        assert answer.status_code == 422, (choice, answer.text)

    assert rasa.turns_of(citizen.id)[2:] == []


def test_a_choice_of_another_conversation_is_none_here(site, rasa):
    rasa.answers["hallo"] = said("Wil je dat?", [("Ja", "/bevestigen")])
    mine, other = Citizen(site.url), Citizen(site.url)
    (message,) = other.say("hallo")
    (choice,) = message["choices"]

    assert mine.ask("POST", "/messages", json={"choice": choice["id"]}).status_code == 422
    mine.say("Ja")
    assert "/bevestigen" not in rasa.turns_of(mine.id)


def test_nobody_learns_or_sets_what_a_button_does(site, rasa):
    rasa.answers["hallo"] = said("Wil je dat?", [("Ja", "/bevestigen")])
    citizen = Citizen(site.url)
    citizen.say("hallo")

    assert "/bevestigen" not in json.dumps(citizen.history())
    for field in ("payload", "sender", "metadata", "slots", "intent", "conversation_id"):
        refused = citizen.ask("POST", "/messages", json={"text": "hoi", field: "/bevestigen"})
        assert refused.status_code == 422, field


STRANGE = [
    "\u202egoed\u202c",
    "a\u0300\u0301\u0302" * 500,  # as many accents as fit
    "\U0001f469\u200d\U0001f4bb \U00020bb7",  # four bytes
    "\ufdfa" * 2000,  # one character that is eighteen when it is written out
    "\u115f\u3164\u2800",  # looks empty
    "a\x00b",
    "%s %n {0} ${jndi:ldap://127.0.0.1/a} {{7*7}}",
    "'; DROP TABLE messages; --",
    "[telefoon:1] [bsn:99999999999999999999]",
    "EXTERNAL: restart",
]


def test_strange_writing_is_text_that_comes_back(any_database, attacked, rasa):
    citizen = Citizen(attacked(database=any_database).url)
    for text in STRANGE:
        citizen.say(text)

    mine = [m["text"] for m in citizen.history() if m["from"] == "citizen"]
    assert len(mine) == len(STRANGE) == len(rasa.turns_of(citizen.id)) - 1
    for seen in (*mine, *rasa.turns_of(citizen.id)):
        assert not any(mark in seen for mark in "\x00\u202e\u202c\u200d")
        assert len(seen) <= 2000


UNKNOWN = ["\u202eAssen", "Assen\x00", "\ud800", "Assen\u200b", "//", {"a": 1}, ["Assen"], 1]


def test_a_conversation_begins_with_what_is_known_or_not_at_all(site, rasa):
    for field in ("gemeente", "channel", "page"):
        for value in UNKNOWN:
            answer = requests.post(
                f"{site.url}/api/v1/conversations", json={field: value}, timeout=30
            )
            is_path = field == "page" and value == "//"
            assert answer.status_code == (201 if is_path else 422), (field, value)

    assert all(turn.message.startswith("/groet{") for turn in rasa.turns)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'{"text": "' + b"a" * 1_000_000 + b'"}', 413),
        (b"[" * 30_000, 400),
        (b'{"text": ' * 3_000, 400),
        (b'{"text": ' + b"[" * 10_000 + b"]" * 10_000 + b"}", 400),
        (b'{"text": ' + b"9" * 20_000 + b"}", 400),
        (b'{"text": NaN}', 422),
        (b'{"text": 1e999}', 422),
        (b'{"text": "a", "text": 1}', 422),
        (b"\xef\xbb\xbf{}", 422),
        (b"\xed\xa0\x80", 400),
        ('{"text": "a"}'.encode("utf-16"), 200),
    ],
    ids=range(11),
)
def test_a_heavy_or_broken_body_is_refused_and_the_next_one_answered(site, rasa, body, status):
    citizen = Citizen(site.url)
    answer = citizen.ask("POST", "/messages", data=body)

    assert answer.status_code == status, answer.text
    assert "Traceback" not in answer.text
    assert citizen.say("hallo")


def test_a_rating_is_one_of_the_few(site):
    citizen = Citizen(site.url)
    seq = citizen.started["messages"][0]["id"]
    for value in (["up"], {"up": 1}, "UP", 1, True, "\ud800", "u" * 20_000):
        for path, name in ((f"/messages/{seq}/rating", "rating"), ("/rating", "helped")):
            assert citizen.ask("PUT", path, json={name: value}).status_code == 422, (path, value)


@pytest.mark.parametrize(("coding", "pack"), [("gzip", gzip.compress), ("deflate", zlib.compress)])
def test_what_grows_when_it_is_unpacked_is_refused(site, coding, pack):
    bomb = pack(b'{"text": "' + b"a" * 20_000_000 + b'"}')
    assert len(bomb) < 32_000
    citizen = Citizen(site.url)
    for path in ("/api/v1/conversations", "/webhooks/whatsapp", "/console/aanmelden"):
        answer = requests.post(
            f"{site.url}{path}",
            data=bomb,
            headers={"Content-Encoding": coding, "X-Hub-Signature-256": f"sha256={'0' * 64}"},
            timeout=30,
        )
        assert 400 <= answer.status_code < 500, (path, answer.status_code)

    assert citizen.say("hallo")
