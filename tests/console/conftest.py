"""The running console on a real port, people who are logged in, and a real browser."""

import contextlib
import itertools
import re
from pathlib import Path

import httpx
import pytest
from aiohttp import web
from argon2 import PasswordHasher
from chromium import chromium
from served import served, settings_in

from bot.console.app import mount
from bot.gateway.app import LARGEST_BODY
from bot.settings import ROOT
from bot.staff import accounts, passwords, sessions

AXE = ROOT / "bot" / "widget" / "node_modules" / "axe-core" / "axe.min.js"
AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]
CSRF = re.compile(r'name="csrf" value="([0-9a-f]+)"')


class Client(httpx.Client):
    """A browser without a screen: keeps cookies, follows nothing, and adds the token to forms."""

    person = None

    def hold(self, token):
        """Has this token of a session from now on."""
        self.cookies.set("console", token, domain="127.0.0.1")

    def csrf(self, path="/account"):
        """The token of this session, from a form on a page."""
        found = CSRF.search(self.get(path).text)
        assert found, f"no form on {path}"
        return found[1]

    def submit(self, path, data=None, *, form="/account", **options):
        """Posts a form with its token, that is read from the page `form`."""
        return self.post(path, data={"csrf": self.csrf(form), **(data or {})}, **options)


class Console:
    """The running console. `url` is where it is mounted; `settings` and `database` are its own."""

    def __init__(self, url, settings, database):
        self.origin = url
        self.url = f"{url}/console"
        self.settings = settings
        self.database = database
        self._numbers = itertools.count(1)
        self._clients = []

    def client(self, **options):
        """Someone who is not logged in."""
        # Nothing here has TLS, and reading all authorities takes longer than most tests.
        client = Client(base_url=self.url, timeout=30, verify=False, **options)
        self._clients.append(client)
        return client

    def add(self, *roles, gemeenten=None, name=None, email=None):
        """A new account with these roles; the `Person`."""
        number = next(self._numbers)
        with self.database.session() as session:
            row = accounts.add(
                session,
                email=email or f"medewerker{number}@voorbeeldstad.example",
                name=name or f"Medewerker {number}",
                roles=roles,
                gemeenten=gemeenten,
            )
            return accounts.as_person(row)

    def start(self, person):
        """The token of a new session of someone who is logged in."""
        with self.database.session() as session:
            return sessions.start(session, person.id, sessions.FULL, "Testbrowser")

    def login(self, *roles, gemeenten=None, name=None):
        """A client that is logged in with these roles; `client.person` is who."""
        client = self.client()
        client.person = self.add(*roles, gemeenten=gemeenten, name=name)
        client.hold(self.start(client.person))
        return client

    def close(self):
        for client in self._clients:
            client.close()


@contextlib.contextmanager
def running(database, folder, **environment):
    """The console on a free port, with these settings besides those of the tests."""
    settings = settings_in(folder, database.url, **environment)

    async def application():
        app = web.Application(client_max_size=LARGEST_BODY)
        mount(app, settings, database)
        return app

    with served(application()) as site:
        found = Console(site.url, settings, database)
        yield found
        found.close()


@pytest.fixture(scope="module", autouse=True)
def cheap_passwords():
    """Hashes that cost next to nothing; what the real ones cost is for tests/staff."""
    with pytest.MonkeyPatch.context() as patch:
        cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
        patch.setattr(passwords, "HASHER", cheap)
        passwords._dummy_hash.cache_clear()
        yield
    passwords._dummy_hash.cache_clear()


@pytest.fixture
def console(database, tmp_path):
    """The console with an empty database (`database`)."""
    with running(database, tmp_path) as found:
        yield found


@pytest.fixture
def any_console(any_database, tmp_path):
    """The console with each kind of database."""
    with running(any_database, tmp_path) as found:
        yield found


@pytest.fixture
def serve_console(tmp_path):
    """Runs the console with a database and settings: `with serve_console(database, NAME=...)`."""

    def serve(database, **environment):
        return running(database, tmp_path, **environment)

    return serve


@pytest.fixture
def login(console):
    """`login("lezer", gemeenten={"Assen"})`: a client that is logged in with that role."""
    return console.login


@pytest.fixture(scope="module", name="chromium")
def open_chromium():
    """A real browser, for the tests of one file: while it runs, the thread has an event loop."""
    with chromium() as browser:
        yield browser


class Browser:
    """Real browser windows on the console."""

    def __init__(self, chromium, console):
        self._chromium = chromium
        self._console = console
        self._contexts = []

    def page(self, *roles, gemeenten=None, person=None, **options):
        """A new window, logged in with these roles or as this person (none: nobody)."""
        context = self._chromium.new_context(locale="nl-NL", **options)
        self._contexts.append(context)
        context.set_default_timeout(15_000)
        if roles:
            person = self._console.add(*roles, gemeenten=gemeenten)
        if person:
            token = self._console.start(person)
            cookie = {"name": "console", "value": token, "url": self._console.origin}
            context.add_cookies([cookie])
        page = context.new_page()
        page.faults = []
        page.on("pageerror", lambda error: page.faults.append(str(error)))
        page.on(
            "console",
            lambda message: (
                page.faults.append(message.text)
                if "Content Security Policy" in message.text
                else None
            ),
        )
        return page

    def close(self):
        for context in self._contexts:
            context.close()


@pytest.fixture
def browser(chromium, console):
    """`browser.page("lezer")`: a window of Chromium that is logged in; `page.goto(console.url)`."""
    found = Browser(chromium, console)
    yield found
    found.close()


@pytest.fixture(scope="session")
def violations():
    """`violations(page)`: what axe finds wrong on a page of the browser; also faults of scripts."""
    assert AXE.exists(), f"{AXE.relative_to(ROOT)} is missing: run npm ci in bot/widget"
    source = Path(AXE).read_text(encoding="utf-8")

    def check(page):
        page.wait_for_load_state("load")  # the colours are in its style sheets
        # Not as a <script>: the policy of the page refuses that, as it should.
        page.evaluate(source + "; undefined")
        result = page.evaluate(
            "tags => axe.run(document, {runOnly: {type: 'tag', values: tags}})", AXE_TAGS
        )
        found = [
            f"{item['id']}: {node['html'][:200]}"
            for item in result["violations"]
            for node in item["nodes"]
        ]
        return found + page.faults

    return check
