"""Two people, or two windows of one person, at the very same moment."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from bot.staff import accounts, federated
from bot.staff.accounts import StaffError
from bot.staff.model import AuditEntry, Staff, StaffSession

RULES = federated.Rules("groups", {"lezers": "lezer"})
CLAIMS = {
    "iss": "https://inloggen.example",
    "sub": "roos",
    "name": "Roos Visser",
    "email": "roos@x.nl",
    "groups": ["lezers"],
}


@pytest.fixture
def at_once(any_database):
    """`at_once(work)`: two transactions do it, and each looked before the other wrote."""
    meeting = threading.Barrier(2, timeout=60)

    def meet(connection, cursor, statement, *_):
        if statement.startswith("INSERT INTO staff ("):
            meeting.wait()

    def once(work):
        with any_database.session() as session:
            return work(session)

    def both(work):
        with ThreadPoolExecutor(2) as threads:
            return [future.exception() for future in [threads.submit(once, work) for _ in range(2)]]

    sa.event.listen(any_database.engine, "before_cursor_execute", meet)
    yield both
    sa.event.remove(any_database.engine, "before_cursor_execute", meet)


def test_a_first_login_in_two_windows_makes_one_account_with_two_sessions(at_once, any_database):
    errors = at_once(lambda session: federated.admit(session, RULES, CLAIMS, "Firefox"))

    assert errors == [None, None]
    with any_database.session() as session:
        person = accounts.as_person(session.execute(sa.select(Staff)).scalar_one())
        assert (person.name, person.email, person.roles) == ("Roos Visser", "roos@x.nl", {"lezer"})
        assert session.query(StaffSession).count() == 2
        assert [entry.action for entry in session.query(AuditEntry)] == ["login", "login"]


def test_of_two_who_add_one_address_the_second_is_told_that_it_is_there(at_once, any_database):
    errors = at_once(
        lambda session: accounts.add(session, email="Roos@x.nl", name="Roos", roles=["lezer"])
    )

    (refusal,) = [error for error in errors if error]
    assert isinstance(refusal, StaffError)
    assert (str(refusal), refusal.field) == ("Er is al een account met dit e-mailadres.", "email")
    with any_database.session() as session:
        assert session.query(Staff).count() == 1
