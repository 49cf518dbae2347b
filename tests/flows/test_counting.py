"""Which question this is, and of how many: steps that do not count, or do not always apply."""

import pytest

from bot.assessment.bank import read_bank
from bot.assessment.quickscan import read_quickscan
from bot.flows import engine
from bot.flows.model import Flow, Option, Progress, Said, Step

YES_NO = (Option("ja", "Ja", ("ja",)), Option("nee", "Nee", ("nee",)))
BACK = "vorige_vraag"


def question(name, **special):
    return Step(name, f"Vraag over {name}?", "choice", YES_NO, "Daarom.", skippable=True, **special)


FLOW = Flow(
    "proef",
    "btw",
    "de vragen",
    "Ik vraag wat.",
    (
        question("lengte", counted=False),
        question("geld"),
        question("schuld", only_if={"geld": ["nee"]}),
        question("huis"),
        question("lang", only_if={"lengte": ["ja"]}),
        question("besluit", counted=False, reconfirm=True),
    ),
)


def play(flow, *said):
    outcome = engine.begin(flow, None, {})
    for one in said:
        outcome = engine.turn(flow, outcome.progress, Said(one) if isinstance(one, str) else one)
    return outcome


def text(outcome):
    return "\n\n".join(message.text for message in outcome.messages)


def asked(outcome):
    return outcome.messages[-1].about.step


def progress_of(**answers):
    progress = Progress.begin()
    for name, value in answers.items():
        progress = progress.with_answer(name, value)
    return progress


def ids(steps):
    return [step.id for step in steps]


# --- which questions someone gets ---


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ({}, ["geld", "huis"]),
        ({"geld": "nee"}, ["geld", "schuld", "huis"]),
        ({"geld": "ja", "lengte": "ja"}, ["geld", "huis", "lang"]),
        ({"geld": "nee", "lengte": "ja"}, ["geld", "schuld", "huis", "lang"]),
        ({"geld": None, "lengte": None}, ["geld", "huis"]),
        # An answer that no longer applies makes its question come back no more.
        ({"geld": "ja", "schuld": "ja"}, ["geld", "huis"]),
    ],
)
def test_the_questions_that_count_are_those_that_apply(answers, expected):
    assert ids(FLOW.asked(answers)) == expected


def test_an_answer_applies_as_long_as_its_question_does():
    answers = {"lengte": "ja", "geld": "nee", "schuld": "ja", "lang": None, "weg": "ja"}

    assert FLOW.applying(answers) == {"lengte": "ja", "geld": "nee", "schuld": "ja", "lang": None}
    assert FLOW.applying({**answers, "geld": "ja"}) == {"lengte": "ja", "geld": "ja", "lang": None}
    assert FLOW.applying({**answers, "lengte": "nee"}).keys() == {"lengte", "geld", "schuld"}
    assert FLOW.applying({}) == {}


@pytest.mark.parametrize(
    ("name", "answers", "expected"),
    [
        ("geld", {"lengte": "nee"}, (1, 2)),
        ("geld", {"lengte": "ja"}, (1, 3)),
        ("schuld", {"lengte": "ja", "geld": "nee"}, (2, 4)),
        ("huis", {"lengte": "ja", "geld": "nee", "schuld": "ja"}, (3, 4)),
        ("huis", {"lengte": "ja", "geld": "ja"}, (2, 3)),
        ("lang", {"lengte": "ja", "geld": "ja", "huis": None}, (3, 3)),
        ("lengte", {}, None),
        ("besluit", {"lengte": "ja"}, None),
    ],
)
def test_a_question_has_the_number_that_it_has_for_this_person(name, answers, expected):
    assert FLOW.number(FLOW.step(name), progress_of(**answers)) == expected


def test_a_flow_without_numbers_has_none():
    plain = Flow("proef", "btw", "de vragen", "Ik vraag wat.", FLOW.steps, numbered=False)

    assert plain.number(plain.step("geld"), Progress.begin()) is None
    assert "Vraag 1" not in text(play(plain, "ja"))


# --- as it is said ---


def test_what_does_not_count_is_asked_without_a_number():
    assert text(play(FLOW)) == "Ik vraag wat.\n\nVraag over lengte?"
    end = play(FLOW, "nee", "ja", "ja")
    assert asked(end) == "besluit"
    assert text(end) == "Vraag over besluit?"


