"""Finding and reading conversations in the console, in a real browser and as an attacker."""

import re
from datetime import datetime, timezone

import pytest
import sqlalchemy as sa
from desk_rows import referral
from log_data import Talk, about, flow

from bot.conversations import log
from bot.conversations.log import Reply
from bot.conversations.model import Conversation, StoredMessage
from bot.database import now
from bot.referral.model import Referral
from bot.review import projection
from bot.review.model import SavedView
from bot.staff.model import AuditEntry

XSS = (
    "<script>document.title='raak'</script><img src=x onerror=\"document.title='raak'\">"
    "'\"><svg/onload=document.title='raak'> {{ 7*7 }} [klik](javascript:alert(1))"
)


@pytest.fixture
def talk(database):
    """A conversation with a flow, a rating, a referral, and an evil message."""
    made = Talk(database, gemeente="Assen")
    _, answer = made.say(
        "hoe vraag ik bbz aan",
        intent="bbz",
        confidence=0.83,
        runner_up=("financiering", 0.12),
        entities=[{"entity": "gemeente", "value": "Assen"}],
        slots={"fase": "starten"},
        about=about("bbz", ["bbz-loket"]),
    )
    made.rate(answer, "down")
    made.say(XSS, intent="nlu_fallback", runner_up=(XSS[:40], 0.3), action="action_terugval")
    asked = about(flow="zelfscan", step="zs01")
    made.say("zelfscan", loop="zelfscan_form", flows={"zelfscan": flow("r", {})}, about=asked)
    made.say("Klopt", '/informatie_geven{"antwoord": "zs01:3"}', intent="informatie_geven")
    with database.session() as session:
        session.add(
            referral(
                run="r", conversation_id=made.id, status="in_behandeling", service_id="bbz-loket"
            )
        )
    projection.catch_up(database)
    return made


def other(database, text="een ander gesprek", gemeente="Breda"):
    made = Talk(database, gemeente=gemeente)
    made.say(text)
    projection.catch_up(database)
    return made


def test_the_list_shows_a_conversation_with_its_signals(login, talk):
    page = login("lezer").get("/gesprekken").text

    assert "hoe vraag ik bbz aan" in page
    assert "1 gesprek<" in page
    for words in ("1× niet begrepen", "1× duim omlaag", "doorverwezen", "bleef in zelfscan"):
        assert words in page
    assert f'href="/console/gesprekken/{talk.id}"' in page


def test_without_conversations_the_page_says_so(login):
    assert "Er zijn geen gesprekken die hierbij passen" in login("lezer").get("/gesprekken").text


def test_filters_live_in_the_address_and_each_can_be_taken_away(login, talk, database):
    other(database, gemeente="Assen")
    page = login("lezer").get("/gesprekken?onderwerp=bbz&oordeel=down&zoek=BBZ").text

    assert "hoe vraag ik bbz aan" in page and "een ander gesprek" not in page
    assert 'href="/console/gesprekken?onderwerp=bbz&amp;oordeel=down"' in page
    assert '<option value="bbz" selected>' in page


def test_the_transcript_shows_what_the_bot_understood_and_did(login, talk):
    page = login("beoordelaar").get(f"/gesprekken/{talk.id}").text

    for words in ("83%", "12%", "gemeente: Assen", "fase: starten", "bbz-loket", "action_terugval"):
        assert words in page
    for words in ("zs01", "SW-ACEF-GHJK", "in behandeling", "duim omlaag", "middenin gebleven"):
        assert words in page
    assert '<span class="badge">knop</span>' in page


def test_only_who_handles_requests_gets_a_link_to_one(login, talk):
    link = 'href="/console/aanvragen/SW-ACEF-GHJK"'

    assert link not in login("lezer").get(f"/gesprekken/{talk.id}").text
    assert link in login("privacy").get(f"/gesprekken/{talk.id}").text


