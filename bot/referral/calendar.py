"""Working days and opening hours in the Netherlands: when someone will really be there.

Public holidays come from the library `holidays`. What is chosen where the sources differ:

- A working day is Monday to Friday and no holiday of the Algemene termijnenwet (art. 1 and 3):
  Nieuwjaarsdag, tweede paasdag, Hemelvaartsdag, tweede pinksterdag, both days of Christmas,
  Koningsdag, 5 mei of every year, and Goede Vrijdag, which art. 3 lid 2 puts on a par. So a term
  never counts a day on which a desk may be closed.
- On 5 mei a desk is closed every year. In many sectors that is once in five years; for gemeenten
  it is every year since 2024 (Cao Gemeenten 2023, art. 6.6).
- On Goede Vrijdag it differs per gemeente (it is no holiday in that cao): then nothing is certain,
  so the desk is "misschien dicht" and the next certain opening is after it.

Days between a holiday and a weekend, and a desk's own closing days, are not known here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from functools import lru_cache
from zoneinfo import ZoneInfo

from bot.catalogue.hours import DAYS, Hours
from bot.dutch import MONTHS

ZONE = ZoneInfo("Europe/Amsterdam")
SHORT_DAYS = tuple(DAYS)
UNCERTAIN = "Goede Vrijdag"
# Names with a capital of their own; the others (eerste kerstdag) have none (Woordenlijst 2015). The
# library's own capitals differ from version to version.
PROPER_NAMES = {
    name.lower(): name for name in (UNCERTAIN, "Koningsdag", "Bevrijdingsdag", "Hemelvaartsdag")
}
# A desk that is open one day a week may miss two of them in a row, never eight.
DAYS_AHEAD = 60


@dataclass(frozen=True)
class Holiday:
    """A public holiday; `certain` says whether every desk is closed then."""

    name: str
    certain: bool


@dataclass(frozen=True)
class Period:
    """From when until when a desk is open, in Amsterdam's time."""

    starts: datetime
    ends: datetime


def holiday(day: date) -> Holiday | None:
    """The holiday on this day, if it is one."""
    return _holidays(day.year).get(day)


def is_working_day(day: date) -> bool:
    """Whether the day counts in a term of working days."""
    return day.weekday() < 5 and holiday(day) is None


def add_working_days(moment: datetime, number: int) -> datetime:
    """The same time of day in Amsterdam, a number of working days later.

    Args:
        moment: with a time zone.
        number: 1 is the first working day after this day; -1 the last one before it; 0 this day,
            or the first working day after it when it is none.

    Returns:
        The moment in UTC.
    """
    local = _local(moment)
    day = local.date()
    step = timedelta(days=-1 if number < 0 else 1)
    left = abs(number)
    while left > 0 or not is_working_day(day):
        day += step
        if is_working_day(day):
            left -= 1
    return at(day, local.time())


def at(day: date, moment: time) -> datetime:
    """A time of day in Amsterdam as a moment in UTC."""
    return datetime.combine(day, moment, ZONE).astimezone(timezone.utc)


def next_opening(hours: Hours | None, moment: datetime) -> Period | None:
    """The period in which the desk is open now, or else the next one that is certain.

    Args:
        hours: periods ("09:00-17:00") by day (ma ... zo); None when they are not known.
        moment: with a time zone.

    Returns:
        None when the hours are not known, or no opening follows within two months.
    """
    local = _local(moment)
    for ahead in range(-1, DAYS_AHEAD):
        for period in _periods(hours or {}, local.date() + timedelta(days=ahead)):
            if _utc(period.ends) > _utc(local):
                return period
    return None


