"""What goes back over the wire: a model as JSON, a Reply that says more, or the shape of errors."""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Generic, NamedTuple, TypeVar

from chalice.app import Response
from pydantic import BaseModel

from chalicelib.errors import ApiError

_Body = TypeVar("_Body", bound=BaseModel | str)


class Reply(NamedTuple, Generic[_Body]):
    """An answer that is more than a body; `-> Reply[Model]` documents the model.

    A `str` goes out as it is, so its headers should name its Content-Type.
    """

    body: _Body
    status: int | None = None
    """None stands for the status of the route."""
    headers: Mapping[str, str] = MappingProxyType({})


def success(result: BaseModel | Reply[Any], status: int, base: dict[str, str]) -> Response:
    """The response that an endpoint's result stands for."""
    if not isinstance(result, Reply):
        return Response(_json(result), {**base}, status)
    body = result.body if isinstance(result.body, str) else _json(result.body)
    return Response(body, {**base, **result.headers}, result.status or status)


def _json(model: BaseModel) -> str:
    return model.model_dump_json(by_alias=True, exclude_unset=True)


def failure(error: ApiError, base: dict[str, str]) -> Response:
    """The one shape of every error. `base` carries the request's id."""
    body = {**error.body, "requestId": base["X-Request-Id"]}
    return Response(json.dumps(body), {**base, **error.headers}, error.status)
