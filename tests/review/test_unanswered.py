"""Subjects without an answer: groups of what looks alike, and never what one person typed."""

from datetime import date

import pytest
from steering_data import Steering

from bot.review import unanswered
from bot.review.scope import Scope

NOVEMBER = Scope(date(2026, 11, 1), date(2026, 11, 30))


@pytest.fixture
def steering(any_database):
    return Steering(any_database)


def said(text, **values):
    return {"text": text, "fallback": True, **values}


def subjects(steering, scope=NOVEMBER):
    with steering.database.session() as session:
        return unanswered.subjects(session, scope)


def test_messages_that_look_alike_are_one_subject(steering):
    for text in (
        "mag ik een foodtruck in het park zetten",
        "Mag ik een foodtruck zetten in het park?",
        "mag een foodtruck in het park",
        "ik wil een foodtruck in het park zetten mag dat",
        "mag ik een foodtruck in het park zetten",
    ):
        steering.conversation(turns=[said(text)])
    for text in ("hoe laat gaat de bus naar utrecht", "wie won de wedstrijd gisteren"):
        steering.conversation(turns=[said(text)])
    n, found = subjects(steering)
    assert n == 7
    assert len(found) == 1
    assert found[0].size == 5
    assert all("foodtruck" in example for example in found[0].examples)
    assert len(found[0].examples) == 3


def test_what_one_person_typed_often_is_no_subject(steering):
    steering.conversation(turns=[said("jan de vries uit assen heeft schulden")] * 9)
    assert subjects(steering) == (9, [])


def test_what_was_understood_or_chosen_is_not_looked_at(steering):
    for _ in range(6):
        steering.conversation(
            turns=[{"text": "wat is btw"}, said("[knop]", typed=False), said("???")]
        )
    assert subjects(steering) == (0, [])


def test_a_gemeente_sees_only_what_its_own_people_asked(steering):
    for _ in range(6):
        steering.conversation(turns=[said("mag ik een kraam op de markt")], gemeente="Assen")
    own = Scope(NOVEMBER.first, NOVEMBER.last, None, frozenset({"Voorbeeldstad"}))
    assert subjects(steering, own) == (0, [])
    assert subjects(steering)[1][0].conversations == 6


def test_as_a_figure_it_is_silent_about_few(steering):
    steering.many(4, turns=[said("mag ik een kraam op de markt")])
    with steering.database.session() as session:
        assert unanswered.unanswered(session, NOVEMBER).rows == ()
    steering.conversation(turns=[said("mag ik een kraam op de markt")])
    with steering.database.session() as session:
        block = unanswered.unanswered(session, NOVEMBER)
    assert block.rows == (("mag ik een kraam op de markt", 5, 5),)
