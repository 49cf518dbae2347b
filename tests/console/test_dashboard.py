"""The figures on a page and as files: right, safe, and only of the own gemeente."""

import csv
import io
import itertools
import re
import zipfile

import pytest
import sqlalchemy as sa
from steering_data import Steering, recently

from bot.review.model import ReviewConversation
from bot.review.scope import AMSTERDAM
from bot.staff.model import AuditEntry

XSS = '<script>alert(1)</script>"><img src=x onerror=alert(1)>'


@pytest.fixture
def steering(console):
    return Steering(console.database)


def fallback(text):
    return {"text": text, "fallback": True}


def audited(console, action):
    with console.database.session() as session:
        query = sa.select(AuditEntry).where(AuditEntry.action == action)
        return [row.subject for row in session.execute(query).scalars()]


def rows_of(response):
    return list(csv.reader(io.StringIO(response.content.decode("utf-8-sig")), delimiter=";"))


def test_the_page_shows_the_figures_the_dutch_way(steering, login):
    steering.many(30, turns=["btw"] * 50, at=recently(), ups=1)
    steering.many(2, turns=[fallback("hm")], at=recently(), person_asked=True)
    page = login("lezer").get("/cijfers").text
    assert "1.502" in page
    assert re.search(r"94%</span>\s*<span class=\"tile__n\">30 van 32", page)
    assert "Toon als tabel" in page
    assert "n = 32 gesprekken" in page
    assert page.count("<svg") >= 3


def test_without_conversations_nothing_is_made_up(login):
    page = login("lezer").get("/cijfers").text
    assert "In deze periode zijn er geen gesprekken." in page
    assert "<svg" not in page


def test_the_period_and_gemeente_live_in_the_address(steering, login):
    steering.many(6, turns=["btw"], at=recently(2))
    steering.many(8, turns=["btw"], at=recently(2), gemeente="Assen")
    client = login("beoordelaar")
    day = recently(2).astimezone(AMSTERDAM).date().isoformat()
    page = client.get("/cijfers", params={"van": day, "tot": day, "gemeente": "Assen"}).text
    assert "n = 8 gesprekken" in page
    link = re.search(r'href="/console(/cijfers/kanalen\.csv\?[^"]*)"', page)[1]
    rows = rows_of(client.get(link.replace("&amp;", "&")))
    assert ["Website", "8", "1"] in rows
    assert any("Assen" in cell for row in rows for cell in row)


def test_a_gemeente_sees_only_its_own_in_pages_and_files(steering, login):
    steering.many(6, turns=[fallback("mag ik een kraam op de markt")], at=recently())
    steering.many(
        7, turns=[fallback("geheim van Assen op de markt")], at=recently(), gemeente="Assen"
    )
    client = login("redacteur", gemeenten={"Voorbeeldstad"})
    for address in ("/cijfers", "/cijfers?gemeente=Assen"):
        page = client.get(address).text
        assert "geheim" not in page
        assert '<option value="Assen"' not in page
    assert "n = 6 gesprekken" in client.get("/cijfers").text
    for file in ("cijfers/onbeantwoord", "export/gesprekken", "export/berichten"):
        for query in ("", "?gemeente=Assen"):
            assert "geheim" not in client.get(f"/{file}.csv{query}").content.decode()
    assert "geheim" in login("redacteur").get("/export/berichten.csv").content.decode()


def test_what_a_citizen_typed_is_text_on_the_page_and_in_files(steering, login):
    steering.many(5, turns=[fallback(f"{XSS} kraam")], at=recently())
    steering.many(5, turns=[fallback("=HYPERLINK(1) subsidie dak")], at=recently())
    client = login("redacteur")
    page = client.get("/cijfers").text
    assert "<script>alert" not in page
    assert "<img" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    for file in ("cijfers/onbeantwoord", "export/gesprekken", "export/berichten"):
        cells = [c for row in rows_of(client.get(f"/{file}.csv")) for c in row if "HYPER" in c]
        assert cells
        assert all(cell.startswith("'=") for cell in cells)
        book = zipfile.ZipFile(io.BytesIO(client.get(f"/{file}.xlsx").content))
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
        assert "HYPERLINK" in sheet
        assert "<f>" not in sheet


def test_words_of_citizens_are_only_for_who_may_read_conversations(steering, login):
    steering.many(6, turns=[fallback("mag ik een kraam op de markt")], at=recently())
    assert "kraam" in login("lezer").get("/cijfers").text
    for role in ("adviseur", "beheerder"):
        page = login(role).get("/cijfers").text
        assert "kraam" not in page
        assert "n = 6 gesprekken" in page


def test_every_figure_is_a_file_in_both_forms(steering, login, console):
    steering.many(6, turns=["btw"], at=recently(), ups=1, helped="yes")
    client = login("redacteur")
    for section in ("cijfers", "zelfscan"):
        page = client.get(f"/{section}").text
        links = re.findall(rf'href="/console(/{section}/[^"]+)"', page)
        assert len(links) >= 8
        for link in links:
            response = client.get(link.replace("&amp;", "&"))
            assert response.status_code == 200, link
            assert response.headers["Cache-Control"] == "no-store"
            assert response.headers["X-Content-Type-Options"] == "nosniff"
            name = response.headers["Content-Disposition"]
            assert re.fullmatch(r'attachment; filename="startwijzer-[a-z0-9-]+\.(csv|xlsx)"', name)
            if link.split("?")[0].endswith("csv"):
                assert rows_of(response)[0][0] == "Cijfer"
    assert "Kerncijfers (csv)" in audited(console, "exported")


