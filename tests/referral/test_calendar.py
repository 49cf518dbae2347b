from datetime import date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.referral.calendar import (
    ZONE,
    add_working_days,
    holiday,
    is_working_day,
    local_day,
    next_opening,
    when_in_words,
)

OFFICE = {key: ["09:00-17:00"] for key in ["ma", "di", "wo", "do", "vr"]}
LUNCH = {key: ["13:00-16:30", "09:00-12:00"] for key in ["ma", "di", "wo", "do", "vr"]}
DAYS = ("ma", "di", "wo", "do", "vr", "za", "zo")
# Algemene termijnenwet, art. 3: these days of 2026 and 2027 fall from Monday to Friday.
NO_WORK = [
    *["2026-01-01", "2026-04-03", "2026-04-06", "2026-04-27", "2026-05-05", "2026-05-14"],
    *["2026-05-25", "2026-12-25"],
    *["2027-01-01", "2027-03-26", "2027-03-29", "2027-04-27", "2027-05-05", "2027-05-06"],
    *["2027-05-17"],
]
moments = st.datetimes(
    datetime(2024, 1, 1), datetime(2031, 12, 31), timezones=st.just(timezone.utc)
)


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


def test_a_working_day_is_no_weekend_and_no_holiday_of_the_law():
    days = [date(2026, 1, 1) + timedelta(days=n) for n in range(365 * 2)]
    off = [str(day) for day in days if day.weekday() < 5 and not is_working_day(day)]

    assert off == NO_WORK
    assert not any(is_working_day(day) for day in days if day.weekday() >= 5)


@pytest.mark.parametrize(
    ("day", "name", "certain"),
    [
        ("2026-12-25", "eerste kerstdag", True),
        ("2026-04-06", "tweede paasdag", True),
        ("2026-04-27", "Koningsdag", True),
        ("2025-04-26", "Koningsdag", True),  # 27 April was a Sunday
        ("2026-05-05", "Bevrijdingsdag", True),  # no lustrum: gemeenten are closed every year
        ("2030-05-05", "Bevrijdingsdag", True),
        ("2026-04-03", "Goede Vrijdag", False),
        ("2016-05-05", "Bevrijdingsdag", True),  # two at once: one name will do
    ],
)
def test_a_holiday_has_its_name_and_says_whether_every_desk_is_closed(day, name, certain):
    found = holiday(date.fromisoformat(day))

    assert found is not None
    assert (found.name, found.certain) == (name, certain)


@pytest.mark.parametrize("day", ["2025-04-27", "2026-12-24", "2026-12-31", "2026-05-15"])
def test_these_days_are_no_holiday(day):
    assert holiday(date.fromisoformat(day)) is None


@pytest.mark.parametrize(
    ("moment", "number", "expected"),
    [
        ("2026-11-23 10:00", 1, "2026-11-24 10:00"),
        ("2026-11-27 16:59", 1, "2026-11-30 16:59"),  # Friday
        ("2026-11-28 12:00", 1, "2026-11-30 12:00"),  # Saturday
        ("2026-11-29 23:59", 3, "2026-12-02 23:59"),  # Sunday
        ("2026-12-24 09:00", 1, "2026-12-28 09:00"),  # Christmas
        ("2026-12-31 09:00", 1, "2027-01-04 09:00"),  # New Year's Day, then a weekend
        ("2026-04-02 09:00", 1, "2026-04-07 09:00"),  # Easter, from Good Friday on
        ("2026-05-04 09:00", 1, "2026-05-06 09:00"),  # 5 May
        ("2026-11-28 12:00", 0, "2026-11-30 12:00"),
        ("2026-11-23 12:00", 0, "2026-11-23 12:00"),
        ("2026-11-30 12:00", -1, "2026-11-27 12:00"),
        ("2026-11-29 12:00", -1, "2026-11-27 12:00"),
        ("2026-04-07 09:00", -1, "2026-04-02 09:00"),
        # The clock goes forward on 29 March and back on 25 October: the time of day stays.
        ("2026-03-27 12:00", 1, "2026-03-30 12:00"),
        ("2026-10-23 02:30", 1, "2026-10-26 02:30"),
    ],
)
def test_working_days_later(moment, number, expected):
    assert add_working_days(at(moment), number) == at(expected).astimezone(timezone.utc)


