"""Files that are not for the public, pages elsewhere, logs and errors that say too much."""

import logging
import socket

import pytest
import requests
from gateway_citizen import Citizen

from bot.console.security import safe_next

STATIC = ("/demo", "/console/static", "/widget")
UPWARD = [
    "/../settings.py",
    "/../../../../../../etc/passwd",
    "/..%2f..%2f..%2fetc/passwd",
    "/%2e%2e/%2e%2e/settings.py",
    "/%252e%252e/settings.py",
    "/..%5c..%5csettings.py",
    "/....//....//settings.py",
    "//etc/passwd",
    "/%00",
    "/index.html%00.js",
    "/.",
    "/",
    "",
    "/\u2025/settings.py",
]


def raw(site, text):
    """The answer to exactly these bytes; a client library would tidy the path up."""
    with socket.create_connection(site.place, timeout=20) as line:
        line.sendall(text.encode("utf-8", "surrogatepass"))
        received = b""
        while chunk := line.recv(65536):
            received += chunk
        return received


@pytest.mark.parametrize("folder", STATIC)
def test_no_path_leads_out_of_a_folder_or_lists_it(site, folder):
    for path in UPWARD:
        answer = raw(site, f"GET {folder}{path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        status = int(answer.split(b" ", 2)[1])
        assert status in (301, 302, 308, 400, 403, 404), (path, status)
        assert b"root:" not in answer
        assert b"from __future__" not in answer
        assert b"Index of" not in answer


@pytest.mark.parametrize(
    "path",
    [
        *("/.env", "/.git/config", "/var/startwijzer.sqlite3", "/bot/settings.py", "/models/"),
        *("/endpoints.yml", "/webhooks/rest/webhook", "/model/parse", "/model/train", "/status"),
        *("/version", "/conversations/default/tracker", "/domain", "/webhook", "/actions"),
    ],
)
def test_what_is_not_for_the_public_is_not_there(site, path):
    for method in ("GET", "POST", "PUT"):
        answer = requests.request(method, f"{site.url}{path}", json={}, timeout=30)
        assert answer.status_code in (404, 405), (method, answer.status_code)


# --- elsewhere ---

ELSEWHERE = [
    "https://evil.example/",
    "//evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/\t/evil.example",
    "/\r\nLocation: https://evil.example",
    "javascript:alert(1)",
    "https:evil.example",
    "evil.example",
    "/\u2028/evil.example",
    "",
    "x" * 3000,
]


@pytest.mark.parametrize("path", ELSEWHERE, ids=ascii)
def test_the_way_back_after_logging_in_is_ours(path):
    assert safe_next(path) == "/"


def test_no_address_of_ours_leads_elsewhere(site):
    for path in ("//evil.example", "//evil.example/%2e%2e", "/\\evil.example", "/console//evil.nl"):
        answer = raw(site, f"GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        head = answer.partition(b"\r\n\r\n")[0].lower()
        assert b"\r\nlocation: //" not in head
        assert b"location: http" not in head, path
    for wanted in ELSEWHERE:
        answer = requests.get(
            f"{site.url}/console/aanmelden",
            params={"next": wanted},
            allow_redirects=False,
            timeout=30,
        )
        assert answer.status_code == 200
        assert 'href="https://evil' not in answer.text


def test_another_host_in_the_request_appears_nowhere(site):
    for header in ("Host", "X-Forwarded-Host", "X-Original-URL", "Forwarded"):
        for path in ("/", "/console/", "/console/aanmelden", "/api/v1/openapi.json"):
            answer = requests.get(
                f"{site.url}{path}",
                headers={header: "evil.example"},
                allow_redirects=False,
                timeout=30,
            )
            assert "evil.example" not in answer.text + str(answer.headers), (header, path)


def test_nothing_gets_a_line_of_its_own_in_the_headers(site):
    for path in ("/console/aanmelden?next=/%0d%0aSet-Cookie:%20a=b", "/%0d%0aX-Own:%20a"):
        answer = requests.get(f"{site.url}{path}", allow_redirects=False, timeout=30)
        assert "X-Own" not in answer.headers
        assert "a=b" not in answer.headers.get("Set-Cookie", "")


# --- logs and errors ---


def test_nothing_that_somebody_sends_is_in_the_log(site, rasa, caplog):
    caplog.set_level(logging.DEBUG)
    rasa.statuses = [200, 500]
    citizen = Citizen(site.url)
    citizen.say("mijn geheim\nERROR root: ingebroken\x1b[2J")
    citizen.ask("POST", "/messages", json={"choice": "geheim\nERROR root: ingebroken"})
    requests.get(f"{site.url}/geheim%0aERROR%20root:%20ingebroken", timeout=30)
    requests.get(f"{site.url}/", headers={"User-Agent": "geheim ingebroken"}, timeout=30)
    requests.post(
        f"{site.url}/console/aanmelden", data={"email": "geheim", "password": "geheim"}, timeout=30
    )
    requests.post(
        f"{site.url}/webhooks/whatsapp",
        data=b'{"geheim": 1}',
        headers={"X-Hub-Signature-256": "sha256=geheim"},
        timeout=30,
    )
    raw(site, "GET /geheim HTTP/1.1\r\nHost: a\r\nX-\x00geheim: ingebroken\r\n\r\n")

    ours = [
        record for record in caplog.records if not record.name.startswith(("urllib3", "asyncio"))
    ]
    text = "\n".join(logging.Formatter().format(record) for record in ours)
    assert "no answer (status 500)" in text, "something was logged"
    for secret in ("geheim", "ingebroken", citizen.started["token"], "127.0.0.1", "\x1b"):
        assert secret not in text, secret


def test_a_mistake_of_ours_shows_nothing_of_the_inside(site, monkeypatch):
    citizen = Citizen(site.url)

    def broken(*_, **__):
        raise RuntimeError("geheim /srv/startwijzer/bot SELECT * FROM vault")

    monkeypatch.setattr("bot.gateway.api.log.get", broken)
    monkeypatch.setattr("bot.gateway.api.ratings.rate", broken)
    monkeypatch.setattr("bot.console.account.render", broken, raising=False)
    answers = [
        citizen.ask("POST", "/token"),
        citizen.ask("PUT", "/rating", json={"helped": "yes"}),
    ]

    for answer in answers:
        assert answer.status_code == 500
        assert answer.json()["detail"] == (
            "Er ging iets mis aan onze kant. Probeer het zo nog eens."
        )
        for inside in ("geheim", "RuntimeError", "Traceback", "SELECT", ".py"):
            assert inside not in answer.text


# --- slow ---


@pytest.mark.parametrize(
    ("path", "headers", "limit"),
    [
        ("/api/v1/conversations", "", "bot.gateway.reading.LONGEST_READ"),
        (
            "/webhooks/whatsapp",
            f"X-Hub-Signature-256: sha256={'0' * 64}\r\n",
            "bot.gateway.reading.LONGEST_READ",
        ),
        (
            "/console/aanmelden",
            "Content-Type: application/x-www-form-urlencoded\r\n",
            "bot.console.security.LONGEST_READ",
        ),
    ],
)
def test_a_body_that_never_ends_is_given_up(site, monkeypatch, path, headers, limit):
    monkeypatch.setattr(limit, 0.2)
    answer = raw(
        site, f"POST {path} HTTP/1.1\r\nHost: a\r\n{headers}Content-Length: 20\r\n\r\n" + "{"
    )

    assert answer.startswith(b"HTTP/1.1 408"), answer[:200]
