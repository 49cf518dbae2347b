"""Learning in the console: decisions, the basket with its checks, files, and comparisons."""

import re
import subprocess
from pathlib import Path

import pytest
import sqlalchemy as sa
from work_data import conversation, correction, missed, person, said

from bot.database import now
from bot.review import compare
from bot.review.work_model import Correction
from bot.settings import ROOT
from bot.staff.model import AuditEntry

XSS = "<img src=x onerror=alert(1)>\"'><script>alert(2)</script>{{7*7}}"
NEW = "kan mijn kapsalon via de besluitregeling een half jaar rondkomen terwijl ik verbouw"
LIKE = "kan mijn kapsalon via de besluitregeling rondkomen terwijl ik mijn zaak verbouw"


@pytest.fixture
def filled(console):
    """Messages that the bot missed, in Assen and in Zwolle."""
    with console.database.session() as session:
        for name, gemeente in (("assen", "Assen"), ("assen2", "Assen"), ("zwolle", "Zwolle")):
            conversation(session, name, gemeente=gemeente, at=now(), intents=["bbz"])
            ranking = [{"name": "bbz", "confidence": 0.41}, {"name": "tarief", "confidence": 0.2}]
            text = {"assen": NEW, "assen2": LIKE, "zwolle": f"{NEW} zwols"}[name]
            missed(session, name, 1, text, at=now(), ranking=ranking)
        said(session, "assen", 3, "Ja", typed=False, intent="bevestigen", at=now())
    return console


@pytest.fixture
def faults(violations):
    """What is wrong on a page that has been loaded with its style."""

    def check(page):
        page.wait_for_load_state("load")
        return violations(page)

    return check


def decide(client, name="assen", seq=1, **fields):
    form = {"version": "0", "verdict": "intent", "intent": "bbz", "text": "", "learn": "ja"}
    return client.submit(f"/leren/berichten/{name}/{seq}", {**form, **fields})


def decisions(console):
    with console.database.session() as session:
        return session.execute(sa.select(Correction).order_by(Correction.id)).scalars().all()


def audited(console):
    with console.database.session() as session:
        query = sa.select(AuditEntry.action, AuditEntry.subject, AuditEntry.gemeente)
        return [tuple(row) for row in session.execute(query)]


def test_the_page_of_a_message_shows_guesses_examples_and_what_looks_like_it(filled, login):
    page = login("beoordelaar", gemeenten={"Assen"}).get("/leren/berichten/assen/1").text

    assert NEW in page
    assert "Bbz" in page
    assert "41%" in page
    assert LIKE in page
    assert "zwols" not in page
    assert re.search(r"lijkt voor \d+%", page)
    assert ("conversation_opened", "assen", "Assen") in audited(filled)


def test_a_decision_goes_into_the_basket_and_is_shown_with_the_conversation(filled, login):
    client = login("beoordelaar", name="Beau")
    response = decide(client)

    assert response.status_code == 303
    assert response.headers["Location"] == "/console/gesprekken/assen#bericht-1"
    (row,) = decisions(filled)
    assert (row.intent, row.text, row.in_basket) == ("bbz", NEW, True)
    basket = client.get("/leren").text
    assert "Klaar voor de patch (1)" in basket
    for check in ("Onderwerp", "Persoonsgegevens", "Dubbel", "Toetsberichten", "Tegenspraak"):
        assert check in basket
    assert "Beoordeeld</span> ging over" in client.get("/gesprekken/assen").text


def test_the_same_decision_for_what_looks_like_it_but_never_in_another_gemeente(filled, login):
    client = login("beoordelaar", gemeenten={"Assen"})
    assert decide(client, also=["assen2:1"], text="mijn eigen tekst hierover").status_code == 303

    found = {row.conversation_id: row.text for row in decisions(filled)}
    assert found == {"assen": "mijn eigen tekst hierover", "assen2": LIKE}
    refused = decide(client, "assen2", version="1", also=["zwolle:1"])
    assert refused.status_code == 404
    assert len(decisions(filled)) == 2


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"verdict": ""}, "Kies wat er"),
        ({"intent": "bestaat_niet"}, "lijst"),
        ({"verdict": "new_topic", "topic": "bbz"}, "bestaat al"),
        ({"text": "x" * 501}, "te lang"),
    ],
)
def test_a_decision_that_cannot_be_comes_back_with_what_was_typed(filled, login, fields, words):
    response = decide(login("beoordelaar"), **{"text": "met <b> eigen woorden", **fields})

    assert response.status_code == 422
    assert words in response.text
    assert fields.get("text", "met &lt;b&gt; eigen woorden") in response.text
    assert decisions(filled) == []


