"""A conversation as a test story: read back by Rasa's own reader."""

import json

import pytest
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, ActiveLoop, SlotSet, UserUttered
from rasa.shared.core.training_data.story_reader.yaml_story_reader import YAMLStoryReader
from work_data import conversation, correction, person, said

from bot.conversations.model import StoredMessage, TrackerEvent
from bot.review import story, work
from bot.settings import ROOT


@pytest.fixture(scope="module")
def domain():
    return Domain.load(str(ROOT / "domain.yml"))


def event(session, name, kind, /, **data):
    data = {"event": kind, "timestamp": 1795335492.9, **data}
    row = TrackerEvent(
        sender_id=name, type_name=kind, timestamp=1795335492.9, data=json.dumps(data)
    )
    session.add(row)
    session.flush()


def user(session, name, seq, text, intent, entities=()):
    turn = session.query(StoredMessage).filter_by(conversation_id=name, seq=seq).one().id
    parsed = {"intent": {"name": intent, "confidence": 0.9}, "entities": list(entities)}
    event(session, name, "user", text=text, parse_data=parsed, metadata={"turn": turn})


def spoken(session, name, text, intent, start_seq=1, entities=()):
    """One message on a subject, with its answer, as Rasa logs it."""
    said(session, name, start_seq, text, intent=intent)
    user(session, name, start_seq, text, intent, entities)
    event(session, name, "user_featurization", use_text_for_featurization=False)
    event(session, name, "action", name="action_antwoord")
    event(session, name, "bot", text="Dat kan.", data={})
    event(session, name, "slot", name="gesprek", value={"misses": 0})


def zelfscan(session, name):
    """A conversation with a subject, an entity, and a form with a button."""
    conversation(session, name, intents=["bbz", "zelfscan"])
    entities = [{"entity": "gemeente", "value": "Assen", "start": 7, "end": 12}]
    spoken(session, name, "bbz in assen", "bbz", 1, entities)
    event(session, name, "slot", name="gemeente", value="Assen")
    event(session, name, "slot", name="fase", value="starten")
    event(session, name, "action", name="action_listen")
    said(session, name, 3, "ik wil de zelfscan", intent="zelfscan")
    user(session, name, 3, "ik wil de zelfscan", "zelfscan")
    event(session, name, "action", name="zelfscan_form")
    event(session, name, "active_loop", name="zelfscan_form")
    event(session, name, "slot", name="requested_slot", value="zelfscan_antwoord")
    event(session, name, "slot", name="flows", value={"zelfscan": {"answers": {}}})
    event(session, name, "action", name="action_listen")
    said(session, name, 5, "Helemaal mee eens", typed=False, intent="informatie_geven")
    payload = '/informatie_geven{"antwoord": "zs01:5"}'
    user(session, name, 5, payload, "informatie_geven")
    event(session, name, "action", name="zelfscan_form")
    event(session, name, "active_loop", name=None)
    event(session, name, "slot", name="requested_slot", value=None)
    event(session, name, "action", name="action_listen")


def told(database, name="c", gemeenten=None):
    with database.session() as session:
        return story.story(session, name, gemeenten)


def read(text, domain):
    """The events that Rasa reads, with its own check of the format."""
    reader = YAMLStoryReader(domain)
    reader.source_name = "test_stories.yml"
    (step,) = reader.read_from_string(text)
    return step.events


def test_rasa_reads_every_step_in_its_order(any_database, domain):
    with any_database.session() as session:
        zelfscan(session, "c")

    events = read(told(any_database), domain)

    assert [
        (
            type(e).__name__,
            getattr(e, "action_name", None) or getattr(e, "key", None) or getattr(e, "name", None),
        )
        for e in events
        if not isinstance(e, UserUttered)
    ] == [
        ("ActionExecuted", "action_antwoord"),
        ("SlotSet", "gemeente"),
        ("SlotSet", "fase"),
        ("ActionExecuted", "zelfscan_form"),
        ("ActiveLoop", "zelfscan_form"),
        ("SlotSet", "requested_slot"),
        ("ActionExecuted", "zelfscan_form"),
        ("ActiveLoop", None),
        ("SlotSet", "requested_slot"),
    ]
    assert [e.value for e in events if isinstance(e, SlotSet)] == [
        "Assen",
        "starten",
        "zelfscan_antwoord",
        None,
    ]
    assert {type(e) for e in events} == {UserUttered, ActionExecuted, SlotSet, ActiveLoop}


def test_rasa_reads_what_was_said_its_intent_its_entities_and_the_payload(any_database, domain):
    with any_database.session() as session:
        zelfscan(session, "c")

    first, second, third = (
        e for e in read(told(any_database), domain) if isinstance(e, UserUttered)
    )

    assert (first.text, first.intent["name"]) == ("bbz in assen", "bbz")
    assert [(e["entity"], e["value"], e["start"], e["end"]) for e in first.entities] == [
        ("gemeente", "Assen", 7, 12)
    ]
    assert (second.text, second.entities) == ("ik wil de zelfscan", [])
    assert third.text == '/informatie_geven{"antwoord": "zs01:5"}'
    assert [(e["entity"], e["value"]) for e in third.entities] == [("antwoord", "zs01:5")]


@pytest.mark.parametrize(
    "text",
    [
        'een "vraag": met # tekens',
        "twee\nregels: - een\n  - twee",
        "[Assen](gemeente) getypt",
        "  spaties ",
        "emoji 🎉 en é",
        "- een streepje",
        "'",
        "ja",
        "123",
        "mijn nummer is [telefoon:1]",
        "bel\u0007 en tab\t erin",
    ],
)
def test_whatever_a_citizen_types_is_text_and_nothing_else(any_database, domain, text):
    with any_database.session() as session:
        conversation(session, "c")
        spoken(session, "c", text, "klacht")

    (uttered,) = (e for e in read(told(any_database), domain) if isinstance(e, UserUttered))
    assert uttered.text == text.strip().replace("](", "] (").replace("\u0007", " ").replace(
        "\t", " "
    )
    assert uttered.entities == []


def test_what_was_not_understood_is_the_fallback_and_a_correction_takes_its_place(
    any_database, domain
):
    with any_database.session() as session:
        conversation(session, "c")
        spoken(session, "c", "huh", "nlu_fallback")
    assert "intent: nlu_fallback" in told(any_database)

    with any_database.session() as session:
        correction(session, "c", 1, "huh", "uitleg_vraag", person(session))
    text = told(any_database)
    (uttered,) = (e for e in read(text, domain) if isinstance(e, UserUttered))
    assert uttered.intent["name"] == "uitleg_vraag"
    assert "# De bot maakte hier nlu_fallback van" in text


def test_the_story_does_not_say_which_conversation_it_was(any_database):
    with any_database.session() as session:
        conversation(session, "geheim-nummer", intents=["klacht"])
        spoken(session, "geheim-nummer", "dit is niets", "klacht")

    text = told(any_database, "geheim-nummer")
    assert "geheim-nummer" not in text
    assert "gesprek van 2026-05-20: klacht" in text


def test_a_conversation_of_another_gemeente_has_no_story(any_database):
    with any_database.session() as session:
        zelfscan(session, "c")

    for name, gemeenten in (("c", frozenset({"Zwolle"})), ("weg", None)):
        with pytest.raises(work.UnknownReview):
            told(any_database, name, gemeenten)
    assert told(any_database, "c", frozenset({"Assen"}))


def test_a_conversation_that_rasa_never_saw_has_no_story(any_database):
    with any_database.session() as session:
        conversation(session, "c")

    with pytest.raises(story.NoStory):
        told(any_database)
