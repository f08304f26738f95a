"""The pages of docs/ that are made say what the code says, and the API document is sound."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

from app import app
from chalicelib import errors
from chalicelib.docs_site import described, failures
from chalicelib.docs_site.openapi import document
from chalicelib.docs_site.operations import path_of
from chalicelib.http.endpoint import PREFIX, Endpoint
from chalicelib.http.schema import Empty
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


@pytest.mark.parametrize("error", list(errors.catalogue()), ids=lambda error: str(error.error))
def test_somebody_answers_with_every_error(error: type[errors.ApiError]) -> None:
    (row,) = [
        line
        for line in make_docs.errors_page(ENDPOINTS).splitlines()
        if line.startswith(f"| {error.status} | `{error.error}` | `{error.code}` |")
    ]
    assert row.split(" | ")[-1].removesuffix(" |").strip()
