"""What did not arrive: at desks with a second try, and on WhatsApp with why."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from requests_made import Requests

from bot.console.deliveries import BY_CODE, reason_of, window_in_words
from bot.conversations import log
from bot.database import now
from bot.referral.model import Handover
from bot.staff.model import AuditEntry
from bot.whatsapp.errors import CODES
from bot.whatsapp.model import WhatsAppDelivery, WhatsAppPerson


@pytest.fixture
def requests(console):
    return Requests(console.database, console.settings.secret_key)


@pytest.fixture
def not_arrived(console):
    """A message on WhatsApp that failed; the id of the conversation."""

    def failed(code=131026, gemeente="Voorbeeldstad", written=timedelta(hours=21), **values):
        with console.database.session() as session:
            conversation = log.start(session, channel="whatsapp", gemeente=gemeente, page=None)
            identity, moment = conversation.id, now()
            session.add(
                WhatsAppPerson(
                    conversation_id=identity,
                    key=identity,
                    address="geheim-adres",
                    last_in_at=moment - written,
                    rendered_seq=0,
                    created_at=moment,
                )
            )
            session.add(
                WhatsAppDelivery(
                    conversation_id=identity,
                    seq=2,
                    part=0,
                    kind="message",
                    body="geheime-inhoud",
                    status="failed",
                    attempts=1,
                    next_attempt_at=moment,
                    error_code=code,
                    error="Message undeliverable",
                    created_at=moment,
                    **values,
                )
            )
        return identity

    return failed


def states(console, reference):
    with console.database.session() as session:
        query = sa.select(Handover.status).where(Handover.reference == reference)
        return list(session.execute(query).scalars())


def test_what_was_given_up_is_sent_again_by_a_button(requests, login, console):
    dead, waiting = requests.add(messages=["dead"]), requests.add(messages=["waiting"])
    client = login("beheerder")
    page = client.get("/bezorging").text
    assert page.index(dead) < page.index(waiting)
    assert "550 &lt;b&gt;onbekend&lt;/b&gt;" in page
    response = client.submit(f"/bezorging/{dead}/opnieuw")
    assert response.headers["Location"] == "/console/bezorging"
    assert states(console, dead) == ["waiting"]
    assert f"Aanvraag {dead} gaat opnieuw naar het loket." in client.get("/bezorging").text
    client.submit(f"/bezorging/{waiting}/opnieuw")
    assert "was niets opgegeven" in client.get("/bezorging").text
    with console.database.session() as session:
        query = sa.select(AuditEntry.subject).where(AuditEntry.action == "delivery_revived")
        assert session.execute(query).scalars().all() == [f"aanvraag {dead}"], "nothing else was"


def test_a_gemeente_sees_and_revives_only_its_own(requests, login, console, not_arrived):
    own = requests.add(messages=["dead"])
    foreign = requests.add(messages=["dead"], gemeente="Assen")
    here, there = not_arrived(), not_arrived(gemeente="Assen")
    client = login("beheerder", gemeenten={"Voorbeeldstad"})
    page = client.get("/bezorging").text
    assert own in page and here[:8] in page
    assert foreign not in page and there[:8] not in page
    for reference in (foreign, "SW-AAAA-AAAA", "' OR 1=1 --"):
        assert client.submit(f"/bezorging/{reference}/opnieuw").status_code == 404
    assert states(console, foreign) == ["dead"]


def test_whatsapp_says_why_and_how_long_one_may_still_answer(login, not_arrived):
    not_arrived()
    not_arrived(code=131047, written=timedelta(hours=30))
    page = login("beheerder").get("/bezorging").text
    assert BY_CODE[131026] in page
    assert "code 131026" in page
    assert "De 24 uur waarin je vrij mag antwoorden, waren voorbij." in page
    assert "nog 2 uur" in page or "nog 3 uur" in page
    assert "voorbij: alleen nog met een vast bericht" in page
    assert "geheim" not in page


def test_a_long_list_asks_the_database_no_more_than_a_short_one(login, not_arrived, console):
    client, asked = login("beheerder"), []
    sa.event.listen(console.database.engine, "before_cursor_execute", lambda *_: asked.append(1))

    def questions():
        asked.clear()
        assert client.get("/bezorging").status_code == 200
        return len(asked)

    not_arrived()
    few = questions()
    for _ in range(8):
        not_arrived()

    assert questions() == few


@pytest.mark.parametrize("code", [*CODES, None, 999999])
def test_every_error_has_a_reason_in_dutch(code):
    assert len(reason_of(code)) > 20


@pytest.mark.parametrize(
    ("left", "words"),
    [
        (timedelta(hours=3, minutes=20), "nog 3 uur"),
        (timedelta(minutes=59), "nog 59 minuten"),
        (timedelta(seconds=10), "nog 1 minuut"),
        (timedelta(0), "voorbij: alleen nog met een vast bericht"),
        (None, "voorbij: alleen nog met een vast bericht"),
    ],
)
def test_the_window_in_words(left, words):
    assert window_in_words(left) == words


@pytest.mark.parametrize("width", [1280, 320])
def test_the_page_is_accessible_and_fits(
    requests, browser, console, violations, not_arrived, width
):
    requests.add(messages=["dead"])
    requests.add(messages=["waiting"])
    not_arrived()
    page = browser.page("beheerder", viewport={"width": width, "height": 900})
    page.goto(f"{console.url}/bezorging")
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.get_by_role("button", name="Verstuur opnieuw").focus()
    page.keyboard.press("Enter")
    page.get_by_text("gaat opnieuw naar het loket").wait_for()
