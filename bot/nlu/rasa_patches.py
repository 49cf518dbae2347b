"""What is changed in Rasa 3.6.21 itself, each with its reason (docs/rasa.md has the figures).

Only `bot.nlu.without_tensorflow` changes something else: how Rasa is imported. A test fails when
what is patched here looks different in the installed Rasa (`tests/rasa/test_patches.py`).
"""

from __future__ import annotations

import asyncio
import json
from copy import deepcopy
from functools import lru_cache
from typing import Any

import aiohttp
import jsonschema
from rasa.core import agent, processor
from rasa.core.actions import action
from rasa.core.policies import rule_policy
from rasa.nlu.utils import spacy_utils
from rasa.shared.core import domain, events
from rasa.shared.core.constants import PREVIOUS_ACTION, SHOULD_NOT_BE_SET, USER
from rasa.shared.core.domain import State
from rasa.shared.nlu.constants import INTENT
from rasa.shared.utils.common import all_subclasses
from rasa.utils import endpoints

from bot.nlu.runner import InOrderRunner

# Seconds that an action may take; the gateway gives up on a turn at the same time.
ACTION_TIMEOUT = 10
# Seconds that a connection without use stays open: shorter than on the side of the action server
# (Sanic's five), which would otherwise close it just when a request is on its way.
KEEP_ALIVE = 2

_rasas_possible_keys = rule_policy.RulePolicy._get_possible_keys
_load_spacy = lru_cache(maxsize=1)(spacy_utils.SpacyNLP.load_model)


def apply() -> None:
    """Makes the changes, once or again."""
    # Rasa compiles its schema of all events at every reply of an action, and compares each event
    # with every kind of event: 69 % of a form turn.
    action.RemoteAction._validate_action_result = _validate_action_result
    # Rasa walks over all subclasses of Event for every event that it reads.
    events.Event.resolve_by_type = staticmethod(_resolve_by_type)
    # Rasa hides a failing database behind a store in memory, which forgets the conversation.
    agent.FailSafeTrackerStore = _as_it_is
    # Rasa loads spaCy's pipeline twice: for the step that gives it, and for the one that uses it.
    spacy_utils.SpacyNLP.load_model = staticmethod(_load_spacy)
    # Rasa makes a connection to the action server for every call, which doubles what a call costs.
    endpoints.EndpointConfig.session = _session
    # Rasa waits five minutes for an action that hangs.
    action.DEFAULT_REQUEST_TIMEOUT = ACTION_TIMEOUT
    # Rasa's runner makes a plan for several threads at every message, and has one.
    processor.DaskGraphRunner = InOrderRunner
    # Rasa makes an empty domain at every message, to see that ours is not.
    domain.Domain.is_empty = _is_empty
    # Rasa compares the conversation with every rule, twice for a message.
    rule_policy.RulePolicy._get_possible_keys = _get_possible_keys


@lru_cache(maxsize=1)
def _validators() -> tuple[Any, dict[str, Any]]:
    """Rasa's schema of a reply as two: what holds for every event, and by its name what for one."""
    schema = deepcopy(action.RemoteAction.action_response_format_spec())
    kinds = schema["properties"]["events"]["items"].pop("oneOf")
    make = jsonschema.validators.validator_for(schema)
    return make(schema), {kind["properties"]["event"]["const"]: make(kind) for kind in kinds}


def _validate_action_result(_: action.RemoteAction, result: dict[str, Any]) -> bool:
    whole, kinds = _validators()
    whole.validate(result)
    for event in result.get("events", ()):
        if event["event"] not in kinds:
            raise jsonschema.ValidationError("unknown event")
        kinds[event["event"]].validate(event)
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


def _is_empty(one: domain.Domain) -> bool:
    return bool(one.as_dict() == _nothing())


@lru_cache(maxsize=1)
def _nothing() -> dict[str, Any]:
    found: dict[str, Any] = domain.Domain.empty().as_dict()
    return found


def _get_possible_keys(
    policy: rule_policy.RulePolicy, lookup: dict[str, str], states: list[State]
) -> set[str]:
    """What Rasa finds, looked for among the rules for this intent and those for any."""
    if not states:
        return set(lookup)
    intent = states[-1].get(USER, {}).get(INTENT)
    by_intent = _by_intent(tuple(lookup))
    keys = [*by_intent.get(intent, ()), *by_intent[None]]
    return _rasas_possible_keys(policy, dict.fromkeys(keys), states)


@lru_cache(maxsize=8)
def _by_intent(keys: tuple[str, ...]) -> dict[str | None, list[str]]:
    """Rules by the intent without which their newest state does not hold; None when any will do."""
    found: dict[str | None, list[str]] = {None: []}
    for key in keys:
        newest = json.loads(key)[-1]
        intent = newest.get(USER, {}).get(INTENT) if newest.get(PREVIOUS_ACTION) else None
        found.setdefault(None if intent == SHOULD_NOT_BE_SET else intent, []).append(key)
    return found


class _Connections(aiohttp.TCPConnector):
    """Connections that sessions share, as long as their event loop lives."""

    def __del__(self, _: Any = None) -> None:
        """Nothing to warn of: it ends with the process."""


# Of the event loop that runs; a process has one.
_connections: dict[asyncio.AbstractEventLoop, _Connections] = {}


def _session(endpoint: endpoints.EndpointConfig) -> aiohttp.ClientSession:
    """As Rasa makes it, but its end leaves the connection open for the next."""
    loop = asyncio.get_running_loop()
    if loop not in _connections:
        _connections.clear()
        _connections[loop] = _Connections(keepalive_timeout=KEEP_ALIVE)
    login = endpoint.basic_auth
    return aiohttp.ClientSession(
        headers=endpoint.headers,
        auth=aiohttp.BasicAuth(login["username"], login["password"]) if login else None,
        timeout=aiohttp.ClientTimeout(total=endpoints.DEFAULT_REQUEST_TIMEOUT),
        connector=_connections[loop],
        connector_owner=False,
    )
