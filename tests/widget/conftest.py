"""The chat in Chromium, on a site of another origin, with the web process and a scripted Rasa."""

import json
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlencode, urlsplit

import pytest
from chromium import ARGUMENTS, PROGRAM, chromium
from playwright.sync_api import expect
from scripted_rasa import ScriptedRasa
from served import WebProcess
from widget_axe import Table
from widget_chat import LISTEN, SECONDS, Chat
from widget_script import answers
from widget_site import Line, Site, picture

from bot.database import Database

ARTEFACTS = Path(__file__).parents[2] / "var" / "widget"
# Where the real server has the pictures of a result.
PICTURES = {
    "profiel.png*": ("image/png", picture()),
    "hostile.svg": (
        "image/svg+xml",
        b'<svg xmlns="http://www.w3.org/2000/svg" onload="top.hacked=13"><rect/></svg>',
    ),
}
expect.set_options(timeout=SECONDS * 1000)


def fulfil(kind, body):
    return lambda route: route.fulfill(content_type=kind, body=body)


@pytest.fixture(scope="session")
def world(tmp_path_factory):
    """All outside the browser: `site`, `line` to the server, its `url`, `rasa`, `database`."""
    folder = tmp_path_factory.mktemp("widget")
    database = Database(f"sqlite:///{folder / 'widget.sqlite3'}")
    database.upgrade()
    with ScriptedRasa(database) as rasa, Site() as site:
        web = WebProcess(database.url, rasa.port, folder, ALLOWED_ORIGINS=site.origin)
        address = urlsplit(web.url)
        try:
            with Line((address.hostname, address.port)) as line:
                site.server = line.url
                rasa.answers = answers(site.origin, line.url)
                yield SimpleNamespace(
                    site=site, line=line, url=line.url, rasa=rasa, database=database
                )
        finally:
            web.close()
            database.close()


@pytest.fixture(scope="session")
def axe_table():
    """What axe-core found, in var/widget/axe.md at the end."""
    table = Table()
    yield table
    table.write(ARTEFACTS / "axe.md")


@pytest.fixture(scope="session")
def artefacts():
    """Where pictures for people go."""
    ARTEFACTS.mkdir(parents=True, exist_ok=True)
    return ARTEFACTS


# For each module: Playwright's loop may not be there when other tests have one of their own.
@pytest.fixture(scope="module")
def browser():
    with chromium() as browser:
        yield browser


@pytest.fixture
def new_context(browser, world):
    """Makes contexts of people apart; whatever goes wrong in a page is in `errors`."""
    made = []

    def new(**options):
        options = {"viewport": {"width": 1000, "height": 800}, "locale": "nl-NL", **options}
        context = browser.new_context(**options)
        context.set_default_timeout(SECONDS * 1000)
        context.add_init_script(LISTEN)
        for name, (kind, body) in PICTURES.items():
            context.route(f"{world.url}/{name}", fulfil(kind, body))
        context.errors = []
        context.expected = []
        context.requested = []
        context.on("weberror", lambda error: context.errors.append(str(error.error)))
        context.on("request", lambda request: context.requested.append(request.url))
        context.on(
            "console",
            lambda message: (
                context.errors.append(message.text)
                if message.type in ("error", "warning")
                else None
            ),
        )
        context.on("dialog", lambda dialog: context.errors.append(f"dialog {dialog.message}"))
        made.append(context)
        return context

    yield new
    for context in made:
        context.close()


@pytest.fixture
def context(new_context):
    """One person, whose page has no other errors than a test names in `expected`."""
    made = new_context()
    yield made
    strange = [one for one in made.errors if not any(part in one for part in made.expected)]
    assert strange == []


@pytest.fixture
def browser_with_large_text(browser, tmp_path):
    """One person whose browser shows text at twice the usual size."""
    folder = tmp_path / "profile" / "Default"
    folder.mkdir(parents=True)
    fonts = {"webkit": {"webprefs": {"default_font_size": 32, "default_fixed_font_size": 26}}}
    (folder / "Preferences").write_text(json.dumps(fonts))
    context = browser.browser_type.launch_persistent_context(
        folder.parent, executable_path=PROGRAM, args=ARGUMENTS
    )
    context.set_default_timeout(SECONDS * 1000)
    context.add_init_script(LISTEN)
    yield context
    context.close()


@pytest.fixture
def visit(world, context):
    """Opens a page of the site with the chat on it."""

    def visit(path="/", within=None, **options):
        query = {key.replace("_", "-"): value for key, value in options.items()}
        page = (within or context).new_page()
        page.goto(f"{world.site.origin}{path}?{urlencode(query)}")
        expect(page.locator("startwijzer-chat")).to_have_count(1)
        return Chat(page)

    return visit


@pytest.fixture
def chat(visit):
    """The chat, opened and greeted."""
    return visit(data_hours="ma-zo 00:00-24:00", data_phone="14 0123").open()
