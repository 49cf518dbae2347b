import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.assessment.bank import Bank, Item, Theme, read_bank
from bot.assessment.scoring import ThemeScore, score

BANK = read_bank()
IDS = [item.id for item in BANK.items]
VALUES = ["1", "2", "3", "4", "5"]
ANSWERS = st.dictionaries(st.sampled_from(IDS), st.sampled_from([None, *VALUES]))
FULL = st.fixed_dictionaries({name: st.sampled_from(VALUES) for name in IDS})


def small_bank(*reverse):
    """One theme with a statement for each argument; true for one that is keyed in reverse."""
    theme = Theme("t", "Thema", "Dit gaat goed.", "Werk hieraan.", "coaching")
    items = tuple(
        Item(f"i{number}", "t", "Stelling.", "Uitleg.", is_reverse, "c", "s")
        for number, is_reverse in enumerate(reverse)
    )
    return Bank("b", "zelfscan", 1, "scan", "Intro.", BANK.scale, (theme,), items)


def only(bank, answers):
    (found,) = score(bank, answers)
    return found


@pytest.mark.parametrize(
    ("value", "expected"), [("1", 0.0), ("2", 0.25), ("3", 0.5), ("4", 0.75), ("5", 1.0)]
)
def test_the_scale_runs_from_nought_to_one(value, expected):
    assert only(small_bank(False), {"i0": value}).score == expected
    assert only(small_bank(True), {"i0": value}).score == 1 - expected


def test_a_score_is_the_mean_of_what_was_answered():
    found = only(small_bank(False, False, True), {"i0": "5", "i1": "2", "i2": None})

    assert found.score == pytest.approx((1 + 0.25) / 2)
    assert (found.answered, found.asked) == (2, 3)


@pytest.mark.parametrize(
    ("answered", "asked", "is_known"), [(0, 2, False), (1, 2, True), (1, 3, False), (2, 3, True)]
)
def test_a_theme_gets_a_score_when_half_of_it_was_answered(answered, asked, is_known):
    answers = {f"i{number}": "4" for number in range(answered)}

    found = only(small_bank(*[False] * asked), answers)

    assert (found.score is not None) is is_known
    assert (found.meaning == "unknown") is not is_known


@pytest.mark.parametrize(
    ("value", "meaning"),
    [
        (None, "unknown"),
        (0.0, "work_on"),
        (0.49, "work_on"),
        (0.5, "between"),
        (0.62, "between"),
        (0.625, "carries"),
        (1.0, "carries"),
    ],
)
def test_a_score_has_a_meaning_in_words(value, meaning):
    assert ThemeScore(BANK.themes[0], value, 1, 1).meaning == meaning


@given(ANSWERS)
def test_every_score_lies_between_nought_and_one(answers):
    found = score(BANK, answers)

    assert [one.theme for one in found] == list(BANK.themes)
    for one in found:
        assert one.score is None or 0 <= one.score <= 1
        assert 0 <= one.answered <= one.asked


@given(FULL)
def test_the_opposite_answers_give_the_mirrored_scores(answers):
    opposite = {name: str(6 - int(value)) for name, value in answers.items()}

    for one, other in zip(score(BANK, answers), score(BANK, opposite), strict=True):
        assert one.score == pytest.approx(1 - other.score)


@given(FULL)
def test_keying_a_statement_the_other_way_mirrors_it(answers):
    items = tuple(dataclasses.replace(item, reverse=not item.reverse) for item in BANK.items)
    turned = dataclasses.replace(BANK, items=items)

    for one, other in zip(score(BANK, answers), score(turned, answers), strict=True):
        assert one.score == pytest.approx(1 - other.score)


@given(ANSWERS, st.randoms())
def test_the_order_of_the_answers_does_not_matter(answers, random):
    names = list(answers)
    random.shuffle(names)

    assert score(BANK, {name: answers[name] for name in names}) == score(BANK, answers)


@given(ANSWERS)
def test_a_skipped_statement_counts_as_one_that_was_not_asked(answers):
    answered = {name: value for name, value in answers.items() if value is not None}

    assert score(BANK, answered) == score(BANK, answers)


@given(FULL, st.sampled_from(IDS))
def test_agreeing_more_raises_a_score_and_lowers_one_in_reverse(answers, name):
    item = next(item for item in BANK.items if item.id == name)

    def of_theme(value):
        found = score(BANK, {**answers, name: value})
        return next(one.score for one in found if one.theme.id == item.theme)

    if item.reverse:
        assert of_theme("5") < of_theme("1")
    else:
        assert of_theme("5") > of_theme("1")


def test_an_answer_touches_its_own_theme_only():
    neutral = dict.fromkeys(IDS, "3")
    before, after = score(BANK, neutral), score(BANK, {**neutral, IDS[0]: "5"})

    changed = [one.theme.id for one, other in zip(before, after, strict=True) if one != other]
    assert changed == [BANK.items[0].theme]


@pytest.mark.parametrize("answers", [{}, dict.fromkeys(IDS)])
def test_who_skips_everything_gets_no_score_at_all(answers):
    assert {one.meaning for one in score(BANK, answers)} == {"unknown"}


def test_an_answer_on_an_unknown_statement_changes_nothing():
    answers = dict.fromkeys(IDS, "4")

    assert score(BANK, {**answers, "oud": "1"}) == score(BANK, answers)