def when_in_words(hours: Hours | None, moment: datetime) -> str:
    """Whether the desk is open, or when it will be; "" when its hours are not known.

    Returns:
        Such as "Het loket is morgen, dinsdag, open vanaf 9:00 uur."
    """
    period = next_opening(hours, moment)
    if hours is None or period is None:
        return ""
    local = _local(moment)
    if _utc(period.starts) <= _utc(local):
        following = next_opening(hours, period.ends)
        goes_on = following is not None and following.starts == period.ends
        return f"Het loket is nu open{'' if goes_on else f', tot {_time(period.ends, True)} uur'}."
    today, start = local.date(), period.starts.date()
    closed, uncertain = _closings(hours, today, start)
    sentences = []
    if uncertain:
        sentences.append(f"Op {' en '.join(uncertain)} is het loket misschien dicht.")
    if closed:
        sentences.append(f"Op {' en '.join(closed)} is het loket dicht.")
    who = "Het" if sentences else "Het loket"
    again = "zeker weer" if uncertain else "weer"
    since = f"vanaf {_time(period.starts)} uur"
    if start == today:
        was_open = any(_utc(p.ends) <= _utc(local) for p in _periods(hours, today))
        sentences.append(f"Het loket is vandaag {'weer ' if was_open else ''}open {since}.")
    elif start == today + timedelta(days=1):
        back = f"{again} " if sentences else ""
        sentences.append(f"{who} is morgen, {_weekday(start)}, {back}open {since}.")
    else:
        sentences.append(f"{who} is {again} open op {day_in_words(start)} {since}.")
    return " ".join(sentences)


def day_in_words(day: date) -> str:
    """Such as "maandag 28 december"."""
    return f"{_weekday(day)} {day.day} {MONTHS[day.month - 1]}"


def local_day(moment: datetime) -> date:
    """The day that it is in Amsterdam at this moment."""
    return _local(moment).date()


@lru_cache(maxsize=64)
def _holidays(year: int) -> Mapping[date, Holiday]:
    """The holidays of a year; two on one day (Hemelvaartsdag on 5 mei) go by the first name."""
    # Here: loading it takes a quarter of a second, which most processes can do without.
    import holidays

    found = holidays.country_holidays(
        "NL", years=year, language="nl", categories=("public", "optional")
    )
    result = {}
    for day, names in found.items():
        first, *others = names.lower().split("; ")
        name = PROPER_NAMES.get(first, first)
        result[day] = Holiday(name, certain=name != UNCERTAIN or bool(others))
    return result


def _closings(hours: Hours, today: date, start: date) -> tuple[list[str], list[str]]:
    """The holidays before the next opening: certainly closed, and perhaps closed.

    Today's, and those on days on which the desk would have been open.
    """
    closed: list[str] = []
    uncertain: list[str] = []
    for ahead in range((start - today).days):
        day = today + timedelta(days=ahead)
        found = holiday(day)
        if found and (ahead == 0 or hours.get(SHORT_DAYS[day.weekday()])):
            (closed if found.certain else uncertain).append(found.name)
    return closed, uncertain


def _periods(hours: Hours, day: date) -> list[Period]:
    """The hours of this day, in order; what touches or overlaps is one period."""
    if holiday(day):
        return []
    merged: list[list[timedelta]] = []
    for starts, ends in sorted(map(_bounds, hours.get(SHORT_DAYS[day.weekday()], ()))):
        if merged and starts <= merged[-1][1]:
            merged[-1][1] = max(merged[-1][1], ends)
        elif ends > starts:
            merged.append([starts, ends])
    midnight = datetime.combine(day, time())
    return [
        Period((midnight + a).replace(tzinfo=ZONE), (midnight + b).replace(tzinfo=ZONE))
        for a, b in merged
    ]


def _bounds(period: str) -> tuple[timedelta, timedelta]:
    """The start and end of a period such as "09:00-17:00", from midnight; the end may be 24:00."""
    starts, _, ends = period.partition("-")
    return _from_midnight(starts), _from_midnight(ends)


def _from_midnight(clock: str) -> timedelta:
    hour, _, minute = clock.partition(":")
    return timedelta(hours=int(hour), minutes=int(minute))


def _time(moment: datetime, is_end: bool = False) -> str:
    """Such as "9:00"; a day ends at 24:00."""
    hour = 24 if is_end and moment.time() == time() else moment.hour
    return f"{hour}:{moment.minute:02}"


def _weekday(day: date) -> str:
    return DAYS[SHORT_DAYS[day.weekday()]]


def _utc(moment: datetime) -> datetime:
    """For comparing: two moments in one zone are compared by their clocks, twice 02:30 or not."""
    return moment.astimezone(timezone.utc)


def _local(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("a moment without time zone is no moment")
    return moment.astimezone(ZONE)