def test_every_opened_conversation_is_on_record(login, talk, database):
    reader = login("lezer")
    reader.get("/gesprekken")
    reader.get(f"/gesprekken/{talk.id}")
    with database.session() as session:
        query = sa.select(AuditEntry).where(AuditEntry.action == "conversation_opened")
        entries = list(session.execute(query).scalars())

    assert [(e.staff_id, e.subject, e.gemeente) for e in entries] == [
        (reader.person.id, talk.id, "Assen")
    ]


def test_a_conversation_of_another_gemeente_does_not_exist(login, talk, database):
    theirs = other(database, "iets geheims", "Breda")
    reader = login("lezer", gemeenten={"Assen"})
    unknown = reader.get("/gesprekken/bestaat-niet")
    foreign = reader.get(f"/gesprekken/{theirs.id}")

    assert (unknown.status_code, foreign.status_code) == (404, 404)
    assert unknown.text.replace("bestaat-niet", "") == foreign.text.replace(theirs.id, "")
    assert reader.get(f"/gesprekken/{talk.id}").status_code == 200
    for path in ("/gesprekken", "/gesprekken?gemeente=Breda", "/gesprekken?zoek=geheims"):
        assert "iets geheims" not in reader.get(path).text
    assert "2 gesprekken" not in reader.get("/gesprekken").text
    with database.session() as session:
        subjects = session.execute(sa.select(AuditEntry.subject)).scalars().all()
    assert theirs.id not in subjects


def test_a_referral_to_another_gemeente_is_not_shown(login, talk, database):
    with database.session() as session:
        session.execute(sa.update(Referral).values(gemeente="Breda"))

    assert "SW-ACEF" not in login("lezer", gemeenten={"Assen"}).get(f"/gesprekken/{talk.id}").text
    assert "SW-ACEF" in login("lezer").get(f"/gesprekken/{talk.id}").text


def test_neighbours_are_those_of_the_selection(login, database):
    first, _, third = (other(database, text, "Assen") for text in ("bbz een", "btw", "bbz twee"))
    page = login("lezer").get(f"/gesprekken/{third.id}?zoek=bbz").text

    assert f'rel="next" href="/console/gesprekken/{first.id}?zoek=bbz"' in page
    assert 'rel="prev"' not in page


def test_an_erased_conversation_is_gone_from_the_console(login, talk):
    reader = login("lezer")
    talk.erase()

    assert reader.get(f"/gesprekken/{talk.id}").status_code == 404
    assert "bbz aan" not in reader.get("/gesprekken").text


def test_identifying_details_stay_tokens(login, database):
    made = other(database, "bel mij op [telefoon:1]", "Assen")
    with database.session() as session:
        log.put_out(session, made.id, [Reply("Ik bel [telefoon:1]")])
    page = login("lezer").get(f"/gesprekken/{made.id}").text

    assert page.count("[telefoon:1]") >= 2


def test_what_a_citizen_typed_arrives_as_text(browser, console, talk, database):
    with database.session() as session:
        changed = sa.update(StoredMessage).where(StoredMessage.direction == "out")
        session.execute(changed.values(choices=[{"id": "1-1", "title": XSS, "payload": XSS}]))
    evil = Talk(database, gemeente=XSS[:80])
    evil.say(XSS, slots={XSS: XSS}, entities=[{"entity": XSS, "value": XSS}])
    projection.catch_up(database)
    page = browser.page("beoordelaar")
    for path in (
        "/gesprekken",
        f"/gesprekken/{talk.id}",
        f"/gesprekken/{evil.id}",
        "/gesprekken?zoek=" + "%22%3E%3Cscript%3Edocument.title%3D%27raak%27%3C/script%3E",
        "/gesprekken?label=%22%3E%3Cimg+src%3Dx+onerror%3Ddocument.title%3D%27raak%27%3E",
        "/gesprekken/verloop?gemeente=%3Cscript%3Edocument.title%3D%27raak%27%3C/script%3E",
    ):
        page.goto(console.url + path)
        assert page.title() != "raak"
        assert page.locator("main script, main img[src=x], main svg[onload]").count() == 0
    page.goto(f"{console.url}/gesprekken/{talk.id}")

    assert XSS in page.locator(".said--citizen .said__text").all_inner_texts()
    assert page.faults == []


