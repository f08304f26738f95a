"""Which errors an operation can answer with, and how the OpenAPI document shows them."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from chalicelib import errors
from chalicelib.errors import ApiError
from chalicelib.http.router import Endpoint

Json = dict[str, Any]

UNSAFE = {"POST", "PUT", "PATCH", "DELETE"}
_WAITING = {errors.RateLimited, errors.IdempotencyInProgress, errors.HandleLookupFailed} | {
    errors.EnrichmentUnavailable
}
"""Errors that say with `Retry-After` how long to wait."""
_FREE_TEXT = {errors.StripeFailed}
"""Errors whose `error` may be somebody else's words."""

_SHARED: dict[str, list[type[ApiError]]] = {
    "InvalidQuery": [errors.InvalidRequest],
    "InvalidBody": [errors.InvalidJson, errors.InvalidRequest],
    "Unauthorized": [errors.InvalidApiKey, errors.MalformedApiKey, errors.MissingApiKey],
    "ForeignOrigin": [errors.BadOrigin],
    "StillRunning": [errors.IdempotencyInProgress],
    "TooLarge": [errors.BodyTooLarge],
    "KeyReused": [errors.IdempotencyKeyReused],
    "TooMany": [errors.RateLimited],
    "OurFault": [errors.InternalError],
}
"""What many operations answer alike, by the name of the component."""

SCHEMA: Json = {
    "type": "object",
    "description": "Branch on `error` or `code`; `message` is copy for people and may change.",
    "required": ["error", "code", "message", "requestId"],
    "properties": {
        "error": {"type": "string"},
        "code": {"type": "string", "pattern": "^[a-z][a-z_]+$"},
        "message": {"type": "string"},
        "requestId": {"type": "string"},
        "details": {
            "type": "array",
            "description": "With `invalid_request`: every fault.",
            "items": {
                "type": "object",
                "required": ["field", "message"],
                "properties": {"field": {"type": "string"}, "message": {"type": "string"}},
            },
        },
        "orphans": {
            "type": "array",
            "description": "With `orphan_label`: every label without a canonical match.",
            "items": {
                "type": "object",
                "required": ["category", "label", "suggestions"],
                "properties": {
                    "category": {"type": "string"},
                    "label": {"type": "string"},
                    "suggestions": {"type": "array", "items": {"type": "string"}},
                },
            },
        },
    },
}


def of(endpoint: Endpoint) -> list[type[ApiError]]:
    """Every error of an endpoint, general ones included, in the order of the catalogue."""
    found = {errors.InvalidRequest, errors.InternalError, *endpoint.errors}
    found |= {each.missing for each in endpoint.path_ids.values()}
    if endpoint.method in UNSAFE:
        found.add(errors.BodyTooLarge)
    if endpoint.body is not None:
        found.add(errors.InvalidJson)
    if endpoint.auth is not None:
        found |= _of_callers(endpoint)
    return [each for each in errors.catalogue() if each in found]


def _of_callers(endpoint: Endpoint) -> set[type[ApiError]]:
    found = {
        errors.MissingApiKey,
        errors.MalformedApiKey,
        errors.InvalidApiKey,
        errors.RateLimited,
    }
    if endpoint.auth == "hybrid" and endpoint.method in UNSAFE:
        found.add(errors.BadOrigin)
    if endpoint.method in {"POST", "PATCH"}:
        found |= {errors.IdempotencyInProgress, errors.IdempotencyKeyReused}
    return found


def responses(endpoint: Endpoint) -> Json:
    """The failing responses of an operation by status."""
    by_status: dict[int, list[type[ApiError]]] = defaultdict(list)
    for each in of(endpoint):
        by_status[each.status].append(each)
    return {str(status): _referred(found) for status, found in by_status.items()}


def shared_responses() -> Json:
    """The responses that many operations refer to."""
    return {name: _response(found) for name, found in _SHARED.items()}


def _referred(found: list[type[ApiError]]) -> Json:
    for name, shared in _SHARED.items():
        if found == shared:
            return {"$ref": f"#/components/responses/{name}"}
    return _response(found)


def _response(found: list[type[ApiError]]) -> Json:
    return {
        "description": "\n".join(f"* `{each.error}`: {each.message}" for each in found),
        "headers": _headers(found),
        "content": {
            "application/json": {
                "schema": {
                    "allOf": [
                        {"$ref": "#/components/schemas/Error"},
                        {"properties": _named(found)},
                    ]
                },
                "examples": {each.error: {"value": _example(each)} for each in found},
            }
        },
    }


def _named(found: list[type[ApiError]]) -> Json:
    named: Json = {"code": {"enum": sorted({each.code for each in found})}}
    if not _FREE_TEXT & set(found):
        named["error"] = {"enum": sorted({each.error for each in found})}
    return named


def _headers(found: list[type[ApiError]]) -> Json:
    names = ["X-Request-Id"]
    if _WAITING & set(found):
        names.append("Retry-After")
    if found[0].status == 401:
        names.append("WWW-Authenticate")
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def _example(each: type[ApiError]) -> Json:
    shown: Json = {"error": each.error, "code": each.code, "message": each.message}
    if each is errors.InvalidRequest:
        shown["details"] = [{"field": "pairs[3].segmentId", "message": "must be an integer"}]
    if each is errors.OrphanLabel:
        orphan = {"category": "job_role", "label": "Grand Poobah"}
        shown["orphans"] = [{**orphan, "suggestions": ["Executive", "Founder"]}]
    return {**shown, "requestId": "req_8f2c1d"}
