"""The demo page of the running product in Chromium, driven as tests/widget/ does."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import expect, sync_playwright

sys.path.insert(0, str(Path(__file__).parents[1] / "widget"))

from widget_chat import LISTEN, Chat

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]
# A model on a busy machine takes its time.
MILLISECONDS = 60_000


@contextmanager
def chat_on(url: str, width: int = 1000, height: int = 800) -> Iterator[Chat]:
    """The page, loaded; any error of the page or of its security policy fails the test."""
    errors: list[str] = []
    expect.set_options(timeout=MILLISECONDS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=ARGUMENTS)
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
        browser.close()
    assert errors == []
