"""What the bot asks when it is not sure."""

from bot.catalogue.doubt import Guess, clarify
from bot.catalogue.wording import ADVISER


def titles(ranking, misses=1):
    return [choice.title for choice in clarify(ranking, misses).choices]


def test_a_close_race_is_put_as_a_question_with_its_labels():
    message = clarify([Guess("btw", 0.4), Guess("belastingen", 0.35), Guess("pensioen", 0.05)], 1)

    assert message.text == "Bedoel je Btw of Belastingen?"
    assert [c.intent for c in message.choices] == ["btw", "belastingen", ADVISER.intent, "hulp"]


def test_three_in_the_running_are_all_named():
    ranking = [Guess("btw", 0.28), Guess("belastingen", 0.27), Guess("aftrekposten", 0.2)]

    assert clarify(ranking, 1).text.startswith("Bedoel je Btw, Belastingen of Aftrekposten")


def test_something_near_offers_the_three_likeliest_subjects_and_a_person():
    ranking = [Guess("nlu_fallback", 0.35)] + [
        Guess(name, 0.1) for name in ("btw", "bbz", "coaching", "pensioen")
    ]

    assert titles(ranking) == ["Btw", "Bbz", "Coach of mentor", ADVISER.title, "Iets anders"]


def test_nothing_near_offers_the_menu_and_a_person():
    assert titles([]) == ["Iets anders", ADVISER.title]
    assert titles([Guess("btw", 0.01)]) == ["Iets anders", ADVISER.title]


def test_after_two_misses_in_a_row_the_person_comes_first():
    assert titles([Guess("btw", 0.3)], misses=2)[0] == ADVISER.title
    assert titles([], misses=2)[0] == ADVISER.title


def test_a_person_is_offered_only_once():
    ranking = [Guess("medewerker_spreken", 0.4), Guess("btw", 0.3)]

    assert titles(ranking).count(ADVISER.title) == 1


def test_a_move_in_the_conversation_is_no_suggestion():
    assert titles([Guess("bevestigen", 0.3), Guess("schelden", 0.3), Guess("btw", 0.2)])[0] == "Btw"
