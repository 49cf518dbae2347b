"""The scheme of the catalogue: in words besides colours, and only what one may see."""

import csv
import io
from datetime import date

import pytest

from bot.catalogue.overview import coverage
from bot.review import matrix
from bot.taxonomy import taxonomy


@pytest.fixture(scope="module")
def content():
    return matrix.current()


def local_service(content, gemeente, without="-"):
    """A service that this gemeente has, and the other one has not."""
    gemeenten = {name: item.get("gemeenten", []) for name, item in content.services.items()}
    return next(n for n, own in gemeenten.items() if gemeente in own and without not in own)


def rows_of(response):
    return list(csv.reader(io.StringIO(response.content.decode("utf-8-sig")), delimiter=";"))


def test_the_scheme_counts_what_someone_of_the_gemeente_is_told(content):
    found = matrix.matrix(content, "Voorbeeldstad", date(2026, 11, 22))
    for (phase, kind), field in found.fields.items():
        rows = matrix.services(content, "Voorbeeldstad", date(2026, 11, 22), phase=phase, kind=kind)
        assert {row.id for row in rows} == set(field.services)
        assert field.local == sum(1 for row in rows if row.area != matrix.COUNTRY)
    covered = coverage(content, "Voorbeeldstad")
    assert len(found.with_verdict(matrix.NONE)) == len(covered.empty)
    assert len(found.with_verdict(matrix.NATIONAL)) == len(covered.national_only)
    assert len(found.with_verdict(matrix.OVERLAP)) == len(covered.overlaps) > 0


def test_overlap_and_age_are_said_in_words(content):
    later = date(2099, 1, 1)
    found = matrix.matrix(content, "Voorbeeldstad", later)
    texts = [matrix.in_words(field) for field in found.fields.values()]
    assert any("overlap" in text and "lokaal" in text for text in texts)
    assert all("verouderd" in text for text in texts)
    assert matrix.in_words(None) == "geen"
    assert matrix.stale(content, None, later).n == (
        len(content.services) + len(content.providers) + len(content.answers)
    )
    assert matrix.stale(content, None, date(2000, 1, 1)).rows == ()


def test_stale_items_of_another_gemeente_are_not_listed(content):
    later = date(2099, 1, 1)
    own = matrix.stale(content, frozenset({"Voorbeeldstad"}), later)
    everything = matrix.stale(content, None, later)
    foreign = local_service(content, "Lelystad", "Voorbeeldstad")
    assert foreign in {row[2] for row in everything.rows}
    assert foreign not in {row[2] for row in own.rows}


def test_a_white_spot_is_counted_in_its_phase(content):
    found = matrix.Matrix(
        None,
        {},
        [
            matrix.NeedField("starten", "subsidies", (), matrix.NONE),
            matrix.NeedField("starten", "belastingen", ("x",), matrix.NATIONAL),
        ],
    )
    assert (found.white("starten"), found.white("uitbreiden")) == (1, 0)


def test_who_keeps_all_gemeenten_can_go_back_to_what_is_for_the_whole_country(
    database, serve_console
):
    with serve_console(database, GEMEENTE="Assen") as console:  # without services of its own
        client = console.login("redacteur")
        pages = [client.get(f"/catalogus{query}").text for query in ("", "?gemeente=Lelystad")]
        own = console.login("redacteur", gemeenten={"Lelystad", "Voorbeeldstad"})
        own_page = own.get("/catalogus?gemeente=Lelystad").text

    assert all(f">{matrix.COUNTRY}</option>" in page for page in pages)
    assert f">{matrix.COUNTRY}</option>" not in own_page