def test_the_picture_is_a_picture_and_the_table_says_the_same(login, talk, database):
    reader = login("lezer")
    picture = reader.get("/gesprekken/verloop.svg")
    table = reader.get("/gesprekken/verloop").text

    assert picture.headers["Content-Type"].startswith("image/svg+xml")
    assert "<script" not in picture.text
    assert picture.text.count("<rect") == 2
    assert "samen 1" in table
    assert re.search(r"van=\d{4}-\d\d-\d\d&amp;tot=", table)


def test_a_view_is_saved_shared_and_removed(login, console, talk):
    mine, colleague = login("lezer"), login("beoordelaar")
    form = {"naam": "Slechte bbz", "onderwerp": "bbz", "oordeel": "down", "volgorde": "doubt"}
    saved = mine.submit("/gesprekken/weergaven", form)
    mine.submit("/gesprekken/weergaven", {**form, "naam": "Voor allen", "gedeeld": "ja"})

    assert saved.status_code == 303
    assert saved.headers["Location"].endswith("?onderwerp=bbz&oordeel=down&volgorde=doubt")
    assert "Slechte bbz" in mine.get("/gesprekken").text
    seen = colleague.get("/gesprekken").text
    assert "Slechte bbz" not in seen and "Voor allen" in seen
    with console.database.session() as session:
        ids = {view.name: view.id for view in session.execute(sa.select(SavedView)).scalars()}
    for name in ids:
        refused = colleague.submit(f"/gesprekken/weergaven/{ids[name]}/verwijderen")
        assert refused.status_code == 404
        assert mine.submit(f"/gesprekken/weergaven/{ids[name]}/verwijderen").status_code == 303
    assert "Voor allen" not in mine.get("/gesprekken").text


def test_a_shared_view_is_not_for_another_gemeente(login, talk):
    login("lezer", gemeenten={"Assen"}).submit(
        "/gesprekken/weergaven", {"naam": "Van Assen", "zoek": "bbz", "gedeeld": "ja"}
    )

    assert "Van Assen" not in login("lezer", gemeenten={"Breda"}).get("/gesprekken").text
    assert "Van Assen" in login("lezer", gemeenten={"Assen", "Goes"}).get("/gesprekken").text


@pytest.mark.parametrize("name", ["", "   ", "\x1b[0m"])
def test_a_view_needs_a_name_that_can_be_read(login, name):
    reader = login("lezer")
    reader.submit("/gesprekken/weergaven", {"naam": name})

    assert "Geef de weergave een naam" in reader.get("/gesprekken").text


@pytest.mark.parametrize(
    "value", ["x\r\nSet-Cookie: a=b", "x%0d%0aSet-Cookie:%20a=b", "//evil.example", "\u2028x"]
)
def test_no_filter_puts_anything_in_a_header(login, value):
    reader = login("lezer")
    answer = reader.submit("/gesprekken/weergaven", {"naam": "n", "zoek": value, "label": value})

    assert answer.status_code == 303
    assert "a" not in answer.cookies
    assert answer.headers["Location"].startswith("/console/gesprekken?")
    assert "\r" not in answer.headers["Location"] and "\n" not in answer.headers["Location"]


@pytest.mark.parametrize("view", ["0", "x", "-1", "99999999999999999999", "1%27", "٣"])
def test_a_view_that_is_not_there_is_not_found(login, view):
    found = login("lezer").submit(f"/gesprekken/weergaven/{view}/verwijderen")

    assert found.status_code == 404


def test_no_address_breaks_the_list(login, talk):
    reader = login("lezer")
    names = ["na", "voor", "volgorde", "van", "tot", "zoek", "label", "zeker-van", "lengte-van"]
    names += ["beoordelaar", "gemeente", "kanaal"]
    for value in ("' OR 1=1 --", "%ff", "9999999999", "~", "1~x", "0000-00-00", "%0d%0a"):
        address = "/gesprekken?" + "&".join(f"{name}={value}" for name in names)
        assert reader.get(address).status_code == 200
        assert reader.get(f"/gesprekken/{talk.id}?{address[12:]}").status_code == 200


