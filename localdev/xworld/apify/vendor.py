"""Apify's REST API: runs of two actors, their datasets, and its errors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from localdev.xworld.apify.items import BadInput, DeadRun, Items, follows, users
from localdev.xworld.apify.run import Run
from localdev.xworld.exchange import Answer, Refused, Request, Route, find
from localdev.xworld.world import XWorld

Actor = Callable[[XWorld, dict[str, Any]], list[Items]]

_ACTORS: dict[str, Actor] = {
    "kaitoeasyapi~premium-x-follower-scraper-following-data": follows,
    "C2Wk3I6xAqC4Xi63f": follows,
    "kaitoeasyapi~premium-twitter-user-scraper-pay-per-result": users,
}

_ERRORS = {
    400: ("invalid-input", "Input is not valid"),
    401: ("user-or-token-not-found", "User was not found or authentication token is not valid"),
    402: ("not-enough-usage-to-run-paid-actor", "Monthly usage hard limit exceeded"),
    403: ("actor-is-not-rented", "You must rent a paid Actor in order to run it"),
    404: ("record-not-found", "Not found"),
    405: ("method-not-allowed", "This method is not allowed"),
    408: ("run-timeout-exceeded", "Actor run exceeded the timeout of 300 seconds"),
    429: ("rate-limit-exceeded", "You have exceeded the rate limit"),
}


class Apify:
    """Answers under /v2 to any bearer token."""

    name = "apify"

    def __init__(self, world: XWorld) -> None:
        self.runs: dict[str, Run] = {}
        self._world = world
        self._routes = [
            Route.of("GET", "/v2/actor-runs/{}", "run", self._look),
            Route.of("POST", "/v2/actor-runs/{}/abort", "abort", self._abort),
            Route.of("GET", "/v2/datasets/{}/items", "items", self._items),
        ]
        for actors in ("/v2/acts/{}", "/v2/actors/{}"):
            sync = f"{actors}/run-sync-get-dataset-items"
            self._routes.append(Route.of("POST", f"{actors}/runs", "start", self._start))
            self._routes.append(Route.of("POST", sync, "sync", self._sync))

    def endpoint(self, path: str) -> str | None:
        """The short name of the endpoint at this path."""
        found = find(self._routes, path)
        return found[0][0].name if found else None

    def answer(self, request: Request) -> Answer:
        """Token, then endpoint."""
        try:
            found = find(self._routes, request.path)
            if not found:
                raise _refusal(404)
            if not _token(request):
                raise _refusal(401)
            route, arguments = found[0]
            if request.method.replace("HEAD", "GET") != route.method:
                raise _refusal(405)
            return route.handler(request, *arguments)
        except Refused as no:
            return no.answer

    def failure(self, status: int, retry_after: float) -> Answer:
        """An error on demand. Apify names no time to wait."""
        del retry_after
        return _refusal(status).answer

    def emptied(self, answer: Answer, *, keep_cursor: bool) -> Answer:
        """A dataset page without items; what is no list stays as it is."""
        del keep_cursor
        return replace(answer, body=[], rows=0) if isinstance(answer.body, list) else answer

    def end_runs(self, status: str) -> int:
        """End all runs that are under way with this status; returns how many these were."""
        running = [run for run in self.runs.values() if run.under_way]
        for run in running:
            run.end(status, self._world.now(), "Ended on demand")
        return len(running)

    def _start(self, request: Request, actor: str) -> Answer:
        run = self._begun(request, actor)
        wait = _number(request, "waitForFinish", 0)
        if wait:
            run.advance(self._world.now(), wait)
        return Answer(201, {"data": run.to_json()})

    def _sync(self, request: Request, actor: str) -> Answer:
        run = self._begun(request, actor)
        run.advance(self._world.now(), 300)
        if run.status != "SUCCEEDED":
            raise _refusal(400, "run-failed", f"Actor run did not succeed: {run.message}")
        return replace(self._page(request, run), status=201)

    def _begun(self, request: Request, actor: str) -> Run:
        if actor not in _ACTORS:
            raise _refusal(404, "actor-not-found", "Actor was not found")
        run = Run(actor, [], self._world.now())
        try:
            run.items = _ACTORS[actor](self._world, _input(request))
        except BadInput as fault:
            raise _refusal(400, "invalid-input", f"Input is not valid: {fault}") from fault
        except DeadRun as fault:
            run.end("FAILED", self._world.now(), str(fault))
        self.runs[run.id] = run
        return run

    def _look(self, request: Request, run_id: str) -> Answer:
        run = self._run(run_id)
        run.advance(self._world.now(), _number(request, "waitForFinish", 0))
        return Answer(200, {"data": run.to_json()})

    def _abort(self, _: Request, run_id: str) -> Answer:
        run = self._run(run_id)
        run.end("ABORTED", self._world.now(), "Actor was aborted")
        return Answer(200, {"data": run.to_json()})

    def _items(self, request: Request, dataset_id: str) -> Answer:
        for run in self.runs.values():
            if run.dataset_id == dataset_id:
                return self._page(request, run)
        raise _refusal(404, "record-not-found", "Dataset was not found")

    def _page(self, request: Request, run: Run) -> Answer:
        total = run.written
        offset = _number(request, "offset", 0)
        limit = _number(request, "limit", total)
        newest_first = request.query.get("desc") in ("1", "true")
        start, end = offset, offset + limit
        if newest_first:
            start, end = max(0, total - end), max(0, total - start)
        items = run.read(start, end)[:: -1 if newest_first else 1]
        headers = {
            "X-Apify-Pagination-Offset": str(offset),
            "X-Apify-Pagination-Limit": str(limit),
            "X-Apify-Pagination-Count": str(len(items)),
            "X-Apify-Pagination-Total": str(total),
        }
        return Answer(200, [_picked(item, request) for item in items], headers, rows=len(items))

    def _run(self, run_id: str) -> Run:
        if run_id not in self.runs:
            raise _refusal(404, "record-not-found", "Actor run was not found")
        return self.runs[run_id]


def _refusal(status: int, kind: str | None = None, message: str | None = None) -> Refused:
    known = _ERRORS.get(status, ("internal-error", "Internal server error"))
    return Refused(status, {"error": {"type": kind or known[0], "message": message or known[1]}})


def _token(request: Request) -> str:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token if scheme.lower() == "bearer" else request.query.get("token", "")


def _input(request: Request) -> dict[str, Any]:
    try:
        given = request.json() or {}
    except ValueError:
        given = None
    if not isinstance(given, dict):
        raise _refusal(400, "invalid-input", "Input is not valid: it must be a JSON object")
    return given


def _number(request: Request, name: str, default: int) -> int:
    text = request.query.get(name, str(default))
    if not text.isdecimal():
        raise _refusal(400, "invalid-parameter", f"{name} must be a whole number of 0 or more")
    return int(text)


def _picked(item: dict[str, Any], request: Request) -> dict[str, Any]:
    """The item with the keys that `fields` and `omit` leave."""
    wanted = [name for name in request.query.get("fields", "").split(",") if name]
    unwanted = request.query.get("omit", "").split(",")
    return {
        key: value
        for key, value in item.items()
        if (not wanted or key in wanted) and key not in unwanted
    }
