"""Every operation of the public API against its description, with valid and invalid requests."""

import json

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error
from schemathesis.config import SchemathesisConfig
from schemathesis.specs.openapi import checks

FEW_GEMEENTEN = ["Assen", "Den Bosch", "Súdwest-Fryslân", "Voorbeeldstad"]
# What a conversation accepts also depends on what was said before, so that is not among these.
TALK_CHECKS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
    checks.unsupported_method,
    checks.ignored_auth,
]


def examples(number):
    """So many random requests; besides, every border of the description is tried."""
    return settings(
        max_examples=number,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )


def described(url):
    """The API by its own description. Of all gemeenten only a few are asked for: each is tried."""
    description = requests.get(f"{url}/api/v1/openapi.json", timeout=10).json()
    schemas = description["components"]["schemas"]
    assert set(FEW_GEMEENTEN) < set(schemas["Gemeente"]["enum"])
    schemas["FewGemeenten"] = {"type": "string", "enum": FEW_GEMEENTEN}
    asked = json.dumps(description["paths"]).replace("schemas/Gemeente", "schemas/FewGemeenten")
    description["paths"] = json.loads(asked)
    config = SchemathesisConfig.from_dict(
        {"base-url": f"{url}/api/v1", "generation": {"deterministic": True}}
    )
    return schemathesis.openapi.from_dict(description, config=config)


@pytest.fixture
def open_api(catalogue_url):
    return described(catalogue_url)


@pytest.fixture
def talk_api(talking_url):
    return described(talking_url)


catalogue = schemathesis.pytest.from_fixture("open_api").include(tag="catalogus")
# The stream of events has no end, so it is not among these.
talk = schemathesis.pytest.from_fixture("talk_api").include(
    tag="gesprek", operation_id_regex="^(?!events)"
)


@catalogue.parametrize()
@examples(50)
def test_the_catalogue_does_what_its_description_says(case):
    case.call_and_validate()


@talk.parametrize()
@examples(20)
def test_conversations_without_a_token_do_what_their_description_says(case):
    case.call_and_validate(checks=TALK_CHECKS)


@talk.exclude(operation_id="startConversation").parametrize()
@examples(20)
def test_conversations_with_a_token_do_what_their_description_says(case, talking_url):
    started = requests.post(f"{talking_url}/api/v1/conversations", timeout=10).json()
    case.path_parameters["id"] = started["id"]
    token = {"Authorization": f"Bearer {started['token']}"}
    case.call_and_validate(headers=token, checks=TALK_CHECKS)
