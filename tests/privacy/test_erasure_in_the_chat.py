"""Seeing and erasing through Rasa's action: a tracker in, messages and events out."""

import pytest
from rasa_sdk import Tracker

from actions import answers
from bot.catalogue.load import load
from bot.conversations import log
from bot.privacy import erasure
from bot.settings import Settings

SECRET = "een-geheim-van-minstens-32-tekens-lang"


@pytest.fixture
def citizen(database, monkeypatch, tmp_path):
    """Says something in a conversation; gives the messages and the names of followups."""
    env = {"SECRET_KEY": SECRET, "RASA_TOKEN": SECRET, "VAR_DIR": str(tmp_path)}
    settings = Settings.from_environment(env)
    monkeypatch.setattr(answers, "settings", lambda: settings)
    monkeypatch.setattr(answers, "database", lambda: database)
    with database.session() as session:
        load(session)

    def turn(conversation, answer=None, intent="gegevens_wissen", loop=None):
        entities = [{"entity": "antwoord", "value": answer}] if answer else []
        latest = {"text": "", "intent": {"name": intent, "confidence": 1.0}, "entities": entities}
        loop = {"name": loop} if loop else {}
        tracker = Tracker(conversation, {}, latest, [], False, None, loop, None)
        messages, events = answers.ActionAntwoord().act(tracker)
        return list(messages), [e["name"] for e in events if e["event"] == "followup"]

    return turn


@pytest.fixture
def conversation(database):
    with database.session() as session:
        found = log.start(session, channel="web", gemeente=None, page=None).id
        log.take_in(session, found, "hallo")
        return found


def pick(message, title):
    return next(choice.answer for choice in message.choices if choice.title.startswith(title))


def test_behind_the_answer_of_the_catalogue_the_bot_offers_to_do_it(citizen, conversation):
    messages, followups = citizen(conversation, loop="zelfscan_form")

    assert len(messages) > 1
    assert pick(messages[-1], "Wis dit gesprek")
    assert pick(messages[-1], "Laat zien")
    assert followups == ["zelfscan_form"]


@pytest.mark.parametrize("loop", [None, "zelfscan_form"])
def test_after_a_yes_the_conversation_is_gone_and_no_form_goes_on(
    citizen, conversation, database, loop
):
    messages, _ = citizen(conversation, loop=loop)
    (question,), _ = citizen(conversation, pick(messages[-1], "Wis dit gesprek"), loop=loop)
    (done,), followups = citizen(conversation, pick(question, "Ja"), loop=loop)

    assert "gewist" in done.text
    assert followups == ["action_listen"]
    with database.session() as session:
        assert len(erasure.every(session)) == 1
        with pytest.raises(log.UnknownConversation):
            log.get(session, conversation)


def test_seeing_what_is_kept_changes_nothing(citizen, conversation, database):
    messages, _ = citizen(conversation)
    (told,), _ = citizen(conversation, pick(messages[-1], "Laat zien"))

    assert "- berichten: 1" in told.text
    with database.session() as session:
        assert log.get(session, conversation)


def test_who_asks_what_happens_with_what_they_tell_can_see_it(citizen, conversation):
    messages, _ = citizen(conversation, intent="privacy")
    (told,), _ = citizen(conversation, pick(messages[-1], "Laat zien"))

    assert "- berichten: 1" in told.text
    assert "De link werkt 1 uur." in told.text


def test_a_request_of_another_conversation_is_looked_up_by_its_number(citizen, conversation):
    messages, _ = citizen(conversation)
    (elsewhere,) = [c for c in messages[-1].choices if c.title == "Een andere aanvraag wissen"]

    assert elsewhere.intent == "doorverwijzing_status"


def test_another_subject_is_answered_as_before(citizen, conversation):
    messages, _ = citizen(conversation, intent="privacy")

    assert not any(c.title == "Wis dit gesprek" for m in messages for c in m.choices)
