"""What looks alike: the measure, the nearest texts, and groups."""

import importlib.util

from hypothesis import given
from hypothesis import strategies as st

from bot.review.similar import Index, clusters, flat, is_near_copy, likeness, nearest, trigrams
from bot.settings import ROOT

TEXTS = [
    "hoe vraag ik een paspoort aan",
    "nieuw paspoort aanvragen",
    "PASPOORT aanvragen!",
    "wanneer wordt het vuilnis opgehaald",
    "vuilnis ophalen wanneer",
    "xyzzy",
]
lists = st.lists(st.text("abcdeg ", max_size=12), max_size=12)


def test_the_measure_is_that_of_the_test_of_the_training_data():
    path = ROOT / "tests" / "nlu" / "test_data.py"
    spec = importlib.util.spec_from_file_location("test_data_of_nlu", path)
    theirs = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(theirs)

    for text in [*TEXTS, "Één, twee!", "", "  a-b_c "]:
        assert trigrams(text) == theirs.trigrams(text)
        assert flat(text) == theirs.flat(text)


def test_a_swapped_word_is_a_near_copy_but_not_in_a_very_short_text():
    long = "ik wil graag weten of ik met mijn uitkering een eigen bedrijf mag beginnen in {}"

    assert is_near_copy(long.format("Assen"), long.format("essen"))
    assert not is_near_copy(long.format("Assen"), "heel iets anders dan dat andere verhaal")
    assert not is_near_copy("bbz aanvragen", "bbz aanvragen")


def test_the_nearest_come_first_and_the_same_text_is_one():
    found = nearest("paspoort aanvragen", TEXTS, 3)

    assert [number for number, _ in found] == [2, 1, 0]
    assert found[0][1] == 1.0
    assert found == sorted(found, key=lambda pair: -pair[1])


def test_what_shares_nothing_has_no_neighbours():
    assert nearest("qqqq", TEXTS, 3) == []
    assert nearest("", TEXTS, 3) == []
    assert nearest("paspoort", [], 3) == []


def test_a_rare_word_counts_for_more_than_words_that_all_have():
    texts = ["hoe kan ik een lening krijgen", "hoe kan ik een hond krijgen", "lening"]
    texts += [f"hoe kan ik een {word} krijgen" for word in ("kat", "stoel", "tafel", "boom")]

    assert nearest("lening nodig", texts, 2)[0][0] == 2
    assert nearest("lening nodig", texts, 2)[1][0] == 0


def test_groups_hold_what_is_about_the_same():
    groups = clusters(TEXTS, 0.2)

    assert [set(group) for group in groups] == [{0, 1, 2}, {3, 4}, {5}]


@given(lists, st.floats(0.1, 1))
def test_every_text_is_in_exactly_one_group_and_groups_go_by_size(texts, threshold):
    groups = clusters(texts, threshold)

    assert sorted(number for group in groups for number in group) == list(range(len(texts)))
    assert [len(group) for group in groups] == sorted(map(len, groups), reverse=True)


@given(lists)
def test_the_same_text_is_in_the_same_group(texts):
    groups = clusters([*texts, "Een Vraag?", "een vraag"], 0.9)

    assert any({len(texts), len(texts) + 1} <= set(group) for group in groups)


@given(lists, st.floats(0.2, 0.9))
def test_all_of_a_group_are_like_the_one_in_the_middle(texts, threshold):
    kinds = list(dict.fromkeys(flat(text) for text in texts))
    index = Index(kinds)
    near = index.neighbours(threshold)

    for middle, *others in clusters(kinds, threshold):
        assert set(others) <= set(near[middle])


@given(lists)
def test_likeness_is_between_nothing_and_the_same(texts):
    shapes = [trigrams(text) for text in texts]

    for one in shapes:
        assert likeness(one, one) in (0.0, 1.0)
        for other in shapes:
            assert 0 <= likeness(one, other) == likeness(other, one) <= 1
            if likeness(one, other) == 1:
                assert one == other
