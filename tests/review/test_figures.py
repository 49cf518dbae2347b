"""Figures for steering: counted right, silent about few, and never of another gemeente."""

from datetime import date, datetime, timezone

import pytest
import sqlalchemy as sa
from steering_data import NOON, Steering

from bot.assessment.bank import read_bank
from bot.review import figures, scans
from bot.review.model import ReviewConversation
from bot.review.scope import USUAL_DAYS, Scope

NOVEMBER = Scope(date(2026, 11, 1), date(2026, 11, 30))


@pytest.fixture
def steering(any_database):
    return Steering(any_database)


def overview(steering, scope=NOVEMBER):
    with steering.database.session() as session:
        return {block.id: block for block in figures.overview(session, scope)}


def key_figures(steering, scope=NOVEMBER):
    return {row[0]: row[1:] for row in overview(steering, scope)["kerncijfers"].rows}


def test_what_was_solved_without_a_person_is_counted_carefully(steering):
    steering.many(6, turns=["wat is btw"])
    steering.conversation(turns=["mens"], person_asked=True)
    steering.conversation(turns=["mens"], handed_over=True)
    steering.conversation(turns=["zelfscan"], left_in="zelfscan")
    steering.conversation(turns=["hm"], helped="no")
    steering.conversation(turns=[{"text": "xyz", "fallback": True}])
    steering.conversation(turns=[{"text": "xyz", "fallback": True}, "btw"], helped="partly")
    found = key_figures(steering)
    assert found["Gesprekken"] == (12, None, None)
    assert found["Opgelost zonder mens"] == (7, 12, 7 / 12)
    assert found["Vroeg om een mens"] == (1, 12, 1 / 12)
    assert found["Deed een aanvraag"] == (1, 12, 1 / 12)
    assert found["Niet begrepen"] == (2, 13, 2 / 13)


def test_who_said_nothing_is_no_conversation(steering):
    for _ in range(5):
        steering.conversation(turns=[])
    with steering.database.session() as session:
        session.execute(sa.update(ReviewConversation).values(turns=0, fallbacks=0))
    assert overview(steering)["kerncijfers"].is_silent


def test_a_share_of_fewer_than_five_is_not_shown(steering):
    steering.many(4, turns=["btw"], ups=1, helped="yes")
    found = overview(steering)
    assert found["kerncijfers"].rows[1] == ("Opgelost zonder mens", 4, 4, None)
    for name in ("per-dag", "kanalen", "duimen", "geholpen"):
        assert found[name].is_silent, name
        assert found[name].rows == ()
        assert found[name].n == 4
    steering.conversation(turns=["btw"], ups=1, helped="no")
    found = overview(steering)
    assert found["duimen"].rows == (("Omhoog", 5, 1.0), ("Omlaag", 0, 0.0))
    assert found["geholpen"].rows == (
        ("Ja", 4, 0.8),
        ("Een beetje", 0, 0.0),
        ("Nee", 1, 0.2),
    )


def test_a_day_begins_at_midnight_in_the_netherlands(steering):
    late = datetime(2026, 11, 9, 22, 59, tzinfo=timezone.utc)
    steering.many(2, turns=["btw"], at=late)
    steering.many(3, turns=["btw"], at=late.replace(hour=23, minute=0))
    summer = datetime(2026, 7, 1, 21, 59, tzinfo=timezone.utc)
    steering.conversation(turns=["btw"], at=summer)
    steering.many(5, turns=["btw"], at=summer.replace(hour=22, minute=0))
    days = dict(overview(steering)["per-dag"].rows)
    assert len(days) == 30
    assert {day: n for day, n in days.items() if n} == {
        date(2026, 11, 9): 2,
        date(2026, 11, 10): 3,
    }
    second = Scope(date(2026, 7, 2), date(2026, 7, 2))
    assert overview(steering, second)["per-dag"].rows == ((date(2026, 7, 2), 5),)


def test_the_channels_stand_with_their_share_the_largest_first(steering):
    steering.many(2, turns=["btw"], channel="whatsapp")
    steering.many(6, turns=["btw"])
    assert overview(steering)["kanalen"].rows == (
        ("Website", 6, 0.75),
        ("WhatsApp", 2, 0.25),
    )


def test_response_times_are_percentiles_in_seconds(steering):
    for number in range(1, 101):
        steering.conversation(turns=[{"text": "btw", "answered_ms": number * 10}])
    steering.conversation(turns=["nog geen antwoord"])
    block = overview(steering)["antwoordtijd"]
    assert block.n == 100
    assert [row[1] for row in block.rows] == [0.5, 0.95]


