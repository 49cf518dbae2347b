"""The outbox, on SQLite and on PostgreSQL."""

import threading
from datetime import timedelta

import pytest
import sqlalchemy as sa
from desk_rows import add_desk, referral
from sqlalchemy.dialects import postgresql

from bot.catalogue.model import Provider, Service
from bot.database import now
from bot.privacy.keys import Cipher
from bot.referral import outbox
from bot.referral.model import Handover, Referral

SECRET = "een-geheim-van-minstens-32-tekens-lang"
EMAIL = {"kind": "email", "to": "loket@voorbeeld.example"}
WEBHOOK = {"kind": "webhook", "url": "https://loket.example/aanvragen"}
MOMENT = now()
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)


def refer(session, desk="a", number=1):
    made = referral(
        f"SW-ACEF-{number:04}",
        MOMENT,
        run=f"run-{number}",
        service_id=f"dienst-{desk}",
        contact=Cipher(SECRET, "referral").encrypt("06 12345678"),
    )
    session.add(made)
    session.flush()
    return made


@pytest.fixture
def store(any_database):
    """A desk with e-mail (a), one with a webhook (b), and one without an adapter (c)."""
    with any_database.session() as session:
        for name, handover in (("a", EMAIL), ("b", WEBHOOK), ("c", None)):
            add_desk(session, name, handover)
    return any_database


@pytest.fixture
def put(store):
    """Makes a referral and its messages; every row is due from MOMENT."""

    def enqueued(*about, desk="a", number=1):
        with store.session() as session:
            referral = session.get(Referral, f"SW-ACEF-{number:04}")
            referral = referral or refer(session, desk, number)
            rows = [outbox.enqueue(session, referral, one) for one in about]
            for row in rows:
                row.next_attempt_at = MOMENT
            return [row.key for row in rows]

    return enqueued


@pytest.fixture
def do(store):
    """Calls a function of the outbox in a transaction of its own."""

    def call(function, *values):
        with store.session() as session:
            return function(session, *values)

    return call


def rows(store):
    with store.session() as session:
        return list(session.execute(sa.select(Handover).order_by(Handover.id)).scalars())


def states(store):
    return [(row.about, row.status) for row in rows(store)]


def test_a_message_is_written_in_the_transaction_of_the_referral(store):
    with pytest.raises(RuntimeError), store.session() as session:
        outbox.enqueue(session, refer(session), "nieuw")
        raise RuntimeError

    assert rows(store) == []


def test_a_message_waits_for_the_adapter_of_the_desk(store, put):
    put("nieuw")
    (row,) = rows(store)

    assert (row.kind, row.status, row.attempts) == ("email", "waiting", 0)
    assert row.key == "SW-ACEF-0001.nieuw"
    assert row.sent_at is None


def test_a_desk_without_an_adapter_leaves_it_to_the_staff(store, put, do):
    put("nieuw", desk="c")
    (row,) = rows(store)

    assert (row.kind, row.status) == ("wachtrij", "sent")
    assert row.sent_at is not None
    assert do(outbox.desks_due, now() + DAY) == []


@pytest.mark.parametrize("about", ["nieuw", "ingetrokken"])
def test_what_happens_once_is_told_once(store, put, about):
    put(about, about)
    put(about)

    assert len(rows(store)) == 1


def test_what_can_happen_again_is_told_again(store, put):
    keys = put("herinnering", "herinnering", "gewijzigd", "gewijzigd")

    assert len(set(keys)) == 4
    assert all(len(key) <= 40 for key in keys)


def test_something_else_cannot_be_told(store, put):
    with pytest.raises(ValueError, match="klaar"):
        put("klaar")


def test_a_claim_says_where_the_desk_is_now(store, put, do):
    put("nieuw", desk="b")

    claim = do(outbox.claim, "b", MOMENT)

    assert (claim.kind, claim.address, claim.attempts) == ("webhook", WEBHOOK, 1)
    assert claim.until == MOMENT + outbox.CLAIM_FOR


def test_nobody_else_gets_a_row_that_is_claimed_until_the_claim_expires(store, put, do):
    put("nieuw")
    assert do(outbox.claim, "a", MOMENT)

    assert do(outbox.claim, "a", MOMENT) is None
    assert do(outbox.desks_due, MOMENT + outbox.CLAIM_FOR - SECOND) == []
    again = do(outbox.claim, "a", MOMENT + outbox.CLAIM_FOR)
    assert again.attempts == 2
    assert again.key == "SW-ACEF-0001.nieuw"


def test_many_workers_at_once_never_get_the_same_row(store, put):
    expected = [put("nieuw", number=number)[0] for number in range(1, 31)]
    got, failed, begin = [], [], threading.Barrier(6)

    def work():
        begin.wait()
        try:
            while True:
                with store.session() as session:
                    claim = outbox.claim(session, "a", MOMENT)
                if claim is None:
                    return
                got.append(claim.key)
        except Exception as error:
            failed.append(error)

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert failed == []
    assert sorted(got) == expected