def test_a_file_that_is_not_there_is_not_found(login, console):
    client = login("redacteur")
    for path in (
        "/cijfers/niets.csv",
        "/cijfers/kanalen.pdf",
        "/cijfers/kanalen.csv.exe",
        "/export/medewerkers.csv",
        "/zelfscan/kanalen.csv",
    ):
        assert client.get(path).status_code == 404, path
    assert audited(console, "exported") == []


def test_who_may_not_export_gets_no_links_and_no_file(steering, login, console):
    steering.many(6, turns=["btw"], at=recently())
    client = login("lezer")
    assert ".csv" not in client.get("/cijfers").text
    for path in ("/cijfers/kanalen.csv", "/export/gesprekken.csv", "/export/berichten.xlsx"):
        assert client.get(path).status_code == 403, path
    assert audited(console, "exported") == []


@pytest.mark.parametrize(
    "query",
    [
        {"gemeente": "' OR 1=1 --"},
        {"gemeente": "x'); DROP TABLE review_conversation; --"},
        {"van": "2026-01-01'--", "tot": "2026"},
        {"zoek": '" OR 1=1 --', "gemeente": "%\r\nSet-Cookie: a=b"},
        {"van": "0001-01-01", "tot": "0001-01-01"},
    ],
)
def test_what_stands_in_the_address_never_becomes_sql_or_a_header(steering, login, query):
    steering.many(6, turns=["btw"], at=recently())
    client = login("redacteur")
    for path in ("/cijfers", "/zelfscan", "/cijfers/kanalen.csv", "/export/gesprekken.csv"):
        response = client.get(path, params=query)
        assert response.status_code == 200
        assert "a=b" not in response.headers.get("Set-Cookie", "")
    with steering.database.session() as session:
        assert session.execute(sa.select(sa.func.count()).select_from(ReviewConversation)).scalar()


def test_the_lists_hold_what_the_filter_chooses(steering, login):
    steering.many(3, turns=["btw"], at=recently())
    steering.conversation(turns=[fallback("iets anders")], at=recently())
    client = login("beoordelaar")

    def rows(path):
        found = rows_of(client.get(path))
        return found[found.index([]) + 2 :]

    assert len(rows("/export/gesprekken.csv")) == 4
    chosen = rows("/export/berichten.csv?terugval=ja")
    assert [row[3] for row in chosen] == ["iets anders"]


def test_figures_are_kept_for_a_minute_but_never_for_another_reader(steering, login):
    steering.many(6, turns=["btw"], at=recently())
    steering.many(9, turns=["btw"], at=recently(), gemeente="Assen")
    everyone, own = login("lezer"), login("lezer", gemeenten={"Assen"})
    assert "n = 15 gesprekken" in everyone.get("/cijfers").text
    assert "n = 9 gesprekken" in own.get("/cijfers").text
    steering.many(5, turns=["btw"], at=recently())
    assert "n = 15 gesprekken" in everyone.get("/cijfers").text


@pytest.mark.parametrize("width", [1280, 320])
def test_the_pages_are_accessible_and_fit(steering, browser, console, violations, width):
    steering.many(40, turns=["btw", fallback(f"{XSS} kraam")], at=recently(), ups=1, helped="no")
    flow = {"flow": "zelfscan", "outcome": "left", "steps": 3, "last_step": "zs03"}
    steering.many(31, turns=["zelfscan"], flows=[flow], at=recently(), left_in="zelfscan")
    page = browser.page("redacteur", viewport={"width": width, "height": 900})
    for path in ("/cijfers", "/zelfscan"):
        page.goto(console.url + path)
        for summary in page.locator("summary").all():
            summary.click()
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        order = [
            int(tag[1])
            for tag in page.eval_on_selector_all("h1,h2,h3", "e => e.map(x => x.tagName)")
        ]
        assert order[0] == 1
        assert all(after <= before + 1 for before, after in itertools.pairwise(order))


def test_a_picture_says_in_words_what_it_shows(steering, browser, console):
    steering.many(8, turns=["btw"], at=recently(), ups=1)
    steering.many(2, turns=["btw"], at=recently(), downs=1, channel="whatsapp")
    page = browser.page("lezer")
    page.goto(f"{console.url}/cijfers")
    picture = page.get_by_role("img", name="Duimen bij antwoorden")
    assert "Omhoog: 8 (80%); Omlaag: 2 (20%)." in picture.text_content()
    table = page.get_by_role("region", name="Tabel: Duimen bij antwoorden")
    assert not table.is_visible()
    page.locator("summary", has_text="Toon als tabel: Duimen bij antwoorden").focus()
    page.keyboard.press("Enter")
    assert table.is_visible()
    assert table.get_by_role("rowheader", name="Omhoog").is_visible()


def test_the_period_is_chosen_by_keyboard(steering, browser, console):
    steering.many(6, turns=["btw"], at=recently(), gemeente="Assen")
    steering.many(5, turns=["btw"], at=recently())
    page = browser.page("lezer")
    page.goto(f"{console.url}/cijfers")
    page.get_by_label("Gemeente").focus()
    page.keyboard.type("Ass")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**gemeente=Assen*")
    assert page.get_by_text("n = 6 gesprekken").first.is_visible()
