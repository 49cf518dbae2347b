"""Results to take along, over HTTP: what a link opens, and what it never tells."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import requests
from served import SECRET

from bot.assessment import render, results
from bot.assessment.page import Bar, Page, Section
from bot.assessment.results import Links
from bot.conversations import log
from bot.database import now
from bot.flows.model import Progress
from bot.gateway.sessions import Sessions

LINKS = Links(SECRET, "")
TYPES = {"pdf": "application/pdf", "png": "image/png"}
STARTS = {"pdf": b"%PDF-1.7", "png": b"\x89PNG\r\n\x1a\n"}


def a_page(name):
    bars = [Bar(f"Thema {name}", "carries", 0.8)]
    return Page(f"Profiel {name}", "Dit zie ik.", [Section("Kop", ["Tekst."])], bars, 2, "vandaag")


@pytest.fixture
def url(serve, database, tmp_path):
    with serve(database, tmp_path / "var") as url:
        yield url


@pytest.fixture
def keep(database):
    """Keeps the result of someone; gives the conversation and the path of its link by kind."""

    def keep(name="een"):
        with database.session() as session:
            conversation = log.start(session, channel="web", gemeente=None, page=None).id
            progress = Progress(f"run {name}")
            made = results.keep(session, conversation, "zelfscan", progress, a_page(name))
        return conversation, {kind: LINKS.address(made, kind) for kind in TYPES}

    return keep


def get(url, path, **options):
    return requests.get(f"{url}{path}", timeout=60, **options)


def is_gone(response):
    """Whether it is a 404 that says nothing more than that, as problem+json (RFC 9457)."""
    assert response.status_code == 404, response.text
    assert response.headers["Content-Type"].startswith("application/problem+json")
    assert response.headers["Cache-Control"] == "no-store"
    body = response.json()
    assert (body["status"], body["type"], body["title"]) == (404, "about:blank", "Niet gevonden")
    return body["detail"]


@pytest.mark.parametrize("kind", ["pdf", "png"])
def test_who_has_the_link_gets_the_result(url, keep, kind):
    _, links = keep()

    response = get(url, links[kind])

    assert response.status_code == 200
    assert response.headers["Content-Type"] == TYPES[kind]
    assert response.content.startswith(STARTS[kind])
    assert len(response.content) == int(response.headers["Content-Length"])
    assert response.headers["Content-Disposition"] == f'inline; filename="startwijzer.{kind}"'


@pytest.mark.parametrize("kind", ["pdf", "png"])
def test_nothing_in_between_keeps_it_and_nothing_in_it_runs(url, keep, kind):
    _, links = keep()

    headers = get(url, links[kind]).headers

    assert headers["Cache-Control"] == "private, no-store"
    assert headers["X-Robots-Tag"] == "noindex"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["Referrer-Policy"] == "no-referrer"
    assert "Access-Control-Allow-Origin" not in headers
    assert "Set-Cookie" not in headers


def test_the_two_kinds_of_one_result_are_different_files(url, keep):
    _, links = keep()

    assert get(url, links["pdf"]).content[:4] != get(url, links["png"]).content[:4]
    assert get(url, links["png"]).content == render.png(a_page("een"))


def test_only_looking_is_possible(url, keep):
    _, links = keep()

    assert requests.head(f"{url}{links['png']}", timeout=60).status_code == 200
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        response = requests.request(method, f"{url}{links['png']}", timeout=60)
        assert response.status_code == 405
        assert response.json()["status"] == 405


@pytest.mark.parametrize("kind", ["PDF", "html", "pdf.exe", "", "pdf%00", "%2e%2e"])
def test_another_kind_does_not_exist(url, keep, kind):
    _, links = keep()
    path = links["pdf"].removesuffix("pdf")

    assert is_gone(get(url, f"{path}{kind}"))


@pytest.mark.parametrize("kind", ["pdf", "png"])
def test_a_link_that_does_not_hold_says_the_same_whatever_the_reason(
    url, keep, database, kind, monkeypatch
):
    conversation, links = keep()
    head, body, signature = links[kind].split("/")[-2].split(".")
    other = Links(f"another {SECRET}", "").address("weg", kind).split("/")[-2]
    with monkeypatch.context() as patch:
        patch.setattr(results, "now", lambda: now() - timedelta(days=8))
        expired = LINKS.address("weg", kind).split("/")[-2]
    nowhere = LINKS.address("weg", kind).split("/")[-2]
    tokens = [f"{head}.{body}.{signature[::-1]}", "x", "a.b.c", "x" * 3000, other, expired, nowhere]
    tokens.append(Sessions(SECRET).issue(conversation))

    details = {is_gone(get(url, f"/api/v1/results/{token}/{kind}")) for token in tokens}

    assert details == {"Deze link werkt niet (meer). Vraag in het gesprek om een nieuwe."}
    assert get(url, links[kind]).status_code == 200


def test_the_link_to_a_result_is_no_key_to_the_conversation(url, keep):
    conversation, links = keep()
    token = links["pdf"].split("/")[-2]

    path = f"/api/v1/conversations/{conversation}/messages"
    response = get(url, path, headers={"Authorization": f"Bearer {token}"})

    assert response.status_code == 401


def test_who_erases_the_conversation_erases_the_result(url, keep):
    conversation, links = keep()
    _, others = keep("twee")
    key = {"Authorization": f"Bearer {Sessions(SECRET).issue(conversation)}"}
    assert get(url, links["png"]).status_code == 200

    erased = requests.delete(f"{url}/api/v1/conversations/{conversation}", headers=key, timeout=60)

    assert erased.status_code == 204
    assert is_gone(get(url, links["png"]))
    assert is_gone(get(url, links["pdf"]))
    assert get(url, others["png"]).status_code == 200


def test_many_at_once_each_get_their_own(url, keep):
    names = [f"nummer {number}" for number in range(6)]
    links = {name: keep(name)[1] for name in names}
    asked = [(name, kind) for kind in ("png", "pdf") for name in names] * 2

    with ThreadPoolExecutor(12) as pool:
        found = list(pool.map(lambda one: get(url, links[one[0]][one[1]]), asked))

    for (name, kind), response in zip(asked, found, strict=True):
        assert response.status_code == 200
        assert response.content.startswith(STARTS[kind])
        if kind == "png":
            assert response.content == render.png(a_page(name))
        else:
            assert f"/Title(Profiel {name})".encode() in response.content


def test_a_page_that_cannot_be_drawn_is_our_mistake_and_tells_nothing(url, keep, monkeypatch):
    _, links = keep()

    def fail(*_, **__):
        raise RuntimeError("secret detail")

    monkeypatch.setattr(render.typst, "compile", fail)
    response = get(url, links["pdf"])

    assert response.status_code == 500
    assert response.json()["title"] == "Storing"
    assert "secret" not in response.text
