"""How much of what identifies a citizen is masked, and how much is masked for nothing.

The rules are made with the sentences of `development/`. Those of `blind.yml` are of somebody who
does not know the rules, and nobody who makes the rules reads them: they tell how the rules do on
people. Once a blind set has been looked into it belongs to `development/`, as its second file did,
and a new one is written. `python -m bench.privacy` prints the figures of a set.
"""

from collections import Counter

import pytest
from stdnum import iban
from stdnum.nl import bsn

from bench.privacy.score import ASKED, PRECISION, RECALL, Score, score, sentences
from bot.privacy.detail import KINDS

DEVELOPMENT, BLIND = "development", "blind"
BOTH = pytest.mark.parametrize("name", [DEVELOPMENT, BLIND])
SMALLEST_SET, FEWEST_OF_A_KIND = 500, 20
CHECKS = {"bsn": bsn.is_valid, "iban": iban.is_valid}


@BOTH
def test_what_identifies_a_citizen_is_masked_and_hardly_anything_else(name):
    whole = score(sentences(name))
    result = whole.of(*ASKED)

    assert result.recall >= RECALL and result.precision >= PRECISION, f"{name}\n{whole}"


@BOTH
def test_a_set_holds_kinds_that_we_know_and_many_sentences_without_a_detail(name):
    rows = sentences(name)

    assert {detail["kind"] for row in rows for detail in row["details"]} <= set(KINDS)
    without = sum(not row["details"] for row in rows)
    assert 0.3 < without / len(rows) < 0.7


def test_the_set_to_develop_on_is_large_and_holds_enough_of_every_kind():
    rows = sentences(DEVELOPMENT)

    assert len(rows) >= SMALLEST_SET
    kinds = Counter(detail["kind"] for row in rows for detail in row["details"])
    assert set(kinds) == set(KINDS)
    assert min(kinds.values()) >= FEWEST_OF_A_KIND


def test_no_sentence_stands_twice_in_the_set_to_develop_on():
    texts = Counter(row["text"] for row in sentences(DEVELOPMENT))

    assert [text for text, times in texts.items() if times > 1] == []


def test_no_sentence_of_the_blind_set_stands_in_another():
    known = {row["text"] for row in sentences(DEVELOPMENT)}

    assert [row["text"] for row in sentences(BLIND) if row["text"] in known] == []


@BOTH
def test_every_detail_of_a_set_stands_in_its_sentence_and_passes_its_check(name):
    for row in sentences(name):
        for detail in row["details"]:
            assert row["text"].count(detail["value"]) == 1, detail
            assert CHECKS.get(detail["kind"], bool)(detail["value"]), detail


@pytest.mark.parametrize(
    ("details", "recall", "precision", "words"),
    [
        ([{"kind": "telefoon", "value": "06-12345678"}], 1, 1, "| telefoon | 1 | 1 | 1.000 |"),
        ([{"kind": "naam", "value": "bel"}], 0, 0, "- missed, naam: `bel`"),
        ([], 1, 0, "- for nothing, telefoon: `06-12345678`"),
    ],
)
def test_a_score_tells_what_was_missed_and_what_was_masked_for_nothing(
    details, recall, precision, words
):
    result: Score = score([{"text": "bel 06-12345678", "details": details}])

    assert (result.recall, result.precision) == (recall, precision)
    assert words in str(result)
