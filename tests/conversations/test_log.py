from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import sqlalchemy as sa

from bot.conversations import log
from bot.conversations.log import Reply, UnknownChoice, UnknownConversation
from bot.conversations.messages import About, Choice, Message
from bot.conversations.model import Conversation, StoredMessage, TrackerEvent
from bot.database import now

BUTTONS = ({"title": "Ja", "payload": "/bevestigen"}, {"title": "Nee", "payload": "/ontkennen"})


def start(database, **fields):
    values = {"channel": "web", "gemeente": "Assen", "page": "/ondernemen", **fields}
    with database.session() as session:
        return log.start(session, **values).id


@pytest.fixture
def conversation(database):
    return start(database)


def test_a_conversation_keeps_where_it_began(database, conversation):
    with database.session() as session:
        found = log.get(session, conversation)

        assert (found.channel, found.gemeente, found.page) == ("web", "Assen", "/ondernemen")
        assert found.created_at == found.last_message_at


def test_the_id_of_a_conversation_cannot_be_guessed(database):
    ids = {start(database) for _ in range(20)}

    assert len(ids) == 20
    assert {len(name) for name in ids} == {32}  # 192 bits at 6 bits a character


@pytest.mark.parametrize(
    "call",
    [
        lambda session: log.get(session, "weg"),
        lambda session: log.take_in(session, "weg", "hallo"),
        lambda session: log.erase(session, "weg"),
    ],
    ids=["get", "take_in", "erase"],
)
def test_an_unknown_conversation_is_refused(database, call):
    with database.session() as session, pytest.raises(UnknownConversation):
        call(session)


def test_messages_are_numbered_per_conversation_from_one(database, conversation):
    other = start(database)
    with database.session() as session:
        first = log.take_in(session, conversation, "hallo")
        log.put_out(session, conversation, [Reply("dag"), Reply("waarmee?")])
        elsewhere = log.take_in(session, other, "hoi")

        assert first.seq == 1
        assert [message.seq for message in log.history(session, conversation)] == [1, 2, 3]
        assert elsewhere.seq == 1


def test_the_history_gives_both_sides_in_order_and_from_where_one_was(database, conversation):
    with database.session() as session:
        log.take_in(session, conversation, "hallo")
        log.put_out(session, conversation, [Reply("dag")])
        log.take_in(session, conversation, "btw")

        told = [(m.direction, m.text) for m in log.history(session, conversation)]
        assert told == [("in", "hallo"), ("out", "dag"), ("in", "btw")]
        assert [m.text for m in log.history(session, conversation, after=2)] == ["btw"]
        assert log.history(session, conversation, after=3) == []


def test_what_has_no_text_is_not_in_the_history(database, conversation):
    with database.session() as session:
        log.take_in(session, conversation, "", payload="/groet")
        log.put_out(session, conversation, [Reply("dag")])

        assert [m.text for m in log.history(session, conversation)] == ["dag"]


def test_the_history_of_another_conversation_is_not_seen(database, conversation):
    other = start(database)
    with database.session() as session:
        log.take_in(session, conversation, "hallo")

        assert log.history(session, other) == []


def test_a_reply_keeps_its_choices_image_and_subject(database, conversation):
    image = {"url": "/profiel.svg", "alt": "Je profiel"}
    with database.session() as session:
        log.put_out(
            session, conversation, [Reply("Wil je dat?", BUTTONS, image, {"topic": "zelfscan"})]
        )
    with database.session() as session:
        (message,) = log.history(session, conversation)

        assert [choice["title"] for choice in message.choices] == ["Ja", "Nee"]
        assert message.image == image
        assert message.about == {"topic": "zelfscan"}


def test_every_choice_has_an_id_of_its_own_in_the_conversation(database, conversation):
    with database.session() as session:
        log.put_out(session, conversation, [Reply("een", BUTTONS), Reply("twee", BUTTONS)])
        stored = log.history(session, conversation)
        ids = [choice["id"] for message in stored for choice in message.choices]

    assert len(ids) == len(set(ids)) == 4


def test_a_choice_is_what_was_offered_under_its_id(database, conversation):
    with database.session() as session:
        log.put_out(session, conversation, [Reply("Wil je dat?", BUTTONS)])
        (message,) = log.history(session, conversation)
        offered = log.choice(session, conversation, message.choices[1]["id"])

    assert offered["title"] == "Nee"
    assert offered["payload"] == "/ontkennen"


def test_a_choice_of_another_conversation_does_not_exist(database, conversation):
    other = start(database)
    with database.session() as session:
        log.put_out(session, conversation, [Reply("Wil je dat?", BUTTONS)])
        (message,) = log.history(session, conversation)
        log.put_out(session, other, [Reply("Zonder knoppen.")])

        with pytest.raises(UnknownChoice):
            log.choice(session, other, message.choices[0]["id"])


@pytest.mark.parametrize(
    "choice_id",
    [
        "",
        "1",
        "1-",
        "-1",
        "1-3",
        "1-0",
        "2-1",
        "01-1",
        "1-01",
        "1-1 ",
        "1-1-1",
        "a-b",
        "²-1",
        "١-1",
        "1-١",
        "-1-1",
        "1'; --",
        f"{'9' * 30}-1",
        f"1-{'9' * 30}",
        "/bevestigen",
    ],
)
def test_a_choice_that_was_never_offered_is_refused(database, conversation, choice_id):
    with database.session() as session:
        log.put_out(session, conversation, [Reply("Wil je dat?", BUTTONS)])

        with pytest.raises(UnknownChoice):
            log.choice(session, conversation, choice_id)


