"""What a reviewer says that a message meant, and the basket."""

import pytest
from work_data import conversation, missed, person, said

from bot.review import corrections
from bot.review.corrections import Verdict
from bot.review.work import UnknownReview


@pytest.fixture
def beau(database):
    with database.session() as session:
        conversation(session, "c")
        said(session, "c", 1, "hoe vraag ik\n bbz  aan")
        missed(session, "c", 3, "krijg ik geld terug van de fiets", guess="aftrekposten")
        said(session, "c", 5, "Ja", typed=False, intent="bevestigen")
        return person(session, "Beau")


def decide(database, who, seq, *verdict, version=0, **fields):
    with database.session() as session:
        return corrections.decide(session, who, "c", seq, version, Verdict(*verdict, **fields))


def basket(database, gemeenten=None):
    with database.session() as session:
        return corrections.basket(session, gemeenten)


def test_another_subject_goes_into_the_basket_with_its_provenance(database, beau):
    decide(database, beau, 1, "intent", "subsidie")

    (item,) = basket(database)
    assert item.correction.text == "hoe vraag ik bbz aan"
    assert (item.correction.intent, item.correction.understood_as) == ("subsidie", "bbz")
    assert (item.said_on.isoformat(), item.by) == ("2026-05-20", "Beau")
    assert corrections.expected(item.correction) == "subsidie"


def test_nothing_wrong_keeps_what_the_bot_found_and_stays_out_of_the_basket(database, beau):
    row = decide(database, beau, 1, "right")

    assert corrections.expected(row) == "bbz"
    assert basket(database) == []


def test_nothing_wrong_with_not_understanding_expects_nothing(database, beau):
    assert corrections.expected(decide(database, beau, 3, "right")) is None


def test_what_cannot_be_understood_expects_nothing(database, beau):
    assert corrections.expected(decide(database, beau, 3, "unclear", "bbz")) is None
    assert basket(database) == []


def test_a_new_subject_gets_a_name_as_intents_have_it(database, beau):
    row = decide(database, beau, 3, "new_topic", " Fiets van de zaak! ")

    assert row.intent == "fiets_van_de_zaak"
    assert corrections.expected(row) is None
    assert [item.correction.verdict for item in basket(database)] == ["new_topic"]


@pytest.mark.parametrize(
    ("verdict", "reason"),
    [
        (("intent", "bestaat_niet"), "lijst"),
        (("intent", None), "lijst"),
        (("new_topic", "!!"), "naam"),
        (("new_topic", "bbz"), "bestaat al"),
        (("raar", None), "Kies"),
        (("intent", "btw", "x" * 501), "te lang"),
    ],
)
def test_what_cannot_be_is_refused(database, beau, verdict, reason):
    with pytest.raises(corrections.InvalidCorrection, match=reason):
        decide(database, beau, 1, *verdict)

    assert basket(database) == []


def test_a_button_has_nothing_to_correct(database, beau):
    with pytest.raises(corrections.InvalidCorrection, match="knop"):
        decide(database, beau, 5, "intent", "btw")


def test_a_decision_can_be_changed_by_who_saw_the_last_one(database, beau):
    decide(database, beau, 1, "intent", "subsidie")
    decide(database, beau, 1, "intent", "btw", "mag ik bbz", version=1)

    (item,) = basket(database)
    assert (item.correction.intent, item.correction.text) == ("btw", "mag ik bbz")
    assert item.correction.version == 2
    with pytest.raises(corrections.CorrectionChanged) as error:
        decide(database, beau, 1, "right", version=1)
    assert (error.value.kept.intent, error.value.by) == ("btw", "Beau")


def test_a_correction_can_leave_the_basket_and_come_back(database, beau):
    number = decide(database, beau, 1, "intent", "subsidie").id
    with database.session() as session:
        corrections.put(session, beau, number, False)
    assert basket(database) == []
    with database.session() as session:
        corrections.put(session, beau, number, True)
    assert [item.correction.id for item in basket(database)] == [number]


def test_a_gemeente_sees_and_changes_only_its_own(database, beau):
    number = decide(database, beau, 1, "intent", "subsidie").id
    with database.session() as session:
        other = person(session, "Dani", gemeenten={"Zwolle"})

    assert basket(database, frozenset({"Zwolle"})) == []
    assert len(basket(database, frozenset({"Assen"}))) == 1
    with database.session() as session:
        for unknown in (number, 999):
            with pytest.raises(UnknownReview):
                corrections.put(session, other, unknown, False)
        for name, seq in (("c", 1), ("weg", 1)):
            with pytest.raises(UnknownReview):
                corrections.turn(session, name, seq, other.gemeenten)
        with pytest.raises(UnknownReview):
            corrections.turn(session, "c", 2, None)
