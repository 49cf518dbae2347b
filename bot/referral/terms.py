"""Within how many working days an adviser gets in touch, and when the desk hears of it again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from bot.content import DATA, ContentError, Problem, name_of, read_yaml, validate
from bot.referral.calendar import add_working_days, at, local_day

TERMS = DATA / "referral" / "terms.yml"


@dataclass(frozen=True)
class Term:
    """For one urgency, in working days: the term, and what comes before and after its last day."""

    working_days: int
    remind_before: int
    escalate_after: int


@dataclass(frozen=True)
class Terms:
    """The terms by urgency; an urgency that is not known has the `default` one.

    `day_starts` and `day_ends` are times of day in Amsterdam.
    """

    by_urgency: Mapping[str, Term]
    default: str
    day_starts: time
    day_ends: time

    def term(self, urgency: str | None) -> Term:
        """The term of this urgency."""
        return self.by_urgency.get(urgency or "", self.by_urgency[self.default])

    def due_at(self, asked_at: datetime, urgency: str | None) -> datetime:
        """The end of the last day on which an adviser gets in touch; the first day is no part."""
        last = add_working_days(asked_at, self.term(urgency).working_days)
        return at(local_day(last), self.day_ends)

    def remind_at(self, due_at: datetime, urgency: str | None) -> datetime:
        """When the desk is reminded."""
        day = add_working_days(due_at, -self.term(urgency).remind_before)
        return at(local_day(day), self.day_starts)

    def escalate_at(self, due_at: datetime, urgency: str | None) -> datetime:
        """When it is on record that nobody got in touch in time."""
        day = add_working_days(due_at, self.term(urgency).escalate_after)
        return at(local_day(day), self.day_starts)

    def latest_due(self, moment: datetime) -> datetime:
        """No request that is due later than this needs anything at this moment."""
        ahead = max(term.remind_before for term in self.by_urgency.values())
        return add_working_days(moment, ahead) + timedelta(days=2)


@lru_cache
def read_terms(path: Path = TERMS) -> Terms:
    """The terms in a file.

    Raises:
        ContentError: the file has mistakes.
    """
    data = read_yaml(path)
    file = name_of(path)
    problems = validate(data, "terms", file) or list(_wrong(data, file))
    if problems:
        raise ContentError(problems)
    return Terms(
        {
            item["urgency"]: Term(
                item["working_days"], item["remind_before"], item["escalate_after"]
            )
            for item in data["terms"]
        },
        data["default"],
        time.fromisoformat(data["day_starts"]),
        time.fromisoformat(data["day_ends"]),
    )


def _wrong(data: Mapping[str, Any], file: str) -> Iterable[Problem]:
    names = [item["urgency"] for item in data["terms"]]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield Problem(file, name, "urgency", "deze urgentie komt twee keer voor")
    if data["default"] not in names:
        yield Problem(file, "", "default", f"'{data['default']}' staat niet bij de termijnen")
    if data["day_starts"] >= data["day_ends"]:
        yield Problem(file, "", "day_ends", "de dag moet later eindigen dan hij begint")
    for item in data["terms"]:
        if item["remind_before"] >= item["working_days"]:
            yield Problem(
                file, item["urgency"], "remind_before", "dit moet minder zijn dan de termijn"
            )
