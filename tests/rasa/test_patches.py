"""What is patched in Rasa looks as it did when the patch was written."""

import asyncio
import inspect
import json

import jsonschema
import pytest
import rasa.core.actions.action as action
from aiohttp import web
from hypothesis import given, settings
from hypothesis import strategies as st
from rasa.core import agent, processor
from rasa.core.policies import rule_policy
from rasa.core.tracker_store import InMemoryTrackerStore
from rasa.nlu.utils import spacy_utils
from rasa.shared.core import events
from rasa.shared.core.constants import SHOULD_NOT_BE_SET
from rasa.shared.core.domain import Domain
from rasa.utils import endpoints
from rasa.version import __version__

from bot.nlu import rasa_patches
from bot.training import SPACY_MODEL

rasa_patches.apply()
RULE_POLICY = inspect.getsource(rule_policy.RulePolicy)


def test_this_is_the_rasa_for_which_the_patches_were_written():
    assert __version__ == "3.6.21"


@pytest.mark.parametrize(
    ("patched", "place"),
    [
        ("_validate_action_result", inspect.getsource(action.RemoteAction)),
        ("self._validate_action_result(response)", inspect.getsource(action.RemoteAction.run)),
        (
            "evts = events.deserialise_events(events_json)",
            inspect.getsource(action.RemoteAction.run),
        ),
        ("self.domain.is_empty()", inspect.getsource(processor.MessageProcessor)),
        ("self._get_possible_keys(self.lookup[RULES], states)", RULE_POLICY),
        ("DaskGraphRunner,", inspect.getsource(processor.MessageProcessor)),
        ("timeout=DEFAULT_REQUEST_TIMEOUT", inspect.getsource(action.RemoteAction.run)),
        ("return FailSafeTrackerStore(tracker_store)", inspect.getsource(agent.Agent)),
        ("Event.resolve_by_type(event_name, default)", inspect.getsource(events)),
        ("model = cls.load_model(spacy_model_name)", inspect.getsource(spacy_utils.SpacyNLP)),
        ("async with self.session() as session:", inspect.getsource(endpoints.EndpointConfig)),
        ("headers=self.headers,\n            auth=auth,\n", inspect.getsource(endpoints)),
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
    for wrong in (
        [],
        {"events": "geen lijst"},
        {"events": ["geen gebeurtenis"]},
        {"events": [{"name": "gemeente"}]},
        {"events": [{"event": "onbekend"}]},
        {"events": [{"event": "slot", "name": "gemeente"}]},
        {"events": [{"event": "slot", "name": 5, "value": "Assen"}]},
        {"responses": ["geen bericht"]},
    ):
        with pytest.raises(jsonschema.ValidationError):
            remote._validate_action_result(wrong)


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


def test_spacys_pipeline_is_loaded_once():
    first = spacy_utils.SpacyNLP.load_model(str(SPACY_MODEL))

    assert spacy_utils.SpacyNLP.load_model(str(SPACY_MODEL)) is first


class ActionServer:
    """Answers every call with the token, and counts the connections that it gets."""

    def __init__(self):
        self.connections = set()

    async def start(self, port=0):
        app = web.Application()
        app.router.add_post("/webhook", self._answer)
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", port)
        await site.start()
        return self._runner.addresses[0][1]

    async def stop(self):
        await self._runner.cleanup()

    async def _answer(self, request):
        self.connections.add(request.transport.get_extra_info("peername"))
        return web.json_response({"said": request.headers["Authorization"]})


def test_calls_to_the_action_server_share_a_connection():
    async def calls():
        server = ActionServer()
        port = await server.start()
        headers = {"Authorization": "Bearer token"}
        endpoint = endpoints.EndpointConfig(f"http://127.0.0.1:{port}/webhook", headers=headers)
        said = [await endpoint.request(json={}) for _ in range(3)]
        # A call that came at the same time gets a connection of its own, and both are kept.
        said += await asyncio.gather(endpoint.request(json={}), endpoint.request(json={}))
        await server.stop()
        return said, len(server.connections)

    said, connections = asyncio.run(calls())
    assert said == [{"said": "Bearer token"}] * 5
    assert connections == 2


def test_an_action_server_that_was_started_anew_is_reached_at_once():
    async def calls():
        first, second = ActionServer(), ActionServer()
        port = await first.start()
        endpoint = endpoints.EndpointConfig(
            f"http://127.0.0.1:{port}/webhook", headers={"Authorization": "x"}
        )
        await endpoint.request(json={})
        await first.stop()
        await second.start(port)
        found = await endpoint.request(json={})
        await second.stop()
        return found

    assert asyncio.run(calls()) == {"said": "x"}


REPLIES = st.fixed_dictionaries(
    {
        "events": st.lists(
            st.fixed_dictionaries(
                {"event": st.sampled_from(["slot", "action", "followup", "active_loop", "onzin"])},
                optional={
                    "name": st.sampled_from(["gemeente", None, 5]),
                    "value": st.sampled_from(["Assen", None, []]),
                    "timestamp": st.sampled_from([None, 1.5, "gisteren"]),
                    "policy": st.sampled_from([None, "policy", 1]),
                },
            ),
            max_size=3,
        ),
        "responses": st.sampled_from([[], [{"text": "Dag"}], ["Dag"], "Dag"]),
    }
)


@given(REPLIES)
@settings(max_examples=300, deadline=None)
def test_a_reply_is_refused_exactly_when_rasas_own_schema_refuses_it(reply):
    schema = action.RemoteAction.action_response_format_spec()
    own = jsonschema.validators.validator_for(schema)(schema).is_valid(reply)

    try:
        ours = rasa_patches._validate_action_result(None, reply)
    except jsonschema.ValidationError:
        ours = False

    assert ours == own


def test_only_a_domain_without_anything_is_empty():
    assert Domain.empty().is_empty()
    assert not Domain.from_dict({"intents": ["groet"]}).is_empty()


def state(**parts):
    return {name: part for name, part in parts.items() if part}


LISTEN = {"action_name": "action_listen"}
USERS = st.sampled_from(
    [
        None,
        {"intent": "btw"},
        {"intent": "kvk"},
        {"intent": "btw", "entities": ("gemeente",)},
        {"intent": SHOULD_NOT_BE_SET},
        {"text": "hallo"},
        {"entities": ("gemeente",)},
    ]
)
STATES = st.lists(
    st.builds(
        state,
        user=USERS,
        prev_action=st.sampled_from([None, LISTEN, {"action_name": "action_antwoord"}]),
        active_loop=st.sampled_from([None, {"name": "zelfscan"}, {"name": SHOULD_NOT_BE_SET}]),
    ),
    min_size=1,
    max_size=3,
)


@given(st.lists(STATES, max_size=12), STATES | st.just([]))
@settings(max_examples=500, deadline=None)
def test_the_rules_that_hold_are_those_that_rasa_finds(rules, conversation):
    policy = rule_policy.RulePolicy
    lookup = {json.dumps(rule): "action_antwoord" for rule in rules}
    mine = policy.__new__(policy)

    found = mine._get_possible_keys(lookup, conversation)
    assert found == rasa_patches._rasas_possible_keys(mine, lookup, conversation)
