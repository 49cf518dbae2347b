from datetime import timedelta

from bot.database import now
from bot.handover.circuit import FIRST_PAUSE, LONGEST_PAUSE, Circuits

MOMENT = now()


def test_a_desk_that_fails_is_left_alone_ever_longer_up_to_a_limit():
    circuits = Circuits()
    pauses = [circuits.failed("a", MOMENT) - MOMENT for _ in range(12)]

    assert pauses[0] == FIRST_PAUSE
    assert pauses == sorted(pauses)
    assert pauses[-1] == LONGEST_PAUSE


def test_after_the_pause_it_may_be_tried_again():
    circuits = Circuits()
    until = circuits.failed("a", MOMENT)

    assert not circuits.allows("a", until - timedelta(microseconds=1))
    assert circuits.allows("a", until)


def test_other_desks_go_on():
    circuits = Circuits()
    circuits.failed("a", MOMENT)

    assert circuits.allows("b", MOMENT)


def test_a_desk_that_works_again_begins_anew():
    circuits = Circuits()
    for _ in range(5):
        circuits.failed("a", MOMENT)

    assert circuits.worked("a") is True
    assert circuits.worked("a") is False
    assert circuits.allows("a", MOMENT)
    assert circuits.failed("a", MOMENT) == MOMENT + FIRST_PAUSE
