"""The demo page of the running product in a real browser."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from chat_page import chat_on
from playwright.sync_api import expect
from product import Product
from widget_chat import Chat

GREETING = "Hallo. Ik ben Startwijzer"


@pytest.fixture
def chat(product: Product) -> Iterator[Chat]:
    """The chat on a small screen, opened."""
    with chat_on(product.url, width=320, height=640) as chat:
        chat.launcher.focus()
        chat.press("Enter")
        expect(chat.article(GREETING)).to_be_visible()
        yield chat


def test_a_citizen_asks_chooses_and_reads_links(chat: Chat) -> None:
    expect(chat.window.locator(".who")).to_have_text("Je praat met een computer")
    chat.say("hoe schrijf ik me in bij de kvk?", answer="85,15")
    link = chat.root.get_by_role("link", name="kvk.nl").first
    assert (link.get_attribute("href") or "").startswith("https://www.kvk.nl")
    assert "opent in een nieuw tabblad" in link.inner_text()
    chat.button("Rechtsvorm").click()
    expect(chat.article("eenmanszaak").first).to_be_visible()


def test_a_reload_keeps_the_conversation_and_wiping_ends_it(chat: Chat) -> None:
    chat.say("ik wil de zelfscan doen", answer="korte of de lange")
    chat.button("Kort, ongeveer").click()
    expect(chat.article("Vraag 1 van 18")).to_be_visible()
    chat.page.reload()
    chat.launcher.click()  # on a small screen the page comes first
    expect(chat.article("Vraag 1 van 18")).to_be_visible()
    chat.root.get_by_role("button", name="Helemaal mee eens", exact=True).click()
    expect(chat.article("Vraag 2 van 18")).to_be_visible()
    expect(chat.root.get_by_role("progressbar", name="Vraag 2 van 18")).to_be_visible()
    chat.button("Wis dit gesprek").click()
    chat.button("Ja, wis het gesprek").click()
    expect(chat.articles).to_have_count(0)
    chat.button("Begin een nieuw gesprek").click()
    expect(chat.article(GREETING)).to_be_visible()
    expect(chat.articles).to_have_count(1)


def test_markup_that_a_citizen_types_stays_text(chat: Chat) -> None:
    attack = "<img src=x onerror=alert(1)> [klik](javascript:alert(1)) **vet**"
    chat.say(attack, answer=attack)
    assert chat.root.locator("img[src=x]").count() == 0
    assert chat.root.locator("a[href^=javascript]").count() == 0


def test_nothing_sticks_out_at_320_pixels(chat: Chat) -> None:
    chat.say("ik wil de zelfscan doen", answer="korte of de lange")
    chat.button("Kort, ongeveer").click()
    expect(chat.article("Vraag 1 van 18")).to_be_visible()
    assert chat.page.evaluate("document.documentElement.scrollWidth") <= 320
    assert chat.root.locator(".scroller").evaluate("e => e.scrollWidth <= e.clientWidth")


def test_the_chat_in_the_page(product: Product) -> None:
    with chat_on(f"{product.url}/demo/inline.html") as chat:
        chat.button("Begin het gesprek").click()
        expect(chat.article(GREETING)).to_be_visible()
        chat.on("textbox", "Je bericht")
