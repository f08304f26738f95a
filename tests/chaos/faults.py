"""What goes wrong, once, at one call that a handler makes to AWS or to an upstream."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import httpcore
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ReadTimeoutError
from botocore.httpsession import URLLib3Session

from chalicelib import aws, db
from tests.chaos.sites import Site, place, vendor


class Killed(BaseException):
    """The process is gone: no `except Exception` of ours may see it."""


class Fault(StrEnum):
    """Faults at a call, and at the delivery of a message."""

    KILLED_BEFORE = "killed before"
    KILLED_AFTER = "killed after"
    ERROR = "error answer"
    ASKED_AGAIN = "answer lost, asked again"
    """AWS did it, its answer got lost, and the SDK sent the request a second time."""
    RATE_LIMITED = "429"
    TIMED_OUT = "time-out"
    TWICE = "message twice"
    LATE = "message again, late"
    BACKWARDS = "newest message first"


OF_AWS = (Fault.KILLED_BEFORE, Fault.KILLED_AFTER, Fault.ERROR, Fault.ASKED_AGAIN)
OF_UPSTREAMS = (
    Fault.KILLED_BEFORE,
    Fault.KILLED_AFTER,
    Fault.ERROR,
    Fault.RATE_LIMITED,
    Fault.TIMED_OUT,
)
OF_MESSAGES = (Fault.TWICE, Fault.LATE)
_CHAOS = b'{"detail": "chaos"}'
AWS_SERVICES = frozenset(aws.SERVICES)


@dataclass
class Saboteur:
    """Notes each call that is made while a handler works; at the chosen one, strikes."""

    fault: Fault | None = None
    at: int = 0
    """The number of the message, from 1; of the call among those from `site`."""
    site: Site | None = None
    calls: list[Site] = field(default_factory=list)
    struck: Site | None = None
    _handler: str = ""
    _loses_answer: bool = False
    _wire: URLLib3Session = field(default_factory=URLLib3Session)
    _pools: set[httpcore.ConnectionPool] = field(default_factory=set)

    @contextmanager
    def working(self, handler: str) -> Iterator[None]:
        """Calls within are the handler's."""
        self._handler = handler
        try:
            yield
        finally:
            self._handler = ""

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Stand at every door to the outside."""
        emitters = [db.connection().client.meta.events]
        emitters += [aws.client(service).meta.events for service in aws.SERVICES]
        hooks = {
            "before-call": self._before_aws,
            "before-send": self._before_send,
            "after-call": self._after_aws,
        }
        passes_on = httpcore.ConnectionPool.handle_request

        def handle_request(
            pool: httpcore.ConnectionPool, request: httpcore.Request
        ) -> httpcore.Response:
            self._pools.add(pool)
            return self._upstream(request, lambda: passes_on(pool, request))

        for emitter in emitters:
            for event, hook in hooks.items():
                emitter.register(event, hook)
        httpcore.ConnectionPool.handle_request = handle_request  # type: ignore[method-assign]
        try:
            yield
        finally:
            httpcore.ConnectionPool.handle_request = passes_on  # type: ignore[method-assign]
            for emitter in emitters:
                for event, hook in hooks.items():
                    emitter.unregister(event, hook)
            self.hang_up()

    def hang_up(self) -> None:
        """Close the connections, as the end of a process does."""
        for pool in self._pools:
            pool.close()
        self._pools.clear()
        self._wire.close()

    def _note(self, service: str, operation: str) -> Fault | None:
        """Count a call; the fault that it meets."""
        site = Site(self._handler, service, operation, place())
        self.calls.append(site)
        if self.struck or site != self.site or self.calls.count(site) != self.at:
            return None
        self.struck = site
        return self.fault

    def _before_aws(
        self, model: Any, context: dict[str, Any], **_: Any
    ) -> tuple[AWSResponse, dict[str, Any]] | None:
        if not self._handler:
            return None
        fault = self._note(model.service_model.service_name, model.name)
        if fault is Fault.KILLED_BEFORE:
            raise Killed
        if fault is Fault.ERROR:
            told = {"Code": "InternalServerError", "Message": "chaos"}
            metadata = {"HTTPStatusCode": 500, "RequestId": "chaos", "RetryAttempts": 4}
            answer = AWSResponse("http://127.0.0.1", 500, {}, None)
            return answer, {"Error": told, "ResponseMetadata": metadata}
        self._loses_answer = fault is Fault.ASKED_AGAIN
        context["dies"] = fault is Fault.KILLED_AFTER
        return None

    def _before_send(self, request: Any, **_: Any) -> None:
        if self._loses_answer:
            self._loses_answer = False
            self._wire.send(request)
            raise ReadTimeoutError(endpoint_url=request.url)

    def _after_aws(self, context: dict[str, Any], **_: Any) -> None:
        if context.get("dies"):
            raise Killed

    def _upstream(
        self, request: httpcore.Request, ask: Callable[[], httpcore.Response]
    ) -> httpcore.Response:
        if not self._handler:
            return ask()
        service, path = vendor(request.url.target.decode().partition("?")[0])
        match self._note(service, f"{request.method.decode()} {path}"):
            case Fault.KILLED_BEFORE:
                raise Killed
            case Fault.KILLED_AFTER:
                ask().close()
                raise Killed
            case Fault.ERROR:
                return httpcore.Response(500, content=_CHAOS)
            case Fault.RATE_LIMITED:
                return httpcore.Response(429, headers=[(b"retry-after", b"0")], content=_CHAOS)
            case Fault.TIMED_OUT:
                raise httpcore.ReadTimeout("chaos")
            case _:
                return ask()
