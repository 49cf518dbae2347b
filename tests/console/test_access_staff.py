"""Accounts of colleagues: who may change whom, and what it does at once."""

import re
from html import unescape

import pytest
from people import enrol, log_in

from bot.staff import accounts
from bot.staff.model import AuditEntry, Staff

LINK = re.compile(r'value="(http[^"]+/console/welkom/[^"]+)"')
NEW = {"email": "nieuw@x.nl", "name": "Nieuw", "roles": ["lezer"], "where": "alle"}


@pytest.fixture
def boss(console):
    return console.login("beheerder")


@pytest.fixture
def local_boss(console):
    """An administrator of one gemeente."""
    return console.login("beheerder", gemeenten={"Assen"})


def find(console, email):
    with console.database.session() as session:
        return accounts.find_own(session, email)


def test_a_new_colleague_can_log_in_with_the_link_that_is_shown_once(console, boss):
    response = boss.submit("/medewerkers/nieuw", NEW)
    link = unescape(LINK.search(response.text)[1])
    path = link[link.index("/welkom/") :]

    client = console.client()
    authenticator, _ = enrol(client, f"{console.url}{path}")

    assert client.get("/account").status_code == 200
    assert log_in(console.client(), "nieuw@x.nl", authenticator).status_code == 303
    assert path not in boss.get(f"/medewerkers/{find(console, 'nieuw@x.nl').id}").text


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"email": "geen adres"}, "Vul een e-mailadres in"),
        ({"name": ""}, "Vul een naam in"),
        ({"roles": []}, "Kies een of meer rollen"),
        ({"roles": ["baas"]}, "Kies een of meer rollen"),
        ({"where": "deze", "gemeenten": " , "}, "Noem een of meer gemeenten"),
    ],
)
def test_a_mistake_is_shown_at_its_field_and_what_was_typed_stays(console, boss, change, says):
    response = boss.submit("/medewerkers/nieuw", {**NEW, **change})

    assert response.status_code == 422
    assert says in unescape(response.text)
    assert 'aria-invalid="true"' in response.text
    assert "<title>Fout: " in response.text
    if "email" not in change:
        assert 'value="nieuw@x.nl"' in response.text
    with console.database.session() as session:
        assert session.query(Staff).count() == 1


def test_new_roles_log_a_colleague_out_and_are_on_record(console, boss):
    other = console.login("lezer")
    form = {"name": "Anders", "roles": ["privacy"], "where": "deze", "gemeenten": "Emmen, Assen"}

    boss.submit(f"/medewerkers/{other.person.id}", form)

    assert other.get("/account").status_code == 302
    with console.database.session() as session:
        person = accounts.as_person(accounts.find(session, other.person.id))
        (entry,) = session.query(AuditEntry).all()
    assert (person.name, person.roles, person.gemeenten) == (
        "Anders",
        {"privacy"},
        {"Assen", "Emmen"},
    )
    assert (entry.action, entry.reason) == ("staff_changed", "privacy")


def test_a_disabled_colleague_is_out_at_once_and_can_come_back(console, boss):
    other = console.login("lezer")
    boss.submit(f"/medewerkers/{other.person.id}/uit")
    assert other.get("/account").status_code == 302
    assert "uitgezet" in boss.get("/medewerkers").text

    boss.submit(f"/medewerkers/{other.person.id}/aan")
    other.hold(console.start(other.person))
    assert other.get("/account").status_code == 200


def test_a_disabled_colleague_gets_no_link(console, boss):
    other = console.add("lezer")
    boss.submit(f"/medewerkers/{other.id}/uit")
    response = boss.submit(f"/medewerkers/{other.id}/link")

    assert response.headers["Location"] == f"/console/medewerkers/{other.id}"
    assert "Zet het eerst weer aan" in boss.get(f"/medewerkers/{other.id}").text


def test_nobody_changes_or_disables_themselves(console, boss):
    form = {"name": "Baas", "roles": ["beheerder", "privacy"], "where": "alle"}
    path = f"/medewerkers/{boss.person.id}"

    assert "Vraag een andere beheerder" in boss.submit(path, form).text
    boss.submit(f"{path}/uit")
    assert "Je kunt je eigen account niet uitzetten" in boss.get("/medewerkers").text
    with console.database.session() as session:
        row = accounts.find(session, boss.person.id)
        assert (row.roles, row.disabled_at) == (["beheerder"], None)


@pytest.mark.parametrize("gemeenten", [None, {"Emmen"}, {"Assen", "Emmen"}])
def test_a_colleague_of_another_gemeente_is_not_there(console, local_boss, gemeenten):
    """The same answer as for a number that nobody has."""
    other = console.add("lezer", gemeenten=gemeenten, name="Ergens Anders")
    unknown = local_boss.get("/medewerkers/999999")

    for path in ("", "/link", "/uit", "/aan"):
        response = local_boss.submit(f"/medewerkers/{other.id}{path}", NEW)
        assert response.status_code == 404
    response = local_boss.get(f"/medewerkers/{other.id}")
    assert (response.status_code, response.text) == (unknown.status_code, unknown.text)
    assert "Ergens Anders" not in local_boss.get("/medewerkers").text
    with console.database.session() as session:
        row = accounts.find(session, other.id)
        assert (row.name, row.disabled_at, row.enrol_hash) == ("Ergens Anders", None, None)


@pytest.mark.parametrize("where", [{"where": "alle"}, {"where": "deze", "gemeenten": "Emmen"}])
def test_an_administrator_of_one_gemeente_gives_no_other(console, local_boss, where):
    mine = console.add("lezer", gemeenten={"Assen"})
    for path in ("/medewerkers/nieuw", f"/medewerkers/{mine.id}"):
        response = local_boss.submit(path, {**NEW, **where})
        assert response.status_code == 422
        assert "Kies alleen gemeenten waar je zelf voor werkt" in response.text

    with console.database.session() as session:
        assert session.query(Staff).count() == 2
        assert accounts.find(session, mine.id).gemeenten == ["Assen"]


@pytest.mark.parametrize("number", ["0", "-1", "1.5", "1e3", "abc", "٣", "9" * 40, "1%20", "1;--"])
def test_a_number_that_is_none_is_not_there(boss, number):
    assert boss.get(f"/medewerkers/{number}").status_code == 404


def test_an_account_of_the_gemeente_gets_no_link(console, boss):
    other = console.add("lezer")
    with console.database.session() as session:
        accounts.find(session, other.id).issuer = "https://login.gemeente.example"
    boss.submit(f"/medewerkers/{other.id}/link")

    assert "account van de gemeente" in boss.get(f"/medewerkers/{other.id}").text
    client = console.client()
    client.hold(console.start(other))
    for path in ("wachtwoord", "authenticator", "herstelcodes"):
        assert client.get(f"/account/{path}").status_code == 404