def test_the_number_of_questions_follows_from_the_answers():
    assert "**Vraag 1 van 3.** Vraag over geld?" in text(play(FLOW, "ja"))
    assert "**Vraag 1 van 2.** Vraag over geld?" in text(play(FLOW, "nee"))
    assert "**Vraag 2 van 4.** Vraag over schuld?" in text(play(FLOW, "ja", "nee"))
    assert "**Vraag 2 van 3.** Vraag over huis?" in text(play(FLOW, "ja", "ja"))


def test_the_number_of_a_question_goes_with_it_for_who_cannot_read_it():
    def told(*said):
        return play(FLOW, *said).messages[-1].about.progress

    assert told() is None
    assert told("ja") == (1, 3)
    assert told("ja", "nee") == (2, 4)
    assert told("nee", "ja", "ja") is None
    assert told("ja", "nee", Said("iets anders", "nlu_fallback")) == (2, 4)


def test_another_length_changes_what_is_still_asked():
    """With the older button of the first question."""
    outcome = play(FLOW, "nee", "ja", "ja", Said(answer="lengte:ja"))

    assert asked(outcome) == "lang"
    assert "Aangepast: Ja." in text(outcome)
    assert "**Vraag 3 van 3.**" in text(outcome)


# --- back by number ---


def test_back_to_a_number_counts_only_what_is_counted():
    """'Vraag 2' is the second that had a number, not the second of all."""
    outcome = play(FLOW, "ja", "nee", "ja", "ja", Said("terug naar vraag 3", BACK))

    assert asked(outcome) == "huis"
    assert "Terug naar vraag 3." in text(outcome)
    assert "**Vraag 3 van 4.**" in text(outcome)


def test_back_to_a_number_passes_what_was_not_asked():
    outcome = play(FLOW, "ja", "ja", "ja", Said("terug naar vraag 2", BACK))

    assert asked(outcome) == "huis"


def test_back_to_a_number_keeps_the_later_answers_but_not_the_decision():
    before = play(FLOW, "ja", "ja", "ja", "ja").progress.with_answer("besluit", "ja")
    reopened = engine.begin(FLOW, before, {}).progress.without("lang")
    outcome = engine.turn(FLOW, reopened, Said("terug naar vraag 1", BACK))

    assert asked(outcome) == "geld"
    assert outcome.progress.answers == {"lengte": "ja", "huis": "ja"}


@pytest.mark.parametrize("number", [3, 18])
def test_back_to_a_statement_of_the_zelfscan_by_its_number(number):
    bank = read_bank()
    flow, name = bank.flow(), bank.asked("kort")[number - 1].id
    length = Said(answer="lengte:kort")
    outcome = play(flow, length, *["4"] * 18, Said(f"terug naar vraag {number}", BACK))

    assert f"Terug naar vraag {number}." in text(outcome)
    assert f"**Vraag {number} van 18.**" in text(outcome)
    assert asked(outcome) == name
    assert name not in outcome.progress.answers
    assert len(outcome.progress.answers) == 18
    after = engine.turn(flow, outcome.progress, Said("1"))
    assert asked(after) == "besluit"
    assert after.progress.answers[name] == "1"


@pytest.mark.parametrize("number", [0, 6, 9, 19, 44, 99])
def test_back_to_a_number_that_was_not_answered_goes_to_the_previous_one(number):
    bank = read_bank()
    answers = [Said(answer="lengte:kort"), *["4"] * 5]
    outcome = play(bank.flow(), *answers, Said(f"terug naar vraag {number}", BACK))

    assert "Terug naar de vorige vraag." in text(outcome)
    assert asked(outcome) == bank.asked("kort")[4].id


def test_back_from_the_first_statement_leads_to_the_length():
    outcome = play(read_bank().flow(), Said(answer="lengte:kort"), Said("terug", BACK))

    assert asked(outcome) == "lengte"
    assert "Terug naar de vorige vraag." in text(outcome)


def test_a_number_of_the_quickscan_is_that_of_this_person():
    """Without debts the fourth question is another one."""
    flow = read_quickscan().flow
    outcome = play(flow, "1", "1", "1", "1", "1", Said("vraag 4", BACK))

    assert asked(outcome) == "opdrachten"
    assert "**Vraag 4 van 9.**" in text(outcome)