def test_the_page_leads_to_the_services_of_a_field(login):
    client = login("lezer")
    page = client.get("/catalogus?gemeente=Voorbeeldstad").text
    assert "Catalogus van Voorbeeldstad" in page
    for label in (*taxonomy().phases.values(), *taxonomy().providers.values()):
        assert label.replace("&", "&amp;") in page
    assert "overlap" in page
    listed = client.get("/catalogus/diensten?gemeente=Voorbeeldstad&fase=starten&aanbieder=uwv")
    assert "UWV" in listed.text
    assert "/catalogus/diensten/uwv-" in listed.text
    assert "Verouderd" not in client.get("/catalogus").text


def test_a_gemeente_sees_only_its_own_and_what_is_for_the_country(login, content):
    own, foreign = (
        local_service(content, "Voorbeeldstad"),
        local_service(content, "Lelystad", "Voorbeeldstad"),
    )
    national = next(n for n, s in content.services.items() if not s.get("gemeenten"))
    client = login("redacteur", gemeenten={"Voorbeeldstad"})
    assert client.get(f"/catalogus/diensten/{own}").status_code == 200
    assert client.get(f"/catalogus/diensten/{national}").status_code == 200
    for name in (foreign, "bestaat-niet", "../../etc/passwd", "' OR 1=1"):
        assert client.get(f"/catalogus/diensten/{name}").status_code == 404, name
    for path in ("/catalogus", "/catalogus/diensten", "/catalogus/matrix.csv"):
        assert client.get(f"{path}?gemeente=Lelystad").status_code == 404, path
        assert client.get(f"{path}?gemeente=Nergens").status_code == 404, path
    assert "Lelystad" not in client.get("/catalogus").text
    assert foreign not in client.get("/catalogus/diensten").text
    assert login("redacteur").get(f"/catalogus/diensten/{foreign}").status_code == 200


def test_the_scheme_and_the_needs_are_files(login):
    client = login("redacteur")
    for name in ("matrix", "behoeften", "verouderd"):
        for ending in ("csv", "xlsx"):
            assert client.get(f"/catalogus/{name}.{ending}").status_code == 200
    rows = rows_of(client.get("/catalogus/behoeften.csv?gemeente=Voorbeeldstad"))
    assert any("overlap" in row for row in rows)
    assert login("beoordelaar").get("/catalogus/verouderd.csv").status_code == 404
    assert client.get("/catalogus/anders.csv").status_code == 404


def test_what_an_editor_wrote_is_text(login, content, monkeypatch):
    name = local_service(content, "Voorbeeldstad")
    hostile = {
        **content.services[name],
        "name": "<script>alert(1)</script>",
        "sources": [{"title": "x", "date": "2026", "url": "javascript:alert(1)"}],
    }
    broken = type(content)(
        content.providers,
        {**content.services, name: hostile},
        content.answers,
        content.replies,
    )
    monkeypatch.setattr(matrix, "_read", lambda fingerprint: broken)
    client = login("redacteur")
    for path in (f"/catalogus/diensten/{name}", "/catalogus/diensten?gemeente=Voorbeeldstad"):
        page = client.get(path).text
        assert "<script>alert" not in page
        assert "javascript:" not in page
        assert "&lt;script&gt;" in page


@pytest.mark.parametrize("width", [1280, 320])
def test_the_pages_are_accessible_and_fit(browser, console, violations, content, width):
    page = browser.page("redacteur", viewport={"width": width, "height": 900})
    name = local_service(content, "Voorbeeldstad")
    for path in (
        "/catalogus?gemeente=Voorbeeldstad",
        "/catalogus/diensten?gemeente=Voorbeeldstad&fase=starten",
        f"/catalogus/diensten/{name}",
        "/catalogus/verouderd",
    ):
        page.goto(console.url + path)
        assert violations(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path


def test_a_field_is_opened_with_the_keyboard(browser, console):
    page = browser.page("lezer")
    page.goto(f"{console.url}/catalogus?gemeente=Voorbeeldstad")
    link = page.get_by_role("cell").get_by_role("link").first
    words = link.inner_text()
    link.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/catalogus/diensten?*")
    assert page.locator("tbody tr").count() == int(words.split()[0])
