"""The demo page of the running product in Chromium, driven as tests/widget/ does."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from chromium import chromium
from playwright.sync_api import expect
from widget_chat import LISTEN, Chat

# A model on a busy machine takes its time.
MILLISECONDS = 60_000


@contextmanager
def chat_on(url: str, width: int = 1000, height: int = 800) -> Iterator[Chat]:
    """The page, loaded; any error of the page or of its security policy fails the test."""
    errors: list[str] = []
    expect.set_options(timeout=MILLISECONDS)
    with chromium() as browser:
        context = browser.new_context(
            viewport={"width": width, "height": height}, locale="nl-NL", reduced_motion="reduce"
        )
        context.set_default_timeout(MILLISECONDS)
        context.add_init_script(LISTEN)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda m: errors.append(m.text) if m.type == "error" else None)
        page.goto(url)
        yield Chat(page)
    assert errors == []
