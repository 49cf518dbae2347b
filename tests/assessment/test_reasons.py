"""Why someone sees this profile or first impression: their answers, and the rule."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.assessment import quickscan
from bot.assessment.bank import DECISION, LENGTH, read_bank
from bot.assessment.page import BARS_IN_WORDS
from bot.assessment.quickscan import read_quickscan
from bot.assessment.reasons import of_quickscan, of_scan
from bot.assessment.scoring import score, shares
from bot.catalogue.wording import ADVISER
from bot.content import read_yaml

BANK, SCAN = read_bank(), read_quickscan()
CASES = read_yaml(Path(__file__).with_name("quickscan_cases.yml"))
ANSWERS = st.fixed_dictionaries(
    {
        LENGTH: st.sampled_from(["kort", "lang"]),
        **{item.id: st.sampled_from([None, "1", "2", "3", "4", "5"]) for item in BANK.items},
    }
)
QUICK = st.fixed_dictionaries(
    {s.id: st.sampled_from([None, *(o.value for o in s.options)]) for s in SCAN.flow.steps}
)


def text_of(messages):
    return "\n\n".join(message.text for message in messages)


@given(ANSWERS)
def test_every_theme_of_the_profile_says_which_answers_brought_it_there(answers):
    text = text_of(of_scan(BANK, answers))
    items = {item.text: item for item in BANK.items}
    titles = {option.title: option.value for option in BANK.scale}

    for one in score(BANK, answers):
        block = text.split(f"**{one.theme.label}**: {BARS_IN_WORDS[one.meaning]}.")[1]
        named = re.findall(r"^- (.*) \*(.*)\.\*$", block.split("\n\n")[0], re.MULTILINE)
        assert bool(named) is (one.score is not None)
        for said, title in named:
            item = items[said]
            assert answers[item.id] == titles[title], "nothing is said that was not answered"
            share = shares(BANK, one.theme, answers)[item]
            if one.meaning != "between":
                assert (share > 0.5) is (one.meaning == "carries")


@given(ANSWERS)
def test_every_danger_that_was_told_says_which_answer_pointed_to_it(answers):
    text = text_of(of_scan(BANK, answers))

    shown = {sign.item for signal in BANK.signals_of(answers) for sign in signal.when}
    warned = text.split("**Let hierop** zei ik")[1].split("\n\n")[0] if shown else ""
    assert {item.id for item in BANK.items if f"- {item.text} " in warned} == shown
    assert ("Let hierop" in text) is bool(shown)


def test_the_rule_is_told_with_its_sources_and_the_version_of_the_questions():
    text = text_of(of_scan(BANK, {}))

    assert BANK.why in text
    assert f"versie {BANK.version}" in text
    for work in ("EntreComp", "E-Scan", "GET2", "Divosa", "VNG", "POSG", "Assen", "Kyndt"):
        assert work in text
        assert any(work in item.source for item in BANK.items)


@pytest.mark.parametrize("outcome", BANK.outcomes, ids=lambda outcome: outcome.option.value)
def test_after_the_decision_it_says_whose_decision_it_was(outcome):
    *_, last = of_scan(BANK, {LENGTH: "kort", DECISION: outcome.option.value})

    assert f"koos jij zelf: **{outcome.option.title}**" in last.text
    assert list(last.choices) == [ADVISER]


def test_before_the_decision_nothing_stands_between_it_and_the_question():
    messages = of_scan(BANK, {LENGTH: "kort"})

    assert "koos jij zelf" not in text_of(messages)
    assert not any(message.choices for message in messages)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_a_first_impression_says_which_answers_led_to_it(case):
    answers = case["answers"]
    text = text_of(of_quickscan(SCAN, answers))
    found = quickscan.outcome(SCAN, answers)

    assert f"'{found.label}'" in text
    for condition in (*found.all, *found.any):
        if condition.holds(answers):
            step = SCAN.flow.step(condition.step)
            assert f"- {step.ask} *{step.option(answers[step.id]).title}.*" in text


@given(QUICK)
def test_nothing_is_said_that_was_not_answered(answers):
    applying = SCAN.flow.applying(answers)
    (message,) = of_quickscan(SCAN, answers)

    for step in SCAN.flow.steps:
        if step.ask in message.text:
            assert f"- {step.ask} *{step.option(applying[step.id]).title}.*" in message.text
    assert SCAN.why in message.text
    assert f"versie {SCAN.version}" in message.text


def test_who_skipped_most_hears_that_that_is_why():
    (message,) = of_quickscan(SCAN, {step.id: None for step in SCAN.flow.steps})

    assert f"minstens {SCAN.least_answered} antwoorden" in message.text
