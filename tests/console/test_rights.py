"""Every route with every role, against a table that is written down (rights.yml)."""

import re
from pathlib import Path

import pytest
import routes

from bot.console.app import make_console
from bot.console.context import ROOT
from bot.console.sections import SECTIONS
from bot.staff.roles import ROLES, Right
from bot.staff.tokens import hashed

PAGES = routes.pages()
TABLE = routes.table()
# Ids that no row has: what may be opened answers that it is not there.
PARAMETER = re.compile(r"\{(\w+)(?::([^}]+))?\}")


def path_of(page):
    """An address of the page; of a parameter with a choice of words, the first word."""
    return PARAMETER.sub(lambda found: (found[2] or "999999").split("|")[0], page.path)


def test_every_route_has_a_line_in_the_table_and_every_line_has_a_route():
    missing = [routes.line(page) for name, page in PAGES.items() if name not in TABLE]

    assert not missing, "add to tests/console/rights.yml:\n" + "\n".join(missing)
    assert set(TABLE) == set(PAGES)


def test_the_table_names_only_roles_that_there_are():
    named = {role for entry in TABLE.values() if isinstance(entry, list) for role in entry}

    assert named <= set(ROLES)
    assert {entry for entry in TABLE.values() if isinstance(entry, str)} <= {
        routes.EVERYONE,
        routes.SIGNED_IN,
    }


def test_no_route_exists_twice():
    names = [routes.name(page) for section in SECTIONS for page in section.pages()]

    assert len(names) == len(set(names))


def test_the_application_has_no_route_outside_the_sections(console):
    app = make_console(console.settings, console.database)
    known = {(page.method, PARAMETER.sub(r"{\1}", page.path)) for page in PAGES.values()}
    known |= {("HEAD", path) for method, path in known if method == "GET"}

    found = {
        (route.method, route.resource.canonical)
        for route in app.router.routes()
        if route.resource.canonical != "/static"
    }

    assert found <= known


def test_every_module_with_pages_is_a_section():
    with_pages = {
        path.stem
        for path in Path("bot/console").glob("*.py")
        if re.search(r"^def pages\(", path.read_text(), re.M)
    }

    assert with_pages == {section.__name__.rpartition(".")[2] for section in SECTIONS}


def test_every_right_is_given_by_some_role():
    assert set(Right) == {right for rights in ROLES.values() for right in rights}


@pytest.mark.parametrize("role", [None, *ROLES])
def test_each_route_is_open_to_exactly_the_roles_of_the_table(console, role):
    wrong = []
    for name, entry in TABLE.items():
        page = PAGES[name]
        status, location = ask(console, page, role)
        expected = routes.allowed(entry, role)
        # Logging out ends at the login page too.
        to_login = location.startswith(f"{ROOT}/aanmelden") and (
            role is None or page.path != "/afmelden"
        )
        if role is None and not page.is_open:
            opened = not (status in (302, 303) and to_login)
        elif page.is_open:
            opened = status != 403
        else:
            opened = status != 403 and not to_login
        if opened != expected or status >= 500:
            wrong.append(f"{name} as {role}: {status} {location}")

    assert not wrong, "\n".join(wrong)


def ask(console, page, role):
    """The answer to this role, with a valid token for forms: only rights can be in the way."""
    client = console.login(role) if role else console.client()
    if page.method == "GET":
        response = client.get(path_of(page))
    else:
        form = "/account" if role else "/aanmelden"
        response = client.submit(path_of(page), form=form)
    return response.status_code, response.headers.get("Location", "")


def test_a_refusal_says_so_in_dutch_and_shows_nothing_else(console):
    response = console.login("lezer").get("/medewerkers")

    assert response.status_code == 403
    assert "Je hebt hier geen toegang toe" in response.text
    assert "beheerder@" not in response.text


@pytest.mark.parametrize("name", [name for name, page in PAGES.items() if page.method != "GET"])
def test_no_form_works_without_its_token(console, name):
    page = PAGES[name]
    client = console.client() if page.is_open else console.login(*ROLES)

    for data in ({}, {"csrf": ""}, {"csrf": hashed("guess")}):
        response = client.post(path_of(page), data=data)

        assert response.status_code == 403
        assert "Dit formulier is verlopen" in response.text


def test_only_reading_is_possible_with_get(console):
    """Pages change nothing when a browser fetches them ahead."""
    methods = {page.method for page in PAGES.values()}

    assert methods <= {"GET", "POST"}


def test_a_person_of_two_roles_has_the_rights_of_both(console):
    client = console.login("lezer", "privacy")

    assert client.get("/logboek").status_code == 200
    assert client.get("/medewerkers").status_code == 403


def test_a_role_that_is_taken_away_works_no_longer_at_once(console):
    client = console.login("beheerder")
    other = console.login("beheerder")
    assert other.get("/medewerkers").status_code == 200

    client.submit(
        f"/medewerkers/{other.person.id}", {"name": "Zonder", "roles": "lezer", "where": "alle"}
    )

    assert other.get("/medewerkers").headers["Location"].startswith(f"{ROOT}/aanmelden")
