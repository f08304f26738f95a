"""The OpenAPI 3.1 document, read off the routers: nothing in it is typed twice."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from pydantic import BaseModel

from chalicelib.delivery.messages import (
    LeadFeedbackMessage,
    LeadsDiscoveredMessage,
    TrialMessage,
)
from chalicelib.docs_site import failures
from chalicelib.docs_site.operations import answers_of, operation, path_of, room_of
from chalicelib.docs_site.schemas import Components, Json
from chalicelib.http.endpoint import Endpoint
from chalicelib.http.schema import Empty

VERSION = "2.0.0"
"""Of the API, not of the program."""
_HERE = Path(__file__).parent
_MESSAGES: dict[str, type[BaseModel]] = {
    "leads.discovered": LeadsDiscoveredMessage,
    "lead.feedback": LeadFeedbackMessage,
    "webhook.test": TrialMessage,
}


def document(endpoints: Sequence[Endpoint], *, base_url: str) -> Json:
    """The whole document. Pure but for reading the examples beside this file."""
    examples: dict[str, Json] = json.loads((_HERE / "examples.json").read_text("utf-8"))
    components = Components(
        [each.body for each in endpoints if each.body and each.body is not Empty],
        [
            *(model for each in endpoints for model in answers_of(each)),
            *_MESSAGES.values(),
        ],
    )
    paths: Json = {}
    for each in endpoints:
        found = operation(each, components, examples)
        paths.setdefault(path_of(each), {})[each.method.lower()] = found
    return {
        "openapi": "3.1.0",
        "info": _info(),
        "servers": [{"url": base_url}],
        "tags": _tags(endpoints),
        "paths": paths,
        "webhooks": _webhooks(components, examples),
        "components": {
            "schemas": {"Error": failures.SCHEMA, **components.schemas},
            "responses": failures.shared_responses(),
            "headers": _HEADERS,
            "parameters": _PARAMETERS,
            "securitySchemes": _SECURITY_SCHEMES,
        },
    }


def _info() -> Json:
    return {
        "title": "ctgo API",
        "version": VERSION,
        "summary": "Finds leads among the people who newly follow accounts on X.",
        "description": (_HERE / "introduction.md").read_text("utf-8"),
        "license": {"name": "MIT", "identifier": "MIT"},
    }


def _tags(endpoints: Sequence[Endpoint]) -> list[Json]:
    """One a room, described by the first line of its routes."""
    modules = {room_of(each): sys.modules[each.function.__module__] for each in endpoints}
    return [
        {"name": room, "description": (module.__doc__ or "").partition("\n")[0]}
        for room, module in modules.items()
    ]


def _webhooks(components: Components, examples: dict[str, Json]) -> Json:
    """What subscribers are sent, as Standard Webhooks 1.0 has it."""
    found: Json = {}
    for name, model in _MESSAGES.items():
        content: Json = {"schema": components.answer(model), "example": examples[name]["request"]}
        found[name] = {
            "post": {
                "operationId": f"on_{name.replace('.', '_')}",
                "summary": (model.__doc__ or "").strip(),
                "tags": ["webhooks"],
                "security": [],
                "parameters": [
                    {"$ref": f"#/components/parameters/{header}"} for header in _SIGNATURE
                ],
                "requestBody": {"required": True, "content": {"application/json": content}},
                "responses": {"2XX": {"description": "Delivered. Anything else is tried again."}},
            }
        }
    return found


def _header(description: str, schema: Json) -> Json:
    return {"description": description, "schema": schema}


_TEXT, _NUMBER = {"type": "string"}, {"type": "integer", "minimum": 0}
_HEADERS = {
    "X-Request-Id": _header("Names this request, also in errors.", _TEXT),
    "X-RateLimit-Limit": _header("Requests that the credential may make in a minute.", _NUMBER),
    "X-RateLimit-Remaining": _header("Requests that are left of this minute.", _NUMBER),
    "X-RateLimit-Reset": _header("Seconds until the minute ends.", _NUMBER),
    "Retry-After": _header("Seconds to wait; not with `credits_exhausted`.", _NUMBER),
    "WWW-Authenticate": _header("`Bearer`.", _TEXT),
    "Idempotent-Replayed": _header("`true` when an earlier answer is given again.", _TEXT),
}


def _parameter(name: str, description: str, schema: Json, *, required: bool) -> Json:
    return {
        "name": name,
        "in": "header",
        "required": required,
        "description": description,
        "schema": schema,
    }


_SIGNATURE = ("webhook-id", "webhook-timestamp", "webhook-signature")
_PARAMETERS = {
    "Idempotency-Key": _parameter(
        "Idempotency-Key",
        "Makes a retry harmless for 24 hours: the same request and key take effect once.",
        {"type": "string", "pattern": "^[!-~]{1,255}$"},
        required=False,
    ),
    "Stripe-Signature": _parameter(
        "Stripe-Signature", "As Stripe signs its events.", _TEXT, required=True
    ),
    "webhook-id": _parameter(
        "webhook-id", "The same over all retries: deduplicate by it.", _TEXT, required=True
    ),
    "webhook-timestamp": _parameter(
        "webhook-timestamp", "Unix seconds of the attempt.", _TEXT, required=True
    ),
    "webhook-signature": _parameter(
        "webhook-signature",
        "`v1,` and the base64 HMAC-SHA256 of `{id}.{timestamp}.{body}`.",
        _TEXT,
        required=True,
    ),
}
_SECURITY_SCHEMES = {
    "key": {
        "type": "http",
        "scheme": "bearer",
        "description": "An API key: `ctgo_` and 40 characters.",
    },
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": "ctgo_session",
        "description": "The cookie of the web UI; unsafe methods need its `Origin` too.",
    },
}
