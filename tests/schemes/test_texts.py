"""The texts and questions of the rules: sources beside amounts, plain Dutch, no promises."""

import itertools
import re

import pytest

from bot.catalogue import content as catalogue
from bot.content import read_yaml
from bot.schemes.content import GEMEENTE, SCHEMES
from bot.taxonomy import taxonomy

FILES = {path.stem: read_yaml(path) for path in sorted((SCHEMES / "rules").glob("*.yml"))}
FACTS = read_yaml(SCHEMES / "facts.yml")
AMOUNT = re.compile(r"€|\beuro\b", re.IGNORECASE)
SOURCE_WITH_YEAR = re.compile(r"\(bron: [^)]*\b20\d\d\b[^)]*\)")
POLITE = re.compile(r"\b(u|uw|uzelf)\b", re.IGNORECASE)
PROMISE = re.compile(
    r"krijgt? (zeker|altijd|gegarandeerd)|gegarandeerd|garantie|zonder meer|beloven|beloofd",
    re.IGNORECASE,
)


def texts_of(item):
    """Every sentence of a scheme that a citizen may read."""
    parts = [part for c in item["conditions"] for part in (c, *c.get("any", []))]
    return [
        item["name"],
        item["talk_first"],
        *item["to_check"],
        *(part[key] for part in parts for key in ("why", "why_not") if key in part),
    ]


@pytest.fixture(scope="module")
def services():
    return catalogue.read().services


@pytest.mark.parametrize("name", FILES)
def test_an_amount_stands_with_its_year_and_source(name):
    for text in texts_of(FILES[name]):
        if AMOUNT.search(text):
            assert SOURCE_WITH_YEAR.search(text), text


def test_some_schemes_do_name_an_amount():
    """Else the test above would look at nothing."""
    assert {name for name, item in FILES.items() if AMOUNT.search(" ".join(texts_of(item)))} >= {
        "ioaz",
        "kor",
        "qredits",
        "whoa",
        "zelfstandigenaftrek",
    }


@pytest.mark.parametrize("name", FILES)
def test_the_text_of_a_scheme_is_plain_and_promises_nothing(name):
    for text in texts_of(FILES[name]):
        assert not POLITE.search(text), text
        assert "!" not in text
        assert not PROMISE.search(text), text
        if name != "schuldhulp":
            assert "recht op" not in text.lower(), text


@pytest.mark.parametrize("name", FILES)
def test_a_reason_says_what_someone_has_or_wants_not_what_they_get(name):
    for condition in FILES[name]["conditions"]:
        for part in condition.get("any", [condition]):
            assert "krijg" not in part["why"], part["why"]


@pytest.mark.parametrize("item", FACTS["facts"], ids=lambda item: item["id"])
def test_a_question_is_plain(item):
    titles = [option["title"] for option in item.get("options", [])]
    for text in [item["ask"], item["explain"], *titles, FACTS["intro"], FACTS["title"]]:
        assert not POLITE.search(text), text
        assert "!" not in text


@pytest.mark.parametrize("name", FILES)
def test_the_service_of_a_scheme_exists_and_its_doubt_is_told(services, name):
    item = FILES[name]
    service = services[item["service"]]

    assert service["status"] != "gestopt"
    if service["status"] == "onbekend":
        assert "bestaat" in " ".join([*item["to_check"], item["talk_first"]])
        assert re.search(r"\b20\d\d\b", item["to_check"][0]), "a chat shows the first one only"


@pytest.mark.parametrize("name", FILES)
def test_a_local_scheme_exists_where_its_service_is(services, name):
    """A service of some gemeenten is never offered elsewhere, nor the other way around."""
    item = FILES[name]
    service = services[item["service"]]
    places = {p for c in item["conditions"] if c.get("fact") == GEMEENTE for p in c["is"]}

    assert places == set(service.get("gemeenten", []))


def test_some_services_are_in_doubt(services):
    """Else the test of their texts would look at nothing."""
    assert {n for n in FILES if services[FILES[n]["service"]]["status"] == "onbekend"}


@pytest.mark.parametrize("name", FILES)
def test_what_is_said_of_who_stops_is_true_of_them(name):
    """'For who has a business' is no reason for someone who has one and wants to stop."""
    for condition in FILES[name]["conditions"]:
        if condition.get("fact") == "bedrijf" and "gaat_stoppen" not in condition.get("is", []):
            assert not re.search(r"een bedrijf (wil of )?heeft\b", condition["why_not"])


def test_a_scheme_is_reviewed_before_it_is_due():
    for name, item in FILES.items():
        assert item["reviewed_on"] < item["review_by"], name


# --- the facts ---


@pytest.mark.parametrize("item", FACTS["facts"], ids=lambda item: item["id"])
def test_every_number_belongs_to_exactly_one_answer(item):
    if item["kind"] != "number":
        return
    bounds = [(option["from"], option["to"]) for option in item["options"]]

    assert bounds[0][0] == 0
    for (_, last), (first, _) in itertools.pairwise(bounds):
        assert first == last + 1
    assert all(first <= last for first, last in bounds)


@pytest.mark.parametrize("item", FACTS["facts"], ids=lambda item: item["id"])
def test_a_question_asks_and_explains_and_knows_its_words(item):
    assert item["ask"].endswith("?")
    assert item["explain"].endswith(".")
    for option in item.get("options", []):
        assert set(option.get("intents", [])) <= set(taxonomy().intents)


def test_the_answers_of_a_question_do_not_share_words():
    for item in FACTS["facts"]:
        words = [w.lower() for option in item.get("options", []) for w in option.get("words", [])]
        assert len(words) == len(set(words)), item["id"]


def test_the_flow_starts_with_a_subject_that_exists():
    assert taxonomy().intents[FACTS["intent"]].is_topic


def test_every_fact_is_read_by_some_scheme(schemes):
    """A question that nothing depends on is never worth asking."""
    read = {fact for scheme in schemes.values() for fact in scheme.facts()}

    assert read == {item["id"] for item in FACTS["facts"]}
