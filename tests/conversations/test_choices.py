"""A choice that is typed instead of pressed."""

import pytest

from bot.conversations import choices, log
from bot.conversations.log import Reply

BUTTONS = ({"title": "Ja, graag", "payload": "/bevestigen"}, {"title": "Nee", "payload": "/nee"})


@pytest.fixture
def conversation(database):
    with database.session() as session:
        made = log.start(session, channel="web", gemeente=None, page=None).id
        log.put_out(session, made, [Reply("Wil je dat?", BUTTONS)])
    return made


@pytest.mark.parametrize(
    ("text", "payload"),
    [
        ("Ja, graag", "/bevestigen"),
        (" ja, GRAAG!\n", "/bevestigen"),
        ("nee.", "/nee"),
        ("ja", None),
        ("nee dank je", None),
        ("/nee", None),
        ("", None),
    ],
)
def test_the_title_of_a_choice_is_that_choice(database, conversation, text, payload):
    with database.session() as session:
        found = choices.matching(session, conversation, text)

    assert (found and found["payload"]) == payload
    assert found is None or found == {
        "id": found["id"],
        "title": found["title"],
        "payload": payload,
    }


def test_only_the_last_message_of_the_bot_counts(database, conversation):
    with database.session() as session:
        log.take_in(session, conversation, "eerst iets anders")
        assert choices.matching(session, conversation, "nee")["id"] == "1-2"
        log.put_out(session, conversation, [Reply("Goed.")])

        assert choices.matching(session, conversation, "nee") is None


def test_a_choice_of_another_conversation_is_none(database, conversation):
    with database.session() as session:
        other = log.start(session, channel="web", gemeente=None, page=None).id

        assert choices.matching(session, other, "nee") is None
        assert choices.matching(session, "weg", "nee") is None