def test_a_button_has_nothing_to_learn(filled, login):
    assert decide(login("beoordelaar"), seq=3).status_code == 422
    assert decisions(filled) == []


def test_the_second_reviewer_sees_both_decisions(filled, login):
    beau, cas = login("beoordelaar", name="Beau"), login("redacteur", name="Cas")
    decide(beau, text="zoals Beau het schrijft")
    response = decide(cas, intent="tarief", text="zoals Cas het schrijft <i>")

    assert response.status_code == 409
    for text in ("Beau", "zoals Beau het schrijft", "zoals Cas het schrijft &lt;i&gt;"):
        assert text in response.text
    assert [row.intent for row in decisions(filled)] == ["bbz"]
    version = re.search(r'name="version" value="(\d+)"', response.text)[1]
    assert decide(cas, intent="tarief", version=version).status_code == 303
    assert [row.intent for row in decisions(filled)] == ["tarief"]


def test_the_basket_says_what_holds_a_message_back_and_groups_new_subjects(filled, login):
    client = login("beoordelaar")
    decide(client, text="bel me op 06-12345678 over de besluitregeling")
    decide(client, "assen2", verdict="new_topic", topic="Fiets van de zaak")

    page = client.get("/leren").text
    assert "Klaar voor de patch (0)" in page
    assert "houdt tegen" in page
    assert "Er staan gegevens in: telefoon." in page
    assert "fiets_van_de_zaak (1)" in page
    assert "verbeteringen.patch" not in page


def test_what_is_taken_out_of_the_basket_stays_decided(filled, login):
    client = login("beoordelaar")
    decide(client)
    (row,) = decisions(filled)

    assert client.submit(f"/leren/mand/{row.id}").status_code == 303
    assert "Klaar voor de patch (0)" in client.get("/leren").text
    assert [(d.intent, d.in_basket) for d in decisions(filled)] == [("bbz", False)]


def test_another_gemeente_finds_nothing_of_it(filled, login):
    decide(login("beoordelaar"))
    (row,) = decisions(filled)
    other = login("beoordelaar", gemeenten={"Zwolle"})

    assert NEW not in other.get("/leren").text
    assert other.submit(f"/leren/mand/{row.id}").status_code == 404
    assert other.submit("/leren/mand/999").status_code == 404
    assert other.get("/leren/verbeteringen.patch").status_code == 303
    for path in (
        "/leren/berichten/assen/1",
        "/leren/berichten/assen/99",
        "/leren/berichten/assen/x",
    ):
        assert other.get(path).status_code == 404


def test_the_patch_is_a_file_that_git_takes_and_that_is_on_record(filled, login, tmp_path):
    client = login("beoordelaar", name="Beau")
    decide(client)
    response = client.get("/leren/verbeteringen.patch")

    assert response.headers["Content-Disposition"] == 'attachment; filename="verbeteringen.patch"'
    assert response.headers["Content-Type"] == "text/x-diff; charset=utf-8"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Cache-Control"] == "no-store"
    assert response.text.startswith("Startwijzer: 1 voorbeeld uit gesprekken")
    folder = tmp_path / "copy"
    (folder / "data" / "nlu").mkdir(parents=True)
    live = ROOT / "data" / "nlu" / "bbz.yml"
    (folder / "data" / "nlu" / "bbz.yml").write_bytes(live.read_bytes())
    (folder / "x.patch").write_bytes(response.content)
    subprocess.run(["git", "apply", "x.patch"], cwd=folder, check=True, timeout=60)
    assert (folder / "data" / "nlu" / "bbz.yml").read_text().endswith(f"      - {NEW}\n")
    assert ("exported", "patch", None) in audited(filled)


def test_a_story_is_a_file_and_a_conversation_without_one_says_so(filled, login):
    client = login("beoordelaar")

    response = client.get("/gesprekken/assen/verhaal.yml")
    assert response.status_code == 303
    assert "geen verhaal" in client.get("/gesprekken/assen").text


def compared(console):
    with console.database.session() as session:
        beau = person(session, "Beau Vos")
        correction(session, "assen", 1, NEW, "bbz", beau)
        correction(session, "zwolle", 1, "z", "bbz", beau)
        ids = session.execute(sa.select(Correction.id).order_by(Correction.id)).scalars().all()
        rows = [
            {
                "correction": number,
                "expected": "bbz",
                "before": [None, 0.4],
                "after": ["bbz", 0.9],
                "learned": number == ids[0],
            }
            for number in ids
        ]
        return compare.store(session, "startwijzer.tar.gz", f"kandidaat {XSS}", rows).id