def test_postgresql_skips_a_row_that_another_worker_is_claiming(postgres):
    """Both are in their transactions at the same time: the second takes the next row."""
    store = postgres
    with store.session() as session:
        add_desk(session, "a", EMAIL)
        for number in (1, 2):
            outbox.enqueue(session, refer(session, "a", number), "nieuw")
    later = now() + SECOND

    with store.session() as first, store.session() as second:
        one = outbox.claim(first, "a", later)
        two = outbox.claim(second, "a", later)
        three = outbox.claim(second, "a", later)

    assert {one.key, two.key} == {"SW-ACEF-0001.nieuw", "SW-ACEF-0002.nieuw"}
    assert three is None


def test_the_lock_is_in_the_sql_for_postgresql():
    query = sa.select(Handover.id).with_for_update(skip_locked=True, of=Handover)

    compiled = str(query.compile(dialect=postgresql.dialect()))

    assert compiled.endswith("FOR UPDATE OF handover SKIP LOCKED")


def test_messages_of_one_referral_go_in_order(store, put, do):
    put("nieuw", "gewijzigd")

    first = do(outbox.claim, "a", MOMENT)
    assert first.about == "nieuw"
    assert do(outbox.claim, "a", MOMENT) is None
    do(outbox.mark_failed, first, MOMENT, "weg")
    assert do(outbox.claim, "a", MOMENT) is None

    again = do(outbox.claim, "a", MOMENT + DAY)
    do(outbox.mark_sent, again, MOMENT + DAY)
    assert do(outbox.claim, "a", MOMENT + DAY).about == "gewijzigd"


def test_what_has_arrived_is_never_claimed_again(store, put, do):
    put("nieuw")
    do(outbox.mark_sent, do(outbox.claim, "a", MOMENT), MOMENT)

    assert do(outbox.claim, "a", MOMENT + 100 * DAY) is None
    (row,) = rows(store)
    assert (row.status, row.sent_at, row.claimed_until) == ("sent", MOMENT, None)


def test_what_arrived_after_the_claim_expired_is_still_sent(store, put, do):
    """A machine that slept: the other worker's verdict must not undo the arrival."""
    put("nieuw")
    slow = do(outbox.claim, "a", MOMENT)
    later = MOMENT + outbox.CLAIM_FOR
    other = do(outbox.claim, "a", later)
    do(outbox.mark_sent, slow, later)
    do(outbox.mark_failed, other, later, "weg")

    assert states(store) == [("nieuw", "sent")]


def test_progress_is_kept_for_the_next_try_and_only_by_who_holds_the_claim(store, put, do):
    put("nieuw")
    first = do(outbox.claim, "a", MOMENT)
    do(outbox.keep_progress, first, {**first.progress, "klantcontact": "123"})
    second = do(outbox.claim, "a", MOMENT + outbox.CLAIM_FOR)

    assert second.progress["klantcontact"] == "123"
    with pytest.raises(outbox.LostClaim):
        do(outbox.keep_progress, first, {})


def test_progress_of_another_adapter_is_forgotten(store, put, do):
    put("nieuw")
    first = do(outbox.claim, "a", MOMENT)
    do(outbox.keep_progress, first, {**first.progress, "klantcontact": "123"})
    with store.session() as session:
        session.get(Provider, "a").handover = WEBHOOK

    second = do(outbox.claim, "a", MOMENT + outbox.CLAIM_FOR)

    assert second.kind == "webhook"
    assert set(second.progress) == {outbox.BEGAN}


def test_a_row_that_is_given_back_can_be_claimed_at_once(store, put, do):
    put("nieuw")
    do(outbox.release, do(outbox.claim, "a", MOMENT))

    assert do(outbox.claim, "a", MOMENT) is not None


@pytest.mark.parametrize(
    ("attempts", "seconds"), [(1, 30), (2, 60), (5, 480), (7, 1800), (40, 1800), (4000, 1800)]
)
def test_the_wait_doubles_up_to_half_an_hour_with_jitter(attempts, seconds):
    waits = [outbox.wait_after(attempts).total_seconds() for _ in range(50)]

    assert all(0.8 * seconds <= wait <= 1.2 * seconds for wait in waits)
    assert len(set(waits)) > 1


def test_a_message_is_given_up_after_enough_tries_over_days_and_not_before(store, put, do):
    put("nieuw")
    moment, tries = MOMENT, 0
    while rows(store)[0].status == "waiting":
        claim = do(outbox.claim, "a", moment)
        tries += 1
        state = do(outbox.mark_failed, claim, moment, "status 503")
        if state == "waiting":
            moment = rows(store)[0].next_attempt_at

    assert state == "dead"
    assert tries > outbox.LEAST_ATTEMPTS
    assert moment - MOMENT >= outbox.GIVE_UP_AFTER >= 2 * DAY
    assert rows(store)[0].last_error == "status 503"
    assert do(outbox.claim, "a", moment + 100 * DAY) is None


def test_a_few_tries_with_a_long_time_between_are_not_enough(store, put, do):
    """The gemeente's own server was off for a week: that says nothing about the desk."""
    put("nieuw")
    do(outbox.mark_failed, do(outbox.claim, "a", MOMENT), MOMENT, "weg")
    later = MOMENT + 7 * DAY

    assert do(outbox.mark_failed, do(outbox.claim, "a", later), later, "weg") == "waiting"


