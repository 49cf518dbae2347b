"""What is patched in Rasa looks as it did when the patch was written."""

import inspect

import jsonschema
import pytest
import rasa.core.actions.action as action
from rasa.core import agent
from rasa.core.tracker_store import InMemoryTrackerStore
from rasa.shared.core import events
from rasa.shared.core.domain import Domain
from rasa.version import __version__

from bot.nlu import rasa_patches

rasa_patches.apply()


def test_this_is_the_rasa_for_which_the_patches_were_written():
    assert __version__ == "3.6.21"


@pytest.mark.parametrize(
    ("patched", "place"),
    [
        ("_validate_action_result", inspect.getsource(action.RemoteAction)),
        ("self._validate_action_result(response)", inspect.getsource(action.RemoteAction.run)),
        ("timeout=DEFAULT_REQUEST_TIMEOUT", inspect.getsource(action.RemoteAction.run)),
        ("return FailSafeTrackerStore(tracker_store)", inspect.getsource(agent.Agent)),
        ("Event.resolve_by_type(event_name, default)", inspect.getsource(events)),
    ],
)
def test_what_is_patched_is_still_there(patched, place):
    assert patched in place


def test_a_reply_of_an_action_is_still_checked():
    remote = action.RemoteAction("action_antwoord", None)

    assert remote._validate_action_result({"events": [], "responses": [{"text": "Dag"}]})
    assert remote._validate_action_result(
        {"events": [{"event": "slot", "name": "gemeente", "value": "Assen", "timestamp": None}]}
    )
    with pytest.raises(jsonschema.ValidationError):
        remote._validate_action_result({"events": "geen lijst"})
    with pytest.raises(jsonschema.ValidationError):
        remote._validate_action_result({"events": [{"event": "onbekend"}]})


def test_every_type_of_event_is_found_as_before():
    for name, cls in rasa_patches._event_types().items():
        assert events.Event.resolve_by_type(name) is cls
    assert events.Event.resolve_by_type("topic") is None
    with pytest.raises(ValueError, match="onzin"):
        events.Event.resolve_by_type("onzin")


def test_no_store_in_memory_stands_behind_ours():
    store = InMemoryTrackerStore(Domain.empty())

    assert agent.Agent._create_tracker_store(store, Domain.empty()) is store


def test_an_action_that_hangs_is_given_up():
    assert action.DEFAULT_REQUEST_TIMEOUT == rasa_patches.ACTION_TIMEOUT == 10
