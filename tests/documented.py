"""Whether an answer is one that the API's own document tells of."""

from __future__ import annotations

from functools import cache
from typing import Any

from chalice.test import HTTPResponse
from jsonschema import Draft202012Validator

from chalicelib.docs_site import described
from chalicelib.docs_site.openapi import document
from chalicelib.docs_site.operations import path_of
from chalicelib.http.endpoint import Endpoint


@cache
def _document() -> dict[str, Any]:
    return document(described.endpoints(), base_url="https://api.example.org/api/v2")


def _resolved(part: dict[str, Any]) -> dict[str, Any]:
    found: Any = part
    if "$ref" in part:
        found = _document()
        for name in part["$ref"].removeprefix("#/").split("/"):
            found = found[name]
    return dict(found)


def undocumented(endpoint: Endpoint, answer: HTTPResponse) -> list[str]:
    """What of this answer the document does not tell of."""
    told = _document()["paths"][path_of(endpoint)][endpoint.method.lower()]["responses"]
    if str(answer.status_code) not in told:
        return [f"status {answer.status_code}: {answer.body!r}"]
    response = _resolved(told[str(answer.status_code)])
    missing = [
        name
        for name, header in response["headers"].items()
        if name not in answer.headers and _resolved(header).get("required")
    ]
    content = response.get("content", {}).get("application/json")
    if content is None:
        return missing
    schema = {**content["schema"], "components": _document()["components"]}
    faults = Draft202012Validator(schema).iter_errors(answer.json_body)
    return missing + [f"{fault.json_path}: {fault.message}" for fault in faults]