def test_the_day_is_that_of_amsterdam():
    """In the night from Thursday to Friday it is still Thursday in UTC."""
    moment = datetime(2026, 11, 26, 23, 30, tzinfo=timezone.utc)

    assert local_day(moment) == date(2026, 11, 27)
    assert local_day(add_working_days(moment, 1)) == date(2026, 11, 30)


def test_a_moment_without_zone_is_refused():
    with pytest.raises(ValueError, match="without time zone"):
        add_working_days(datetime(2026, 11, 26), 1)


@given(moments, st.integers(1, 40))
def test_so_many_working_days_lie_between(moment, number):
    first, last = local_day(moment), local_day(add_working_days(moment, number))
    between = [first + timedelta(days=n) for n in range(1, (last - first).days + 1)]

    assert is_working_day(last)
    assert sum(map(is_working_day, between)) == number


@given(moments, st.integers(1, 20), st.integers(1, 20))
def test_working_days_add_up(moment, one, two):
    assert add_working_days(add_working_days(moment, one), two) == add_working_days(
        moment, one + two
    )


@given(moments, st.integers(1, 20))
def test_back_and_forth_is_the_same_working_day(moment, number):
    start = add_working_days(moment, 0)

    assert add_working_days(add_working_days(start, number), -number) == start


@pytest.mark.parametrize(
    ("hours", "moment", "starts", "ends"),
    [
        (OFFICE, "2026-11-23 08:59", "2026-11-23 09:00", "2026-11-23 17:00"),
        (OFFICE, "2026-11-23 09:00", "2026-11-23 09:00", "2026-11-23 17:00"),
        (OFFICE, "2026-11-23 16:59", "2026-11-23 09:00", "2026-11-23 17:00"),
        (OFFICE, "2026-11-23 17:00", "2026-11-24 09:00", "2026-11-24 17:00"),
        (OFFICE, "2026-12-24 17:00", "2026-12-28 09:00", "2026-12-28 17:00"),
        (LUNCH, "2026-11-23 12:30", "2026-11-23 13:00", "2026-11-23 16:30"),
        ({"ma": ["09:00-12:00", "12:00-17:00"]}, "2026-11-23 12:00", "2026-11-23 09:00", "17:00"),
        ({"ma": ["09:00-14:00", "12:00-17:00"]}, "2026-11-23 10:00", "2026-11-23 09:00", "17:00"),
        # Only Mondays: two holidays in a row never happen, but a month can pass by.
        ({"ma": ["09:00-12:00"]}, "2026-03-30 12:00", "2026-04-13 09:00", "2026-04-13 12:00"),
        ({"vr": ["20:00-24:30"]}, "2026-11-28 00:15", "2026-11-27 20:00", "2026-11-28 00:30"),
        # In the night that the clock goes forward, 02:30 does not exist.
        ({"zo": ["02:30-05:00"]}, "2026-03-29 04:00", "2026-03-29 02:30", "2026-03-29 05:00"),
    ],
)
def test_the_next_opening(hours, moment, starts, ends):
    period = next_opening(hours, at(moment))

    assert period is not None
    assert period.starts == at(starts)
    assert period.ends == at(ends if "-" in ends else f"{starts[:10]} {ends}")


@pytest.mark.parametrize("hours", [None, {}, {"ma": []}, {"ma": ["17:00-09:00"]}])
def test_without_hours_there_is_no_opening_and_nothing_is_said(hours):
    assert next_opening(hours, at("2026-11-23 10:00")) is None
    assert when_in_words(hours, at("2026-11-23 10:00")) == ""


