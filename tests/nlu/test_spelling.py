import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.nlu.spelling import Spelling

SPELLING = Spelling(
    [
        "ik wil een eigen bedrijf beginnen",
        "mijn bedrijf loopt niet meer",
        "vergunning aanvragen voor een terras",
        "een lening voor mijn bedrijf",
    ]
)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("ik wil een bedrjif", "ik wil een bedrijf"),  # swapped
        ("ik wil een bedriijf", "ik wil een bedrijf"),  # one too many
        ("ik wil een bedrif", "ik wil een bedrijf"),  # one too few
        ("ik wil een bedrojf", "ik wil een bedrijf"),  # the key beside it
        ("vergunnngi aanvragen", "vergunning aanvragen"),  # two in a long word
        ("lennngi", "lennngi"),  # two in a short word is somebody's own word
        ("BEDRJIF", "bedrijf"),
        ("ik wil 25000 euro", "ik wil 25000 euro"),
        ("qwzx", "qwzx"),
        ("", ""),
    ],
)
def test_a_typing_error_becomes_the_word_that_was_meant(typed, meant):
    assert SPELLING.correct(typed) == meant


def test_among_equally_near_words_the_one_that_people_use_most_wins():
    spelling = Spelling(["laning", "lening lening lening"])

    assert spelling.correct("lnning") == "lening"


@given(st.lists(st.sampled_from(["bedrijf", "Terras", "een", "VERGUNNING", "?", "12"])))
def test_known_words_stay_as_they_are(words):
    text = " ".join(words)

    assert SPELLING.correct(text) == text


@given(st.text(max_size=80))
def test_any_text_can_be_read_and_keeps_its_digits_and_signs(text):
    corrected = SPELLING.correct(text)

    assert [c for c in corrected if c.isdigit()] == [c for c in text if c.isdigit()]
