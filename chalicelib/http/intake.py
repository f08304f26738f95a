"""What comes in: a request's body and query as schemas, and what else an endpoint may ask for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from chalice.app import Request
from pydantic import ValidationError
from pydantic_core import from_json

from chalicelib import ids
from chalicelib.auth import sessions
from chalicelib.errors import ApiError, BodyTooLarge, InvalidJson, InvalidRequest
from chalicelib.http.schema import Empty, Input, faults

BODY_LIMIT = 262_144
"""Bytes of a request body."""


class PathId(NamedTuple):
    """Marks a path parameter as an id; text that is no id answers the 404 of its resource."""

    missing: type[ApiError]

    def parse(self, text: str) -> int:
        value = ids.parse(text)
        if value is None:
            raise self.missing
        return value


class RawRequest(NamedTuple):
    """A request as it came, for an endpoint that checks a signature over it."""

    body: str | bytes
    headers: Mapping[str, str]


class Visitor(NamedTuple):
    """Who knocks at a door that asks nobody who they are."""

    ip: str
    session: str | None
    """The token of the session cookie, alive or not."""


def visitor(request: Request) -> Visitor:
    """The visitor as API Gateway saw the connection; headers that claim otherwise say nothing."""
    ip = str(request.context["identity"]["sourceIp"])
    return Visitor(ip, sessions.token_of(request.headers))


def raw_body(request: Request) -> bytes:
    """The body as bytes. Raises BodyTooLarge."""
    raw = request.raw_body
    body = raw.encode(errors="surrogatepass") if isinstance(raw, str) else bytes(raw)
    if len(body) > BODY_LIMIT:
        raise BodyTooLarge
    return body


def validated(
    request: Request, raw: bytes, body: type[Input] | None, query: type[Input]
) -> dict[str, Any]:
    """Body and query as their schemas. Raises InvalidJson, or one InvalidRequest for all faults."""
    found: dict[str, Any] = {}
    details: list[dict[str, str]] = []
    if body is not None:
        text = raw.strip() or b"{}"
        try:
            found["body"] = body.model_validate_json(text)
        except ValidationError as error:
            if not _is_json(text, error):
                raise InvalidJson from None
            details += faults(error)
    try:
        found["query"] = query.model_validate(_single_values(request, details))
    except ValidationError as error:
        details += faults(error)
    if details:
        raise InvalidRequest(details=details)
    return {name: value for name, value in found.items() if not isinstance(value, Empty)}


def _is_json(text: bytes, refused: ValidationError) -> bool:
    """Whether a body that was refused is JSON at all.

    Pydantic reads NaN and Infinity as numbers, which JSON has none of; no schema here takes them.
    """
    if refused.errors(include_url=False, include_input=False)[0]["type"] == "json_invalid":
        return False
    try:
        from_json(text, allow_inf_nan=False)
    except ValueError:
        return False
    return True


def _single_values(request: Request, details: list[dict[str, str]]) -> dict[str, str]:
    given = request.query_params
    if given is None:
        return {}
    for name in given:
        if len(given.getlist(name)) > 1:
            details.append({"field": name, "message": "is given more than once"})
    return dict(given)
