"""Who is refused what is in the log: the account, the route and the status, and nothing else."""

import pytest


@pytest.fixture
def refused(caplog):
    """`refused()`: (account, method, route, status) of every refusal that was logged so far."""

    def found():
        return [
            tuple(record.fields[name] for name in ("account", "method", "route", "status"))
            for record in caplog.records
            if record.getMessage() == "refused"
        ]

    return found


def test_a_page_that_someone_may_not_open(login, refused):
    client = login("lezer")
    client.get("/medewerkers/12?geheim=1")

    assert refused() == [(client.person.id, "GET", "/console/medewerkers/{id}", 403)]


def test_what_is_of_another_gemeente(console, login, refused):
    foreign = console.add("lezer", gemeenten={"Assen"})
    client = login("beheerder", gemeenten={"Emmen"})
    assert client.get(f"/medewerkers/{foreign.id}").status_code == 404

    assert refused() == [(client.person.id, "GET", "/console/medewerkers/{id}", 404)]


def test_a_gemeente_that_is_not_ones_own_to_give(login, refused):
    client = login("beheerder", gemeenten={"Emmen"})
    form = {"email": "x@x.nl", "name": "geheim", "roles": "lezer", "where": "alle"}
    assert client.submit("/medewerkers/nieuw", form).status_code == 422

    assert refused() == [(client.person.id, "POST", "/console/medewerkers/nieuw", 422)]


def test_a_forged_form(login, refused):
    client = login("beheerder")
    assert client.post("/afmelden", data={"csrf": "geheim"}).status_code == 403

    assert refused() == [(client.person.id, "POST", "/console/afmelden", 403)]


def test_who_is_not_logged_in_is_nobody(console, refused, caplog):
    client = console.client()
    assert client.get("/gesprekken/geheim").status_code == 302
    assert client.get("/geheim").status_code == 404, "there is nothing to be refused"

    assert refused() == [(None, "GET", "/console/gesprekken/{id}", 302)]
    assert "geheim" not in "".join(str(vars(record)) for record in caplog.records)
