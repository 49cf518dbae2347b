"""Erasing by staff: what is kept in numbers, the certificate, and keeping something longer."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from everything import fill_conversation, fill_referral, mark
from reading_pages import heading

from bot.conversations.model import Conversation
from bot.database import now
from bot.privacy import erasure, kept, preserve
from bot.referral.file import find
from bot.review.model import ReviewConversation
from bot.staff.model import AuditEntry

TALK, REQUEST = "gesprek/gesprek-1", "aanvraag/SW-ACEF-GH23"
REASON = "Verzoek van de inwoner van 20 november"
KEEP = {"grond": "klacht", "waarom": "Klacht 12 loopt nog bij ons", "dagen": "30"}


@pytest.fixture
def person_data(console):
    with console.database.session() as session:
        fill_conversation(session, "gesprek-1", mark(1), now() + timedelta(minutes=30))
        fill_referral(session, "SW-ACEF-GH23", mark(1), now(), gemeente="Assen")
        session.get(Conversation, "gesprek-1").gemeente = None
        session.get(ReviewConversation, "gesprek-1").gemeente = "Assen"
    return console


@pytest.fixture
def officer(person_data, login):
    return login("privacy")


def audited(console):
    with console.database.session() as session:
        query = sa.select(AuditEntry).order_by(AuditEntry.id)
        rows = session.execute(query).scalars()
        return [(row.action, row.subject, row.gemeente, row.reason) for row in rows]


def erase(client, what, **fields):
    form = {"reden": REASON, "zeker": "ja", **fields}
    return client.submit(f"/gegevens/{what}/wissen", form)


@pytest.mark.parametrize(
    ("number", "found"),
    [
        ("gesprek-1", TALK),
        (" SW-ACEF-GH23 ", REQUEST),
        ("sw acef gh23", REQUEST),
    ],
)
def test_a_conversation_or_request_is_found_by_its_number(officer, number, found):
    response = officer.get("/gegevens", params={"zoek": number})
    assert response.headers["Location"] == f"/console/gegevens/{found}"


@pytest.mark.parametrize("number", ["niets", "' OR 1=1 --", "SW-AAAA-AAAA", "%", "../x"])
def test_another_number_finds_nothing(officer, number):
    response = officer.get("/gegevens", params={"zoek": number})
    assert response.status_code == 200
    assert "Er is niets gevonden" in response.text


def test_the_page_counts_each_kind_and_shows_no_content(officer, person_data):
    page = officer.get(f"/gegevens/{TALK}").text
    for name in kept.OF_CONVERSATION:
        assert name in page
    assert mark(1) not in page
    assert mark(1) not in officer.get(f"/gegevens/{REQUEST}").text
    assert ("kept_viewed", "gesprek gesprek-1", "Assen", None) in audited(person_data)


def test_erasing_gives_a_certificate_and_is_on_record(officer, person_data):
    response = erase(officer, TALK)

    address = response.headers["Location"].removeprefix("/console")
    code = address.rpartition("/")[2]
    page = officer.get(address)
    assert heading(page) == "Bewijs van wissen"
    assert code in page.text and "werk van medewerkers" in page.text
    assert ("erased", f"gesprek gesprek-1, bewijs {code}", "Assen", REASON) in audited(person_data)
    assert officer.get(f"/gegevens/{TALK}").status_code == 404
    assert erase(officer, TALK).status_code == 404
    found = officer.get("/gegevens", params={"zoek": code.lower()})
    assert found.headers["Location"].endswith(f"/bewijs/{code}")


def test_a_request_is_erased_apart_from_its_conversation(officer, person_data):
    assert erase(officer, REQUEST).status_code == 303
    with person_data.database.session() as session:
        assert find(session, "SW-ACEF-GH23") is None
        assert session.get(Conversation, "gesprek-1")


@pytest.mark.parametrize(
    ("fields", "told"),
    [({"reden": "kort"}, "tekens waarom"), ({"zeker": ""}, "Zet een vinkje")],
)
def test_without_a_reason_and_a_tick_nothing_is_erased(officer, fields, told):
    response = erase(officer, TALK, **fields)
    assert response.status_code == 400
    assert told in response.text
    assert officer.get(f"/gegevens/{TALK}").status_code == 200


def test_what_is_preserved_is_not_erased_until_it_is_released(officer, person_data):
    assert officer.submit(f"/gegevens/{TALK}/bewaren", KEEP).status_code == 303
    page = officer.get(f"/gegevens/{TALK}").text
    assert "er een klacht over loopt" in page and KEEP["waarom"] in page
    assert "Wis alles" not in page
    assert "Geef het eerst vrij" in erase(officer, TALK).text

    short = officer.submit(f"/gegevens/{TALK}/vrijgeven", {"vrij": "ok"})
    assert short.status_code == 400
    officer.submit(f"/gegevens/{TALK}/vrijgeven", {"vrij": "De klacht is afgehandeld"})

    assert erase(officer, TALK).status_code == 303
    actions = [entry[0] for entry in audited(person_data)]
    assert [a for a in actions if a in ("preserved", "released", "erased")] == [
        "preserved",
        "released",
        "erased",
    ]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"grond": ""}, "grond"),
        ({"grond": "zomaar"}, "grond"),
        ({"waarom": "kort"}, "waarom"),
        ({"dagen": "0"}, "dagen"),
        ({"dagen": "366"}, "dagen"),
        ({"dagen": "veel"}, "dagen"),
        ({"dagen": "²"}, "dagen"),
    ],
)
def test_what_is_wrong_with_keeping_it_is_said_at_the_field(officer, person_data, wrong, field):
    response = officer.submit(f"/gegevens/{TALK}/bewaren", {**KEEP, **wrong})
    assert response.status_code == 400
    assert f'id="{field}-error"' in response.text
    with person_data.database.session() as session:
        assert preserve.find(session, kept.CONVERSATION, "gesprek-1") is None


def test_a_gemeente_finds_and_erases_only_its_own(person_data, login):
    other = login("privacy", gemeenten={"Emmen"})
    own = login("privacy", gemeenten={"Assen"})
    for what in (TALK, REQUEST):
        found = other.get("/gegevens", params={"zoek": what.rpartition("/")[2]})
        assert "Er is niets gevonden" in found.text
        assert other.get(f"/gegevens/{what}").status_code == 404
        assert erase(other, what).status_code == 404
        assert other.submit(f"/gegevens/{what}/bewaren", KEEP).status_code == 404
        assert other.submit(f"/gegevens/{what}/vrijgeven", {"vrij": REASON}).status_code == 404
    address = erase(own, TALK).headers["Location"].removeprefix("/console")

    assert own.get(address).status_code == 200
    assert other.get(address).status_code == 404
    found = other.get("/gegevens", params={"zoek": address.rpartition("/")[2]})
    assert found.status_code == 200


def test_what_a_reason_says_is_shown_as_text(officer):
    officer.submit(f"/gegevens/{TALK}/bewaren", {**KEEP, "waarom": "<script>alert(1)</script>"})
    assert "<script>alert" not in officer.get(f"/gegevens/{TALK}").text


def test_the_pages_can_be_used_by_everyone(person_data, browser, violations):
    page = browser.page("privacy", viewport={"width": 320, "height": 640})
    for path in ("", f"/{TALK}"):
        page.goto(f"{person_data.url}/gegevens{path}")
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_label("Waarom wis je dit?").fill(REASON)
    page.get_by_role("button", name="Wis alles").click()
    page.get_by_text("Zet een vinkje").first.wait_for()
    assert violations(page) == []
    page.get_by_label("Ja, wis dit.").check()
    page.get_by_role("button", name="Wis alles").click()
    page.get_by_role("heading", name="Bewijs van wissen").wait_for()
    assert violations(page) == []
    with person_data.database.session() as session:
        assert [row["by"] for row in erasure.every(session)] == [erasure.STAFF]
