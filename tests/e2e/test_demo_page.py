"""The demo page in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect, sync_playwright
from product import Product

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]


@pytest.fixture
def page(product: Product, tmp_path: Path) -> Iterator[Page]:
    """The page, loaded; any error of the page or of its security policy fails the test."""
    errors: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=ARGUMENTS)
        opened = browser.new_page(viewport={"width": 320, "height": 640})
        opened.on("pageerror", lambda error: errors.append(str(error)))
        opened.on("console", lambda m: errors.append(m.text) if m.type == "error" else None)
        opened.goto(product.url)
        expect(log(opened).get_by_text("Hallo. Ik ben Startwijzer")).to_be_visible(timeout=15_000)
        yield opened
        browser.close()
    assert errors == []


def log(page: Page) -> Locator:
    return page.get_by_role("list", name="Het gesprek")


def say(page: Page, text: str) -> None:
    page.get_by_role("textbox").fill(text)
    page.keyboard.press("Enter")


def test_a_citizen_asks_chooses_and_reads_links(page: Page) -> None:
    expect(page.get_by_text("Je praat met een computer").first).to_be_visible()
    say(page, "hoe schrijf ik me in bij de kvk?")
    expect(log(page).get_by_text("85,15")).to_be_visible()
    link = page.get_by_role("link", name="Naar kvk.nl").first
    assert (link.get_attribute("href") or "").startswith("https://www.kvk.nl")
    page.get_by_role("button", name="Rechtsvorm").click()
    expect(log(page).get_by_text("eenmanszaak").first).to_be_visible()


def test_a_reload_keeps_the_conversation_and_wiping_ends_it(page: Page) -> None:
    say(page, "ik wil de zelfscan doen")
    page.get_by_role("button", name="Kort, ongeveer").click()
    expect(log(page).get_by_text("Vraag 1 van 18")).to_be_visible()
    page.reload()
    expect(log(page).get_by_text("Vraag 1 van 18")).to_be_visible()
    page.get_by_role("button", name="Helemaal mee eens").click()
    expect(log(page).get_by_text("Vraag 2 van 18")).to_be_visible()
    page.get_by_role("button", name="Wis dit gesprek").click()
    page.get_by_role("dialog").get_by_role("button", name="Ja").click()
    expect(log(page).get_by_text("Vraag 2 van 18")).to_have_count(0)
    expect(log(page).get_by_text("Hallo. Ik ben Startwijzer")).to_be_visible()


def test_markup_that_a_citizen_types_stays_text(page: Page) -> None:
    say(page, "<img src=x onerror=alert(1)> [klik](javascript:alert(1)) **vet**")
    expect(log(page).get_by_text("<img src=x onerror=alert(1)>")).to_be_visible()
    assert page.locator("img[src=x]").count() == 0
    assert page.locator("a[href^=javascript]").count() == 0


def test_nothing_sticks_out_at_320_pixels(page: Page) -> None:
    say(page, "ik wil de zelfscan doen")
    page.get_by_role("button", name="Kort, ongeveer").click()
    expect(log(page).get_by_text("Vraag 1 van 18")).to_be_visible()
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= 320
