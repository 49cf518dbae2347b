"""Reviewing in the console: the queue, the form beside a transcript, and colleagues at once."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from work_data import conversation, missed, said

from bot.database import now
from bot.review import comments, tags, work
from bot.review.work_model import ReviewWork

XSS = "<img src=x onerror=alert(1)>\"'><script>alert(2)</script>{{7*7}}"
FORM = {"version": "0", "state": "done", "assignee": "", "flag": "", "tags": "", "comment": ""}


@pytest.fixture
def filled(console):
    """Two conversations in Assen and one in Zwolle, in which the bot doubted."""
    with console.database.session() as session:
        for name, gemeente in (("assen", "Assen"), ("assen2", "Assen"), ("zwolle", "Zwolle")):
            conversation(session, name, gemeente=gemeente, at=now())
            missed(session, name, 1, f"wat moet ik met {name} {XSS}", at=now())
        said(session, "assen", 3, "bbz dan", at=now())
    return console


@pytest.fixture
def faults(violations):
    """What is wrong on a page that has been loaded with its style."""

    def check(page):
        page.wait_for_load_state("load")
        return violations(page)

    return check


def save(client, name="assen", **fields):
    return client.submit(f"/gesprekken/{name}/beoordeling", {**FORM, **fields})


def kept(console, name="assen"):
    with console.database.session() as session:
        return work.kept(session, name)


def test_the_queue_shows_what_is_doubted_within_ones_own_gemeenten(filled, login):
    page = login("beoordelaar", gemeenten={"Assen"}).get("/beoordelen")

    assert page.status_code == 200
    assert "assen2" in page.text
    assert "zwolle" not in page.text
    assert "niet begrepen" in page.text


def test_what_a_citizen_typed_is_text_on_every_page(filled, login):
    client = login("beoordelaar")
    for path in ("/beoordelen", "/gesprekken/assen", "/leren/berichten/assen/1"):
        page = client.get(path)
        assert page.status_code == 200
        assert "<img src=x" not in page.text
        assert "<script>alert" not in page.text
        assert "&lt;img src=x" in page.text
        assert "{{7*7}}" in page.text


def test_a_review_is_saved_and_the_list_that_someone_came_from_is_kept(filled, login):
    client = login("beoordelaar", name="Beau")
    back = "/gesprekken?gemeente=Assen&q=a%26b"
    response = save(
        client, state="in_review", flag="example", tags="Te laat, BBZ", comment="Kijk!", back=back
    )

    assert response.status_code == 303
    assert response.headers["Location"] == "/console/gesprekken/assen?gemeente=Assen&q=a%26b"
    found = kept(filled)
    assert found.review == work.Review("in_review", client.person.id, "example", ("bbz", "te-laat"))
    page = client.get("/gesprekken/assen").text
    for text in ("in behandeling", "goed voorbeeld", "te-laat", "Kijk!", "Beau"):
        assert text in page


@pytest.mark.parametrize(
    "back", ["//kwaad.example/?x=1", "https://kwaad.example", "/x\r\nSet-Cookie: a=b"]
)
def test_the_way_back_never_leaves_the_console(filled, login, back):
    response = save(login("beoordelaar"), back=back)

    assert re.fullmatch(r"/console/gesprekken/assen(\?x=1)?", response.headers["Location"])
    assert "a" not in response.cookies


def test_what_a_reviewer_types_is_text_too(filled, login):
    client = login("beoordelaar", name="Eva <b>")
    save(client, comment=XSS, tags="<script>")

    page = client.get("/gesprekken/assen").text
    assert "<script>alert" not in page
    assert "Eva <b>" not in page
    assert "&lt;script&gt;alert(2)" in page
    assert "{{7*7}}" in page


def test_the_second_reviewer_sees_both_and_can_still_choose(filled, login):
    beau, cas = login("beoordelaar", name="Beau"), login("beoordelaar", name="Cas")
    save(beau, tags="bbz")

    response = save(cas, state="later", tags="btw", comment="Ik twijfel nog.")

    assert response.status_code == 409
    page = response.text
    assert "Een collega was je voor" in page
    for text in ("Beau", "klaar", "later", "bbz", "btw", "Ik twijfel nog."):
        assert text in page
    assert kept(filled).review.tags == ("bbz",)
    version = re.search(r'name="version" value="(\d+)"', page)[1]
    again = save(cas, version=version, state="later", tags="btw", comment="Ik twijfel nog.")
    assert again.status_code == 303
    assert kept(filled).review.state == "later"
    with filled.database.session() as session:
        assert [c.text for c in comments.of(session, "assen", 0)] == ["Ik twijfel nog."]


def test_of_reviewers_who_press_the_button_together_one_is_kept(any_console):
    with any_console.database.session() as session:
        conversation(session, "assen", at=now())
    clients = [any_console.login("beoordelaar") for _ in range(4)]
    tokens = [client.csrf() for client in clients]

    def press(number):
        data = {**FORM, "csrf": tokens[number], "tags": f"van-{number}"}
        return clients[number].post("/gesprekken/assen/beoordeling", data=data).status_code

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(press, range(4)))

    assert sorted(answers) == [303, 409, 409, 409]
    assert kept(any_console).review.tags == (f"van-{answers.index(303)}",)


def test_what_cannot_be_kept_comes_back_with_what_was_typed(filled, login):
    response = save(login("beoordelaar"), comment="bel 06-12345678 <b>", tags="een, twee")

    assert response.status_code == 422
    assert "contactgegevens" in response.text
    assert "bel 06-12345678 &lt;b&gt;" in response.text
    assert 'value="een, twee"' in response.text
    assert kept(filled).version == 0


@pytest.mark.parametrize(
    "fields", [{"version": "x"}, {"version": ""}, {"assignee": "1 or 1=1"}, {"version": "9" * 30}]
)
def test_a_form_that_we_never_made_changes_nothing(filled, login, fields):
    assert save(login("beoordelaar"), **fields).status_code == 404
    assert kept(filled).version == 0


def test_a_conversation_of_another_gemeente_is_as_unknown_as_none(filled, login):
    client = login("beoordelaar", gemeenten={"Zwolle"})
    mine = save(login("beoordelaar"), comment="Van mij.")
    assert mine.status_code == 303
    pages = []
    for name in ("assen", "bestaat-niet", "' OR 1=1 --"):
        answers = [
            client.get(f"/gesprekken/{name}"),
            save(client, name),
            client.submit(f"/gesprekken/{name}/opmerkingen/1/verwijderen"),
            client.get(f"/gesprekken/{name}/verhaal.yml"),
            client.get(f"/leren/berichten/{name}/1"),
            client.submit(f"/leren/berichten/{name}/1", {"version": "0", "verdict": "right"}),
        ]
        assert [a.status_code for a in answers] == [404] * 6, name
        pages.append([re.sub(r"csrf.*?>", "", answer.text) for answer in answers])
    assert pages[0] == pages[1] == pages[2]
    assert kept(filled).version == 1


def test_only_who_wrote_a_comment_removes_it(filled, login):
    beau, cas = login("beoordelaar"), login("beoordelaar")
    save(beau, comment="Van Beau.")
    assert "Verwijder mijn opmerking" not in cas.get("/gesprekken/assen").text
    path = "/gesprekken/assen/opmerkingen/1/verwijderen"

    assert cas.submit(path).status_code == 404
    assert "Van Beau." in cas.get("/gesprekken/assen").text
    assert beau.submit(path).status_code == 303
    assert "Van Beau." not in cas.get("/gesprekken/assen").text


def test_who_only_reads_sees_the_review_and_no_form(filled, login):
    save(login("beoordelaar"), tags="bbz", comment="Zie dit.")
    page = login("lezer").get("/gesprekken/assen").text

    assert "Zie dit." in page
    assert 'beoordeling"' not in page
    assert "Verbeter wat de bot begreep" not in page
    assert "verhaal.yml" not in page


def test_what_is_done_leaves_the_queue_and_counts_for_who_did_it(filled, login):
    client = login("beoordelaar", name="Beau Bakker")
    save(client)

    page = client.get("/beoordelen").text
    assert 'href="/console/gesprekken/assen#bericht-1"' not in page
    assert 'href="/console/gesprekken/assen2#bericht-1"' in page
    assert re.search(r"Beau Bakker</th><td[^>]*>1</td><td[^>]*>0</td>", page)


def test_the_tags_of_colleagues_are_suggested(filled, login):
    with filled.database.session() as session:
        tags.replace(session, "assen2", ["goed-verhaal"])
        tags.replace(session, "zwolle", ["zwols"])

    page = login("beoordelaar", gemeenten={"Assen"}).get("/gesprekken/assen").text
    assert "goed-verhaal" in page
    assert "zwols" not in page


def test_a_reviewer_in_a_real_browser_takes_a_message_from_the_queue(filled, browser, faults):
    page = browser.page("beoordelaar")
    page.goto(f"{filled.url}/beoordelen")
    assert faults(page) == []
    page.get_by_role("link", name="wat moet ik met assen2").click()
    page.get_by_role("heading", name="Wat er is gezegd").wait_for()
    assert faults(page) == []
    page.get_by_label("Stand").select_option("klaar")
    page.get_by_label("Labels").fill("fiets")
    page.get_by_role("button", name="Bewaar beoordeling").click()
    page.get_by_text("De beoordeling is bewaard.").wait_for()
    assert kept(filled, "assen2").review == work.Review("done", None, None, ("fiets",))


def test_the_page_about_a_colleague_is_accessible_on_a_phone(filled, browser, faults, login):
    page = browser.page("beoordelaar", viewport={"width": 320, "height": 640})
    page.goto(f"{filled.url}/gesprekken/assen")
    save(login("beoordelaar", name="Beau"), tags="bbz")
    page.get_by_label("Opmerking").fill("Niet vergeten")
    page.get_by_role("button", name="Bewaar beoordeling").click()
    page.get_by_role("heading", name="Een collega was je voor").wait_for()

    assert faults(page) == []
    assert page.get_by_label("Opmerking").input_value() == "Niet vergeten"
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    page.get_by_role("button", name="Bewaar mijn keuze").click()
    page.get_by_text("De beoordeling is bewaard.").wait_for()


def test_reviewing_works_without_javascript(filled, browser):
    page = browser.page("beoordelaar", java_script_enabled=False)
    page.goto(f"{filled.url}/gesprekken/assen")
    page.get_by_label("Stand").select_option("later")
    page.get_by_role("button", name="Bewaar beoordeling").click()
    page.get_by_text("De beoordeling is bewaard.").wait_for()

    with filled.database.session() as session:
        assert session.execute(sa.select(ReviewWork.state)).scalar() == "later"
