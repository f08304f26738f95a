"""One endpoint: what its function's signature says, and the way of a request through it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from functools import partial
from typing import (
    Annotated,
    Any,
    Literal,
    NamedTuple,
    TypedDict,
    get_args,
    get_origin,
    get_type_hints,
)
from uuid import uuid4

from chalice.app import Request, Response
from pydantic import BaseModel

from chalicelib.auth.caller import Caller, authenticate
from chalicelib.errors import ApiError, BadOrigin, InternalError, RateLimited
from chalicelib.http import idempotency, intake
from chalicelib.http.attempts import Attempt
from chalicelib.http.intake import PathId, RawRequest
from chalicelib.http.replies import Reply, failure, success
from chalicelib.http.schema import Empty, Input
from chalicelib.settings import settings
from chalicelib.telemetry import IDS, logger

PREFIX = "/api/v2"

Auth = Literal["hybrid", "bearer"]


class Options(TypedDict, total=False):
    """What a route says beside its signature."""

    status: int
    also: Sequence[int]
    errors: Sequence[type[ApiError]]
    auth: Auth
    takes_up: bool
    shown_once: str


class Endpoint(NamedTuple):
    """One route, read off the signature of its function."""

    method: str
    path: str
    status: int
    also: tuple[int, ...]
    """Further statuses of success, which a Reply may choose."""
    function: Callable[..., BaseModel | Reply[Any]]
    errors: tuple[type[ApiError], ...]
    auth: Auth | None
    """None when nobody is asked who they are."""
    body: type[Input] | None
    query: type[Input]
    path_ids: dict[str, PathId]
    wants: frozenset[str]
    """The reserved names, beside body and query, that the function takes."""
    takes_up: bool
    shown_once: str | None

    @classmethod
    def read(cls, method: str, path: str, function: Any, options: Options) -> Endpoint:
        """The endpoint that this function declares by its signature."""
        hints = get_type_hints(function, include_extras=True)
        return cls(
            method=method,
            path=PREFIX + path,
            status=options.get("status", 200),
            also=tuple(options.get("also", ())),
            function=function,
            errors=tuple(options.get("errors", ())),
            auth=options.get("auth", "hybrid") if "caller" in hints else None,
            body=None if method == "GET" or "raw" in hints else hints.get("body", Empty),
            query=hints.get("query", Empty),
            path_ids={
                name: get_args(hint)[1]
                for name, hint in hints.items()
                if get_origin(hint) is Annotated and isinstance(get_args(hint)[1], PathId)
            },
            wants=frozenset(hints) & {"caller", "raw", "visitor", "attempt"},
            takes_up=options.get("takes_up", False),
            shown_once=options.get("shown_once"),
        )

    @property
    def route(self) -> str:
        """Method and path, as `rooms.py` lists them: `GET /streams/{stream_id}`."""
        return f"{self.method} {self.path.removeprefix(PREFIX)}"

    @property
    def summary(self) -> str:
        """The function's first line, as the API document shows it."""
        return (inspect.getdoc(self.function) or "").partition("\n")[0]

    def answer(self, request: Request, path: dict[str, str]) -> Response:
        """Call the function for this request; every outcome becomes a response here."""
        headers = opening(request)
        try:
            caller = self._admitted(request, headers)
            raw = intake.raw_body(request)
            give = partial(self._give, request, raw, path, caller, headers=headers)
            if caller is None or self.method not in idempotency.METHODS:
                return give(Attempt(None))
            return idempotency.once(self._call(request, raw, path, caller), give, headers)
        except ApiError as error:
            logger.info("refused", extra={"code": error.code, "path": self.path})
            return failure(error, headers)
        except Exception:
            logger.exception("request failed", extra={"path": self.path})
            return failure(InternalError(), headers)

    def _admitted(self, request: Request, headers: dict[str, str]) -> Caller | None:
        """Who calls, where that is asked. Adds the rate-limit headers.

        Raises the 401 errors, BadOrigin and RateLimited, in this order.
        """
        if self.auth is None:
            return None
        caller = authenticate(request.headers, takes_cookie=self.auth == "hybrid")
        headers |= caller.headers()
        logger.append_keys(user_id=caller.user_id)
        is_ours = request.headers.get("origin") == settings().ui_origin
        if caller.by_cookie and self.method != "GET" and not is_ours:
            raise BadOrigin
        if caller.is_over_limit:
            raise RateLimited(headers={"Retry-After": str(caller.reset)})
        return caller

    def _call(
        self, request: Request, raw: bytes, path: dict[str, str], caller: Caller
    ) -> idempotency.Call:
        return idempotency.Call(
            user_id=caller.user_id,
            method=self.method,
            path=self.path.format(**path),
            body=raw,
            key=request.headers.get("idempotency-key"),
            takes_up=self.takes_up,
            shown_once=self.shown_once,
        )

    def _give(
        self,
        request: Request,
        raw: bytes,
        path: dict[str, str],
        caller: Caller | None,
        attempt: Attempt,
        *,
        headers: dict[str, str],
    ) -> Response:
        arguments = intake.validated(request, raw, self.body, self.query)
        path_ids = {name: self.path_ids[name].parse(text) for name, text in path.items()}
        logger.append_keys(**{name: path_ids[name] for name in IDS if name in path_ids})
        arguments |= path_ids
        reserved: dict[str, Callable[[], Any]] = {
            "caller": lambda: caller,
            "raw": lambda: RawRequest(raw, request.headers),
            "visitor": lambda: intake.visitor(request),
            "attempt": lambda: attempt,
        }
        arguments |= {name: reserved[name]() for name in self.wants}
        return success(self.function(**arguments), self.status, headers)


def opening(request: Request) -> dict[str, str]:
    """The headers that every answer to this request starts from; the log follows its id."""
    request_id = f"req_{request.context.get('requestId') or uuid4()}"
    logger.remove_keys(list(IDS))
    logger.set_correlation_id(request_id)
    return {"Content-Type": "application/json", "X-Request-Id": request_id}
