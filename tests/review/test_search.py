"""Full text: what is found, and that what someone types is never more than text."""

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from log_data import Talk

from bot.review import projection, search
from bot.review.model import ReviewConversation

SAID = {
    "kapper": "Ik wil een kapsalon beginnen in Één straat",
    "bakker": "mijn bakkerij heeft vergunningen nodig, en een eigen bedrijf begint klein",
    "mail": "stuur een e-mail over mijn bedrijf dat eigen regels heeft",
}


@pytest.fixture
def said(any_database):
    """Conversations by name; the ids that a question finds by `find`."""
    names = {}
    for name, text in SAID.items():
        talk = Talk(any_database)
        talk.say(text)
        names[talk.id] = name
    projection.catch_up(any_database)

    def find(text):
        with any_database.session() as session:
            query = sa.select(ReviewConversation.conversation_id)
            found = session.execute(query.where(search.search(session, text))).scalars()
            return {names[identity] for identity in found}

    return find


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("kapsalon", {"kapper"}),
        ("KAPSALON", {"kapper"}),
        ("kapsal", {"kapper"}),
        ("een", {"kapper", "bakker", "mail"}),
        ("één straat", {"kapper"}),
        ("eén kapsalon", {"kapper"}),
        ("kapsalon bakkerij", set()),
        ("eigen bedrijf", {"bakker", "mail"}),
        ('"eigen bedrijf"', {"bakker"}),
        ('"eigen bedrijf', {"bakker"}),
        ('"kapsal"', set()),
        ("e-mail", {"mail"}),
        ("vergunning", {"bakker"}),
        ("salon", set()),
        ("!!! ***", set()),
        ("", set()),
    ],
)
def test_words_are_found(said, text, found):
    assert said(text) == found


@pytest.mark.parametrize(
    "text",
    [
        "kapsalon OR bakkerij",
        "kapsalon NOT bakkerij",
        "kapsalon NEAR bakkerij",
        "body: kapsalon bakkerij",
        "kapsalon | bakkerij",
        "kapsalon' OR '1'='1",
        'kapsalon" OR "1"="1',
        "kapsalon'); DROP TABLE review_text; --",
        "kapsalon*) OR (a*",
        "^kapsalon bakkerij",
        "{body}: kapsalon bakkerij",
        "kapsalon:* | bakkerij:*",
        "kapsalon <-> bakkerij",
        "\\kapsalon bakkerij \\",
    ],
)
def test_signs_of_the_syntax_are_no_syntax(said, text):
    assert said(text) == set()
    assert said("kapsalon") == {"kapper"}


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(alphabet=st.characters(blacklist_categories=("Cs",)), max_size=60))
def test_no_question_makes_an_error(said, text):
    said(text)


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(alphabet="\"'*:^(){}|&!<->\\ abANDORNEAR", max_size=60))
def test_no_mix_of_signs_makes_an_error(said, text):
    said(text)


def test_a_long_question_is_cut_off():
    asked = search.terms("woord " * 500 + "a" * 5000)

    assert len(asked) == search.MOST_TERMS
    assert all(len(term) <= search.LONGEST_TERM for term, _ in asked)


def test_what_is_common_is_found_as_well_as_what_is_rare(said, monkeypatch):
    monkeypatch.setattr(search, "FEW", 1)

    assert said("een") == {"kapper", "bakker", "mail"}
    assert said("kapsalon") == {"kapper"}


def test_an_erased_conversation_is_not_found(any_database):
    talk = Talk(any_database)
    talk.say("zonnestraal")
    projection.catch_up(any_database)
    talk.erase()
    Talk(any_database).say("iets anders")
    projection.catch_up(any_database)

    with any_database.session() as session:
        condition = search.search(session, "zonnestraal")
        assert session.execute(sa.select(ReviewConversation).where(condition)).all() == []


def test_what_is_said_later_is_found_too(any_database):
    talk = Talk(any_database)
    talk.say("eerst")
    projection.catch_up(any_database)
    talk.say("daarna")
    projection.catch_up(any_database)

    with any_database.session() as session:
        condition = search.search(session, "eerst daarna")
        assert len(session.execute(sa.select(ReviewConversation).where(condition)).all()) == 1
