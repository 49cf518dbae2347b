"""Chromium of Debian, as every test in a browser starts it."""

import contextlib

from playwright.sync_api import sync_playwright

PROGRAM = "/usr/bin/chromium"
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]


@contextlib.contextmanager
def chromium():
    """The browser, until the end; meanwhile this thread has the event loop of Playwright."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=PROGRAM, args=ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()