@pytest.mark.parametrize("identity", ["%00", "' OR '1'='1", "..%2f..", "%ff", "a" * 500])
def test_no_id_is_more_than_an_id(any_console, identity):
    reader = any_console.login("lezer")

    assert reader.get(f"/gesprekken/{identity}").status_code in (404, 400)


def test_the_pages_are_accessible(browser, console, talk, violations):
    login_page = browser.page("beoordelaar")
    saved = console.login("beoordelaar")
    saved.submit("/gesprekken/weergaven", {"naam": "Voor allen", "gedeeld": "ja"})
    for path in (
        "/gesprekken",
        "/gesprekken?zoek=bbz&onderwerp=bbz&volgorde=doubt",
        "/gesprekken?zoek=bestaatniet",
        f"/gesprekken/{talk.id}",
        "/gesprekken/verloop",
    ):
        login_page.goto(console.url + path)
        for details in login_page.locator("details").all():
            details.evaluate("element => element.open = true")
        assert violations(login_page) == [], path


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_the_pages_fit_a_small_screen(browser, console, talk, violations, colours):
    page = browser.page("lezer", viewport={"width": 320, "height": 640}, color_scheme=colours)
    for path in ("/gesprekken", f"/gesprekken/{talk.id}", "/gesprekken/verloop"):
        page.goto(console.url + path)
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= 320, path
        assert violations(page) == [], path


def test_the_list_is_walked_with_keys(browser, console, database):
    for number in range(3):
        other(database, f"gesprek {number}", "Assen")
    page = browser.page("lezer")
    page.goto(f"{console.url}/gesprekken")
    page.keyboard.press("j")
    assert page.evaluate("document.activeElement.tagName") == "BODY"
    page.locator(".table-container").focus()
    seen = []
    for key in ("j", "j", "k", "j", "j", "j"):
        page.keyboard.press(key)
        seen.append(page.evaluate("document.activeElement.textContent"))
    page.keyboard.press("Enter")
    page.wait_for_url("**/gesprekken/*")

    assert seen == [f"gesprek {number}" for number in (2, 1, 2, 1, 0, 0)]


@pytest.mark.parametrize("scripts", [True, False])
def test_finding_and_paging_work_with_and_without_scripts(browser, console, database, scripts):
    for number in range(27):
        other(database, f"vraag {number}", "Assen")
    other(database, "zonnestraal", "Assen")
    page = browser.page("lezer", java_script_enabled=scripts)
    page.goto(f"{console.url}/gesprekken")
    page.get_by_role("link", name="Volgende").click()
    page.wait_for_url("**na=*")
    page.get_by_text("vraag 0", exact=True).wait_for()
    page.get_by_role("link", name="Vorige").click()
    page.wait_for_url("**voor=*")
    page.get_by_label("Zoek in wat de inwoner zei").fill("zonnestr")
    page.get_by_role("button", name="Zoek", exact=True).click()
    page.get_by_role("heading", name="1 gesprek").wait_for()

    assert page.locator(".row-link").all_inner_texts() == ["zonnestraal"]
    page.locator(".row-link").click()
    page.get_by_role("link", name="Terug naar de lijst").click()
    assert "zoek=zonnestr" in page.url


def test_a_list_that_is_behind_says_so(login, talk, database):
    with database.session() as session:
        moment = datetime(2026, 1, 1, tzinfo=timezone.utc)
        session.add(projection.ReviewDue(conversation_id=talk.id, message=True, at=moment))

    assert "De lijst loopt" in login("lezer").get("/gesprekken").text


def test_a_conversation_without_a_message_is_not_in_the_list(login, database):
    Talk(database)
    with database.session() as session:
        session.add(Conversation(id="leeg", channel="web", created_at=now(), last_message_at=now()))
    projection.catch_up(database)
    reader = login("lezer")

    assert "0 gesprekken" in reader.get("/gesprekken").text
    assert "1 gesprek<" in reader.get("/gesprekken?lengte-van=0").text
