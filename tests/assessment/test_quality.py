"""Figures on the statements, against published values, sums by hand and simulated respondents.

Respondents are simulated by classical test theory: an answer is a true score plus an error of its
own. With k such statements of equal variances the reliability of their sum, and so the expected
alpha, is k * T / (k * T + E), with T the variance of the true scores and E that of the errors
(Lord & Novick, Statistical theories of mental test scores, 1968, chapter 4).
"""

import math
import random

import pytest

from bot.assessment.bank import LENGTH, read_bank
from bot.assessment.quality import FEWEST, correlation, cronbach_alpha, drop_off, figures

BANK = read_bank()
ITEMS = {item.id: item for item in BANK.items}
# Answers of 1000 people to the five questions of LSAT section 6, as patterns of right (1) and
# wrong (0) with how many had it: Bock & Lieberman, Psychometrika 35 (1970) 179-197.
LSAT = """
00000 3  00001 6  00010 2  00011 11  00100 1  00101 1  00110 3  00111 4
01000 1  01001 8  01011 16  01101 3  01110 2  01111 15
10000 10  10001 29  10010 14  10011 81  10100 3  10101 28  10110 15  10111 80
11000 16  11001 56  11010 21  11011 173  11100 11  11101 61  11110 28  11111 298
"""
# A true score of 2, 3 or 4 and an error of -1, 0 or 1 keep every answer on the scale of 1 to 5.
TRUE, ERROR = (2, 3, 4), (-1, 0, 0, 1)
VARIANCE_TRUE, VARIANCE_ERROR = 2 / 3, 1 / 2


def lsat():
    words = LSAT.split()
    patterns = zip(words[::2], words[1::2], strict=True)
    return [[int(answer) for answer in pattern] for pattern, n in patterns for _ in range(int(n))]


def expected_alpha(items, true=VARIANCE_TRUE, error=VARIANCE_ERROR):
    return items * true / (items * true + error)


def expected_rest(items, true=VARIANCE_TRUE, error=VARIANCE_ERROR):
    """The correlation of one statement with the sum of the others."""
    others = items - 1
    return true * others / math.sqrt((true + error) * (others**2 * true + others * error))


def respondents(number, length="lang", seed=7, noise=()):
    """People who differ in each theme; to the statements in `noise` they answer at random."""
    chance = random.Random(seed)
    people = []
    for _ in range(number):
        true = {theme.id: chance.choice(TRUE) for theme in BANK.themes}
        answers = {LENGTH: length}
        for item in BANK.asked(length):
            value = true[item.theme] + chance.choice(ERROR)
            if item.id in noise:
                value = chance.randint(1, 5)
            answers[item.id] = str(6 - value if item.reverse else value)
        people.append(answers)
    return people


def by_theme(answers, length="lang"):
    return {found.theme: found for found in figures(BANK, answers, length)}


def counted(theme, length="lang"):
    """The statements that count in the score of a theme."""
    return [item.id for item in BANK.asked(length) if item.theme == theme and item.weight]


# --- alpha against known values ---


def test_alpha_of_published_data():
    """0.2949972: the same data (`LSAT` of the package ltm) in R, as published on R-help in 2007.

    https://tolstoy.newcastle.edu.au/R/e2/help/07/01/9145.html
    """
    table = lsat()
    assert len(table) == 1000
    assert [sum(column) for column in zip(*table, strict=True)] == [924, 709, 553, 763, 870]

    assert cronbach_alpha(table).value == pytest.approx(0.2949972, abs=5e-8)


def test_alpha_by_hand():
    """Variances 5/3 and 5/3, of the sums 2, 5, 5 and 8 it is 6: 2 * (1 - (10/3) / 6) = 8/9."""
    found = cronbach_alpha([[1, 1], [2, 3], [3, 2], [4, 4]])

    assert found.value == pytest.approx(8 / 9)
    assert found.n == 4


def test_the_interval_by_hand():
    """Bonett (2002): 1 - (1 - alpha) * exp(+-1.959964 * sqrt(2k / ((k - 1)(n - 2)))).

    Here the root is that of 4 / 2, so 1.959964 * 1.414214 = 2.771807; exp of that is 15.98751, and
    1 - alpha is 1/9: 1 - 15.98751 / 9 = -0.776390 and 1 - 1 / (9 * 15.98751) = 0.993050.
    """
    found = cronbach_alpha([[1, 1], [2, 3], [3, 2], [4, 4]])

    assert found.low == pytest.approx(-0.776390, abs=1e-5)
    assert found.high == pytest.approx(0.993050, abs=1e-5)


