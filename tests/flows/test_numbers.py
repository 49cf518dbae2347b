"""Questions for a number: what people write, and the answer in whose bounds it lies."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.flows import engine
from bot.flows.content import options, step
from bot.flows.model import Flow, Option, Said, Step
from bot.flows.reading import read

AGE = Step(
    "leeftijd",
    "Hoe oud ben je?",
    "number",
    (
        Option("jong", "Jonger dan 18", bounds=(0, 17)),
        Option("midden", "18 tot en met 66", bounds=(18, 66)),
        Option("oud", "67 of ouder", bounds=(67, 120)),
    ),
    "Er zijn regels voor jongeren.",
    skippable=True,
)
MONEY = Step(
    "geld",
    "Hoeveel heb je nodig?",
    "number",
    (
        Option("niets", "Niets", bounds=(0, 0)),
        Option("klein", "Tot en met 50.000 euro", ("een beetje",), bounds=(1, 50_000)),
        Option("groot", "Meer dan 50.000 euro", ("veel",), bounds=(50_001, 10_000_000)),
    ),
)
YEARS = Step(
    "jaren",
    "Hoeveel jaar?",
    "number",
    (
        Option("kort", "Korter dan 3 jaar", bounds=(0, 2)),
        Option("middel", "3 tot 10 jaar", bounds=(3, 9)),
        Option("lang", "10 jaar of langer", bounds=(10, 80)),
    ),
)
FLOW = Flow("proef", "btw", "de vragen", "Ik vraag wat.", (AGE, YEARS))


def hard(*row, why):
    """A row with the reason why it is easily read wrong."""
    return pytest.param(*row, id=why)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("17", "jong"),
        ("18", "midden"),
        ("66", "midden"),
        ("67", "oud"),
        ("0", "jong"),
        ("120", "oud"),
        (" 44. ", "midden"),
        ("ik ben 23 jaar", "midden"),
        ("Ik ben nu 70!", "oud"),
        ("44j", "midden"),
        ("17,5", "jong"),
        ("67 of ouder", "oud"),
    ],
)
def test_a_number_in_a_text_is_the_answer_in_whose_bounds_it_lies(text, expected):
    assert read(AGE, Said(text)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("50000", "klein"),
        ("50001", "groot"),
        ("50.000", "klein"),
        ("50.001", "groot"),
        ("€ 50.000,-", "klein"),
        ("€50.000,99", "klein"),
        ("50 duizend", "klein"),
        ("51 duizend euro", "groot"),
        ("50k", "klein"),
        ("51K", "groot"),
        ("50 mille", "klein"),
        ("1 ton", "groot"),
        ("2.000.000", "groot"),
        ("0", "niets"),
        ("niets", "niets"),
        ("een beetje", "klein"),
        ("veel", "groot"),
    ],
)
def test_an_amount_is_read_as_people_write_it(text, expected):
    assert read(MONEY, Said(text)) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "?",
        "oud",
        "121",
        "1985",
        "200 jaar",
        "20 of 30",
        "20-30",
        "tussen 17 en 19",
        "weet ik niet",
        "zo oud als mijn broer",
    ],
)
def test_what_is_not_one_number_within_bounds_is_not_read(text):
    assert read(AGE, Said(text)) is None


@pytest.mark.parametrize(
    ("answer", "expected"),
    [("leeftijd:oud", "oud"), ("leeftijd:17", None), ("leeftijd:", None), ("geld:niets", None)],
)
def test_a_button_counts_for_its_own_question_only(answer, expected):
    assert read(AGE, Said("17", answer=answer)) == expected


@pytest.mark.parametrize(
    ("step", "option"),
    [
        *((MONEY, option) for option in MONEY.options[:2]),
        *((AGE, option) for option in AGE.options[2:]),
        *((YEARS, option) for option in YEARS.options[2:]),
        hard(MONEY, MONEY.options[2], why="'meer dan 50.000' is read as 50.000"),
        hard(AGE, AGE.options[0], why="'jonger dan 18' is read as 18"),
        hard(AGE, AGE.options[1], why="two numbers are not read, also not in a title"),
        hard(YEARS, YEARS.options[0], why="'korter dan 3' is read as 3"),
        hard(YEARS, YEARS.options[1], why="two numbers are not read, also not in a title"),
    ],
)
def test_the_title_of_an_answer_means_that_answer(step, option):
    """Who sees the buttons may type what stands on them."""
    assert read(step, Said(option.title)) == option.value


WRONG_SIDE = "words that move a number to the other side of a bound are not heard"
OTHER_UNIT = "a number of something else is taken for the answer"


@pytest.mark.parametrize(
    ("step", "text", "never"),
    [
        hard(AGE, "onder de 18", "midden", why=WRONG_SIDE),
        hard(AGE, "boven de 66", "midden", why=WRONG_SIDE),
        hard(AGE, "nog geen 18", "midden", why=WRONG_SIDE),
        hard(MONEY, "meer dan 50.000", "klein", why=WRONG_SIDE),
        hard(YEARS, "minder dan 3 jaar", "middel", why=WRONG_SIDE),
        hard(YEARS, "6 maanden", "middel", why=OTHER_UNIT),
        hard(YEARS, "18 maanden", "lang", why=OTHER_UNIT),
        hard(MONEY, "1 miljoen", "klein", why="'miljoen' is not known"),
        hard(MONEY, "0,5 ton", "niets", why="the decimals are lost before the multiplier"),
        hard(MONEY, "100,000", "klein", why="thousands in the English way are lost"),
        hard(YEARS, "twee", "middel", why="a word for a number is taken for the nth answer"),
        hard(YEARS, "drie", "lang", why="a word for a number is taken for the nth answer"),
        hard(AGE, "bel me op [telefoon:1]", "jong", why="the number of a token is read"),
    ],
)
def test_a_number_is_never_read_as_another_answer(step, text, never):
    """'Only what is certain counts': then asking again is better."""
    assert read(step, Said(text)) != never


def test_a_number_without_end_is_no_answer():
    assert read(AGE, Said("1" * 5000)) is None


def test_a_question_about_a_topic_with_a_number_in_it_is_no_answer():
    assert read(YEARS, Said("duurt bbz 18 maanden?", "bbz", is_topic=True)) is None


@given(st.integers(min_value=-10, max_value=300))
def test_every_whole_number_is_read_by_its_bounds(number):
    expected = next(
        (o.value for o in AGE.options if o.bounds[0] <= abs(number) <= o.bounds[1]), None
    )

    assert read(AGE, Said(f"{abs(number)}")) == expected
    assert read(AGE, Said(f"ik ben {abs(number)} jaar")) == expected


@given(st.text(max_size=60), st.sampled_from([AGE, MONEY, YEARS]))
def test_reading_never_fails_and_gives_an_answer_or_nothing(text, step):
    assert read(step, Said(text)) in {None, *(option.value for option in step.options)}


# --- in a flow ---


def test_a_number_answers_the_question():
    outcome = engine.turn(FLOW, engine.begin(FLOW, None, {}).progress, Said("ik ben 17 jaar"))

    assert outcome.progress.answers == {"leeftijd": "jong"}
    assert outcome.messages[-1].about.step == "jaren"


def test_what_is_no_number_gets_a_hint_and_the_question_again():
    before = engine.begin(FLOW, None, {}).progress
    outcome = engine.turn(FLOW, before, Said("best oud", "informatie_geven"))

    assert outcome.progress == before
    assert "Dat begrijp ik niet als getal" in outcome.messages[-1].text
    assert [c.answer for c in outcome.messages[-1].choices] == [
        "leeftijd:jong",
        "leeftijd:midden",
        "leeftijd:oud",
    ]


def test_a_number_may_be_skipped():
    before = engine.begin(FLOW, None, {}).progress
    outcome = engine.turn(FLOW, before, Said("weet ik niet", "weet_niet"))

    assert outcome.progress.answers == {"leeftijd": None}


def test_going_back_to_a_question_by_its_number_is_no_answer():
    before = engine.begin(FLOW, None, {}).progress.with_answer("leeftijd", "midden")
    outcome = engine.turn(FLOW, before, Said("terug naar vraag 1", "vorige_vraag"))

    assert outcome.progress.answers == {}


# --- as content ---


def test_bounds_come_from_content_and_only_where_they_are():
    number, choice = options(
        [{"value": "a", "title": "A", "from": 0, "to": 17}, {"value": "b", "title": "B"}]
    )

    assert number.bounds == (0, 17)
    assert choice.bounds is None


def test_a_question_for_a_number_is_read_from_content():
    found = step(
        {
            "id": "leeftijd",
            "ask": "Hoe oud ben je?",
            "kind": "number",
            "options": [
                {"value": "jong", "title": "Jong", "from": 0, "to": 17},
                {"value": "oud", "title": "Oud", "from": 18, "to": 120},
            ],
        }
    )

    assert found.kind == "number"
    assert read(found, Said("18")) == "oud"
