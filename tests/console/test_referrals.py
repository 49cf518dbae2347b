"""Requests for contact: the queue, the states, and the contact detail behind its own door."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from requests_made import PHONE, Requests

from bot.staff.model import AuditEntry

XSS = "<script>alert(1)</script>"
REASON = "De inwoner bellen over de bakkerij"


@pytest.fixture
def requests(console):
    return Requests(console.database, console.settings.secret_key)


def audited(console, action):
    with console.database.session() as session:
        query = sa.select(AuditEntry).where(AuditEntry.action == action).order_by(AuditEntry.id)
        rows = session.execute(query).scalars()
        return [(row.staff_id, row.subject, row.gemeente, row.reason) for row in rows]


def test_the_queue_shows_per_desk_what_is_open_and_late(requests, login):
    soon = requests.add(due=1)
    late = requests.add(due=-2, urgency="spoed")
    other = requests.add(due=5, service_id="dienst-kvk")
    done = requests.add(status="afgerond")
    client = login("adviseur")
    page = client.get("/aanvragen").text
    assert page.index(late) < page.index(soon) < page.index(other)
    assert done not in page
    assert page.count("Te laat</strong>") == 1
    assert "Spoed" in page
    assert "1 te laat" in page
    assert other not in client.get("/aanvragen?loket=ondernemersloket").text
    assert done in client.get("/aanvragen?stand=afgerond").text
    only = client.get("/aanvragen?stand=te_laat").text
    assert late in only and soon not in only


@pytest.mark.parametrize(
    "query",
    [
        "?loket=' OR 1=1 --",
        "?stand=x'; DROP TABLE referral",
        "?pagina=-1",
        "?gemeente=%25",
        "?pagina=9",
    ],
)
def test_what_stands_in_the_address_never_becomes_sql(requests, login, query):
    requests.add()
    client = login("adviseur")
    assert client.get(f"/aanvragen{query}").status_code == 200
    assert "1 aanvraag" in client.get("/aanvragen").text


def test_a_gemeente_sees_and_touches_only_its_own(requests, login, console):
    own, foreign = requests.add(), requests.add(gemeente="Assen")
    client = login("adviseur", gemeenten={"Voorbeeldstad"})
    for address in ("/aanvragen", "/aanvragen?gemeente=Assen", "/aanvragen?stand=alle"):
        assert foreign not in client.get(address).text
    assert own in client.get("/aanvragen").text
    for reference in (foreign, "SW-AAAA-AAAA", foreign.lower(), "x' OR '1'='1", "SW-%2e%2e"):
        assert client.get(f"/aanvragen/{reference}").status_code == 404, reference
        for action, data in (
            ("status", {"stand": "afgerond"}),
            ("contact", {"reden": REASON}),
            ("contact", {"reden": ""}),
            ("status", {}),
        ):
            response = client.submit(f"/aanvragen/{reference}/{action}", data)
            assert response.status_code == 404, (reference, action)
            assert PHONE not in response.text
    assert requests.get(foreign).status == "ontvangen"
    assert audited(console, "contact_revealed") == []
    assert audited(console, "referral_opened") == []


def test_a_request_shows_what_the_citizen_shared_and_never_the_contact_detail(
    requests, login, console
):
    reference = requests.add(
        question=f"{XSS} bel [telefoon:1]",
        context=[{"label": XSS, "text": f"{XSS} plan"}],
        wish=XSS,
    )
    client = login("adviseur")
    page = client.get(f"/aanvragen/{reference}").text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt; bel (telefoonnummer weggelaten)" in page
    assert PHONE not in page
    assert PHONE not in client.get("/aanvragen?stand=alle").text
    assert audited(console, "referral_opened") == [
        (client.person.id, f"aanvraag {reference}", "Voorbeeldstad", None)
    ]


def test_a_state_is_changed_with_a_note_and_the_name_of_who_did_it(requests, login, console):
    reference = requests.add()
    client = login("adviseur", name="Anna " + "A" * 100)
    response = client.submit(
        f"/aanvragen/{reference}/status", {"stand": "in_behandeling", "notitie": f"{XSS} gebeld"}
    )
    assert response.status_code == 303
    assert response.headers["Location"] == f"/console/aanvragen/{reference}"
    page = client.get(f"/aanvragen/{reference}").text
    assert "is nu: in behandeling" in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt; gebeld" in page
    event = requests.get(reference).events[-1]
    assert (event.status, event.by) == ("in_behandeling", ("Anna " + "A" * 100)[:80])
    assert audited(console, "referral_changed")[0][1] == f"aanvraag {reference}"


def test_what_cannot_follow_is_refused_and_says_what_can(requests, login):
    reference = requests.add(status="contact_gelegd")
    client = login("adviseur")
    response = client.submit(
        f"/aanvragen/{reference}/status", {"stand": "in_behandeling", "notitie": "mijn notitie"}
    )
    assert response.status_code == 409
    assert "kan niet &#39;in_behandeling&#39; worden" in response.text
    assert "mijn notitie" in response.text
    assert requests.get(reference).status == "contact_gelegd"
    for stand in ("", "onzin", "'; --"):
        response = client.submit(f"/aanvragen/{reference}/status", {"stand": stand})
        assert response.status_code in (400, 409)
    long = {"stand": "afgerond", "notitie": "a" * 1001}
    assert client.submit(f"/aanvragen/{reference}/status", long).status_code == 409
    assert requests.get(reference).status == "contact_gelegd"


def test_what_has_ended_stays_so(requests, login):
    reference = requests.add(status="afgerond")
    client = login("adviseur")
    assert 'name="stand"' not in client.get(f"/aanvragen/{reference}").text
    response = client.submit(f"/aanvragen/{reference}/status", {"stand": "ontvangen"})
    assert response.status_code == 409
    assert "niets meer" in response.text


def test_a_withdrawn_request_loses_its_contact_detail(requests, login):
    reference = requests.add()
    client = login("adviseur")
    client.submit(f"/aanvragen/{reference}/status", {"stand": "ingetrokken"})
    assert requests.get(reference).contact == b""
    response = client.submit(f"/aanvragen/{reference}/contact", {"reden": REASON})
    assert "Het contactgegeven is gewist." in response.text


def test_two_advisers_at_once_do_not_both_finish_it(requests, console):
    reference = requests.add()
    clients = [console.login("adviseur") for _ in range(2)]
    tokens = [client.csrf() for client in clients]

    def finish(pair):
        client, token = pair
        data = {"csrf": token, "stand": "afgerond"}
        return client.post(f"/aanvragen/{reference}/status", data=data).status_code

    with ThreadPoolExecutor(2) as pool:
        found = sorted(pool.map(finish, zip(clients, tokens, strict=True)))
    assert found == [303, 409]
    assert [event.status for event in requests.get(reference).events] == ["ontvangen", "afgerond"]


def test_the_contact_detail_is_shown_once_after_the_reason_is_logged(requests, login, console):
    reference = requests.add()
    client = login("adviseur")
    response = client.submit(f"/aanvragen/{reference}/contact", {"reden": REASON})
    assert response.status_code == 200
    assert PHONE in response.text
    assert response.headers["Cache-Control"] == "no-store"
    assert audited(console, "contact_revealed") == [
        (client.person.id, f"aanvraag {reference}", "Voorbeeldstad", REASON)
    ]
    assert PHONE not in client.get(f"/aanvragen/{reference}").text
    assert client.get(f"/aanvragen/{reference}/contact").status_code == 405


@pytest.mark.parametrize("reason", ["", "   ", "kort", "a" * 501])
def test_without_a_reason_nothing_is_shown_or_logged(requests, login, console, reason):
    reference = requests.add()
    response = login("adviseur").submit(f"/aanvragen/{reference}/contact", {"reden": reason})
    assert response.status_code == 400
    assert "Schrijf in 10 tot 500 tekens" in response.text
    assert PHONE not in response.text
    assert audited(console, "contact_revealed") == []


def test_without_the_log_nobody_sees_the_contact_detail(requests, login, console):
    reference = requests.add()
    client = login("adviseur")
    token = client.csrf()
    with console.database.session() as session:
        session.execute(sa.text("ALTER TABLE audit_entry RENAME TO elsewhere"))
    data = {"csrf": token, "reden": REASON}
    response = client.post(f"/aanvragen/{reference}/contact", data=data)
    assert response.status_code == 500
    assert PHONE not in response.text


def test_the_right_to_requests_is_not_the_right_to_contact_details(requests, login, console):
    reference = requests.add()
    for role in ("lezer", "beoordelaar", "redacteur", "beheerder"):
        response = login(role).submit(f"/aanvragen/{reference}/contact", {"reden": REASON})
        assert response.status_code == 403, role
    client = login("adviseur")
    forged = client.post(f"/aanvragen/{reference}/contact", data={"reden": REASON})
    assert forged.status_code == 403
    assert audited(console, "contact_revealed") == []


def test_a_detail_that_no_key_reads_is_said_to_be_so(console, login):
    reference = Requests(console.database, "x" * 40).add()
    response = login("adviseur").submit(f"/aanvragen/{reference}/contact", {"reden": REASON})
    assert response.status_code == 200
    assert "de sleutel van toen ontbreekt" in response.text


@pytest.mark.parametrize("width", [1280, 320])
def test_the_pages_are_accessible_and_fit(requests, browser, console, violations, width):
    reference = requests.add(due=-1, urgency="spoed", messages=["sent", "waiting"])
    for _ in range(3):
        requests.add(service_id="dienst-kvk")
    page = browser.page("adviseur", viewport={"width": width, "height": 900})
    for path in ("/aanvragen", f"/aanvragen/{reference}"):
        page.goto(console.url + path)
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.locator("form[action$='/contact']").evaluate("form => { form.noValidate = true }")
    page.get_by_role("button", name="Toon contactgegeven").click()
    assert page.get_by_label("Waarom heb je het nodig?").get_attribute("aria-invalid") == "true"
    assert violations(page) == []


def test_a_request_is_handled_with_only_the_keyboard(requests, browser, console):
    reference = requests.add()
    page = browser.page("adviseur")
    page.goto(f"{console.url}/aanvragen")
    page.get_by_role("link", name=reference).focus()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/{reference}")
    page.get_by_label("Waarom heb je het nodig?").focus()
    page.keyboard.type(REASON)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.get_by_text(PHONE).wait_for()
    page.get_by_label("Contact gelegd").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.type("Gesproken, komt dinsdag langs")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.get_by_text(f"Aanvraag {reference} is nu: contact gelegd.").wait_for()
    assert page.get_by_text(PHONE).count() == 0
    assert page.get_by_text("Gesproken, komt dinsdag langs").is_visible()