@pytest.mark.parametrize(("part", "expected"), [(50, 2), (95, 4), (100, 4), (1, 1)])
def test_a_percentile_is_a_value_that_was_measured(part, expected):
    assert figures.percentile([1, 2, 3, 4], part) == expected


def test_a_gemeente_sees_only_its_own(steering):
    steering.many(5, turns=["btw"], gemeente="Voorbeeldstad", ups=1)
    steering.many(7, turns=["btw"], gemeente="Assen", ups=1)
    steering.many(2, turns=["btw"], gemeente=None)
    own = frozenset({"Voorbeeldstad"})

    def counted(**values):
        scope = Scope(NOVEMBER.first, NOVEMBER.last, **values)
        return overview(steering, scope)["kerncijfers"].n

    assert counted() == 14
    assert counted(gemeente="Assen") == 7
    assert counted(gemeenten=own) == 5
    assert counted(gemeente="Assen", gemeenten=own) == 0
    assert counted(gemeenten=frozenset()) == 0
    with steering.database.session() as session:
        assert figures.gemeenten_with_conversations(session, own) == ["Voorbeeldstad"]
        assert figures.gemeenten_with_conversations(session, None) == ["Assen", "Voorbeeldstad"]


@pytest.mark.parametrize(
    "hostile", ["' OR '1'='1", "x'); DROP TABLE review_conversation; --", "%", "\x00Assen\x00"]
)
def test_what_stands_in_the_address_never_becomes_sql(steering, hostile):
    steering.many(5, turns=["btw"])
    today = date(2026, 11, 30)
    scope = Scope.of("2026-11-01", "2026-11-30", hostile, None, today)
    assert overview(steering, scope)["kerncijfers"].n == 0
    assert overview(steering)["kerncijfers"].n == 5


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("", ""),
        ("gisteren", "2026-13-01"),
        ("0001-01-01", "0001-01-02"),
        ("9999-12-31", "9999-12-31"),
        ("2026-11-20", "2026-11-10"),
        ("1970-01-01", "2026-11-30"),
        ("2026-11-30'; --", ""),
    ],
)
def test_a_period_that_makes_no_sense_becomes_the_usual_one(first, last):
    today = date(2026, 11, 30)
    scope = Scope.of(first, last, "", None, today)
    assert scope.first <= scope.last <= today
    assert (scope.last - scope.first).days == USUAL_DAYS - 1
    assert scope.bounds[0] < scope.bounds[1]


def test_alpha_and_statements_are_silent_below_thirty(any_database):
    steering = Steering(any_database)
    bank = read_bank()
    items = [item.id for item in bank.asked("kort")]

    def someone(number, gemeente="Voorbeeldstad", version=None):
        conversation = steering.conversation(gemeente=gemeente, turns=["zelfscan"], at=NOON)
        answers = {
            "lengte": "kort",
            **{name: str(1 + (number * 3 + place // 2) % 5) for place, name in enumerate(items)},
        }
        steering.result(conversation, answers, outcome="go", version=version)

    def blocks(**values):
        scope = Scope(NOVEMBER.first, NOVEMBER.last, **values)
        with any_database.session() as session:
            found = [*scans.made(session, scope, bank), *scans.statements(session, scope, bank)]
        return {block.id: block for block in found}

    for number in range(29):
        someone(number)
    someone(1, version=bank.version - 1)
    someone(2, gemeente="Assen")
    found = blocks(gemeente="Voorbeeldstad")
    assert found["themas-kort"].is_silent
    assert found["themas-kort"].n == 29
    assert found["stellingen-kort"].rows == ()
    assert found["uitslagen"].rows == (
        ("Zelfscan", bank.version - 1, 1),
        ("Zelfscan", bank.version, 29),
    )
    assert found["besluiten"].n == 30
    someone(30)
    found = blocks(gemeente="Voorbeeldstad")
    assert found["themas-kort"].n == 30
    first = found["themas-kort"].rows[0]
    assert first[1] == 30
    assert any(isinstance(row[2], float) for row in found["themas-kort"].rows)
    statement = found["stellingen-kort"].rows[0]
    assert statement[1] == 30
    assert sum(statement[2:7]) == 30
    assert found["themas-lang"].is_silent
    assert blocks(gemeenten=frozenset({"Assen"}))["themas-kort"].n == 1
