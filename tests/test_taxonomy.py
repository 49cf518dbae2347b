import pytest

from bot.content import DATA, read_yaml
from bot.settings import ROOT
from bot.taxonomy import taxonomy

SHARED = ROOT.parent / "shared" / "taxonomy.yml"


def test_there_are_79_intents():
    assert len(taxonomy().intents) == 79


@pytest.mark.skipif(not SHARED.exists(), reason="shared vocabulary is not next to the checkout")
def test_the_vocabulary_equals_the_shared_one():
    assert read_yaml(DATA / "taxonomy.yml") == read_yaml(SHARED)


def test_the_rows_and_columns_of_the_scheme_are_there():
    words = taxonomy()

    assert list(words.phases) == [
        "orientatie",
        "idee_en_plan",
        "starten",
        "consolideren",
        "uitbreiden",
        "overdracht_doorstart",
        "afstoten",
    ]
    assert len(words.providers) == 10
    assert {"bijstand", "ww", "arbeidsongeschikt", "zwaar_weer"} <= set(words.target_groups)


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
