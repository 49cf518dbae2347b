import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.assessment.bank import read_bank
from bot.assessment.result import summary
from bot.assessment.scoring import score
from bot.taxonomy import taxonomy

BANK = read_bank()
IDS = [item.id for item in BANK.items]
ANSWERS = st.fixed_dictionaries(
    {name: st.sampled_from([None, "1", "2", "3", "4", "5"]) for name in IDS}
)


def best():
    return {item.id: "1" if item.reverse else "5" for item in BANK.items}


def worst():
    return {item.id: "5" if item.reverse else "1" for item in BANK.items}


def text_of(answers):
    return "\n\n".join(message.text for message in summary(BANK, answers))


@given(ANSWERS)
def test_a_result_is_never_a_verdict(answers):
    """Product: a profile in words, never a verdict 'suitable: yes/no'."""
    text = text_of(answers).lower()

    assert "geschikt" not in text
    assert not re.search(r"\b(geslaagd|gezakt|onvoldoende|score|punten|cijfer)\b", text)
    assert "!" not in text
    assert not re.search(r"\bu(w)?\b", text)


@given(ANSWERS)
def test_a_result_always_leads_to_a_person_and_a_next_step(answers):
    messages = summary(BANK, answers)
    intents = [choice.intent for choice in messages[-1].choices]

    assert "medewerker_spreken" in intents
    assert "starten_algemeen" in intents
    assert len(intents) == len(set(intents))
    for choice in messages[-1].choices:
        assert choice.title == taxonomy().intents[choice.intent].label
    assert all(message.about.flow == "zelfscan" for message in messages)


@given(ANSWERS)
def test_every_theme_is_told_once_with_the_words_for_its_score(answers):
    scores = score(BANK, answers)
    text = text_of(answers)

    if all(one.meaning == "unknown" for one in scores):
        return
    for one in scores:
        assert text.count(f"- **{one.theme.label}**") == 1
        assert (one.theme.strong in text) is (one.meaning == "carries")
        assert (one.theme.work_on in text) is (one.meaning in ("work_on", "between"))


def test_who_is_carried_by_everything_hears_strengths_and_decides_alone():
    text = text_of(best())

    assert "**Dit draagt je:**" in text
    assert "Hier kun je aan werken" not in text
    assert "Jij beslist" in text


def test_who_has_everything_to_work_on_hears_how_and_that_no_is_a_good_outcome():
    text = text_of(worst())

    assert "**Hier kun je aan werken:**" in text
    assert "Dit draagt je" not in text
    assert "Elk van de drie is een goede uitkomst" in text


def test_the_points_to_work_on_become_subjects_to_go_on_with():
    topics = {theme.topic for theme in BANK.themes}
    offered = {choice.intent for choice in summary(BANK, worst())[-1].choices}

    assert len(offered & topics) == 2
    assert not {choice.intent for choice in summary(BANK, best())[-1].choices} & topics


def test_who_skips_everything_hears_that_it_does_not_matter_and_what_can_be_done():
    (message,) = summary(BANK, dict.fromkeys(IDS))

    assert "Dat geeft niet" in message.text
    assert "draagt" not in message.text
    assert "adviseur" in message.text


def test_a_theme_that_was_skipped_is_told_with_how_much_was_answered():
    answers = best()
    theme = BANK.themes[0]
    for item in BANK.items:
        if item.theme == theme.id:
            answers[item.id] = None

    text = text_of(answers)

    assert f"**{theme.label}** (0 van 2 beantwoord)" in text
    assert theme.strong not in text


@pytest.mark.parametrize("answers", [best(), worst(), dict.fromkeys(IDS, "3")])
def test_a_result_says_that_it_is_no_verdict(answers):
    assert "geen oordeel" in text_of(answers)
