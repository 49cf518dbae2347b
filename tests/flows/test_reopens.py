"""An answer that opens an earlier question again: "that number is wrong"."""

import json
from dataclasses import replace

import pytest

from bot.flows import engine
from bot.flows.content import step
from bot.flows.model import Option, Progress, Said, Step

CHECK = Step(
    "klopt",
    "Klopt {contact}?",
    "choice",
    (Option("ja", "Ja, klopt", ("ja",)), Option("nee", "Nee, fout", ("nee", "fout"))),
    "Een fout is zo gemaakt.",
    reconfirm=True,
    reopens={"nee": "contact"},
)


@pytest.fixture
def checked(flow):
    """The small flow with a check of the contact detail at its end, and a last question."""
    last = Step("wens", "Wanneer?", "text", explain="Dan weten we het.", skippable=True)
    words = {"gemeente": "Assen"}
    return replace(
        flow,
        steps=(*flow.steps, CHECK, last),
        facts=lambda answers: {**words, "contact": answers.get("contact") or ""},
    )


@pytest.fixture
def at_check(checked):
    progress = Progress.begin()
    answers = {"gemeente": "Assen", "situatie": "zzp", "vraag": "Hoe?", "akkoord": "ja"}
    for name, value in {**answers, "contact": "[telefoon:1]"}.items():
        progress = progress.with_answer(name, value)
    return progress


def asked(outcome):
    return outcome.messages[-1].about.step


@pytest.mark.parametrize(
    "said",
    [Said("nee"), Said("dat is fout"), Said("2"), Said("", answer="klopt:nee")],
    ids=["word", "words", "number", "button"],
)
def test_a_no_opens_the_earlier_question_and_only_that(checked, at_check, said):
    outcome = engine.turn(checked, at_check, said)

    assert asked(outcome) == "contact"
    assert set(at_check.answers) - set(outcome.progress.answers) == {"contact"}
    assert outcome.progress.run == at_check.run


def test_after_the_new_answer_it_is_checked_again(checked, at_check):
    reopened = engine.turn(checked, at_check, Said("nee")).progress
    again = engine.turn(checked, reopened, Said("[email:1]"))

    assert asked(again) == "klopt"
    assert "Klopt [email:1]?" in again.messages[-1].text
    assert asked(engine.turn(checked, again.progress, Said("ja"))) == "wens"


def test_a_no_can_be_said_as_often_as_needed(checked, at_check):
    progress = at_check
    for number in range(2, 6):
        progress = engine.turn(checked, progress, Said("nee")).progress
        progress = engine.turn(checked, progress, Said(f"[telefoon:{number}]")).progress
    done = engine.turn(checked, progress, Said("ja")).progress

    assert (done.answers["contact"], done.answers["klopt"]) == ("[telefoon:5]", "ja")


def test_a_yes_opens_nothing(checked, at_check):
    outcome = engine.turn(checked, at_check, Said("ja"))

    assert asked(outcome) == "wens"
    assert outcome.progress.answers == {**at_check.answers, "klopt": "ja"}


def test_the_older_button_opens_the_question_too_and_the_check_comes_again(checked, at_check):
    after = engine.turn(checked, at_check, Said("ja")).progress
    outcome = engine.turn(checked, after, Said("", answer="klopt:nee"))

    assert asked(outcome) == "contact"
    again = engine.turn(checked, outcome.progress, Said("[telefoon:2]"))
    assert asked(again) == "klopt"


def test_what_is_known_beforehand_does_not_fill_in_what_was_opened(checked, at_check):
    steps = [replace(s, known="nummer") if s.id == "contact" else s for s in checked.steps]
    known_flow = replace(checked, steps=tuple(steps))
    reopened = engine.turn(known_flow, at_check, Said("nee")).progress

    outcome = engine.ask_again(known_flow, reopened, {"nummer": "[telefoon:1]"})
    assert asked(outcome) == "contact"


def test_it_survives_the_tracker(checked, at_check):
    reopened = engine.turn(checked, at_check, Said("nee")).progress

    assert Progress.from_dict(reopened.as_dict()) == reopened


def test_what_is_kept_of_it_does_not_grow_however_often_it_is_said(checked, at_check):
    def size(times):
        progress = at_check
        for _ in range(times):
            progress = engine.turn(checked, progress, Said("", answer="klopt:nee")).progress
            progress = engine.turn(checked, progress, Said("", answer="klopt:nee")).progress
            progress = engine.turn(checked, progress, Said("[telefoon:1]")).progress
        return len(json.dumps(progress.as_dict()))

    assert size(50) == size(1)


def test_it_comes_from_content():
    item = {"id": "klopt", "ask": "Klopt het?", "kind": "choice", "reopens": {"nee": "contact"}}

    assert step(item).reopens == {"nee": "contact"}
    assert step({**item, "reopens": {}}).reopens == {}
