"""The seam between Chalice and our functions: an endpoint's signature is its contract.

Reserved names of parameters: `caller` (who is asked for), `body` and `query` (schemas), `raw` (the
unparsed request), `visitor` (where an unauthenticated request comes from), `attempt` (what makes a
create take effect once). Every other parameter comes from the path. The signature authenticates,
validates, maps errors and feeds the OpenAPI document.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib import import_module
from typing import Any, TypeVar, Unpack

from chalice.app import Chalice, CORSConfig, Request, Response

from chalicelib.errors import InternalError, MethodNotAllowed
from chalicelib.http.attempts import Attempt
from chalicelib.http.endpoint import PREFIX, Auth, Endpoint, Options, opening
from chalicelib.http.intake import PathId, RawRequest, Visitor
from chalicelib.http.replies import Reply, failure
from chalicelib.telemetry import logger

__all__ = [
    "PREFIX",
    "Attempt",
    "Auth",
    "Endpoint",
    "PathId",
    "RawRequest",
    "Reply",
    "Router",
    "Visitor",
    "register",
]

_F = TypeVar("_F", bound=Callable[..., Any])


class Router:
    """Collects the endpoints of a room; `rooms.py` lists them all.

    `status` is that of success, `also` are further ones that a Reply may choose, `errors` those
    particular to the endpoint, `auth` who may call: `hybrid` (key or session cookie) or `bearer`
    (key only). Without a `caller` nobody is asked.
    `takes_up` lets a request that was interrupted be taken up by its like without a key;
    `shown_once` names the field that is null when an answer is replayed.
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

    def endpoint(self, route: str) -> Endpoint:
        """The endpoint of a route such as `GET /me`. Raises LookupError when there is none."""
        for endpoint in self.endpoints:
            if endpoint.route == route:
                return endpoint
        raise LookupError(f"no endpoint declares {route}")


def register(app: Chalice, rooms: Mapping[str, Sequence[str]], *, cors: CORSConfig) -> None:
    """Put the routes of each module on Chalice's route table.

    A module is imported, and its `router` asked for the endpoint, when a route is first called.
    """
    for module, routes in rooms.items():
        for route in routes:
            _register(app, module, route, cors)
    app.register_middleware(_refusals(cors), "http")


def _register(app: Chalice, module: str, route: str, cors: CORSConfig) -> None:
    @cache
    def endpoint() -> Endpoint:
        router: Router = import_module(module).router
        return router.endpoint(route)

    def view(**path: str) -> Response:
        request = app.current_request
        if request is None:  # Chalice sets it before it calls a view
            raise RuntimeError("no request")
        return endpoint().answer(request, path)

    method, _, path = route.partition(" ")
    # A body is parsed as JSON whatever it calls itself.
    app.route(PREFIX + path, methods=[method], content_types=["*/*"], cors=cors)(view)


def _refusals(cors: CORSConfig) -> Callable[[Request, Callable[[Request], Response]], Response]:
    """Gives what is refused, or fails, outside of an endpoint the shape and the headers of ours."""

    def shaped(request: Request, get_response: Callable[[Request], Response]) -> Response:
        try:
            response = get_response(request)
        except Exception:
            headers = opening(request) | cors.get_access_control_headers()
            logger.exception("request failed", extra={"path": request.path})
            return failure(InternalError(), headers)
        if response.status_code != MethodNotAllowed.status:
            return response
        allowed = {"Allow": str(response.headers["Allow"])}
        headers = opening(request) | cors.get_access_control_headers()
        return failure(MethodNotAllowed(headers=allowed), headers)

    return shaped
