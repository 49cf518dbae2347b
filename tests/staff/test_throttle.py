from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone

from bot.staff import throttle
from bot.staff.model import LoginFailures

MOMENT = datetime(2026, 5, 1, 12, 0, tzinfo=timezone.utc)


def count(database, moment=MOMENT, key="k", free=5):
    with database.session() as session:
        return throttle.count(session, key, free, moment)


def test_the_first_failures_cost_nothing_and_then_the_wait_doubles(any_database):
    moment = MOMENT
    for _ in range(5):
        assert count(any_database, moment) is None
    for seconds in (1, 2, 4, 8):
        until = count(any_database, moment)
        assert until == moment + timedelta(seconds=seconds)
        moment = until
        assert count(any_database, moment) is None


def test_the_wait_is_never_longer_than_a_quarter_of_an_hour():
    waits = [throttle.wait(failures, 5) for failures in range(200)]

    assert waits == sorted(waits)
    assert waits[-1] == timedelta(minutes=15)


def test_trying_while_one_must_wait_makes_the_wait_no_longer(any_database):
    for _ in range(5):
        count(any_database)
    until = count(any_database)
    for _ in range(10):
        assert count(any_database) == until


def test_what_went_right_starts_again(any_database):
    for _ in range(5):
        count(any_database)
    with any_database.session() as session:
        throttle.clear(session, "k")

    assert count(any_database) is None


def test_an_address_gets_back_only_the_attempt_that_went_right(any_database):
    for _ in range(3):
        count(any_database)
    with any_database.session() as session:
        throttle.give_back(session, "k")
    with any_database.session() as session:
        assert session.get(LoginFailures, "k").failures == 2


def test_after_a_day_the_past_is_forgotten(any_database):
    for _ in range(5):
        count(any_database)
    later = MOMENT + timedelta(days=1)
    assert count(any_database, later) is None
    assert count(any_database, later) is None


def test_attempts_at_the_same_moment_all_count(any_database):
    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(lambda _: count(any_database), range(12)))

    assert found.count(None) == 5


def test_old_failures_are_removed(any_database):
    count(any_database)
    with any_database.session() as session:
        assert throttle.purge(session, MOMENT + timedelta(hours=23)) == 0
        assert throttle.purge(session, MOMENT + timedelta(hours=25)) == 1
