"""API Gateway in front of the app: routing, its own refusals, and answers that never go missing."""

from __future__ import annotations

import base64
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from chalice.app import Chalice
from chalice.config import Config
from chalice.local import LocalGateway, LocalGatewayException

from chalicelib.errors import ApiError, InternalError, MethodNotAllowed, RouteNotFound

log = logging.getLogger("localdev.api")


@dataclass(frozen=True)
class Answer:
    """What goes back over the wire; a header may have several values."""

    status: int
    headers: Mapping[str, str | list[str]] = field(default_factory=dict)
    body: bytes = b""


class Gateway(LocalGateway):
    """Chalice's local gateway, with the refusals that infra/ defines for the real one."""

    def __init__(self, app: Chalice, config: Config) -> None:
        super().__init__(app, config)
        self._app = app
        entries = [entry for methods in app.routes.values() for entry in methods.values()]
        # Gateway responses carry the same headers for every path, known or not.
        self._cors = next((entry.cors for entry in entries if entry.cors), None)

    def answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        """The answer to a request; whatever goes wrong inside becomes a 500."""
        try:
            methods = self._methods(path)
            if not methods:
                return self.refusal(RouteNotFound())
            if method not in methods and method != "OPTIONS":
                allowed = ", ".join(sorted(methods))
                return self.refusal(MethodNotAllowed(headers={"Allow": allowed}))
            return _encode(self.handle_request(method, path, headers, body or None))
        except LocalGatewayException as error:
            return Answer(error.CODE, dict(error.headers), error.body or b"")
        except Exception:
            log.exception("%s %s", method, path)
            return self.refusal(InternalError())

    def refusal(self, error: ApiError) -> Answer:
        """An answer that the gateway gives by itself, in the shape of the app's own errors."""
        request_id = f"req_{uuid4()}"
        body = json.dumps({**error.body, "requestId": request_id}).encode()
        headers = {
            "Content-Type": "application/json",
            "X-Request-Id": request_id,
            **(self._cors.get_access_control_headers() if self._cors else {}),
            **error.headers,
        }
        return Answer(error.status, headers, body)

    def _methods(self, path: str) -> set[str]:
        try:
            route = self.event_converter.create_lambda_event("GET", path, {})
        except ValueError:  # no such route
            return set()
        return set(self._app.routes[route["requestContext"]["resourcePath"]])

    def _generate_lambda_event(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        event: dict[str, Any] = super()._generate_lambda_event(*args, **kwargs)
        event["requestContext"]["requestId"] = str(uuid4())
        return event


def _encode(response: dict[str, Any]) -> Answer:
    body = response["body"] or b""
    if response.get("isBase64Encoded"):
        body = base64.b64decode(body)
    elif isinstance(body, str):
        body = body.encode()
    headers = {"Content-Type": "application/json"}
    headers |= response["headers"] | response["multiValueHeaders"]
    return Answer(response["statusCode"], headers, body)
