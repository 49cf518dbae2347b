import itertools
import logging
import threading
from datetime import datetime, timedelta, timezone

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.database import now
from bot.referral import life
from bot.referral.calendar import ZONE
from bot.referral.model import Referral, ReferralEvent
from bot.referral.terms import read_terms

STATES = (
    *["ontvangen", "in_behandeling", "contact_gelegd"],
    *["afgerond", "geen_contact", "ingetrokken"],
)
# Written out once more: a row for the state that it is in, an x for each that may follow.
TABLE = """
                ontvangen in_behandeling contact_gelegd afgerond geen_contact ingetrokken
ontvangen           .           x              x            x         x            x
in_behandeling      .           .              x            x         x            x
contact_gelegd      .           .              .            x         .            x
afgerond            .           .              .            .         .            .
geen_contact        x           x              x            x         .            x
ingetrokken         .           .              .            .         .            .
"""
ROWS = [line.split() for line in TABLE.strip().splitlines()]
PAIRS = [
    (row[0], status, mark == "x")
    for row in ROWS[1:]
    for status, mark in zip(ROWS[0], row[1:], strict=True)
]


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=ZONE).astimezone(timezone.utc)


@pytest.fixture
def put(office, apply):
    """A request in a state, asked for at a moment with an urgency; gives its reference."""

    def made(status="ontvangen", asked="2026-11-23 10:00", urgency="gewoon"):
        _, reference = apply()
        with office.session() as session:
            referral = session.get(Referral, reference)
            referral.status, referral.created_at, referral.urgency = status, at(asked), urgency
            referral.due_at = read_terms().due_at(at(asked), urgency)
        return reference

    return made


def get(office, reference):
    with office.session() as session:
        referral = session.get(Referral, reference)
        assert referral.events is not None
        return referral


def notes(office, reference):
    return [event.note for event in get(office, reference).events]


def test_a_new_request_has_a_due_date_and_a_first_event(office, apply):
    _, reference = apply()
    referral = get(office, reference)
    (event,) = referral.events

    assert referral.due_at == read_terms().due_at(referral.created_at, referral.urgency)
    assert (event.status, event.by, event.at) == ("ontvangen", "inwoner", referral.created_at)


def test_every_pair_of_states_is_in_the_table():
    assert {(a, b) for a, b, _ in PAIRS} == {(a, b) for a in STATES for b in STATES}
    assert set(life.STATES) == set(STATES)


@pytest.mark.parametrize(("before", "after", "allowed"), PAIRS)
def test_a_state_follows_another_or_is_refused(office, put, before, after, allowed):
    reference = put(before)
    with office.session() as session:
        referral = session.get(Referral, reference)
        if allowed:
            life.change(session, referral, after, "Anna", "gebeld")
            assert referral.status == after
        else:
            with pytest.raises(life.WrongTransition, match=f"'{before}' en kan niet '{after}'"):
                life.change(session, referral, after, "Anna")

    stored = get(office, reference)
    assert stored.status == (after if allowed else before)
    assert len(stored.events) == (2 if allowed else 1)
    if allowed:
        event = stored.events[-1]
        assert (event.status, event.by, event.note) == (after, "Anna", "gebeld")
        assert (stored.closed_at is not None) == (after in ("afgerond", "ingetrokken"))
        assert (stored.contact == b"") == (after == "ingetrokken")


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(STATES), max_size=8))
def test_whatever_people_try_the_life_stays_within_the_table(office, put, tried):
    allowed = {(a, b) for a, b, fits in PAIRS if fits}
    reference = put()
    with office.session() as session:
        referral = session.get(Referral, reference)
        for status in tried:
            try:
                life.change(session, referral, status, "Anna")
            except life.WrongTransition:
                assert (referral.status, status) not in allowed

    states = [event.status for event in get(office, reference).events]
    assert all(step in allowed for step in itertools.pairwise(states))
    assert states[-1] == get(office, reference).status


def test_a_state_that_does_not_exist_is_refused(office, put):
    reference = put()
    with office.session() as session, pytest.raises(life.WrongTransition, match="Kies uit: ontv"):
        life.change(session, session.get(Referral, reference), "weg", "Anna")


@pytest.mark.parametrize("by", ["", "  ", "a" * 81])
def test_someone_has_to_be_named(office, put, by):
    reference = put()
    with office.session() as session, pytest.raises(life.ReferralError, match="Zeg wie"):
        life.change(session, session.get(Referral, reference), "afgerond", by)

    assert get(office, reference).status == "ontvangen"


def test_who_comes_second_is_judged_by_what_the_first_one_did(office, put):
    reference = put()
    stale = get(office, reference)
    with office.session() as session:
        life.change(session, session.get(Referral, reference), "ingetrokken", "inwoner")

    with office.session() as session:
        mine = session.merge(stale, load=False)
        assert mine.status == "ontvangen"
        with pytest.raises(life.WrongTransition, match="'ingetrokken' en kan niet"):
            life.change(session, mine, "in_behandeling", "Anna")

    assert get(office, reference).status == "ingetrokken"


def test_what_was_erased_in_the_meantime_is_unknown(office, put):
    reference = put()
    stale = get(office, reference)
    with office.session() as session:
        session.execute(sa.delete(Referral))

    with office.session() as session, pytest.raises(life.UnknownReferral):
        life.change(session, session.merge(stale, load=False), "afgerond", "Anna")


