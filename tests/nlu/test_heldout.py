"""The held-out set is honest, and the model understands it as well as it did."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from bench.nlu.data import Item, fingerprint, folded, heldout, training
from bench.nlu.rasa_model import RasaModel
from bot.content import DATA, ROOT, read_yaml
from bot.taxonomy import taxonomy
from bot.training import MODEL

RECORDED = ROOT / "bench" / "nlu" / "recorded.json"
VALIDATION = DATA / "validation" / "messages.yml"
MOST_LOSS = 0.01
FEWEST_AN_INTENT = 10
FEWEST_TO_CATCH = 150


@pytest.fixture(scope="module")
def items() -> list[Item]:
    return heldout()


def test_no_held_out_message_is_trained_or_calibrated_on(items: list[Item]) -> None:
    known = {folded(example.text) for example in training()}
    if VALIDATION.exists():
        known |= {folded(message["text"]) for message in read_yaml(VALIDATION)["messages"]}
    assert [item.text for item in items if folded(item.text) in known] == []


def test_no_held_out_message_stands_there_twice(items: list[Item]) -> None:
    counts = Counter(folded(item.text) for item in items)
    assert [text for text, count in counts.items() if count > 1] == []


def test_every_intent_has_enough_messages(items: list[Item]) -> None:
    counts = Counter(item.intent for item in items)
    assert set(counts) - {None} == set(taxonomy().intents)
    few = {intent: n for intent, n in counts.items() if n < FEWEST_AN_INTENT}
    assert few == {}
    assert sum(not item.in_scope for item in items) >= FEWEST_TO_CATCH


def test_the_model_understands_as_much_as_was_recorded(items: list[Item]) -> None:
    assert RECORDED.exists(), "leg het vast: make evaluate EVALUATE_ARGS=--record"
    recorded = json.loads(RECORDED.read_text())
    now = fingerprint((item.text, item.intent) for item in items)
    assert now == recorded["heldout_fingerprint"], "held-out changed: record it anew"
    inside = [item for item in items if item.in_scope]
    answers = RasaModel(MODEL).ask([item.text for item in inside])
    right = sum(answer.best == item.intent for item, answer in zip(inside, answers, strict=True))
    assert right / len(inside) >= recorded["top1"] - MOST_LOSS
