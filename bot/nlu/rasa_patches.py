"""All that is changed in Rasa 3.6.21 itself, each with its reason; nothing else patches Rasa.

`tests/rasa/test_patches.py` fails when what is patched here looks different in the installed Rasa.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import jsonschema
from rasa.core import agent
from rasa.core.actions import action
from rasa.shared.core import events
from rasa.shared.utils.common import all_subclasses

# Seconds that an action may take; the gateway gives up on a turn at the same time.
ACTION_TIMEOUT = 10


def apply() -> None:
    """Makes the changes, once or again."""
    # Rasa checks its schema of all events anew at every reply of an action: 69 % of a form turn.
    action.RemoteAction._validate_action_result = _validate_action_result
    # Rasa walks over all subclasses of Event for every event that it reads.
    events.Event.resolve_by_type = staticmethod(_resolve_by_type)
    # Rasa hides a failing database behind a store in memory, which forgets the conversation.
    agent.FailSafeTrackerStore = _as_it_is
    # Rasa waits five minutes for an action that hangs.
    action.DEFAULT_REQUEST_TIMEOUT = ACTION_TIMEOUT


@lru_cache(maxsize=1)
def _validator() -> Any:
    schema = action.RemoteAction.action_response_format_spec()
    return jsonschema.validators.validator_for(schema)(schema)


def _validate_action_result(_: action.RemoteAction, result: dict[str, Any]) -> bool:
    for error in _validator().iter_errors(result):
        raise error
    return True


@lru_cache(maxsize=1)
def _event_types() -> dict[str, type[events.Event]]:
    found: dict[str, type[events.Event]] = {}
    for cls in all_subclasses(events.Event):
        found.setdefault(cls.type_name, cls)
    return found


def _resolve_by_type(
    type_name: str, default: type[events.Event] | None = None
) -> type[events.Event] | None:
    found = _event_types().get(type_name, default)
    if found is None and type_name != "topic":  # as Rasa: an event of old that means nothing
        raise ValueError(f"Unknown event name '{type_name}'.")
    return found


def _as_it_is(store: Any) -> Any:
    return store
