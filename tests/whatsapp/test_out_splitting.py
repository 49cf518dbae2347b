"""Cutting texts: where a person would, within the limit, with nothing lost."""

import re

import pytest
from graph_peer import units
from hypothesis import given
from hypothesis import strategies as st

from bot.whatsapp.splitting import length, shorten, split, tail

TEXT = st.text(st.sampled_from("ab. \n!?é😀👩\u200d\u0301🇳🇱🏽 "), max_size=200)


def bare(text):
    return re.sub(r"\s", "", text)


@given(TEXT, st.integers(4, 60))
def test_every_part_fits_and_only_white_space_is_gone(text, limit):
    parts = split(text, limit)

    assert all(0 < units(part) <= limit for part in parts)
    assert bare("".join(parts)) == bare(text)
    before, end = tail(text, limit)
    assert units(end) <= limit
    assert bare(before + end) == bare(text)


@given(st.text(max_size=60), st.integers(4, 30))
def test_a_short_form_fits_and_says_that_something_went(text, limit):
    short = shorten(text, limit)

    assert length(short) <= limit
    assert short == text or short.endswith("…")


def test_a_text_is_cut_at_paragraphs_then_sentences_then_words():
    assert split("Een twee.\n\nDrie vier.", 12) == ["Een twee.", "Drie vier."]
    assert split("Een twee. Drie vier.", 14) == ["Een twee.", "Drie vier."]
    assert split("Een twee drie vier", 9) == ["Een twee", "drie vier"]


@pytest.mark.parametrize(
    "emoji", ["👩‍👩‍👧‍👦", "🇳🇱", "👍🏽", "❤️", "e\u0301", "🏴\U000e0067\U000e0062\U000e007f"]
)
def test_an_emoji_is_never_cut_in_two(emoji):
    parts = split(emoji * 20, length(emoji) * 3 + 1)

    assert all(part == emoji * 3 for part in parts[:-1])


def test_the_end_begins_at_a_paragraph_where_one_fits():
    assert tail("Lang verhaal. Nog meer.\n\nVraag?", 12) == ("Lang verhaal. Nog meer.", "Vraag?")
    assert tail("Lang verhaal. Een vraag?", 12) == ("Lang verhaal.", "Een vraag?")
    assert tail("Kort.", 12) == ("", "Kort.")
