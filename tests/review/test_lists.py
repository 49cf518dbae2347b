"""Conversations and messages to take along: what the filter chooses, on both databases."""

import pytest
from steering_data import Steering

from bot.review import lists
from bot.review.filters import Filter

OWN = frozenset({"Voorbeeldstad"})


@pytest.fixture
def steering(any_database):
    return Steering(any_database)


def rows(steering, make, wanted=None, gemeenten=None):
    with steering.database.session() as session:
        table = make(session, wanted or Filter(), gemeenten)
        return [dict(zip(table.headings, row, strict=True)) for row in table.rows]


def test_a_conversation_is_a_row_in_words(steering):
    steering.conversation(
        turns=["wat is btw"], channel="whatsapp", phase="starten", helped="partly", ups=1
    )
    (row,) = rows(steering, lists.conversations)
    assert row["Kanaal"] == "WhatsApp"
    assert row["Fase"] == "Starten van de onderneming"
    assert row["Geholpen"] == "Een beetje"
    assert row["Eerste vraag"] == "wat is btw"
    assert row["Aanvraag gedaan"] is False


def test_messages_follow_their_conversation_in_order(steering):
    steering.conversation(turns=["een", {"text": "twee", "rating": "down"}])
    steering.conversation(turns=["drie"])
    found = rows(steering, lists.turns)
    assert {row["Bericht"] for row in found} == {"een", "twee", "drie"}
    first = [row["Bericht"] for row in found if row["Gesprek"] == "gesprek-1"]
    assert first == ["een", "twee"]
    assert next(row for row in found if row["Bericht"] == "twee")["Duim"] == "omlaag"


def test_only_what_the_filter_chooses_and_only_the_own_gemeente(steering):
    steering.conversation(turns=[{"text": "xyz", "fallback": True}])
    steering.conversation(turns=["btw"])
    steering.conversation(turns=[{"text": "geheim", "fallback": True}], gemeente="Assen")
    chosen = Filter(fallback=True)
    for make, name in ((lists.conversations, "Eerste vraag"), (lists.turns, "Bericht")):
        assert {row[name] for row in rows(steering, make, chosen)} == {"xyz", "geheim"}
        assert [row[name] for row in rows(steering, make, chosen, OWN)] == ["xyz"]
        foreign = Filter(gemeente="Assen")
        assert rows(steering, make, foreign, OWN) == []


def test_what_was_filtered_on_stands_above_the_table(steering):
    with steering.database.session() as session:
        table = lists.turns(session, Filter(fallback=True, gemeente="Assen"), None)
    assert dict(table.about)["Filters"] == "gemeente=Assen, terugval=ja"