@pytest.mark.parametrize(
    ("hours", "moment", "words"),
    [
        (OFFICE, "2026-11-23 10:00", "Het loket is nu open, tot 17:00 uur."),
        (OFFICE, "2026-11-23 08:00", "Het loket is vandaag open vanaf 9:00 uur."),
        (LUNCH, "2026-11-23 12:15", "Het loket is vandaag weer open vanaf 13:00 uur."),
        (OFFICE, "2026-11-23 17:00", "Het loket is morgen, dinsdag, open vanaf 9:00 uur."),
        (
            OFFICE,
            "2026-11-27 17:30",
            "Het loket is weer open op maandag 30 november vanaf 9:00 uur.",
        ),
        (
            OFFICE,
            "2026-12-25 10:00",
            "Op eerste kerstdag is het loket dicht. "
            "Het is weer open op maandag 28 december vanaf 9:00 uur.",
        ),
        (
            {**OFFICE, "za": ["10:00-12:00"]},
            "2026-12-24 18:00",
            "Op eerste kerstdag en tweede kerstdag is het loket dicht. "
            "Het is weer open op maandag 28 december vanaf 9:00 uur.",
        ),
        (
            OFFICE,
            "2026-05-05 11:00",
            "Op Bevrijdingsdag is het loket dicht. "
            "Het is morgen, woensdag, weer open vanaf 9:00 uur.",
        ),
        (
            OFFICE,
            "2026-04-03 11:00",
            "Op Goede Vrijdag is het loket misschien dicht. Op tweede paasdag is het loket dicht. "
            "Het is zeker weer open op dinsdag 7 april vanaf 9:00 uur.",
        ),
        # A holiday on which nobody would come anyway is not worth a sentence.
        (
            {"ma": ["09:30-12:00"]},
            "2026-12-22 12:00",
            "Het loket is weer open op maandag 28 december vanaf 9:30 uur.",
        ),
        ({key: ["00:00-24:00"] for key in DAYS}, "2026-11-23 10:00", "Het loket is nu open."),
        ({"ma": ["18:00-24:00"]}, "2026-11-23 20:00", "Het loket is nu open, tot 24:00 uur."),
    ],
)
def test_when_in_words(hours, moment, words):
    assert when_in_words(hours, at(moment)) == words


def test_the_words_are_about_amsterdam_whatever_the_zone_of_the_moment():
    moment = datetime(2026, 7, 6, 7, 30, tzinfo=timezone.utc)

    assert when_in_words(OFFICE, moment) == "Het loket is nu open, tot 17:00 uur."


def is_open(hours, moment):
    """The rule once more, by a plain look at the clock."""
    local = moment.astimezone(ZONE)
    clock = f"{local:%H:%M}"
    periods = hours.get(DAYS[local.weekday()], [])
    on_holiday = holiday(local.date()) is not None
    return not on_holiday and any(p[:5] <= clock < p[6:] for p in periods)


clocks = st.integers(0, 95).map(lambda n: f"{n // 4:02}:{n % 4 * 15:02}")
periods = st.tuples(clocks, clocks).filter(lambda p: p[0] < p[1]).map("-".join)
weeks = st.dictionaries(st.sampled_from(DAYS), st.lists(periods, min_size=1, max_size=3))


@given(weeks.filter(bool), moments)
def test_nothing_is_open_before_the_next_opening(hours, moment):
    period = next_opening(hours, moment)

    assert period is not None
    assert is_open(hours, period.starts)
    assert not is_open(hours, period.ends)
    assert ("nu open" in when_in_words(hours, moment)) == is_open(hours, moment)
    tried = moment.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    while tried < period.starts.astimezone(timezone.utc):
        assert not is_open(hours, tried)
        tried += timedelta(minutes=15)
