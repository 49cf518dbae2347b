"""The training data: complete, without doubles, and free of personal details."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from bot.content import ROOT, read_yaml
from bot.privacy.detect import find_details
from bot.taxonomy import taxonomy

FILES = sorted((ROOT / "data" / "nlu").glob("*.yml"))
FEWEST = 150
# Names of nobody in particular, as people say theirs; at run time a token stands there.
FIRST_NAMES = {"Fatou", "Kim", "Mohamad", "Sandra", "jansen"}
# The only markup: [Assen](gemeente), or {"entity": "gemeente", "value": "Assen"} in place of (...).
ENTITY = "(?:gemeente|uitkering|branche|bedrag)"
ANNOTATION = re.compile(
    rf'\[([^][]+)\](?:\({ENTITY}\)|\{{"entity": "{ENTITY}", "value": "[^"{{}}]+"\}})'
)


def examples(path: Path) -> list[str]:
    """What people said, without the annotations."""
    (item,) = read_yaml(path)["nlu"]
    lines = [line.removeprefix("- ").strip() for line in item["examples"].splitlines() if line]
    return [ANNOTATION.sub(r"\1", line) for line in lines]


def flat(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.casefold()))


def test_every_intent_has_a_file_and_the_domain_lists_exactly_these() -> None:
    intents = set(taxonomy().intents)
    assert {path.stem for path in FILES} == intents
    domain = read_yaml(ROOT / "domain.yml")
    assert len(domain["intents"]) == len(intents)
    assert set(domain["intents"]) == intents


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_an_intent_has_enough_different_examples(path: Path) -> None:
    (item,) = read_yaml(path)["nlu"]
    assert item["intent"] == path.stem
    found = examples(path)
    assert len(found) >= FEWEST
    assert len({len(text.split()) for text in found}) >= 10, "short and long ones"
    openings = Counter(" ".join(flat(text).split()[:2]) for text in found)
    assert openings.most_common(1)[0][1] <= max(12, len(found) // 12), "written from a template"


def test_no_example_stands_twice_in_any_intent() -> None:
    seen = Counter(flat(text) for path in FILES for text in examples(path))
    assert [text for text, times in seen.items() if times > 1] == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_no_example_holds_a_personal_detail_or_other_rasa_markup(path: Path) -> None:
    for text in examples(path):
        assert {text[d.start : d.end] for d in find_details(text)} <= FIRST_NAMES, text
        assert not re.search(r"\]\(|\]\{|\]\[|^/", text), text


def test_the_rules_answer_every_intent() -> None:
    rules = "".join(p.read_text() for p in (ROOT / "data" / "rules").glob("*.yml"))
    assert set(re.findall(r"intent: (\w+)", rules)) == {*taxonomy().intents, "nlu_fallback"}


def trigrams(text: str) -> frozenset[str]:
    padded = f"  {flat(text)} "
    return frozenset(padded[i : i + 3] for i in range(len(padded) - 2))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_no_example_is_a_near_copy_of_another(path: Path) -> None:
    """Nine of ten letter groups the same: a word was swapped. Very short texts may look alike."""
    found = [(text, trigrams(text)) for text in examples(path) if len(flat(text)) >= 20]
    copies = [
        (first, second)
        for i, (first, one) in enumerate(found)
        for second, other in found[i + 1 :]
        if len(one & other) > 0.85 * len(one | other)
    ]
    assert copies == []
