"""The seam between Chalice and our functions: an endpoint's signature is its contract.

`caller`, `body` and `query` are reserved names; every other parameter comes from the path. The
signature authenticates, validates, maps errors and feeds the OpenAPI document.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import (
    Annotated,
    Any,
    Literal,
    TypedDict,
    TypeVar,
    Unpack,
    get_args,
    get_origin,
    get_type_hints,
)
from uuid import uuid4

from chalice.app import Chalice, CORSConfig, Request, Response
from pydantic import BaseModel, ValidationError

from chalicelib import ids
from chalicelib.auth.caller import Caller, authenticate
from chalicelib.errors import (
    ApiError,
    BodyTooLarge,
    InternalError,
    InvalidJson,
    InvalidRequest,
    RateLimited,
)
from chalicelib.http.schema import Empty, Input, faults
from chalicelib.telemetry import logger

PREFIX = "/api/v2"
BODY_LIMIT = 262_144
"""Bytes of a request body."""

_F = TypeVar("_F", bound=Callable[..., Any])


Auth = Literal["hybrid", "bearer"]


class Options(TypedDict, total=False):
    """What a route says beside its signature."""

    status: int
    errors: Sequence[type[ApiError]]
    auth: Auth


@dataclass(frozen=True, slots=True)
class PathId:
    """Marks a path parameter as an id; text that is no id answers the 404 of its resource."""

    missing: type[ApiError]

    def parse(self, text: str) -> int:
        value = ids.parse(text)
        if value is None:
            raise self.missing
        return value


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One route, read off the signature of its function."""

    method: str
    path: str
    status: int
    function: Callable[..., BaseModel]
    errors: tuple[type[ApiError], ...]
    auth: Auth | None
    """None when nobody is asked who they are."""
    body: type[Input] | None
    query: type[Input]
    path_ids: dict[str, PathId]

    @classmethod
    def read(cls, method: str, path: str, function: Any, options: Options) -> Endpoint:
        """The endpoint that this function declares by its signature."""
        hints = get_type_hints(function, include_extras=True)
        return cls(
            method=method,
            path=PREFIX + path,
            status=options.get("status", 200),
            function=function,
            errors=tuple(options.get("errors", ())),
            auth=options.get("auth", "hybrid") if "caller" in hints else None,
            body=None if method == "GET" else hints.get("body", Empty),
            query=hints.get("query", Empty),
            path_ids={
                name: get_args(hint)[1]
                for name, hint in hints.items()
                if get_origin(hint) is Annotated and isinstance(get_args(hint)[1], PathId)
            },
        )

    @property
    def summary(self) -> str:
        """The function's first line, as the API document shows it."""
        return (inspect.getdoc(self.function) or "").partition("\n")[0]

    def answer(self, request: Request, path: dict[str, str]) -> Response:
        """Call the function for this request; every outcome becomes a response here."""
        request_id = f"req_{request.context.get('requestId') or uuid4()}"
        headers = {"Content-Type": "application/json", "X-Request-Id": request_id}
        logger.set_correlation_id(request_id)
        try:
            arguments: dict[str, Any] = {}
            if self.auth is not None:
                caller = authenticate(request.headers)
                headers |= caller.headers()
                logger.append_keys(user_id=caller.user_id)
                _refuse_above_limit(caller)
                arguments["caller"] = caller
            arguments |= self._validated(request)
            arguments |= {name: self.path_ids[name].parse(text) for name, text in path.items()}
            result = self.function(**arguments)
            body: Any = result.model_dump_json(by_alias=True, exclude_unset=True)
            return Response(body, {**headers}, self.status)
        except ApiError as error:
            logger.info("refused", extra={"code": error.code, "path": self.path})
            return failure(error, headers)
        except Exception:
            logger.exception("request failed", extra={"path": self.path})
            return failure(InternalError(), headers)

    def _validated(self, request: Request) -> dict[str, Any]:
        """Body and query as their schemas. Raises one InvalidRequest for the faults of both."""
        raw = request.raw_body
        if len(raw) > BODY_LIMIT:
            raise BodyTooLarge
        found: dict[str, Any] = {}
        details: list[dict[str, str]] = []
        if self.body is not None:
            try:
                found["body"] = self.body.model_validate_json(raw.strip() or b"{}")
            except ValidationError as error:
                if error.errors()[0]["type"] == "json_invalid":
                    raise InvalidJson from None
                details += faults(error)
        try:
            found["query"] = self.query.model_validate(_single_values(request, details))
        except ValidationError as error:
            details += faults(error)
        if details:
            raise InvalidRequest(details=details)
        return {name: value for name, value in found.items() if not isinstance(value, Empty)}


def _single_values(request: Request, details: list[dict[str, str]]) -> dict[str, str]:
    given = request.query_params
    if given is None:
        return {}
    for name in given:
        if len(given.getlist(name)) > 1:
            details.append({"field": name, "message": "is given more than once"})
    return dict(given)


def _refuse_above_limit(caller: Caller) -> None:
    if caller.is_over_limit:
        raise RateLimited(headers={"Retry-After": str(caller.reset)})


def failure(error: ApiError, headers: dict[str, str]) -> Response:
    """The one shape of every error."""
    body = {**error.body, "requestId": headers["X-Request-Id"]}
    return Response(json.dumps(body), {**headers, **error.headers}, error.status)


class Router:
    """Collects the endpoints of a room; `app.py` registers them all.

    `status` is that of success, `errors` those particular to the endpoint, `auth` who may call:
    `hybrid` (key or session cookie) or `bearer` (key only). Without a `caller` nobody is asked.
    """

    def __init__(self) -> None:
        self.endpoints: list[Endpoint] = []

    def get(self, path: str, **options: Unpack[Options]) -> Callable[[_F], _F]:
        """Declare a read."""
        return self._declare("GET", path, options)

    def post(self, path: str, **options: Unpack[Options]) -> Callable[[_F], _F]:
        """Declare a call that makes or starts something."""
        return self._declare("POST", path, options)

    def put(self, path: str, **options: Unpack[Options]) -> Callable[[_F], _F]:
        """Declare a call that replaces something."""
        return self._declare("PUT", path, options)

    def patch(self, path: str, **options: Unpack[Options]) -> Callable[[_F], _F]:
        """Declare a call that changes some fields."""
        return self._declare("PATCH", path, options)

    def delete(self, path: str, **options: Unpack[Options]) -> Callable[[_F], _F]:
        """Declare a call that removes something."""
        return self._declare("DELETE", path, options)

    def _declare(self, method: str, path: str, options: Options) -> Callable[[_F], _F]:
        def keep(function: _F) -> _F:
            self.endpoints.append(Endpoint.read(method, path, function, options))
            return function

        return keep


def register(app: Chalice, routers: Sequence[Router], *, cors: CORSConfig) -> None:
    """Put every endpoint of the routers on Chalice's route table."""
    for router in routers:
        for endpoint in router.endpoints:
            _register(app, endpoint, cors)


def _register(app: Chalice, endpoint: Endpoint, cors: CORSConfig) -> None:
    def view(**path: str) -> Response:
        request = app.current_request
        if request is None:  # Chalice sets it before it calls a view
            raise RuntimeError("no request")
        return endpoint.answer(request, path)

    view.__name__ = endpoint.function.__name__
    # A body is parsed as JSON whatever it calls itself.
    app.route(endpoint.path, methods=[endpoint.method], content_types=["*/*"], cors=cors)(view)