def test_a_comparison_shows_what_changes(filled, login):
    number = compared(filled)
    client = login("beoordelaar")

    assert "<script>alert" not in client.get("/leren/vergelijkingen").text
    page = client.get(f"/leren/vergelijkingen/{number}").text
    assert "Hersteld: eerst fout, nu goed (2)" in page
    assert "Stuk: eerst goed, nu fout (0)" in page
    assert NEW in page
    assert "zwols" in page
    assert "<script>alert" not in page


def test_a_comparison_has_only_the_messages_of_ones_own_gemeente(filled, login):
    number = compared(filled)
    page = login("redacteur", gemeenten={"Assen"}).get(f"/leren/vergelijkingen/{number}").text

    assert "Hersteld: eerst fout, nu goed (1)" in page
    assert "zwols" not in page


def test_a_comparison_that_is_not_there_is_not_found(filled, login):
    client = login("beoordelaar")
    for number in ("1", "x", "-1", "9" * 20):
        assert client.get(f"/leren/vergelijkingen/{number}").status_code == 404


def test_what_a_citizen_typed_is_text_in_the_basket_and_beside_examples(filled, login):
    with filled.database.session() as session:
        conversation(session, "kwaad", at=now())
        missed(session, "kwaad", 1, XSS, guess="<b>", at=now(), ranking=[])
        conversation(session, "kwaad2", at=now())
        missed(session, "kwaad2", 1, f"{XSS}!", at=now())
    client = login("beoordelaar")
    decide(client, "kwaad")
    decide(client, "kwaad2", verdict="new_topic", topic=XSS)

    for path in ("/leren", "/leren/berichten/kwaad/1", "/leren/berichten/kwaad2/1"):
        page = client.get(path).text
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert "{{7*7}}" in page


def test_a_reviewer_in_a_real_browser_corrects_and_downloads(filled, browser, faults):
    page = browser.page("beoordelaar")
    page.goto(f"{filled.url}/gesprekken/assen")
    page.get_by_role("link", name="Verbeter wat de bot begreep van bericht 1").click()
    page.get_by_role("heading", name="Wat bedoelde de inwoner?").wait_for()
    assert faults(page) == []
    page.get_by_label("Het ging over een ander onderwerp").check()
    page.get_by_label("Het goede onderwerp").select_option("bbz")
    page.get_by_label(re.compile("terwijl ik mijn zaak verbouw")).check()
    page.get_by_role("button", name="Bewaar het oordeel").click()
    page.get_by_text("Ook voor 1 bericht(en) die erop lijken.").wait_for()
    assert faults(page) == []
    page.goto(f"{filled.url}/leren")
    assert faults(page) == []
    with page.expect_download() as download:
        page.get_by_role("link", name="Download de patch").click()
    assert "data/nlu/bbz.yml" in Path(download.value.path()).read_text()
    assert {row.intent for row in decisions(filled)} == {"bbz"}


def test_the_other_pages_are_accessible_on_a_phone(filled, browser, faults, login):
    number = compared(filled)
    decide(login("beoordelaar"), "assen2", verdict="new_topic", topic="iets nieuws")
    page = browser.page("redacteur", viewport={"width": 320, "height": 640})
    for path in ("/leren", "/leren/vergelijkingen", f"/leren/vergelijkingen/{number}"):
        page.goto(f"{filled.url}{path}")
        assert faults(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, path
    with filled.database.session() as session:
        missed(session, "zwolle", 3, "een nieuw bericht", at=now())
    page.goto(f"{filled.url}/leren/berichten/zwolle/3")
    page.get_by_role("button", name="Bewaar het oordeel").click()
    page.get_by_role("heading", name="Wat bedoelde de inwoner?").wait_for()
    assert faults(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_the_page_about_a_colleagues_decision_is_accessible(filled, browser, faults, login):
    page = browser.page("beoordelaar", java_script_enabled=True)
    page.goto(f"{filled.url}/leren/berichten/assen/1")
    decide(login("beoordelaar", name="Beau"))
    page.get_by_label("Niets mis").check()
    page.get_by_role("button", name="Bewaar het oordeel").click()
    page.get_by_role("heading", name="Een collega was je voor").wait_for()
    assert faults(page) == []
