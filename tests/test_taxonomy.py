from pathlib import Path

import pytest

from bot.content import read_yaml
from bot.taxonomy import taxonomy

VOCABULARY = read_yaml(Path(__file__).with_name("vocabulary.yml"))


@pytest.mark.parametrize("kind", VOCABULARY)
def test_the_identifiers_are_those_that_others_rely_on(kind):
    assert list(getattr(taxonomy(), kind)) == VOCABULARY[kind]


def test_needs_and_intents_name_only_phases_and_needs_that_exist():
    words = taxonomy()

    for need in words.needs.values():
        assert need.phases
        assert set(need.phases) <= set(words.phases)
    for name, intent in words.intents.items():
        assert intent.phase is None or intent.phase in words.phases, name
        assert intent.need is None or intent.need in words.needs, name


def test_everything_that_people_see_has_a_label():
    words = taxonomy()

    assert all(words.phases.values())
    assert all(words.providers.values())
    assert all(words.target_groups.values())
    assert all(need.label for need in words.needs.values())
    assert all(intent.label for intent in words.intents.values())


@pytest.mark.parametrize(
    ("intent", "is_topic"),
    [
        ("bbz", True),
        ("zelfscan", True),
        ("geldproblemen", True),
        ("groet", False),
        ("bevestigen", False),
        ("noodsituatie", False),
        ("medewerker_spreken", False),
    ],
)
def test_a_move_in_the_conversation_is_no_topic(intent, is_topic):
    assert taxonomy().intents[intent].is_topic is is_topic
