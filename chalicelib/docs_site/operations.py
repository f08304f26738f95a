"""An endpoint as an operation of the OpenAPI document."""

from __future__ import annotations

import inspect
import re
import types
from collections.abc import Iterator, Mapping
from typing import Any, Union, get_args, get_origin, get_type_hints

from pydantic import BaseModel, ValidationError

from chalicelib import errors
from chalicelib.docs_site import failures
from chalicelib.docs_site.schemas import Components, Json, query_properties
from chalicelib.http.router import PREFIX, Endpoint, Reply
from chalicelib.http.schema import Empty
from chalicelib.ids import MAX_ID

_ID = {"type": "integer", "minimum": 1, "maximum": MAX_ID}
_SECURITY: Mapping[str | None, list[Json]] = {
    "hybrid": [{"key": []}, {"session": []}],
    "bearer": [{"key": []}],
    None: [],
}
_LIMITS = ("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset")


def path_of(endpoint: Endpoint) -> str:
    """The path below the base address."""
    return endpoint.path.removeprefix(PREFIX)


def room_of(endpoint: Endpoint) -> str:
    """The resource that an endpoint belongs to: the name of its package, as a tag."""
    return endpoint.function.__module__.split(".")[1].replace("_", "-")


def answers_of(endpoint: Endpoint) -> list[type[BaseModel]]:
    """The models that an endpoint answers with; none where it answers with text."""
    return list(_models(get_type_hints(endpoint.function)["return"]))


def _models(hint: Any) -> Iterator[type[BaseModel]]:
    if get_origin(hint) in (Union, types.UnionType, Reply):
        for each in get_args(hint):
            yield from _models(each)
    elif isinstance(hint, type) and issubclass(hint, BaseModel):
        yield hint


def operation(endpoint: Endpoint, components: Components, examples: Mapping[str, Json]) -> Json:
    """The operation with everything that its function's signature says."""
    shown = examples.get(f"{endpoint.method} {re.sub('{.*?}', '{}', path_of(endpoint))}", {})
    _, _, details = (inspect.getdoc(endpoint.function) or "").partition("\n\n")
    found: Json = {
        "operationId": endpoint.function.__name__,
        "summary": endpoint.summary,
        "tags": [room_of(endpoint)],
        "security": _SECURITY[endpoint.auth],
        "parameters": _parameters(endpoint),
        "responses": {
            **_successes(endpoint, components, shown),
            **failures.responses(endpoint),
        },
    }
    if details:
        found["description"] = details
    body = _request_body(endpoint, components, shown)
    return found | ({"requestBody": body} if body else {})


def _parameters(endpoint: Endpoint) -> list[Json]:
    found: list[Json] = [
        {"name": name, "in": "path", "required": True, "schema": dict(_ID)}
        for name in endpoint.path_ids
    ]
    properties, required = query_properties(endpoint.query)
    for name, schema in properties.items():
        found.append({"name": name, "in": "query", "required": name in required, "schema": schema})
    if endpoint.auth is not None and endpoint.method in {"POST", "PATCH"}:
        found.append({"$ref": "#/components/parameters/Idempotency-Key"})
    if errors.InvalidSignature in endpoint.errors:
        found.append({"$ref": "#/components/parameters/Stripe-Signature"})
    return found


def _request_body(endpoint: Endpoint, components: Components, shown: Json) -> Json | None:
    if errors.InvalidSignature in endpoint.errors:
        return {"required": True, "content": {"application/json": {"schema": {"type": "object"}}}}
    if endpoint.body is None or endpoint.body is Empty:
        return None
    content: Json = {"schema": components.request(endpoint.body)}
    if "request" in shown:
        content["example"] = shown["request"]
    return {
        "required": not _may_be_empty(endpoint.body),
        "content": {"application/json": content},
    }


def _may_be_empty(body: type[BaseModel]) -> bool:
    try:
        body.model_validate_json("{}")
    except ValidationError:
        return False
    return True


def _successes(endpoint: Endpoint, components: Components, shown: Json) -> Json:
    content: Json = {}
    models = answers_of(endpoint)
    if models:
        schemas = [components.answer(model) for model in models]
        schema = schemas[0] if len(schemas) == 1 else {"anyOf": schemas}
        content["content"] = {"application/json": {"schema": schema}}
        if "response" in shown:
            content["content"]["application/json"]["example"] = shown["response"]
    names = ["X-Request-Id", *(_LIMITS if endpoint.auth is not None else ())]
    if endpoint.auth is not None and endpoint.method in {"POST", "PATCH"}:
        names.append("Idempotent-Replayed")
    headers = {name: {"$ref": f"#/components/headers/{name}"} for name in names}
    return {
        str(status): {"description": _MEANING[status], "headers": headers, **content}
        for status in (endpoint.status, *endpoint.also)
    }


_MEANING = {
    200: "Done.",
    201: "Created.",
    202: "Accepted; the work goes on.",
    303: "Go on at `Location`.",
}
