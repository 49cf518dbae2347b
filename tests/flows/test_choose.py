"""A flow that picks its next question from what is known (`Flow.choose`)."""

import pytest

from bot.flows import engine
from bot.flows.model import Flow, Option, Progress, Said, Step

YES_NO = (Option("ja", "Ja", ("ja",)), Option("nee", "Nee", ("nee",)))
STEPS = {
    name: Step(name, f"Vraag over {name}?", "choice", YES_NO, "Daarom.", name, skippable=True)
    for name in ("bedrijf", "geld", "huis")
}
YES, NO, BACK = Said("ja"), Said("nee"), Said("terug", "vorige_vraag")
SKIP = Said("weet ik niet", "weet_niet")


def choose(progress: Progress) -> Step | None:
    """First the house; then money for who has one, and a business for who has not."""
    answers = progress.answers
    if "huis" not in answers:
        return STEPS["huis"]
    following = "geld" if answers["huis"] == "ja" else "bedrijf"
    return None if following in answers or len(progress.given) >= 2 else STEPS[following]


@pytest.fixture
def flow():
    return Flow(
        id="proef",
        intent="regelingen_overzicht",
        title="de vragen",
        intro="Ik stel een paar vragen.",
        steps=tuple(STEPS.values()),
        choose=choose,
        most=2,
    )


def play(flow, *said, known=None):
    outcome = engine.begin(flow, None, known or {})
    for one in said:
        outcome = engine.turn(flow, outcome.progress, one)
    return outcome


def asked(outcome):
    return outcome.messages[-1].about.step


def text(outcome):
    return "\n\n".join(message.text for message in outcome.messages)


def test_the_first_question_is_the_one_that_is_chosen_not_the_first_in_the_list(flow):
    outcome = play(flow)

    assert asked(outcome) == "huis"
    assert "Vraag over huis?" in text(outcome)
    assert flow.next_step(outcome.progress) == STEPS["huis"]


@pytest.mark.parametrize(("said", "following"), [(YES, "geld"), (NO, "bedrijf"), (SKIP, "bedrijf")])
def test_the_next_question_follows_from_the_answers(flow, said, following):
    assert asked(play(flow, said)) == following


def test_when_nothing_is_chosen_any_more_the_flow_is_done(flow):
    outcome = play(flow, YES, NO)

    assert outcome.ended == "done"
    assert outcome.progress.answers == {"huis": "ja", "geld": "nee"}
    assert "bedrijf" not in outcome.progress.answers
    assert flow.next_step(outcome.progress) is None


def test_a_flow_without_choose_asks_in_order(flow):
    plain = Flow("proef", "btw", "de vragen", "Ik vraag wat.", flow.steps)

    assert asked(play(plain)) == "bedrijf"
    assert plain.next_step(play(plain, YES).progress) == STEPS["geld"]


def test_a_question_is_numbered_by_what_was_answered_of_at_most_so_many(flow):
    for outcome, number in ((play(flow), 1), (play(flow, YES), 2)):
        assert f"Vraag {number}" in text(outcome)
        assert "hoogstens 2" in text(outcome)


def test_what_was_known_beforehand_is_not_asked_and_not_counted(flow):
    outcome = play(flow, known={"huis": "ja"})

    assert asked(outcome) == "geld"
    assert "Vraag 1" in text(outcome)


def test_an_answer_that_is_known_but_not_possible_is_asked_after_all(flow):
    outcome = play(flow, known={"huis": "misschien"})

    assert outcome.progress.answers == {}
    assert asked(outcome) == "huis"


def test_of_a_flow_of_which_everything_is_known_nothing_is_asked(flow):
    assert play(flow, known={"huis": "nee", "bedrijf": "ja"}).ended == "done"


def test_back_opens_the_question_that_was_answered_last(flow):
    outcome = play(flow, YES, BACK)

    assert asked(outcome) == "huis"
    assert outcome.progress.answers == {}
    assert asked(engine.turn(flow, outcome.progress, NO)) == "bedrijf"


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_number_of_a_question_means_nothing_so_back_is_the_previous_one(flow, number):
    """There is no fixed order: the third in the list was the first that was asked."""
    outcome = play(flow, YES, Said(f"terug naar vraag {number}", "vorige_vraag"))

    assert asked(outcome) == "huis"
    assert "Terug naar de vorige vraag." in text(outcome)


def test_before_the_first_question_there_is_nothing(flow):
    assert "Dit is de eerste vraag." in text(play(flow, BACK))


def test_an_older_button_corrects_and_the_next_question_follows_from_that(flow):
    outcome = play(flow, YES, Said("Nee", answer="huis:nee"))

    assert outcome.progress.answers == {"huis": "nee"}
    assert asked(outcome) == "bedrijf"
    assert "Aangepast: Nee." in text(outcome)


def test_a_button_of_a_question_that_was_not_asked_changes_nothing(flow):
    outcome = play(flow, YES, Said("Ja", answer="bedrijf:ja"))

    assert outcome.progress.answers == {"huis": "ja"}
    assert asked(outcome) == "geld"


def test_a_flow_that_was_left_goes_on_with_the_question_that_is_chosen_now(flow):
    left = play(flow, YES, Said("stop", "stoppen"))

    assert left.ended == "left"
    assert asked(engine.begin(flow, left.progress, {})) == "geld"
    assert asked(engine.ask_again(flow, left.progress, {})) == "geld"
    assert engine.begin(flow, left.progress, {"geld": "ja"}).ended == "done"


def test_a_question_is_explained_and_stays(flow):
    outcome = play(flow, YES, Said("waarom?", "uitleg_vraag"))

    assert "Daarom." in text(outcome)
    assert asked(outcome) == "geld"


def test_a_topic_comes_in_between(flow):
    progress = play(flow, YES).progress

    assert engine.turn(flow, progress, Said("wat is bbz?", "bbz", is_topic=True)) is None
