"""The same conversation through Rasa's form: a tracker in, messages and events out."""

import pytest
from rasa_sdk import Tracker

from actions import status as form
from bot.referral import life
from bot.referral.file import find
from bot.referral.status import withdraw
from bot.settings import Settings

SECRET = "een-geheim-van-minstens-32-tekens-lang"
ASKS = "doorverwijzing_status"


@pytest.fixture
def citizen(office, monkeypatch, tmp_path):
    """Runs an action on a tracker; gives its messages and the events by name."""
    environment = {"SECRET_KEY": SECRET, "VAR_DIR": str(tmp_path)}
    settings = Settings.from_environment(environment)
    monkeypatch.setattr(form, "settings", lambda: settings)
    monkeypatch.setattr(form, "database", lambda: office)

    def turn(action, conversation, text="", intent=ASKS, slots=None, answer=None, loop=None):
        entities = [{"entity": "antwoord", "value": answer}] if answer else []
        latest = {"text": text, "intent": {"name": intent, "confidence": 1.0}, "entities": entities}
        events = [{"event": "user"}]
        loop = {"name": loop} if loop else {}
        tracker = Tracker(conversation, slots or {}, latest, events, False, None, loop, None)
        messages, events = action.act(tracker)
        return list(messages), events

    return turn


def slots_after(events, before=None):
    slots = dict(before or {})
    for event in events:
        if event["event"] == "slot":
            slots[event["name"]] = event["value"]
    return slots


def followups(events):
    return [event["name"] for event in events if event["event"] == "followup"]


def test_a_request_is_shown_and_then_withdrawn(office, apply, citizen):
    conversation, reference = apply()
    messages, events = citizen(form.ActionStatus(), conversation)
    assert (messages, followups(events)) == ([], ["status_form"])

    validate = form.ValidateStatusForm()
    assert (validate.name(), validate.form) == ("validate_status_form", "status_form")
    (message,), events = citizen(validate, conversation)
    assert reference in message.text
    slots = {**slots_after(events), "requested_slot": "status_antwoord"}
    for answer, said in [("keuze:intrekken", "zeker"), ("zeker:ja", "is ingetrokken")]:
        (message,), events = citizen(
            validate, conversation, intent="informatie_geven", answer=answer, slots=slots
        )
        slots = slots_after(events, slots)
        assert said in message.text

    assert slots["requested_slot"] is None
    with office.session() as session:
        referral = find(session, reference)
        assert referral.status == "ingetrokken"
        assert [row.about for row in referral.handovers][-1:] == ["ingetrokken"]


def test_who_asks_again_sees_the_request_again_and_not_a_question_from_before(apply, citizen):
    conversation, reference = apply()
    validate = form.ValidateStatusForm()
    _, events = citizen(validate, conversation)
    slots = {**slots_after(events), "requested_slot": "status_antwoord"}
    _, events = citizen(
        validate, conversation, intent="informatie_geven", answer="keuze:verbeteren", slots=slots
    )
    slots = {**slots_after(events, slots), "requested_slot": None}

    (message,), _ = citizen(validate, conversation, slots=slots)

    assert reference in message.text
    assert "We gaan verder" not in message.text


def test_where_nothing_is_to_ask_no_form_starts(office, apply, citizen):
    conversation, reference = apply()
    with office.session() as session:
        withdraw(session, find(session, reference))

    (message,), events = citizen(form.ActionStatus(), conversation)

    assert f"**{reference}** is ingetrokken" in message.text
    assert followups(events) == ["action_listen"]


def test_the_closing_question_is_answered_in_one_turn_within_another_form(office, apply, citizen):
    conversation, reference = apply()
    with office.session() as session:
        life.change(session, find(session, reference), "afgerond", "Anna")

    (message,), events = citizen(
        form.ActionStatus(), conversation, answer=f"geholpen:ja:{reference}", loop="zelfscan_form"
    )

    assert "Wat fijn" in message.text
    assert followups(events) == ["zelfscan_form"]


def test_within_the_form_itself_the_form_goes_on(apply, citizen):
    conversation, _ = apply()
    messages, events = citizen(form.ActionStatus(), conversation, loop="status_form")

    assert (messages, followups(events)) == ([], ["status_form"])


def test_without_a_request_here_the_number_is_asked(ask, citizen):
    conversation, _ = ask(contact=None)
    assert followups(citizen(form.ActionStatus(), conversation)[1]) == ["status_form"]

    (message,), _ = citizen(form.ValidateStatusForm(), conversation)

    assert "referentienummer" in message.text
    assert message.choices == []


@pytest.mark.parametrize("intent", ["stoppen", "weet_niet", "nlu_fallback"])
def test_a_reference_is_an_answer_whatever_the_model_takes_it_for(ask, citizen, intent):
    conversation, _ = ask(contact=None)
    validate = form.ValidateStatusForm()
    _, events = citizen(validate, conversation)
    slots = {**slots_after(events), "requested_slot": "status_antwoord"}

    (message,), _ = citizen(validate, conversation, "sw ffju y3h7", intent, slots)

    assert "telefoonnummer of e-mailadres gaf je" in message.text


def test_without_a_reference_stopping_is_stopping(ask, citizen):
    conversation, _ = ask(contact=None)
    validate = form.ValidateStatusForm()
    _, events = citizen(validate, conversation)
    slots = {**slots_after(events), "requested_slot": "status_antwoord"}

    (message,), events = citizen(validate, conversation, "stop maar", "stoppen", slots)

    assert "we stoppen" in message.text
    assert slots_after(events, slots)["requested_slot"] is None
