"""What citizens think of an answer, and of the conversation."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from bot.conversations import log, ratings
from bot.conversations.log import Reply, UnknownConversation
from bot.conversations.model import Rating


@pytest.fixture
def conversation(any_database):
    """One message of a citizen (1), and one of the bot (2)."""
    with any_database.session() as session:
        made = log.start(session, channel="web", gemeente=None, page=None).id
        log.take_in(session, made, "hallo")
        log.put_out(session, made, [Reply("dag")])
    return made


def test_the_last_rating_counts(any_database, conversation):
    for value in ("up", "down", "down"):
        with any_database.session() as session:
            ratings.rate(session, conversation, 2, value)
    with any_database.session() as session:
        ratings.rate(session, conversation, ratings.WHOLE, "partly")
        assert ratings.given(session, conversation) == {2: "down", 0: "partly"}
        ratings.rate(session, conversation, 2, None)
        assert ratings.given(session, conversation) == {0: "partly"}


@pytest.mark.parametrize(("seq", "value"), [(2, "yes"), (0, "up"), (2, ""), (0, "maybe")])
def test_another_value_is_refused(any_database, conversation, seq, value):
    with any_database.session() as session, pytest.raises(ValueError, match=value):
        ratings.rate(session, conversation, seq, value)


@pytest.mark.parametrize("seq", [1, 3, -1])
def test_only_what_the_bot_said_has_a_rating(any_database, conversation, seq):
    with any_database.session() as session, pytest.raises(ratings.UnknownMessage):
        ratings.rate(session, conversation, seq, "up")


def test_a_conversation_that_is_gone_has_none(any_database, conversation):
    with any_database.session() as session:
        ratings.rate(session, conversation, 2, "up")
        log.erase(session, conversation)
    with any_database.session() as session:
        assert session.execute(sa.select(Rating)).first() is None
        with pytest.raises(UnknownConversation):
            ratings.rate(session, conversation, 2, "up")


def test_many_at_once_leave_one(any_database, conversation):
    def rate(value):
        with any_database.session() as session:
            ratings.rate(session, conversation, 2, value)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(rate, ["up", "down"] * 8))
    with any_database.session() as session:
        assert ratings.given(session, conversation)[2] in ("up", "down")