def test_the_interval_of_published_data():
    """The root is that of 10 / (4 * 998): 0.0500501; times 1.959964 it is 0.0980964.

    1 - 0.705 * 1.103069 = 0.2223 and 1 - 0.705 / 1.103069 = 0.3609, within the rounding of 0.295.
    """
    found = cronbach_alpha(lsat())

    assert found.low == pytest.approx(0.2223, abs=1e-3)
    assert found.high == pytest.approx(0.3609, abs=1e-3)


@pytest.mark.parametrize(
    "table",
    [
        [],
        [[1, 2]],
        [[1, 2], [2, 1]],
        [[1], [2], [3]],
        [[3, 3], [3, 3], [3, 3]],
        [[1, 5], [5, 1]] * 2,
    ],
    ids=["nobody", "one", "two", "one item", "all the same", "sums do not vary"],
)
def test_there_is_no_alpha_where_it_cannot_be_known(table):
    assert cronbach_alpha(table) is None


def test_alpha_of_statements_that_are_answered_alike_is_one():
    found = cronbach_alpha([[value] * 4 for value in (1, 2, 4, 5)])

    assert (found.value, found.low, found.high) == (1, 1, 1)


def test_alpha_of_statements_that_oppose_each_other_is_negative():
    """Variances 4 and 13/3, of the sums 6, 6 and 5 it is 1/3: 2 * (1 - (25/3) / (1/3)) = -48."""
    found = cronbach_alpha([[1, 5], [5, 1], [3, 2]])

    assert found.value == pytest.approx(-48)
    assert found.low < found.value < found.high < 1


# --- alpha of simulated respondents ---


@pytest.mark.parametrize(("items", "error"), [(2, 1.0), (5, 1.0), (5, 4.0), (12, 0.25)])
def test_alpha_finds_the_reliability_of_parallel_statements(items, error):
    """True scores with variance 1, normal errors; 4000 people put alpha within 0.03 of it."""
    chance = random.Random(19)
    table = []
    for _ in range(4000):
        true = chance.gauss(0, 1)
        table.append([true + chance.gauss(0, math.sqrt(error)) for _ in range(items)])

    found = cronbach_alpha(table)

    assert found.value == pytest.approx(expected_alpha(items, 1.0, error), abs=0.03)
    assert found.low < expected_alpha(items, 1.0, error) < found.high


def test_the_interval_holds_the_reliability_in_95_of_100_samples():
    """Of 400 samples that is 380, with a standard deviation of 4.4; three of those either way."""
    chance = random.Random(23)
    expected, held = expected_alpha(5, 1.0, 1.0), 0
    for _ in range(400):
        people = [chance.gauss(0, 1) for _ in range(60)]
        found = cronbach_alpha([[true + chance.gauss(0, 1) for _ in range(5)] for true in people])
        held += found.low <= expected <= found.high

    assert 367 <= held <= 393


@pytest.mark.parametrize("length", ["kort", "lang"])
def test_the_figures_find_the_known_reliability_of_every_theme(length):
    found = by_theme(respondents(2000, length), length)

    assert list(found) == [theme.id for theme in BANK.themes]
    for theme, one in found.items():
        items = len(counted(theme, length))
        assert one.n == one.alpha.n == 2000
        assert one.alpha.value == pytest.approx(expected_alpha(items), abs=0.03)
        assert one.alpha.low < one.alpha.value < one.alpha.high


def test_reverse_statements_are_turned_before_they_are_compared():
    """Who agrees with everything: without turning all would look perfectly reliable."""
    people = respondents(200)
    theme = "kwaliteiten"
    assert any(ITEMS[name].reverse for name in counted(theme))
    turned = [
        [6 - int(p[n]) if ITEMS[n].reverse else int(p[n]) for n in counted(theme)] for p in people
    ]
    as_given = [[int(p[n]) for n in counted(theme)] for p in people]

    assert by_theme(people)[theme].alpha == cronbach_alpha(turned)
    assert cronbach_alpha(as_given).value < cronbach_alpha(turned).value - 0.2


def test_what_does_not_count_in_the_score_is_not_in_its_reliability():
    light = next(item for item in BANK.items if item.weight == 0)
    people = respondents(100)
    expected = by_theme(people)[light.theme]

    others = [{**one, light.id: None} for one in people]
    found = by_theme(others)[light.theme]

    assert (found.n, found.alpha) == (expected.n, expected.alpha)
    (figure,) = [one for one in expected.items if one.item == light.id]
    assert figure.n == 100
    assert figure.rest is None


# --- item-rest ---


