"""What holds for every flow that there is, whatever is said in it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.assessment import plan
from bot.assessment.bank import read_bank
from bot.assessment.quickscan import read_quickscan
from bot.flows import engine
from bot.flows.model import Flow, Progress, Said
from bot.referral.intake import read_intake
from bot.taxonomy import taxonomy


class AnyWord(dict):
    """Whatever a question names, there is a word for it."""

    def __missing__(self, name):
        return name


PLAN = plan.read_plan()
MADE = Progress("gemaakt", {step.id: "Iets." for step in PLAN.flow.steps}, ("idee",), (), True)
# Each flow, with what a new passage through it starts from.
FLOWS = {
    "zelfscan": (read_bank().flow(), None),
    "quickscan": (read_quickscan().flow, None),
    "plan": (PLAN.flow, None),
    "plan again": (plan.revision(PLAN), plan.again(MADE)),
    "intake": (read_intake(lambda answers: AnyWord()), None),
}
INTENTS = [None, "nlu_fallback", *taxonomy().intents]
WORDS = ["ja", "nee", "soms", "twee", "4", "kort", "bijstand", "terug naar vraag 3", "akkoord"]
WORDS += ["[telefoon:1]", "[email:2] {x}", "plan", "{gemeente}", "leg uit", "vraag ٣", ""]
WORDS += ["wat is bbz?", "dan stop ik ermee", "stop", "weet ik niet"]

every_flow = pytest.mark.parametrize(("flow", "fresh"), FLOWS.values(), ids=FLOWS.keys())


def said_in(flow: Flow):
    answers = [f"{step.id}:{option.value}" for step in flow.steps for option in step.options]

    def build(words, intent, gemeente, answer):
        topic = intent in taxonomy().intents and taxonomy().intents[intent].is_topic
        return Said(words, intent, topic, {"gemeente": gemeente} if gemeente else {}, answer)

    return st.builds(
        build,
        st.one_of(st.sampled_from(WORDS), st.text(max_size=20)),
        st.one_of(st.sampled_from(sorted(engine.MOVES)), st.sampled_from(INTENTS)),
        st.sampled_from([None, None, "Assen", "Breda"]),
        st.one_of(st.none(), st.none(), st.sampled_from([*answers, "", "weg", "weg:1", "zs01:"])),
    )


def asked(outcome):
    return outcome.messages[-1].about.step


@every_flow
@given(data=st.data())
def test_whatever_is_said_the_flow_holds(flow, fresh, data):
    known = data.draw(st.sampled_from([{}, {"gemeente": "Assen", "situatie": "zwaar_weer"}]))
    outcome = engine.begin(flow, None, known, fresh)
    for said in data.draw(st.lists(said_in(flow), max_size=25)):
        before, step = outcome.progress, flow.next_step(outcome.progress)
        turned = engine.turn(flow, before, said)
        if turned is None:
            # Something else comes in between, and then the flow goes on where it was.
            resumed = engine.ask_again(flow, before, known)
            assert before.answers.items() <= resumed.progress.answers.items()
            continue
        outcome = turned
        after = outcome.progress
        corrected = said.answer is not None and not said.answer.startswith(f"{step.id}:")
        if after.reopened == before.reopened and not corrected:
            kept = {n: a for n, a in before.answers.items() if n != step.id}
            assert kept.items() <= after.answers.items()
        assert after.run == before.run
        assert set(after.given) <= set(after.answers)
        following = flow.next_step(after)
        if outcome.ended == "left":
            assert said.intent == engine.LEAVE
            assert after.answers == before.answers
        else:
            assert (outcome.ended == "done") is (following is None)
        assert after.done is (outcome.ended == "done")
        if outcome.ended == "no":
            assert asked(outcome) == following.id
        for name, value in after.answers.items():
            answered = flow.step(name)
            if answered and answered.options and value is not None and name not in known:
                assert answered.option(value) is not None
        assert Progress.from_dict(after.as_dict()) == after
        if outcome.ended == "done":
            break


@every_flow
@given(data=st.data())
def test_the_number_of_a_question_is_never_more_than_there_are(flow, fresh, data):
    outcome = engine.begin(flow, None, {}, fresh)
    for said in data.draw(st.lists(said_in(flow), max_size=15)):
        outcome = engine.turn(flow, outcome.progress, said) or outcome
        step = flow.next_step(outcome.progress)
        if step is None or outcome.ended == "left":
            break
        number = flow.number(step, outcome.progress)
        if number is not None:
            assert 1 <= number[0] <= number[1] <= len(flow.steps)
            assert f"Vraag {number[0]} van {number[1]}." in outcome.messages[-1].text


@every_flow
@given(data=st.data())
def test_an_emergency_is_never_taken_for_an_answer(flow, fresh, data):
    outcome = engine.begin(flow, None, {}, fresh)
    said = data.draw(said_in(flow))
    emergency = Said(said.text, "noodsituatie", False, said.entities)

    assert engine.turn(flow, outcome.progress, emergency) is None


@every_flow
def test_who_only_goes_on_reaches_the_end(flow, fresh):
    outcome = engine.begin(flow, None, {}, fresh)
    for _ in flow.steps:
        if outcome.ended == "done":
            break
        step = flow.step(asked(outcome))
        option = f"{step.id}:{step.options[0].value}" if step.options else None
        outcome = engine.turn(
            flow,
            outcome.progress,
            Said("[telefoon:1]", "informatie_geven", False, {"gemeente": "Assen"}, option),
        )

    assert outcome.ended == "done"


@every_flow
def test_who_skips_all_that_may_be_skipped_reaches_the_end_too(flow, fresh):
    outcome = engine.begin(flow, None, {}, fresh)
    for _ in flow.steps:
        if outcome.ended == "done":
            break
        step = flow.next_step(outcome.progress)
        option = f"{step.id}:{step.options[0].value}" if step.options else None
        said = Said("[telefoon:1]", "informatie_geven", False, {"gemeente": "Assen"}, option)
        if step.skippable:
            said = Said("geen idee", "weet_niet")
        outcome = engine.turn(flow, outcome.progress, said)

    assert outcome.ended == "done"


@every_flow
def test_every_question_can_be_explained(flow, fresh):
    assert all(step.explain for step in flow.steps)
    assert len({step.id for step in flow.steps}) == len(flow.steps)