def test_a_refusal_is_given_up_at_once_and_can_be_tried_anew_by_hand(store, put, do):
    put("nieuw")
    do(outbox.mark_failed, do(outbox.claim, "a", MOMENT), MOMENT, "550" * 200, True)
    (row,) = rows(store)
    assert (row.status, len(row.last_error)) == ("dead", 300)
    assert [row.key for row in do(outbox.unsent)] == ["SW-ACEF-0001.nieuw"]

    assert do(outbox.revive, "SW-ACEF-0001", MOMENT + DAY) == 1
    assert do(outbox.revive, "SW-ACEF-0001", MOMENT + DAY) == 0
    again = do(outbox.claim, "a", MOMENT + DAY)
    assert again.attempts == 2
    assert again.progress[outbox.BEGAN] == (MOMENT + DAY).isoformat()


def test_after_a_dead_message_the_next_one_goes(store, put, do):
    put("nieuw", "gewijzigd")
    do(outbox.mark_failed, do(outbox.claim, "a", MOMENT), MOMENT, "550", True)

    assert do(outbox.claim, "a", MOMENT).about == "gewijzigd"


def test_withdrawn_before_the_desk_heard_of_it_tells_the_desk_nothing(store, put, do):
    put("nieuw", "ingetrokken")

    assert do(outbox.claim, "a", MOMENT) is None
    assert states(store) == [("nieuw", "dropped"), ("ingetrokken", "dropped")]


def test_withdrawn_while_it_may_have_arrived_is_told(store, put, do):
    put("nieuw")
    do(outbox.mark_failed, do(outbox.claim, "a", MOMENT), MOMENT, "late")
    put("herinnering", "ingetrokken")

    claim = do(outbox.claim, "a", MOMENT + DAY)

    assert claim.about == "ingetrokken"
    assert states(store)[:2] == [("nieuw", "dropped"), ("herinnering", "dropped")]


def test_without_a_contact_detail_nothing_is_asked_of_the_desk(store, put, do):
    put("nieuw")
    with store.session() as session:
        session.get(Referral, "SW-ACEF-0001").contact = b""

    assert do(outbox.claim, "a", MOMENT) is None
    assert states(store) == [("nieuw", "dropped")]


def test_a_reminder_of_what_is_closed_meanwhile_is_not_sent(store, put, do):
    put("nieuw", "herinnering", "gewijzigd")
    with store.session() as session:
        session.get(Referral, "SW-ACEF-0001").closed_at = MOMENT
    do(outbox.mark_sent, do(outbox.claim, "a", MOMENT), MOMENT)

    assert do(outbox.claim, "a", MOMENT).about == "gewijzigd"
    assert states(store)[1] == ("herinnering", "dropped")


def test_a_desk_that_lost_its_adapter_leaves_it_to_the_staff(store, put, do):
    put("nieuw")
    with store.session() as session:
        session.get(Provider, "a").handover = None

    assert do(outbox.desks_due, MOMENT) == ["a"]
    assert do(outbox.claim, "a", MOMENT) is None
    assert (rows(store)[0].kind, rows(store)[0].status) == ("wachtrij", "sent")


def test_a_desk_that_left_the_catalogue_leaves_it_to_the_staff(store, put, do):
    put("nieuw")
    with store.session() as session:
        session.delete(session.get(Service, "dienst-a"))

    assert do(outbox.desks_due, MOMENT) == [""]
    assert do(outbox.claim, "", MOMENT) is None
    assert (rows(store)[0].kind, rows(store)[0].status) == ("wachtrij", "sent")


def test_each_desk_has_its_own_turn(store, put, do):
    put("nieuw", desk="a", number=1)
    put("nieuw", desk="b", number=2)

    assert sorted(do(outbox.desks_due, MOMENT)) == ["a", "b"]
    assert do(outbox.claim, "b", MOMENT).key == "SW-ACEF-0002.nieuw"
    assert do(outbox.desks_due, MOMENT) == ["a"]


def test_a_desk_that_is_back_gets_all_that_waits_at_once(store, put, do):
    for number in (1, 2):
        put("nieuw", number=number)
        do(outbox.mark_failed, do(outbox.claim, "a", MOMENT), MOMENT, "weg")
    put("nieuw", desk="b", number=3)
    do(outbox.mark_failed, do(outbox.claim, "b", MOMENT), MOMENT, "weg")

    assert do(outbox.desks_due, MOMENT + SECOND) == []
    assert do(outbox.wake, "a", MOMENT + SECOND) == 2
    assert do(outbox.desks_due, MOMENT + SECOND) == ["a"]


def test_a_message_goes_with_its_referral(store, put, do):
    put("nieuw")
    claim = do(outbox.claim, "a", MOMENT)
    with store.session() as session:
        session.execute(sa.delete(Referral))

    do(outbox.mark_sent, claim, MOMENT)
    assert rows(store) == []
