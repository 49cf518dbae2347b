import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.assessment.bank import LENGTH, Item, Theme, read_bank
from bot.assessment.scoring import ThemeScore, score

BANK = read_bank()
ITEMS = {item.id: item for item in BANK.items}
IDS = list(ITEMS)
SHORT = [item.id for item in BANK.asked("kort")]
LONG_ONLY = [name for name in IDS if name not in SHORT]
VALUES = ["1", "2", "3", "4", "5"]
RANK = {"work_on": 0, "between": 1, "carries": 2}
LENGTHS = st.fixed_dictionaries({LENGTH: st.sampled_from(["kort", "lang"])})
PARTLY = st.dictionaries(st.sampled_from(IDS), st.sampled_from([None, *VALUES]))
FULL = st.fixed_dictionaries({name: st.sampled_from(VALUES) for name in IDS})
ANSWERS = st.builds(lambda length, some: {**length, **some}, LENGTHS, PARTLY)
COMPLETE = st.builds(lambda length, all_of_them: {**length, **all_of_them}, LENGTHS, FULL)


def small_bank(*items):
    """One theme, with a statement for each mapping of what is special about it."""
    theme = Theme("t", "Thema", "", "", "", "", "", "coaching", ())
    statements = tuple(
        Item(f"i{number}", "t", "Stelling.", "Uitleg.", "c", "s", **special)
        for number, special in enumerate(items)
    )
    return dataclasses.replace(BANK, themes=(theme,), items=statements, signals=())


def only(bank, answers):
    (found,) = score(bank, answers)
    return found


def scores(answers, bank=BANK):
    return {one.theme.id: one.score for one in score(bank, answers)}


def best():
    """What points to nothing to work on, for every statement."""
    return {LENGTH: "lang", **{n: "1" if item.reverse else "5" for n, item in ITEMS.items()}}


# --- the formula, by hand ---


@pytest.mark.parametrize(
    ("value", "expected"), [("1", 0.0), ("2", 0.25), ("3", 0.5), ("4", 0.75), ("5", 1.0)]
)
def test_the_scale_runs_from_nought_to_one(value, expected):
    assert only(small_bank({}), {"i0": value}).score == expected
    assert only(small_bank({"reverse": True}), {"i0": value}).score == 1 - expected


def test_a_score_is_the_mean_of_what_was_answered():
    found = only(small_bank({}, {}, {"reverse": True}), {"i0": "5", "i1": "2", "i2": None})

    assert found.score == pytest.approx((1 + 0.25) / 2)
    assert (found.answered, found.asked) == (2, 3)


def test_a_statement_counts_as_often_as_its_weight():
    bank = small_bank({"weight": 2}, {}, {"weight": 3, "reverse": True})

    found = only(bank, {"i0": "4", "i1": "1", "i2": "2"})

    assert found.score == pytest.approx((2 * 0.75 + 1 * 0.0 + 3 * 0.75) / 6)


def test_of_a_weight_only_what_was_answered_counts():
    bank = small_bank({"weight": 2}, {"weight": 3})

    assert only(bank, {"i0": "2", "i1": None}).score == 0.25


@pytest.mark.parametrize(
    ("answered", "asked", "is_known"), [(0, 2, False), (1, 2, True), (1, 3, False), (2, 3, True)]
)
def test_a_theme_gets_a_score_when_half_of_it_was_answered(answered, asked, is_known):
    answers = {f"i{number}": "4" for number in range(answered)}

    found = only(small_bank(*[{}] * asked), answers)

    assert (found.score is not None) is is_known
    assert (found.meaning == "unknown") is not is_known


def test_what_does_not_count_is_no_answer_either():
    bank = small_bank({"weight": 0}, {}, {}, {})

    found = only(bank, {"i0": "5", "i1": "4"})

    assert found.score is None
    assert (found.answered, found.asked) == (1, 3)
    assert only(small_bank({"weight": 0}), {"i0": "5"}).score is None


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


@pytest.mark.parametrize(
    ("value", "meaning"), [(None, "unknown"), (0.4, "work_on"), (0.6, "between"), (1.0, "between")]
)
def test_what_is_in_danger_does_not_carry_anyone(value, meaning):
    assert ThemeScore(BANK.themes[0], value, 1, 1, endangered=True).meaning == meaning


# --- whatever is answered ---


@given(ANSWERS)
def test_every_score_lies_between_nought_and_one(answers):
    found = score(BANK, answers)

    assert [one.theme for one in found] == list(BANK.themes)
    for one in found:
        assert one.score is None or 0 <= one.score <= 1
        assert 0 <= one.answered <= one.asked


@given(ANSWERS)
def test_less_than_half_of_a_theme_gives_no_score_and_half_does(answers):
    asked = BANK.asked(answers[LENGTH])
    for one in score(BANK, answers):
        items = [item for item in asked if item.theme == one.theme.id and item.weight > 0]
        given_ = sum(answers.get(item.id) is not None for item in items)
        assert (one.answered, one.asked) == (given_, len(items))
        assert (one.score is None) is (2 * given_ < len(items))


@given(COMPLETE)
def test_the_opposite_answers_give_the_mirrored_scores(answers):
    opposite = {n: str(6 - int(a)) if n in ITEMS else a for n, a in answers.items()}

    mirrored = scores(opposite)

    for theme, value in scores(answers).items():
        assert mirrored[theme] == pytest.approx(1 - value)


