from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from bot.database import now
from bot.staff import accounts, audit
from bot.staff.accounts import Person
from bot.staff.audit import AuditFilter
from bot.staff.model import AuditEntry, AuditTerm

ANNA = Person(1, "Anna", "anna@assen.example", frozenset({"lezer"}), frozenset({"Assen"}))
BOB = Person(2, "Bob", "bob@alle.example", frozenset({"privacy"}), None)


@pytest.fixture
def entries(any_database):
    """A log with three entries, in each kind of database."""
    with any_database.session() as session:
        audit.record(session, ANNA, "conversation_opened", "gesprek a1")
        audit.record(session, BOB, "contact_revealed", "aanvraag B-2", "belt zo terug")
        audit.record(session, BOB, "conversation_opened", "gesprek e_1", gemeente="Emmen")
    return any_database


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entry SET who = 'iemand anders'",
        "UPDATE audit_entry SET reason = NULL WHERE id = 2",
        "DELETE FROM audit_entry",
        "DELETE FROM audit_entry WHERE id = 1",
        "DELETE FROM audit_entry WHERE at < '2999-01-01'",
    ],
)
def test_the_database_refuses_every_change_and_removal(entries, statement):
    with pytest.raises(sa.exc.DBAPIError, match="append-only"), entries.session() as session:
        session.execute(sa.text(statement))

    with entries.session() as session:
        assert session.query(AuditEntry).count() == 3


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT OR REPLACE INTO audit_entry (id, at, who, action, subject) "
        "VALUES (1, '2026-01-01', 'x', 'x', 'x')",
        "INSERT INTO audit_entry (id, at, who, action, subject) VALUES (1, '2026-01-01', 'x', 'x',"
        " 'x') ON CONFLICT (id) DO UPDATE SET who = 'x'",
    ],
)
def test_sqlite_refuses_replacing_as_well(database, statement):
    with database.session() as session:
        audit.record(session, ANNA, "login", "medewerker 1")

    with pytest.raises(sa.exc.DBAPIError, match="append-only"), database.session() as session:
        session.execute(sa.text(statement))


def test_postgresql_refuses_emptying_and_upserting_as_well(postgres):
    with postgres.session() as session:
        audit.record(session, ANNA, "login", "medewerker 1")
    upsert = (
        "INSERT INTO audit_entry (id, at, who, action, subject) VALUES (1, now(), 'x', 'x', 'x') "
        "ON CONFLICT (id) DO UPDATE SET who = 'x'"
    )
    for statement in ("TRUNCATE audit_entry", upsert):
        with pytest.raises(sa.exc.DBAPIError, match="append-only"), postgres.session() as session:
            session.execute(sa.text(statement))


def test_the_purge_removes_what_is_past_its_term_and_closes_the_log_again(entries):
    later = now() + timedelta(days=31)
    with entries.session() as session:
        assert audit.purge(session, 30) == 0
        session.add(AuditEntry(at=later, who="x", action="login", subject="x"))
    with entries.session() as session:
        assert audit.purge(session, 30, later) == 3
    with entries.session() as session:
        assert session.query(AuditEntry).count() == 1
        assert session.query(AuditTerm).count() == 0
    with pytest.raises(sa.exc.DBAPIError, match="append-only"), entries.session() as session:
        session.execute(sa.text("DELETE FROM audit_entry"))


def test_an_entry_says_who_what_when_to_whom_and_why(entries):
    with entries.session() as session:
        rows, total = audit.search(session, AuditFilter(), None)

    assert total == 3
    newest, reveal, first = rows
    assert (reveal.who, reveal.action, reveal.subject, reveal.reason) == (
        "Bob",
        "contact_revealed",
        "aanvraag B-2",
        "belt zo terug",
    )
    assert first.gemeente == "Assen"
    assert newest.gemeente == "Emmen"
    assert now() - newest.at < timedelta(minutes=5)


def test_an_entry_goes_when_what_it_is_about_goes_wrong(database):
    with pytest.raises(RuntimeError), database.session() as session:
        audit.record(session, ANNA, "conversation_opened", "gesprek a1")
        session.flush()
        raise RuntimeError

    with database.session() as session:
        assert session.query(AuditEntry).count() == 0


