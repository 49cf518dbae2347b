from datetime import timedelta

import pytest

from bot.database import now
from bot.staff import accounts, sessions
from bot.staff.accounts import Person, StaffError
from bot.staff.model import Staff, StaffSession
from bot.staff.roles import ROLE_TEXTS, ROLES, Right


def add(session, **changes):
    values = {"email": "roos@x.nl", "name": "Roos", "roles": ["lezer"], **changes}
    return accounts.add(session, **values)


def test_the_roles_have_exactly_the_rights_that_were_agreed():
    found = {role: {right.name for right in rights} for role, rights in ROLES.items()}

    assert found == {
        "lezer": {"READ", "STEER"},
        "beoordelaar": {"READ", "STEER", "REVIEW", "LEARN", "EXPORT"},
        "adviseur": {"REFERRALS", "REVEAL", "STEER"},
        "redacteur": {"READ", "STEER", "CATALOGUE", "LEARN", "EXPORT"},
        "privacy": {"AUDIT", "ERASE", "READ", "REVEAL", "REFERRALS"},
        "beheerder": {"STAFF", "STEER", "DELIVERY", "CATALOGUE"},
    }
    assert set(ROLE_TEXTS) == set(ROLES)


def test_a_role_that_no_longer_exists_gives_no_right():
    person = Person(1, "x", "x", frozenset({"baas"}), None)

    assert not any(person.may(right) for right in Right)


def test_gemeenten_none_sees_all_and_a_set_only_what_is_in_it():
    everywhere = Person(1, "x", "x", frozenset(), None)
    assen = Person(1, "x", "x", frozenset(), frozenset({"Assen"}))

    assert everywhere.sees(None) and everywhere.sees({"Emmen"})
    assert assen.sees({"Assen"})
    assert not assen.sees({"Assen", "Emmen"})
    assert not assen.sees(None)


def test_an_account_comes_back_as_a_person(any_database):
    with any_database.session() as session:
        add(session, gemeenten=["Emmen", "Assen"], roles=["privacy", "lezer"])
    with any_database.session() as session:
        person = accounts.as_person(accounts.find_own(session, " ROOS@x.nl "))

    assert person.roles == {"lezer", "privacy"}
    assert person.gemeenten == {"Assen", "Emmen"}


def test_all_gemeenten_is_null_in_the_database(any_database):
    with any_database.session() as session:
        add(session)
    with any_database.session() as session:
        assert session.query(Staff).filter(Staff.gemeenten.is_(None)).count() == 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"email": "geen adres"}, "email"),
        ({"email": "a@b@c"}, "email"),
        ({"email": "a\r\nBcc: x@y"}, "email"),
        ({"email": "ROOS@X.NL"}, "email"),
        ({"name": " "}, "name"),
        ({"name": "x" * 121}, "name"),
        ({"name": "Roos\u202e"}, "name"),
        ({"roles": []}, "roles"),
        ({"roles": ["baas"]}, "roles"),
        ({"gemeenten": []}, "gemeenten"),
        ({"gemeenten": [" "]}, "gemeenten"),
        ({"gemeenten": ["x" * 81]}, "gemeenten"),
    ],
    ids=str,
)
def test_a_wrong_field_is_named(database, changes, field):
    with database.session() as session:
        add(session)
    values = {"email": "bas@x.nl", **changes}

    with database.session() as session, pytest.raises(StaffError) as error:
        add(session, **values)
    assert error.value.field == field


def test_a_change_of_what_someone_may_do_ends_all_sessions_a_new_name_none(database):
    with database.session() as session:
        row = add(session)
        sessions.start(session, row.id, sessions.FULL)
    with database.session() as session:
        row = session.query(Staff).one()
        assert not accounts.change(session, row, name="Rosa", roles=["lezer"], gemeenten=None)
        assert session.query(StaffSession).count() == 1
        assert accounts.change(session, row, name="Rosa", roles=["lezer"], gemeenten=["Assen"])
        assert session.query(StaffSession).count() == 0


def test_disabling_ends_sessions_and_a_waiting_link(database):
    with database.session() as session:
        row = add(session)
        token = accounts.enrolment_token(row)
        held = sessions.start(session, row.id, sessions.FULL)
    with database.session() as session:
        accounts.disable(session, session.query(Staff).one())
    with database.session() as session:
        assert accounts.find_enrolment(session, token) is None
        assert sessions.find(session, held, sessions.Terms()) is None
        with pytest.raises(StaffError):
            accounts.enrolment_token(session.query(Staff).one())


def test_a_new_link_ends_the_one_before(database):
    with database.session() as session:
        row = add(session)
        first = accounts.enrolment_token(row)
        second = accounts.enrolment_token(row)
    with database.session() as session:
        assert accounts.find_enrolment(session, first) is None
        assert accounts.find_enrolment(session, second) is not None
        later = now() + accounts.ENROL_TERM
        assert accounts.find_enrolment(session, second, later) is None


def test_a_colleague_with_another_gemeente_is_not_in_the_list(database):
    with database.session() as session:
        add(session, email="a@x.nl", name="A", gemeenten=["Assen"])
        add(session, email="b@x.nl", name="B", gemeenten=["Assen", "Emmen"])
        add(session, email="c@x.nl", name="C")

        def names(gemeenten):
            return "".join(row.name for row in accounts.every(session, gemeenten))

        assert names(frozenset({"Assen"})) == "A"
        assert names(frozenset({"Assen", "Emmen"})) == "AB"
        assert names(None) == "ABC"


def test_a_session_is_seen_at_most_once_a_minute(database):
    with database.session() as session:
        token = sessions.start(session, add(session).id, sessions.FULL)
        began = session.query(StaffSession).one().last_seen_at
    for seconds, moved in ((59, False), (60, True)):
        moment = began + timedelta(seconds=seconds)
        with database.session() as session:
            row, _ = sessions.find(session, token, sessions.Terms(), moment)
            assert (row.last_seen_at == moment) == moved


def test_half_way_a_login_lasts_a_quarter_of_an_hour(database):
    with database.session() as session:
        token = sessions.start(session, add(session).id, sessions.CODE)
        later = now() + sessions.LOGIN_TERM
        assert sessions.find(session, token, sessions.Terms(), later) is None
        assert sessions.find(session, token, sessions.Terms()) is not None


def test_sessions_that_are_over_are_removed(database):
    with database.session() as session:
        sessions.start(session, add(session).id, sessions.FULL)
        assert sessions.purge(session, sessions.Terms()) == 0
        assert sessions.purge(session, sessions.Terms(), now() + timedelta(minutes=30)) == 1
