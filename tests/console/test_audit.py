"""The page of the audit log."""

import pytest

from bot.staff import audit
from bot.staff.accounts import Person

BOB = Person(77, "Bob <b>", "bob@x.nl", frozenset({"lezer"}), None)


@pytest.fixture
def log(console):
    """Sixty entries of two gemeenten."""
    with console.database.session() as session:
        for number in range(60):
            gemeente = "Assen" if number % 2 else "Emmen"
            action = "contact_revealed" if number == 30 else "conversation_opened"
            reason = "<script>alert(1)</script>" if number == 30 else None
            subject = f"gesprek nr{number:02}"
            audit.record(session, BOB, action, subject, reason, gemeente=gemeente)


def test_the_officer_sees_who_did_what_when_to_whom_and_why(console, log):
    page = console.login("privacy").get("/logboek?wat=contact_revealed").text

    assert "contactgegevens bekeken" in page
    assert "gesprek nr30" in page
    assert "Bob &lt;b&gt;" in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script>alert" not in page
    assert "1 regel<" in page


def test_the_newest_come_first_in_pages_of_fifty(console, log):
    client = console.login("privacy")
    first, second = client.get("/logboek").text, client.get("/logboek?pagina=2").text

    assert first.count("<tr>") == 1 + 50
    assert "gesprek nr59" in first
    assert "gesprek nr05" not in first
    assert "gesprek nr05" in second
    assert 'href="/console/logboek?pagina=2"' in first


def test_an_officer_of_one_gemeente_sees_only_that_one(console, log):
    client = console.login("privacy", gemeenten={"Assen"})
    page = client.get("/logboek").text

    assert "gesprek nr59" in page
    assert "gesprek nr58" not in page
    assert "gesprek nr58" not in client.get("/logboek?gemeente=Emmen").text
    assert "gesprek nr58" not in client.get("/logboek?onderwerp=nr58").text


def test_looking_in_the_log_is_on_record_without_what_was_looked_for(console, log):
    client = console.login("privacy")
    client.get("/logboek?onderwerp=jansen&wat=login")
    client.get("/logboek?onderwerp=jansen&wat=login&pagina=2")

    with console.database.session() as session:
        rows, _ = audit.search(session, audit.AuditFilter(action="audit_searched"), None)
    assert [(row.staff_id, row.subject) for row in rows] == [
        (client.person.id, "logboek: onderwerp, wat")
    ]


@pytest.mark.parametrize(
    "query",
    [
        "pagina=0",
        "pagina=-1",
        "pagina=999999",
        "pagina=x",
        "wie=%27%20OR%201=1",
        "van=0000-00-00&tot=9999-12-31",
        "van=0001-01-01",
        "onderwerp=%25%5F%5C",
        "reden=%0d%0aX-Injected:%20yes",
        "wat=<script>alert(1)</script>",
    ],
)
def test_strange_filters_break_nothing(any_console, query):
    response = any_console.login("privacy").get(f"/logboek?{query}")

    assert response.status_code == 200
    assert "X-Injected" not in response.headers
    assert "<script>alert" not in response.text


def test_what_no_database_can_keep_is_refused(any_console):
    client = any_console.login("privacy")

    assert client.get("/logboek?onderwerp=%00").status_code == 400
    assert client.submit("/account/wachtwoord", {"current": "a\x00b"}).status_code == 400


def test_what_was_searched_stands_in_the_form_again(console, log):
    page = (
        console.login("privacy")
        .get('/logboek?onderwerp="><b>&van=2026-01-02&wat=contact_revealed')
        .text
    )

    assert 'value="&#34;&gt;&lt;b&gt;"' in page
    assert 'value="2026-01-02"' in page
    assert '<option value="contact_revealed" selected>' in page