def test_who_can_be_reached_again_gets_a_new_term(office, put, told):
    reference = put()
    with office.session() as session:
        life.remind_and_escalate(session, at("2026-12-01 10:00"), told)
        referral = session.get(Referral, reference)
        life.change(session, referral, "geen_contact", "Anna")
        life.change(session, referral, "ontvangen", "inwoner", moment=at("2026-12-01 12:00"))

    stored = get(office, reference)
    assert stored.due_at == at("2026-12-04 17:00")
    assert (stored.reminded_at, stored.escalated_at) == (None, None)
    with office.session() as session:
        followed = life.remind_and_escalate(session, at("2026-12-03 09:00"), told)
    assert followed == life.Followed(reminded=1)


@pytest.mark.parametrize(
    ("urgency", "moment", "expected"),
    [
        # Asked for on Monday 23 November at 10:00; due on Thursday 26 or Tuesday 24 at 17:00.
        ("gewoon", "2026-11-23 10:00", (0, 0)),
        ("gewoon", "2026-11-25 08:59", (0, 0)),
        ("gewoon", "2026-11-25 09:00", (1, 0)),
        ("gewoon", "2026-11-27 08:59", (1, 0)),
        ("gewoon", "2026-11-27 09:00", (1, 1)),
        ("gewoon", "2027-01-27 09:00", (1, 1)),
        ("spoed", "2026-11-23 23:00", (0, 0)),
        ("spoed", "2026-11-24 09:00", (1, 0)),
        ("spoed", "2026-11-25 09:00", (1, 1)),
    ],
)
def test_a_desk_is_reminded_in_time_and_what_is_late_is_put_on_record(
    office, put, told, urgency, moment, expected
):
    reference = put(urgency=urgency)
    with office.session() as session:
        followed = life.remind_and_escalate(session, at(moment), told)

    assert (followed.reminded, followed.escalated) == expected
    assert told.messages == [(reference, "herinnering")] * expected[0]
    stored = get(office, reference)
    assert (stored.reminded_at is not None, stored.escalated_at is not None) == (
        bool(expected[0]),
        bool(expected[1]),
    )
    assert notes(office, reference) == [None, life.REMINDED, life.OVERDUE][: 1 + sum(expected)]
    assert {event.status for event in stored.events} == {"ontvangen"}


@pytest.mark.parametrize("status", STATES)
def test_only_who_waits_for_an_adviser_is_followed(office, put, told, status):
    put(status)
    with office.session() as session:
        followed = life.remind_and_escalate(session, at("2026-12-01 09:00"), told)

    waits = status in ("ontvangen", "in_behandeling")
    assert followed == life.Followed(int(waits), int(waits))


def test_each_happens_once_however_often_the_worker_runs(office, put, told):
    put()
    for moment in ("2026-11-25 09:00", "2026-11-25 09:01", "2026-11-27 09:00", "2026-12-24 09:00"):
        with office.session() as session:
            life.remind_and_escalate(session, at(moment), told)

    assert len(told.messages) == 1
    with office.session() as session:
        number = session.execute(sa.select(sa.func.count(ReferralEvent.id))).scalar()
    assert number == 3


def test_each_happens_once_when_two_processes_run_it(office, put, told):
    references = [put() for _ in range(5)]
    together = threading.Barrier(2)
    done, errors = [], []

    def work():
        try:
            with office.session() as session:
                together.wait(timeout=10)
                done.append(life.remind_and_escalate(session, at("2026-11-27 09:00"), told))
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert errors == []
    assert sum(one.reminded for one in done) == sum(one.escalated for one in done) == 5
    assert sorted(told.messages) == sorted((name, "herinnering") for name in references)


def test_what_ends_between_the_two_is_not_late(office, put):
    reference = put()

    def done_at_once(session, referral, about):
        life.change(session, referral, "afgerond", "Anna")

    with office.session() as session:
        followed = life.remind_and_escalate(session, at("2026-11-27 09:00"), done_at_once)

    assert followed == life.Followed(reminded=1)
    assert get(office, reference).escalated_at is None


def test_a_reminder_that_cannot_be_stored_is_not_marked_as_given(office, put):
    reference = put()

    def broken(session, referral, about):
        raise RuntimeError("no outbox")

    with pytest.raises(RuntimeError), office.session() as session:
        life.remind_and_escalate(session, at("2026-11-25 09:00"), broken)

    assert get(office, reference).reminded_at is None
    assert notes(office, reference) == [None]


def test_the_log_line_of_an_escalation_holds_no_content(office, put, told, caplog):
    reference = put()
    with caplog.at_level(logging.WARNING), office.session() as session:
        life.remind_and_escalate(session, at("2026-11-27 09:00"), told)

    (line,) = [record.getMessage() for record in caplog.records if record.name == life.__name__]
    assert line == (
        f"referral {reference} for voorbeeldstad-ondernemersloket is late: "
        "due 2026-11-26T16:00:00+00:00"
    )


def test_a_request_from_before_there_were_terms_is_left_alone(office, put, told):
    reference = put()
    with office.session() as session:
        session.get(Referral, reference).due_at = None
        assert life.remind_and_escalate(session, now() + timedelta(days=900), told).reminded == 0


def test_the_outbox_gets_the_request_and_then_the_reminder(office, put):
    reference = put()
    with office.session() as session:
        life.remind_and_escalate(session, at("2026-11-25 09:00"))

    assert [row.about for row in _handovers(office, reference)] == ["nieuw", "herinnering"]


def _handovers(office, reference):
    with office.session() as session:
        return list(session.get(Referral, reference).handovers)
