"""The pages of docs/ that are made say what the code says, and the API document is sound."""

from __future__ import annotations

import json
import re
from typing import Any, get_args

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

from app import app
from chalicelib import errors
from chalicelib.billing import plans
from chalicelib.docs_site import described, failures
from chalicelib.docs_site.openapi import document
from chalicelib.docs_site.operations import path_of
from chalicelib.http.endpoint import PREFIX, Endpoint
from chalicelib.http.schema import Empty
from chalicelib.streams.schemas import LastRun
from localdev.environment import ROOT
from tools import make_docs

ENDPOINTS = described.endpoints()
DOCUMENT = document(ENDPOINTS, base_url="https://api.example.org/api/v2")
EXAMPLES = json.loads((ROOT / "chalicelib" / "docs_site" / "examples.json").read_text("utf-8"))


def _key(endpoint: Endpoint) -> str:
    return f"{endpoint.method} {re.sub('{.*?}', '{}', path_of(endpoint))}"


def _named(endpoint: Endpoint) -> str:
    return endpoint.function.__name__


def _operation(endpoint: Endpoint) -> dict[str, Any]:
    return dict(DOCUMENT["paths"][path_of(endpoint)][endpoint.method.lower()])


def _faults(schema: dict[str, Any], value: Any) -> list[str]:
    whole = {**schema, "components": DOCUMENT["components"]}
    return [fault.message for fault in Draft202012Validator(whole).iter_errors(value)]


@pytest.mark.parametrize("name", list(make_docs.pages()))
def test_a_made_page_is_fresh(name: str) -> None:
    kept = (ROOT / "docs" / name).read_text("utf-8")
    assert kept == make_docs.pages()[name], "run `make docs`"


def test_the_document_is_openapi() -> None:
    validate(DOCUMENT)


def test_the_document_has_every_route_but_its_own() -> None:
    routed = {
        f"{method} {path.removeprefix(PREFIX)}"
        for path, methods in app.routes.items()
        for method in methods
        if path.startswith(PREFIX)
    }
    own = {route for route in routed if route.startswith(("GET /docs", "GET /openapi.json"))}
    assert len(own) == 5
    assert routed - own == {f"{each.method} {path_of(each)}" for each in ENDPOINTS}


def test_operations_and_schemas_have_short_names_of_their_own() -> None:
    names = [_named(endpoint) for endpoint in ENDPOINTS]
    assert len(set(names)) == len(names)
    assert not [name for name in DOCUMENT["components"]["schemas"] if "__" in name]


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=_named)
def test_an_operation_says_what_it_does(endpoint: Endpoint) -> None:
    found = _operation(endpoint)
    assert found["summary"].endswith(".")
    assert (
        found["security"]
        == {
            None: [],
            "bearer": [{"key": []}],
            "hybrid": [{"key": []}, {"session": []}],
        }[endpoint.auth]
    )
    assert str(endpoint.status) in found["responses"]
    told = {each.status for each in failures.of(endpoint)}
    assert {str(status) for status in told} <= found["responses"].keys()


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=_named)
def test_examples_are_what_the_operation_takes_and_gives(endpoint: Endpoint) -> None:
    shown, found = EXAMPLES.get(_key(endpoint), {}), _operation(endpoint)
    if endpoint.body and endpoint.body is not Empty:
        endpoint.body.model_validate_json(json.dumps(shown["request"]))
        content = found["requestBody"]["content"]["application/json"]
        assert _faults(content["schema"], shown["request"]) == []
    answer = found["responses"][str(endpoint.status)].get("content")
    if answer:
        schema = answer["application/json"]["schema"]
        assert _faults(schema, shown["response"]) == []
        assert _faults(schema, {"of": "something else"}) != []


def test_there_is_no_example_of_what_is_not_there() -> None:
    assert EXAMPLES.keys() - {_key(each) for each in ENDPOINTS} == DOCUMENT["webhooks"].keys()


@pytest.mark.parametrize("name", ["leads.discovered", "lead.feedback"])
def test_examples_of_webhooks_are_what_they_carry(name: str) -> None:
    body = DOCUMENT["webhooks"][name]["post"]["requestBody"]["content"]["application/json"]
    assert body["example"]["type"] == name
    assert _faults(body["schema"], body["example"]) == []


TIERS = {"starter", "growth", "pro"}
GENDERS = {"female", "male"}
FOLLOWER_TIERS = {"under_1k", "1k_to_10k", "10k_to_100k", "100k_to_1m", "over_1m"}
RUN_STATUS = {"queued", "running", "succeeded", "failed"}
STEPS = {"fetch_followers", "filter_bots", "classify", "enrich", "store", "deliver", "done"}
REASONS = {"wrong_gender", "wrong_job", "wrong_skill", "wrong_personality"}
NAMES: dict[str, set[str]] = {
    "Account.tier": TIERS,
    "Account.pendingTier": TIERS,
    "AccountBudget.tier": TIERS,
    "PairOut.accountTier": TIERS,
    "Me.subscriptionStatus": set(get_args(plans.Status)),
    "Lead.matchConfidence": {"high", "medium"},
    "Lead.sourceType": {"new_follower", "existing_follower", "liker"},
    "Lead.gender": GENDERS | {"unknown"},
    "Lead.followerCountTier": FOLLOWER_TIERS,
    "LeadFeedback.feedback": {"good", "bad"},
    "LeadFeedback.badReason": REASONS | {"bot", "zapier", "other"},
    "SegmentOut.genderValues": GENDERS,
    "SegmentOut.followerCountTiers": FOLLOWER_TIERS,
    "SegmentRead.genderValues": GENDERS,
    "SegmentRead.followerCountTiers": FOLLOWER_TIERS,
    "Stream.emailMode": {"verified", "any"},
    "Stream.emailDigestOverride": {"after_every_sync", "daily", "weekly", "off"},
    "Stream.deliveryDestination": {"leads_only", "leads_plus_webhook"},
    "LastRun.status": RUN_STATUS,
    "Run.status": RUN_STATUS,
    "Run.source": {"manual", "cron"},
    "Run.mode": {"sync-then-search", "re-test"},
    "Run.provider": {"scrapebadger", "kaitoeasyapi"},
    "LogLine.step": STEPS | {"queued", "failed"},
}
"""What the contract names (2.6), by the answer and its field."""


@pytest.mark.parametrize("field", NAMES)
def test_an_answer_says_which_names_a_field_may_have(field: str) -> None:
    model, _, name = field.partition(".")
    found = DOCUMENT["components"]["schemas"][model]["properties"][name]
    told = next(each for each in found.get("anyOf", [found]) if each["type"] != "null")
    assert set(told.get("items", told)["enum"]) == NAMES[field]


def test_a_stored_name_that_is_none_of_them_is_shown_all_the_same() -> None:
    assert LastRun(id=1, status="completed", completed_at=None).status == "completed"


@pytest.mark.parametrize("error", list(errors.catalogue()), ids=lambda error: str(error.error))
def test_somebody_answers_with_every_error(error: type[errors.ApiError]) -> None:
    (row,) = [
        line
        for line in make_docs.errors_page(ENDPOINTS).splitlines()
        if line.startswith(f"| {error.status} | `{error.error}` | `{error.code}` |")
    ]
    assert row.split(" | ")[-1].removesuffix(" |").strip()