def test_correlation_by_hand():
    """Deviations -1, 0, 1 and -1, 1, 0: their products sum to 1, their squares to 2 and 2."""
    assert correlation([1, 2, 3], [1, 3, 2]) == pytest.approx(0.5)
    assert correlation([1, 2, 3], [6, 4, 2]) == pytest.approx(-1)
    assert correlation([1, 2, 3], [4, 4, 4]) is None


def test_correlation_of_published_data():
    """The first of Anscombe's quartet, The American Statistician 27 (1973) 17-21: 0.816."""
    x = [10, 8, 13, 9, 11, 14, 6, 4, 12, 7, 5]
    y = [8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68]

    assert round(correlation(x, y), 3) == 0.816


def test_every_statement_has_the_correlation_with_the_others_that_is_expected():
    for theme, one in by_theme(respondents(2000)).items():
        known = counted(theme)
        found = {figure.item: figure.rest for figure in one.items if figure.item in known}
        assert list(found) == known
        for rest in found.values():
            assert rest == pytest.approx(expected_rest(len(known)), abs=0.06)


@pytest.mark.parametrize("name", ["zs13", "zs35"])
def test_a_statement_that_measures_something_else_stands_out(name):
    theme = ITEMS[name].theme
    good = by_theme(respondents(500))[theme]
    found = by_theme(respondents(500, noise={name}))[theme]
    rest = {figure.item: figure.rest for figure in found.items}

    assert abs(rest[name]) < 0.15
    assert min(value for other, value in rest.items() if other != name) > 0.5
    assert found.alpha.value < good.alpha.value


def test_a_statement_to_which_all_answer_the_same_has_no_correlation():
    people = [{**one, "zs13": "3"} for one in respondents(50)]
    found = by_theme(people)["kwaliteiten"]

    assert {f.item: f.rest for f in found.items}["zs13"] is None
    assert found.alpha is not None


# --- how many ---


@pytest.mark.parametrize(("number", "speaks"), [(0, False), (29, False), (30, True)])
def test_below_thirty_people_the_figures_are_silent(number, speaks):
    assert FEWEST == 30
    for one in by_theme(respondents(number)).values():
        assert one.n == number
        assert (one.alpha is not None) is speaks
        for figure in one.items:
            assert figure.n == number
            assert bool(figure.distribution) is speaks
            assert (figure.rest is not None) is (speaks and ITEMS[figure.item].weight > 0)


def test_who_skipped_a_statement_counts_for_the_others_and_for_other_themes():
    """Thirty people, one of whom skipped one statement: that theme has 29, and is silent."""
    people = respondents(30)
    people[0]["zs13"] = None
    del people[1]["zs05"]
    found = by_theme(people)

    for theme, skipped in (("kwaliteiten", "zs13"), ("markt", "zs05")):
        assert (found[theme].n, found[theme].alpha) == (29, None)
        numbers = {figure.item: figure.n for figure in found[theme].items}
        assert numbers.pop(skipped) == 29
        assert set(numbers.values()) == {30}
        assert {bool(f.distribution) for f in found[theme].items if f.item != skipped} == {True}
    assert found["motieven"].n == 30


def test_the_two_lengths_are_not_mixed():
    short, long = respondents(40, "kort"), respondents(50, "lang")

    assert {one.n for one in by_theme([*short, *long], "kort").values()} == {40}
    assert {one.n for one in by_theme([*short, *long], "lang").values()} == {50}
    asked = [figure.item for one in by_theme(short, "kort").values() for figure in one.items]
    assert sorted(asked) == [item.id for item in BANK.asked("kort")]


def test_the_distribution_counts_what_people_chose():
    """Also of a reverse statement: staff see the answers, not what they count for."""
    people = respondents(40)
    for number, one in enumerate(people):
        one["zs09"] = "5" if number < 25 else "2"
    (figure,) = [f for f in by_theme(people)["kwaliteiten"].items if f.item == "zs09"]

    assert ITEMS["zs09"].reverse
    assert figure.distribution == {5: 25, 2: 15}


# --- where people stop ---


def test_drop_off_is_in_the_order_of_the_questions_with_noughts():
    order = ["lengte", "zs01", "zs02", "zs03"]

    found = drop_off(order, ["zs02", "lengte", "zs02", "weg"] * 10)

    assert list(found.items()) == [("lengte", 10), ("zs01", 0), ("zs02", 20), ("zs03", 0)]


@pytest.mark.parametrize(("people", "shown"), [(0, False), (29, False), (30, True)])
def test_drop_off_is_silent_below_thirty_people(people, shown):
    assert bool(drop_off(["a", "b"], ["a"] * people)) == shown