@given(COMPLETE)
def test_keying_every_statement_the_other_way_mirrors_the_scores(answers):
    items = tuple(dataclasses.replace(item, reverse=not item.reverse) for item in BANK.items)
    mirrored = scores(answers, dataclasses.replace(BANK, items=items))

    for theme, value in scores(answers).items():
        assert mirrored[theme] == pytest.approx(1 - value)


@given(COMPLETE, st.sampled_from(IDS))
def test_a_reverse_answer_counts_as_its_opposite_on_a_statement_keyed_the_other_way(answers, name):
    turned = tuple(
        dataclasses.replace(item, reverse=not item.reverse) if item.id == name else item
        for item in BANK.items
    )
    other = {**answers, name: str(6 - int(answers[name]))}

    after = scores(other, dataclasses.replace(BANK, items=turned, signals=()))

    assert after == pytest.approx(scores(answers, dataclasses.replace(BANK, signals=())))


@given(ANSWERS, st.randoms())
def test_the_order_of_the_answers_does_not_matter(answers, random):
    names = list(answers)
    random.shuffle(names)

    assert score(BANK, {name: answers[name] for name in names}) == score(BANK, answers)


@given(COMPLETE, st.randoms())
def test_the_order_of_the_statements_does_not_matter(answers, random):
    items = list(BANK.items)
    random.shuffle(items)
    shuffled = scores(answers, dataclasses.replace(BANK, items=tuple(items)))

    assert shuffled == pytest.approx(scores(answers))


@given(ANSWERS)
def test_a_skipped_statement_counts_as_one_that_was_not_asked(answers):
    answered = {name: value for name, value in answers.items() if value is not None}

    assert score(BANK, answered) == score(BANK, answers)


@given(FULL, FULL)
def test_what_only_the_long_scan_asks_does_not_count_in_the_short_one(answers, others):
    stale = {name: others[name] for name in LONG_ONLY}

    assert scores({**answers, **stale, LENGTH: "kort"}) == scores({**answers, LENGTH: "kort"})
    without = {name: answers[name] for name in SHORT}
    assert scores({**without, LENGTH: "kort"}) == scores({**answers, LENGTH: "kort"})


@given(ANSWERS, st.sampled_from([n for n, item in ITEMS.items() if item.weight == 0]))
def test_what_has_no_weight_changes_no_score(answers, name):
    expected = scores(answers)

    for value in [None, *VALUES]:
        assert scores({**answers, name: value}) == expected


@given(ANSWERS)
def test_what_shows_a_danger_never_carries(answers):
    shown = {sign.item for signal in BANK.signals_of(answers) for sign in signal.when}
    endangered = {ITEMS[name].theme for name in shown}

    for one in score(BANK, answers):
        assert one.endangered is (one.theme.id in endangered)
        if one.endangered:
            assert one.meaning != "carries"


@pytest.mark.parametrize("signal", BANK.signals, ids=lambda signal: signal.id)
def test_each_danger_keeps_its_theme_from_carrying_however_good_the_rest(signal):
    signs = {sign.item: str(sign.at_least or sign.at_most) for sign in signal.when}
    themes = {ITEMS[name].theme for name in signs}
    assert {one.meaning for one in score(BANK, best())} == {"carries"}

    found = {one.theme.id: one for one in score(BANK, {**best(), **signs})}

    assert BANK.signals_of({**best(), **signs}) == [signal]
    for theme, one in found.items():
        assert one.score >= 0.625
        assert one.meaning == ("between" if theme in themes else "carries")


@given(COMPLETE, st.sampled_from(IDS), st.sampled_from(VALUES), st.sampled_from(VALUES))
def test_agreeing_more_never_lowers_a_score_nor_its_meaning(answers, name, one, other):
    """And with a reverse statement: agreeing less."""
    less, more = sorted([one, other], reverse=ITEMS[name].reverse)
    before, after = (score(BANK, {**answers, name: value}) for value in (less, more))

    for old, new in zip(before, after, strict=True):
        assert new.score >= old.score
        assert RANK[new.meaning] >= RANK[old.meaning]


@given(FULL, st.sampled_from([n for n, item in ITEMS.items() if item.weight]))
def test_the_whole_scale_of_a_statement_makes_a_difference_by_its_weight(answers, name):
    item = ITEMS[name]
    weights = sum(i.weight for i in BANK.items if i.theme == item.theme)
    lowest, highest = (
        scores({**answers, LENGTH: "lang", name: value})[item.theme] for value in ("1", "5")
    )

    step = -item.weight / weights if item.reverse else item.weight / weights
    assert highest - lowest == pytest.approx(step)


@given(COMPLETE, st.sampled_from(IDS), st.sampled_from(VALUES))
def test_an_answer_touches_its_own_theme_only(answers, name, value):
    before, after = scores(answers), scores({**answers, name: value})

    changed = {theme for theme in before if before[theme] != after[theme]}
    assert changed <= {ITEMS[name].theme}


@pytest.mark.parametrize("answers", [{}, dict.fromkeys(IDS), {LENGTH: "lang"}])
def test_who_skips_everything_gets_no_score_at_all(answers):
    assert {one.meaning for one in score(BANK, answers)} == {"unknown"}


def test_an_answer_on_an_unknown_statement_changes_nothing():
    answers = {LENGTH: "lang", **dict.fromkeys(IDS, "4")}

    assert score(BANK, {**answers, "oud": "1", "besluit": "go"}) == score(BANK, answers)
