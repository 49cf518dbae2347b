"""The page behind the link to one's own data: read, printed and downloaded in a real browser."""

import json

import pytest
import requests
from chromium import chromium
from gateway_citizen import Citizen
from served import SECRET, settings_in
from widget_axe import violations

from bot.assessment import results
from bot.assessment.page import Bar, Page, Section
from bot.conversations import ratings
from bot.flows.model import Progress
from bot.gateway import own_data_page
from bot.privacy import access

LINKS = access.Links(SECRET, "")
EVIL = (
    "<script>document.title='gehackt'</script><img src=x onerror=\"document.title='gehackt'\">&amp;"
)


@pytest.fixture(scope="module")
def browser():
    with chromium() as browser:
        yield browser


@pytest.fixture
def citizen(url, rasa, database):
    """Somebody who said things, made a zelfscan, and tries to put code in the page."""
    citizen = Citizen(url)
    citizen.say("bel mij op 06 12345678")
    citizen.say(EVIL)
    page = Page(
        f"Profiel {EVIL}",
        "Dit zie ik.",
        [Section(f"Kop {EVIL}", ["Alinea."], [f"Punt {EVIL}"])],
        [Bar(f"Thema {EVIL}", "carries", 0.8)],
    )
    progress = Progress.begin().with_answer("zs1", EVIL).with_answer("zs2", None)
    with database.session() as session:
        results.keep(session, citizen.id, "zelfscan", progress, page)
    return citizen


@pytest.fixture
def address(citizen):
    return f"{citizen.url}{LINKS.address(citizen.id)}"


@pytest.fixture
def opened(browser, address):
    """Opens the page with a colour scheme and a width; gives it with what went wrong."""
    contexts = []

    def opened(scheme="light", width=1000, **options):
        context = browser.new_context(
            color_scheme=scheme, viewport={"width": width, "height": 800}, **options
        )
        contexts.append(context)
        page = context.new_page()
        page.faults = []
        page.on("console", lambda message: page.faults.append(message.text))
        page.on("pageerror", lambda error: page.faults.append(str(error)))
        page.goto(address)
        return page

    yield opened
    for context in contexts:
        context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_wrong_on_it(opened, scheme):
    found, passes = violations(opened(scheme))

    assert found == []
    assert passes > 15


def test_it_is_read_in_dutch_with_headings_in_order(opened):
    page = opened()

    assert page.locator("html").get_attribute("lang") == "nl"
    assert page.locator("h1").inner_text() == "Jouw gegevens in dit gesprek"
    assert page.locator("h2").all_inner_texts() == [
        "Over het gesprek",
        "Hoeveel er bewaard is",
        "De berichten",
        "Uitslagen en plannen",
        "Wat de bot begreep",
        "Wat de bot onthield",
        "Wat er verder bewaard is",
        "Je rechten",
    ]
    text = page.locator("main").inner_text()
    assert "bel mij op (telefoonnummer weggelaten)" in text
    assert "Thema" in text and "dit draagt je" in text
    assert "Autoriteit Persoonsgegevens" in text
    assert "2026-" not in text, "moments are in words"
    assert "None" not in text


def test_what_someone_typed_is_shown_as_it_is_and_never_runs(opened, address):
    page = opened()

    assert page.title() == "Jouw gegevens in dit gesprek – Startwijzer"
    assert page.locator("script, img, iframe, object, form").count() == 0
    # Said, and in the title, heading, point, bar and answer of the result.
    assert page.locator("main").inner_text().count(EVIL) >= 6
    assert EVIL not in requests.get(address, timeout=30).text
    assert page.faults == []


def test_the_browser_runs_and_fetches_nothing_by_policy(address):
    response = requests.get(address, timeout=30)
    policy = response.headers["Content-Security-Policy"]

    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy and "script-src" not in policy
    assert "frame-ancestors 'none'" in policy
    assert response.headers["Content-Type"] == "text/html; charset=utf-8"
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["Referrer-Policy"] == "no-referrer"
    assert response.headers["X-Robots-Tag"] == "noindex"
    assert "Content-Disposition" not in response.headers
    assert "Set-Cookie" not in response.headers
    assert "12345678" not in response.text


def test_what_the_bot_said_looks_as_in_the_chat_and_hides_nothing_that_runs(
    citizen, database, tmp_path
):
    settings = settings_in(tmp_path, database.url)
    with database.session() as session:
        found = access.of_the_conversation(session, citizen.id, settings)
    text = f"**Let op** [hier](https://example.nl) [daar](javascript:alert(1)) {EVIL}"
    found["berichten"].append({**found["berichten"][0], "van": "bot", "tekst": text})
    found["langer_bewaard"] = f"Dit blijft langer: {EVIL}"
    html = own_data_page.render(found, 'x"><script>/json')

    assert "<strong>Let op</strong>" in html
    assert '<a href="https://example.nl">hier</a>' in html
    assert 'href="javascript' not in html
    assert "<script" not in html and "<img" not in html
    assert "Dit gesprek wordt gewist op" not in html


def test_every_rating_has_words():
    given = {*ratings.OF_A_MESSAGE, *ratings.OF_THE_WHOLE, None}
    assert set(own_data_page.RATINGS) == given


def test_the_style_is_the_one_that_the_policy_allows(opened):
    page = opened()

    assert page.evaluate("getComputedStyle(document.querySelector('main')).maxWidth") != "none"


def test_all_of_it_is_there_as_a_file(opened, citizen, tmp_path):
    page = opened()
    with page.expect_download() as found:
        page.get_by_role("link", name="download alles als bestand (JSON)").click()
    path = tmp_path / "file.json"
    found.value.save_as(path)

    assert found.value.suggested_filename == "mijn-gegevens.json"
    assert json.loads(path.read_text())["gesprek"]["nummer"] == citizen.id


def test_it_fits_a_small_screen(opened):
    page = opened(width=320)

    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_it_prints_without_what_is_only_for_the_screen(opened):
    page = opened("dark")
    page.emulate_media(media="print", color_scheme="dark")

    assert not page.locator("nav").is_visible()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(0, 0, 0)"
    assert page.pdf().startswith(b"%PDF")


def test_an_empty_conversation_says_so(browser, url):
    nobody = Citizen(url)
    response = requests.get(f"{url}{LINKS.address(nobody.id)}", timeout=30)

    assert response.status_code == 200
    assert "Hiervan is niets bewaard." in response.text
