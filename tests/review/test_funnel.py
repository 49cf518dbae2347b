"""Funnels and drop-off: every step within the one before, and nothing about few people."""

from datetime import date, timedelta

import pytest
from desk_rows import referral
from steering_data import NOON, Steering

from bot.referral.model import ReferralEvent
from bot.review import funnel
from bot.review.scope import Scope

NOVEMBER = Scope(date(2026, 11, 1), date(2026, 11, 30))
LATER = NOON + timedelta(days=1)


@pytest.fixture
def steering(any_database):
    return Steering(any_database)


def blocks(steering, scope=NOVEMBER, moment=LATER):
    with steering.database.session() as session:
        return {block.id: block for block in funnel.blocks(session, scope, moment)}


def scan(steps, last_step=None, outcome="left"):
    return {"flow": "zelfscan", "outcome": outcome, "steps": steps, "last_step": last_step}


def test_the_funnel_of_the_zelfscan_counts_how_far_people_came(steering):
    steering.conversation(turns=["zelfscan"], flows=[scan(0, "lengte")])
    steering.conversation(turns=["zelfscan"], flows=[scan(1, "zs01")])
    steering.conversation(turns=["zelfscan"], flows=[scan(2, "zs02"), scan(9, "zs10")])
    steering.conversation(turns=["zelfscan"], flows=[scan(19, "besluit", "open")])
    steering.many(2, turns=["zelfscan"], flows=[scan(20, "besluit", "completed")])
    steering.conversation(turns=["plan"], flows=[{"flow": "plan", "steps": 3}])
    found = blocks(steering)["zelfscan"]
    assert found.n == 7
    assert [row[:2] for row in found.rows] == [
        ("Begonnen", 7),
        ("Lengte gekozen", 6),
        ("Eerste stelling beantwoord", 5),
        ("Alle stellingen gehad", 3),
        ("Afgerond", 2),
    ]
    assert found.rows[-1][2] == 2 / 7


def test_who_is_still_busy_did_not_stop(steering):
    steering.many(6, turns=["zelfscan"], flows=[scan(3, "zs03", "open")], left_in="zelfscan")
    assert blocks(steering, moment=NOON + timedelta(minutes=20))["zelfscan"].n == 0
    assert blocks(steering, moment=NOON + timedelta(minutes=61))["zelfscan"].n == 6


def test_where_people_stopped_is_silent_below_thirty(steering):
    steering.many(18, turns=["zelfscan"], flows=[scan(3, "zs03")])
    steering.many(11, turns=["zelfscan"], flows=[scan(5, "zs05")])
    steering.many(9, turns=["zelfscan"], flows=[scan(20, "besluit", "completed")])
    found = blocks(steering)["gestopt-zelfscan"]
    assert (found.n, found.rows) == (29, ())
    steering.conversation(turns=["zelfscan"], flows=[scan(0, None)])
    found = blocks(steering)["gestopt-zelfscan"]
    labels = funnel.labels_of(funnel.flows()["zelfscan"])
    assert found.rows == (
        (labels["zs03"], 18, 18 / 30),
        (labels["zs05"], 11, 11 / 30),
        ("Voor de eerste vraag", 1, 1 / 30),
    )
    assert "39 keer" in found.definition


def test_the_funnel_of_a_request_ends_with_who_was_helped(steering):
    def request(conversation, status, helped=None, reached=False):
        with steering.database.session() as session:
            session.add(
                referral(
                    f"SW-{conversation[-4:]:>04}-AAAA".replace("-0", "-A")[:12],
                    NOON,
                    conversation_id=conversation,
                    status=status,
                    gemeente="Voorbeeldstad",
                    helped=helped,
                    events=[ReferralEvent(status="contact_gelegd", at=NOON, by="A", note=None)]
                    if reached
                    else [],
                )
            )

    steering.many(3, turns=["mens"], person_asked=True)
    flow = {"flow": "doorverwijzing", "outcome": "left", "steps": 1}
    steering.conversation(turns=["mens"], flows=[flow])
    for status, helped, reached in (
        ("ontvangen", None, False),
        ("ingetrokken", None, True),
        ("contact_gelegd", None, True),
        ("afgerond", "nee", False),
        ("afgerond", "deels", True),
    ):
        request(steering.conversation(turns=["mens"], handed_over=True), status, helped, reached)
    steering.many(4, turns=["btw"])
    found = blocks(steering)["aanvraag"]
    numbers = [row[1] for row in found.rows]
    assert numbers == [9, 6, 5, 4, 2, 1]
    assert numbers == sorted(numbers, reverse=True)
    assert found.n == 9


def test_a_gemeente_sees_only_its_own(steering):
    steering.many(6, turns=["zelfscan"], gemeente="Assen", flows=[scan(3, "zs03")])
    own = Scope(NOVEMBER.first, NOVEMBER.last, None, frozenset({"Voorbeeldstad"}))
    assert blocks(steering, own)["zelfscan"].n == 0
    assert blocks(steering)["zelfscan"].n == 6


def test_every_flow_has_questions_in_words():
    for name, flow in funnel.flows().items():
        labels = funnel.labels_of(flow)
        assert set(labels) == {step.id for step in flow.steps}
        assert all(0 < len(label) <= funnel.LONGEST_LABEL for label in labels.values()), name