def test_the_same_key_is_stored_once_in_its_conversation(any_database):
    one, other = start(any_database), start(any_database)
    with any_database.session() as session:
        first = log.take_in(session, one, "hallo", key="k", choice="2-1")
        again = log.take_in(session, one, "iets anders", key="k")
        elsewhere = log.take_in(session, other, "hoi", key="k")
        without = [log.take_in(session, one, "zonder").seq for _ in range(2)]

        assert again.id == first.id
        assert (first.seq, first.text, first.choice) == (1, "hallo", "2-1")
        assert elsewhere.text == "hoi"
        assert without == [2, 3]


def test_the_answer_to_a_message_stays_the_same_when_more_is_said(any_database):
    conversation = start(any_database)
    with any_database.session() as session:
        for text in ("een", "twee"):
            log.take_in(session, conversation, text)
        log.put_out(session, conversation, [Reply("op een"), Reply("nog iets")], reply_to=1)
        log.put_out(session, conversation, [Reply("van een loket")])
        log.put_out(session, conversation, [Reply("op twee")], reply_to=2)

        answers = [[m.text for m in log.answers(session, conversation, n)] for n in (1, 2)]
    # What was said before it and answered later comes along; what answers nothing does not.
    assert answers == [["op een", "nog iets"], ["op een", "nog iets", "op twee"]]


def test_many_writers_at_once_each_take_a_number_of_their_own(any_database):
    conversation = start(any_database)

    def write(number):
        with any_database.session() as session:
            if number % 2:
                log.put_out(session, conversation, [Reply(f"bericht {number}")])
            else:
                log.take_in(session, conversation, f"bericht {number}", key=str(number % 10))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(40)))
    with any_database.session() as session:
        messages = log.history(session, conversation)
    assert [message.seq for message in messages] == list(range(1, 26))
    assert len({message.key for message in messages}) == 6  # five keys, and none


def test_nothing_is_said_in_a_conversation_that_is_gone(database, conversation):
    with database.session() as session:
        log.erase(session, conversation)

    with database.session() as session, pytest.raises(UnknownConversation):
        log.put_out(session, conversation, [Reply("dag")])


def test_what_a_turn_left_of_an_erased_conversation_goes_too(any_database):
    conversation, other = start(any_database), start(any_database)
    with any_database.session() as session:
        log.erase(session, conversation)
    with any_database.session() as session:
        log.ensure(session, conversation)  # as a result does
        for name in (conversation, other):
            add_event(session, name)
    with any_database.session() as session:
        log.erase_remains(session, conversation)

    with any_database.session() as session:
        assert session.execute(sa.select(Conversation.id)).scalars().all() == [other]
        assert session.execute(sa.select(TrackerEvent.sender_id)).scalars().all() == [other]


def test_the_newest_conversations_come_first_with_their_number_of_messages(database):
    first, second, silent = (start(database) for _ in range(3))
    with database.session() as session:
        for number, name in enumerate((silent, second, first)):
            log.get(session, name).last_message_at = now() - timedelta(days=10 - number)
    with database.session() as session:
        log.take_in(session, first, "hallo")
        log.put_out(session, first, [Reply("dag")])

        found = [(conversation.id, number) for conversation, number in log.recent(session)]
        assert found == [(first, 2), (second, 0), (silent, 0)]
        assert len(log.recent(session, limit=2)) == 2


def add_event(session, conversation):
    session.add(TrackerEvent(sender_id=conversation, type_name="user", data="{}"))


def test_erasing_removes_all_that_was_said_and_the_events_of_rasa(database, conversation):
    other = start(database)
    with database.session() as session:
        for name in (conversation, other):
            log.take_in(session, name, "hallo")
            log.put_out(session, name, [Reply("dag")])
            add_event(session, name)
    with database.session() as session:
        log.erase(session, conversation)

    with database.session() as session:
        assert session.execute(sa.select(Conversation.id)).scalars().all() == [other]
        assert set(session.execute(sa.select(StoredMessage.conversation_id)).scalars()) == {other}
        assert session.execute(sa.select(TrackerEvent.sender_id)).scalars().all() == [other]
        with pytest.raises(UnknownConversation):
            log.get(session, conversation)


def test_what_was_erased_is_not_readable_in_the_database_file(database, conversation, tmp_path):
    with database.session() as session:
        log.take_in(session, conversation, "een verhaal dat niemand mag lezen")
    with database.session() as session:
        log.erase(session, conversation)
    database.close()  # the last connection folds the write-ahead log into the file

    stored = b"".join(path.read_bytes() for path in tmp_path.glob("startwijzer.sqlite3*"))
    assert b"niemand mag lezen" not in stored


def test_what_a_message_is_about_has_the_shape_of_the_public_api():
    assert About("btw", ("kvk",), "zelfscan", "zs01", progress=(1, 18)).as_dict() == {
        "topic": "btw",
        "services": ["kvk"],
        "flow": "zelfscan",
        "step": "zs01",
        "by": "bot",
        "progress": {"step": 1, "of": 18},
    }


def test_a_message_is_about_nothing_until_it_says_so():
    message = Message("hallo", [Choice("Ja", "bevestigen")])

    assert message.about.as_dict() == {
        "topic": None,
        "services": [],
        "flow": None,
        "step": None,
        "by": "bot",
        "progress": None,
    }
