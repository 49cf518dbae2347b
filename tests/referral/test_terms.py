from datetime import datetime, timezone

import pytest
from ruamel.yaml import YAML

from bot.content import ContentError, read_yaml
from bot.referral.calendar import ZONE
from bot.referral.terms import TERMS, read_terms


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=ZONE).astimezone(timezone.utc)


@pytest.fixture
def changed(tmp_path):
    """Writes a changed copy of the terms: give a function that changes its data."""

    def write(change):
        data = read_yaml(TERMS)
        change(data)
        path = tmp_path / "terms.yml"
        with path.open("w", encoding="utf-8") as stream:
            YAML(typ="safe").dump(data, stream)
        return path

    return write


@pytest.mark.parametrize(
    ("urgency", "asked", "due", "remind", "escalate"),
    [
        ("spoed", "2026-11-23 10:00", "2026-11-24", "2026-11-24", "2026-11-25"),
        ("spoed", "2026-11-27 23:59", "2026-11-30", "2026-11-30", "2026-12-01"),
        ("spoed", "2026-11-28 12:00", "2026-11-30", "2026-11-30", "2026-12-01"),
        ("gewoon", "2026-11-23 10:00", "2026-11-26", "2026-11-25", "2026-11-27"),
        ("gewoon", "2026-11-26 10:00", "2026-12-01", "2026-11-30", "2026-12-02"),
        # Christmas Day is a Friday: Wednesday 23, Thursday 24, Monday 28.
        ("gewoon", "2026-12-22 10:00", "2026-12-28", "2026-12-24", "2026-12-29"),
        (None, "2026-11-23 10:00", "2026-11-26", "2026-11-25", "2026-11-27"),
        ("ooit", "2026-11-23 10:00", "2026-11-26", "2026-11-25", "2026-11-27"),
    ],
)
def test_what_happens_when(urgency, asked, due, remind, escalate):
    terms = read_terms()
    due_at = terms.due_at(at(asked), urgency)

    assert due_at == at(f"{due} 17:00")
    assert terms.remind_at(due_at, urgency) == at(f"{remind} 09:00")
    assert terms.escalate_at(due_at, urgency) == at(f"{escalate} 09:00")
    assert due_at <= terms.latest_due(terms.remind_at(due_at, urgency))


@pytest.mark.parametrize(
    ("change", "item", "field", "message"),
    [
        (lambda d: d.pop("default"), "", "", "ontbreekt: default"),
        (lambda d: d.update(default="ooit"), "", "default", "'ooit' staat niet bij"),
        (lambda d: d.update(day_ends="9 uur"), "", "day_ends", "niet de goede vorm"),
        (lambda d: d.update(day_ends="08:00"), "", "day_ends", "later eindigen"),
        (lambda d: d["terms"][1].update(urgency="spoed"), "spoed", "urgency", "twee keer voor"),
        (lambda d: d["terms"][0].update(working_days=0), "", "terms.0.working_days", "minstens 1"),
        (lambda d: d["terms"][0].update(remind_before=1), "spoed", "remind_before", "minder zijn"),
    ],
)
def test_a_mistake_is_reported_with_its_field(changed, change, item, field, message):
    with pytest.raises(ContentError) as error:
        read_terms(changed(change))

    problem = error.value.problems[0]
    assert (problem.item, problem.field) == (item, field)
    assert message in problem.message