@pytest.mark.parametrize(
    ("query", "subjects"),
    [
        ({"wie": "2"}, ["gesprek e_1", "aanvraag B-2"]),
        ({"wat": "conversation_opened"}, ["gesprek e_1", "gesprek a1"]),
        ({"onderwerp": "gesprek"}, ["gesprek e_1", "gesprek a1"]),
        ({"onderwerp": "_"}, ["gesprek e_1"]),
        ({"onderwerp": "%"}, []),
        ({"onderwerp": "' OR 1=1 --"}, []),
        ({"reden": "terug"}, ["aanvraag B-2"]),
        ({"gemeente": "Emmen"}, ["gesprek e_1"]),
        ({"van": "2999-01-01"}, []),
        ({"tot": "2020-01-01"}, []),
        ({"wie": "2", "wat": "conversation_opened"}, ["gesprek e_1"]),
        ({"wie": "x", "van": "gisteren", "tot": "9999-12-31"}, None),
    ],
)
def test_filters_narrow_and_combine(entries, query, subjects):
    with entries.session() as session:
        rows, _ = audit.search(session, AuditFilter.from_query(query), None)

    everything = ["gesprek e_1", "aanvraag B-2", "gesprek a1"]
    assert [row.subject for row in rows] == (everything if subjects is None else subjects)


def test_a_filter_survives_its_address():
    wanted = AuditFilter(3, "login", "a&b", "c=d", "Assen", date(2026, 1, 2), date(2026, 3, 4))

    assert AuditFilter.from_query(wanted.as_query()) == wanted


def test_a_day_begins_and_ends_in_the_netherlands(database):
    with database.session() as session:
        for text in ("2026-06-30T21:59:59+00:00", "2026-06-30T22:00:00+00:00"):
            at = now().fromisoformat(text)
            session.add(AuditEntry(at=at, who="x", action="x", subject=text))
    july = AuditFilter(since=date(2026, 7, 1), until=date(2026, 7, 1))
    with database.session() as session:
        rows, _ = audit.search(session, july, None)

    assert [row.subject for row in rows] == ["2026-06-30T22:00:00+00:00"]


def test_an_officer_of_one_gemeente_sees_what_was_done_with_its_data_and_by_its_people(database):
    with database.session() as session:
        anna, bob, eva = (
            accounts.as_person(
                accounts.add(
                    session, email=f"{name}@x.nl", name=name, roles=["lezer"], gemeenten=gemeenten
                )
            )
            for name, gemeenten in (("anna", {"Assen"}), ("bob", None), ("eva", {"Assen", "Emmen"}))
        )
        audit.record(session, anna, "login", "1")
        audit.record(session, bob, "conversation_opened", "2", gemeente="Assen")
        audit.record(session, bob, "conversation_opened", "3", gemeente="Emmen")
        audit.record(session, bob, "login", "4")
        audit.record(session, eva, "login", "5")

        def seen(gemeenten):
            return {row.subject for row in audit.search(session, AuditFilter(), gemeenten)[0]}

        assert seen(frozenset({"Assen"})) == {"1", "2"}
        assert seen(frozenset({"Emmen"})) == {"3"}
        assert seen(frozenset({"Assen", "Emmen"})) == {"1", "2", "3", "5"}
        assert seen(None) == {"1", "2", "3", "4", "5"}


def test_a_stream_gives_everything_once_in_the_same_order(database):
    with database.session() as session:
        for number in range(25):
            audit.record(session, ANNA, "login", str(number))
    with database.session() as session:
        found = [row.subject for row in audit.stream(session, AuditFilter(), None, batch=10)]

    assert found == [str(number) for number in reversed(range(25))]


def test_a_long_reason_is_cut_not_refused(database):
    with database.session() as session:
        audit.record(session, ANNA, "x", "s" * 500, "r" * 5000)
    with database.session() as session:
        row = session.query(AuditEntry).one()

    assert (len(row.subject), len(row.reason)) == (audit.LONGEST_SUBJECT, audit.LONGEST_REASON)
