"""The queue of a desk: what is late first, and nothing of another gemeente."""

from datetime import timedelta

import pytest

from bot.database import now
from bot.referral import life, queue
from bot.referral.model import Handover, Referral

OWN = frozenset({"Voorbeeldstad"})


@pytest.fixture
def request_of(office, apply):
    """Stores a request with these values; its reference."""

    def made(**values):
        _, reference = apply()
        with office.session() as session:
            referral = session.get(Referral, reference)
            for name, value in values.items():
                setattr(referral, name, value)
        return reference

    return made


def listed(office, wanted=None, gemeenten=None, page=1):
    wanted = wanted or queue.Wanted()
    with office.session() as session:
        return queue.listed(session, wanted, gemeenten, now(), page)


def test_what_is_late_comes_first_and_then_what_is_due_first(office, request_of):
    later = request_of(due_at=now() + timedelta(days=3))
    soon = request_of(due_at=now() + timedelta(days=1))
    late = request_of(due_at=now() - timedelta(days=1))
    reached = request_of(due_at=now() - timedelta(days=9), status=life.CONTACT)
    found = listed(office)
    assert [row.reference for row in found.rows] == [late, reached, soon, later]
    assert [row.late for row in found.rows] == [True, False, False, False]
    assert found.count == 4


def test_the_list_shows_one_desk_one_state_or_one_gemeente(office, request_of):
    here = request_of()
    done = request_of(status=life.DONE)
    elsewhere = request_of(gemeente="Assen", service_id="kvk-inschrijven")

    def references(**wanted):
        return {row.reference for row in listed(office, queue.Wanted(**wanted)).rows}

    assert references() == {here, elsewhere}
    assert references(status="alle") == {here, done, elsewhere}
    assert references(status=life.DONE) == {done}
    assert references(gemeente="Assen") == {elsewhere}
    with office.session() as session:
        own = next(desk for desk in queue.desks(session, OWN, now()) if desk.waiting)
    assert references(desk=own.id) == {here}
    with pytest.raises(ValueError, match="weg"):
        listed(office, queue.Wanted(status="weg"))


def test_what_comes_from_an_address_never_becomes_sql(office, request_of):
    request_of()
    for hostile in ("' OR 1=1 --", "x'; DROP TABLE referral; --", "%", "\x00"):
        assert listed(office, queue.Wanted(desk=hostile)).count == 0
        assert listed(office, queue.Wanted(gemeente=hostile)).count == 0
    assert listed(office).count == 1


def test_a_gemeente_sees_only_its_own(office, request_of):
    own, foreign = request_of(), request_of(gemeente="Assen")
    assert [row.reference for row in listed(office, gemeenten=OWN).rows] == [own]
    assert listed(office, queue.Wanted(gemeente="Assen"), gemeenten=OWN).count == 0
    assert listed(office, gemeenten=frozenset()).count == 0
    with office.session() as session:
        assert queue.find(session, own, OWN).reference == own
        assert queue.gemeenten_with_requests(session, OWN) == ["Voorbeeldstad"]
        assert sum(desk.waiting for desk in queue.desks(session, OWN, now())) == 1
        messages = {}
        for reference in (foreign, "SW-AAAA-AAAA"):
            with pytest.raises(life.UnknownReferral) as refused:
                queue.find(session, reference, OWN)
            messages[reference] = str(refused.value).replace(reference, "")
    assert len(set(messages.values())) == 1


def test_pages_do_not_overlap(office, request_of, monkeypatch):
    monkeypatch.setattr(queue, "PAGE_SIZE", 2)
    references = {request_of() for _ in range(5)}
    pages = [listed(office, page=number) for number in (1, 2, 3, 4)]
    assert [len(page.rows) for page in pages] == [2, 2, 1, 0]
    assert {row.reference for page in pages for row in page.rows} == references
    assert {page.count for page in pages} == {5}


def test_what_was_given_up_is_listed_first_and_can_be_tried_again(office, request_of):
    waiting, dead, foreign = request_of(), request_of(), request_of(gemeente="Assen")
    with office.session() as session:
        for row in session.query(Handover).filter_by(about="nieuw"):
            row.kind, row.status, row.sent_at = "email", "waiting", None
            if row.reference in (dead, foreign):
                row.status, row.last_error = "dead", "550 bestaat niet"
    with office.session() as session:
        rows = queue.unsent(session, OWN)
        assert [(row.reference, row.status) for row in rows] == [
            (dead, "dead"),
            (waiting, "waiting"),
        ]
        assert rows[0].error == "550 bestaat niet"
        assert queue.revive(session, dead, OWN, now()) == 1
        assert queue.revive(session, waiting, OWN, now()) == 0
        with pytest.raises(life.UnknownReferral):
            queue.revive(session, foreign, OWN, now())
    with office.session() as session:
        assert {row.status for row in queue.unsent(session, OWN)} == {"waiting"}
        assert {row.status for row in queue.unsent(session, frozenset({"Assen"}))} == {"dead"}


def test_the_queue_reads_the_same_on_postgresql(postgres):
    with postgres.session() as session:
        for wanted in map(lambda status: queue.Wanted(status=status), queue.FILTERS):
            assert queue.listed(session, wanted, OWN, now()).count == 0
        assert queue.desks(session, OWN, now()) == []
        assert queue.unsent(session, None) == []
