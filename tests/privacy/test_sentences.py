"""How much of what identifies a citizen is masked, and how much is masked for nothing.

Both sets were written without a look at the rules. The rules are improved on `sentences.yml` only;
`heldout.yml` tells how they do on sentences that nobody tunes on.
"""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest
from stdnum import iban
from stdnum.nl import bsn

from bot.content import read_yaml
from bot.privacy.detail import KINDS
from bot.privacy.detect import find_details

DEVELOP, HELDOUT = "sentences.yml", "heldout.yml"
RECALL, PRECISION = 0.98, 0.95
SMALLEST_SET, FEWEST_OF_A_KIND = 500, 20


@dataclass
class Score:
    """What was found and what not, as (kind, what, sentence)."""

    found: list[tuple[str, str, str]]
    missed: list[tuple[str, str, str]]
    needless: list[tuple[str, str, str]]

    @property
    def recall(self):
        return len(self.found) / (len(self.found) + len(self.missed))

    @property
    def precision(self):
        return len(self.found) / (len(self.found) + len(self.needless))

    def __str__(self):
        kinds = {
            kind: [
                sum(row[0] == kind for row in rows)
                for rows in (self.found, self.missed, self.needless)
            ]
            for kind in KINDS
        }
        lines = [f"recall {self.recall:.3f}, precision {self.precision:.3f}"]
        lines += [
            f"{kind:14} found {found:3}  missed {missed:3}  needless {needless:3}"
            for kind, (found, missed, needless) in kinds.items()
        ]
        for name, rows in (("missed", self.missed), ("needless", self.needless)):
            lines += [f"{name} {kind} {what!r} in {text!r}" for kind, what, text in rows]
        return "\n".join(lines)


def score(sentences):
    """A detail is found when each of its letters and digits is masked."""
    result = Score([], [], [])
    for sentence in sentences:
        text, spans = sentence["text"], find_details(sentence["text"])
        masked = {place for span in spans for place in range(span.start, span.end)}
        wanted = set()
        for detail in sentence["details"]:
            start = text.index(detail["value"])
            places = {start + n for n, char in enumerate(detail["value"]) if char.isalnum()}
            wanted |= places
            rows = result.found if places <= masked else result.missed
            rows.append((detail["kind"], detail["value"], text))
        result.needless += [
            (span.kind, text[span.start : span.end], text)
            for span in spans
            if not wanted & set(range(span.start, span.end))
        ]
    return result


def sentences_of(file):
    return read_yaml(Path(__file__).with_name(file))


# Measured on 22 November 2026, not tuned on: 0.939. What has a shape of its own is found; missed
# are mostly names that nothing announces ("wie kan ik spreken? Jan-Willem"). Red once reached.
NOT_YET = pytest.mark.xfail(strict=True, reason="recall 0.939 of 0.98 on sentences never seen")


@pytest.mark.parametrize("file", [DEVELOP, pytest.param(HELDOUT, marks=NOT_YET)])
def test_what_identifies_a_citizen_is_masked_and_hardly_anything_else(file):
    result = score(sentences_of(file))

    assert result.recall >= RECALL and result.precision >= PRECISION, f"{file}: {result}"


@pytest.mark.parametrize("file", [DEVELOP, HELDOUT])
def test_a_set_holds_every_kind_and_many_sentences_without(file):
    sentences = sentences_of(file)

    assert {detail["kind"] for row in sentences for detail in row["details"]} == set(KINDS)
    without = sum(not row["details"] for row in sentences)
    assert 0.3 < without / len(sentences) < 0.7


def test_the_set_to_develop_on_is_large_and_holds_enough_of_every_kind():
    sentences = sentences_of(DEVELOP)

    assert len(sentences) >= SMALLEST_SET
    kinds = Counter(detail["kind"] for row in sentences for detail in row["details"])
    assert min(kinds.values()) >= FEWEST_OF_A_KIND


def test_no_sentence_stands_twice_in_the_sets():
    texts = Counter(row["text"] for file in (DEVELOP, HELDOUT) for row in sentences_of(file))

    assert [text for text, times in texts.items() if times > 1] == []


@pytest.mark.parametrize("file", [DEVELOP, HELDOUT])
def test_every_detail_of_a_set_stands_in_its_sentence_and_passes_its_check(file):
    checks = {"bsn": bsn.is_valid, "iban": iban.is_valid}
    for sentence in sentences_of(file):
        for detail in sentence["details"]:
            assert sentence["text"].count(detail["value"]) == 1, detail
            assert checks.get(detail["kind"], bool)(detail["value"]), detail
