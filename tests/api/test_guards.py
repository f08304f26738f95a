"""What stands before every endpoint: credentials, origins, limits, paths, headers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from app import app, cors
from chalicelib import clock, errors
from chalicelib.auth import sessions
from chalicelib.settings import settings
from localdev import application, environment, template
from localdev.gateway import Gateway
from tests.api_client import Api
from tests.refusals import assert_refused

NOW = datetime(2026, 7, 5, 10, 10, 20, tzinfo=UTC)
BEARER_ONLY = [
    ("POST", "/lookups/enrich"),
    ("GET", "/lookups/enrich/history"),
    ("POST", "/lookups/enrich-email"),
    ("GET", "/lookups/enrich-email/history"),
    ("POST", "/lookups/segments/from-description"),
    ("GET", "/dm-templates"),
    ("POST", "/dm-templates"),
    ("GET", "/dm-templates/5"),
    ("PUT", "/dm-templates/5"),
    ("DELETE", "/dm-templates/5"),
    ("GET", "/notification-settings"),
    ("PUT", "/notification-settings"),
    ("POST", "/webhooks/subscribe"),
    ("DELETE", "/webhooks/subscribe"),
]
HYBRID = [
    ("GET", "/me"),
    ("GET", "/streams"),
    ("GET", "/leads"),
    ("GET", "/segments"),
    ("GET", "/accounts"),
    ("GET", "/runs"),
    ("GET", "/lookups/api-keys"),
]


@pytest.fixture
def held(aws: str) -> Iterator[time_machine.Coordinates]:
    with time_machine.travel(NOW, tick=False) as coordinates:
        yield coordinates


def _ui(api: Api) -> Api:
    session, token = sessions.new(api.user_id, clock.now())
    session.save()
    return Api(None, session=token)


class TestCredentials:
    @pytest.mark.parametrize(("method", "path"), HYBRID)
    def test_a_session_opens_hybrid_routes(self, api: Api, method: str, path: str) -> None:
        answer = _ui(api).request(method, path)
        assert answer.status_code == 200, answer.body
        assert answer.headers["X-RateLimit-Limit"] == "300"
        assert answer.headers["X-RateLimit-Remaining"] == "299"

    @pytest.mark.parametrize(("method", "path"), BEARER_ONLY)
    def test_a_session_opens_no_bearer_only_route(self, api: Api, method: str, path: str) -> None:
        answer = _ui(api).request(method, path)
        assert_refused(answer, errors.MissingApiKey)
        assert answer.headers["WWW-Authenticate"] == "Bearer"
        assert "X-RateLimit-Limit" not in answer.headers

    @pytest.mark.parametrize(
        ("header", "error"),
        [
            ("Basic abc", errors.MalformedApiKey),
            ("", errors.MalformedApiKey),
            ("Bearer", errors.MalformedApiKey),
            ("Bearer ctgo_short", errors.MalformedApiKey),
            ("Bearer  ctgo_" + "0" * 40, errors.MalformedApiKey),
            ("Bearer ctgo_" + "0" * 40, errors.InvalidApiKey),
        ],
    )
    def test_a_bad_header_is_not_rescued_by_a_cookie(
        self, api: Api, header: str, error: type[errors.ApiError]
    ) -> None:
        answer = _ui(api).get("/me", Authorization=header)
        assert_refused(answer, error)
        assert answer.headers["WWW-Authenticate"] == "Bearer"

    def test_a_header_decides_over_a_cookie(self, api: Api) -> None:
        with Api.for_new_user("other@example.org", subscribed=False) as other:
            answer = _ui(other).get("/me", Authorization=f"Bearer {api.key}")
        assert answer.json_body["email"] == "noor@orbitdesk.example"
        assert answer.headers["X-RateLimit-Limit"] == "60"

    @pytest.mark.parametrize(
        "cookie",
        ["ctgo_session=unknown", "ctgo_session=", "ctgo_session", "other=1", ";;=;", "a=b; c"],
    )
    @pytest.mark.usefixtures("aws")
    def test_an_unknown_session_is_no_credential(self, cookie: str) -> None:
        assert_refused(Api(None).get("/me", Cookie=cookie), errors.MissingApiKey)

    def test_a_session_among_odd_cookies(self, api: Api) -> None:
        cookie = f'a={{"x":1}}; b; ctgo_session={_ui(api).session} ; c="'
        assert Api(None).get("/me", Cookie=cookie).status_code == 200


class TestOrigin:
    @pytest.mark.parametrize("origin", ["https://evil.example", "null", "", None])
    @pytest.mark.parametrize(
        ("method", "path"), [("POST", "/segments"), ("DELETE", "/lookups/api-keys/5")]
    )
    def test_a_cookie_needs_our_origin(
        self, api: Api, method: str, path: str, origin: str | None
    ) -> None:
        headers = {"Cookie": f"ctgo_session={_ui(api).session}"}
        if origin is not None:
            headers["Origin"] = origin
        answer = Api(None).request(method, path, b"{", headers)
        assert_refused(answer, errors.BadOrigin)
        assert answer.headers["X-RateLimit-Limit"] == "300"
        assert api.get("/segments").json_body["segments"] == []

    def test_reads_and_keys_need_none(self, api: Api) -> None:
        foreign = {"Origin": "https://evil.example"}
        assert _ui(api).get("/me", **foreign).status_code == 200
        assert api.post("/segments", {"description": "x"}, **foreign).status_code == 201

    def test_our_origin_may(self, api: Api) -> None:
        assert _ui(api).post("/segments", {"description": "x"}).status_code == 201


class TestLimits:
    @pytest.mark.parametrize(("by_cookie", "limit"), [(False, 60), (True, 300)])
    def test_one_request_too_many(
        self, api: Api, held: time_machine.Coordinates, by_cookie: bool, limit: int
    ) -> None:
        caller = _ui(api) if by_cookie else api
        answers = [caller.get("/lookups/api-keys") for _ in range(limit + 1)]
        assert {answer.status_code for answer in answers[:-1]} == {200}
        assert answers[0].headers["X-RateLimit-Remaining"] == str(limit - 1)
        assert answers[limit - 1].headers["X-RateLimit-Remaining"] == "0"
        assert_refused(answers[-1], errors.RateLimited)
        assert answers[-1].headers["Retry-After"] == "40"
        assert answers[-1].headers["X-RateLimit-Reset"] == "40"
        assert answers[-1].headers["X-RateLimit-Remaining"] == "0"
        held.shift(timedelta(seconds=40))
        assert caller.get("/lookups/api-keys").headers["X-RateLimit-Remaining"] == str(limit - 1)

    @pytest.mark.parametrize("minutes", [1, 11, 12, 24, 60])
    def test_a_new_minute_starts_anew(
        self, api: Api, held: time_machine.Coordinates, minutes: int
    ) -> None:
        for _ in range(3):
            api.get("/lookups/api-keys")
        held.shift(timedelta(minutes=minutes))
        answers = [api.get("/lookups/api-keys") for _ in range(2)]
        remaining = [answer.headers["X-RateLimit-Remaining"] for answer in answers]
        assert remaining == ["59", "58"]

    @pytest.mark.usefixtures("held")
    def test_the_limit_comes_before_the_body(self, api: Api) -> None:
        for _ in range(60):
            api.get("/lookups/api-keys")
        answer = api.request("POST", "/lookups/api-keys", b"x" * 300_000)
        assert_refused(answer, errors.RateLimited)


@pytest.fixture
def gateway() -> Gateway:
    return Gateway(app, application.config("api_handler"))


class TestPaths:
    """The gateway's part, as the local one plays it; infra/gateway.yaml is its double on AWS."""

    @pytest.mark.parametrize("path", ["/", "/api", "/api/v2", "/api/v2/nope", "/api/v3/me"])
    @pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
    def test_no_such_path(self, gateway: Gateway, method: str, path: str) -> None:
        answer = gateway.answer(method, path, {"Authorization": "Bearer x"}, b"")
        body = json.loads(answer.body)
        assert (answer.status, body["error"], body["code"]) == (404, *["route_not_found"] * 2)
        assert body["requestId"] == answer.headers["X-Request-Id"]
        assert answer.headers["Access-Control-Allow-Origin"] == settings().ui_origin

    def test_no_such_method(self, gateway: Gateway) -> None:
        answer = gateway.answer("POST", "/api/v2/accounts", {}, b"")
        assert (answer.status, json.loads(answer.body)["code"]) == (405, "method_not_allowed")
        assert answer.headers["Allow"] == "GET"

    @pytest.mark.parametrize(
        ("method", "path", "allowed"),
        [
            ("POST", "/accounts", {"GET"}),
            ("HEAD", "/me", {"GET", "DELETE"}),
            ("PUT", "/lookups/api-keys", {"GET", "POST"}),
        ],
    )
    def test_a_method_that_reaches_the_app(self, method: str, path: str, allowed: set[str]) -> None:
        answer = Api(None).request(method, path)
        assert_refused(answer, errors.MethodNotAllowed)
        assert set(answer.headers["Allow"].split(", ")) == allowed


class TestCors:
    def test_a_preflight_asks_nobody_who_they_are(self, gateway: Gateway) -> None:
        answer = gateway.answer("OPTIONS", "/api/v2/streams", {}, b"")
        assert answer.status == 200
        assert answer.headers["Access-Control-Allow-Origin"] == settings().ui_origin
        assert answer.headers["Access-Control-Allow-Credentials"] == "true"
        assert {"GET", "POST"} <= set(
            str(answer.headers["Access-Control-Allow-Methods"]).split(",")
        )
        assert "Idempotency-Key" in answer.headers["Access-Control-Allow-Headers"]

    def test_every_route_has_it(self) -> None:
        entries = [entry for methods in app.routes.values() for entry in methods.values()]
        assert {id(entry.cors) for entry in entries} == {id(cors)}


def _responses() -> Iterator[tuple[str, dict[str, Any]]]:
    parsed = template.load((environment.ROOT / "infra" / "gateway.yaml").read_text())
    yield from parsed["x-amazon-apigateway-gateway-responses"].items()


@pytest.mark.parametrize(("name", "wanted"), list(_responses()))
def test_what_api_gateway_answers_itself_has_our_shape(name: str, wanted: dict[str, Any]) -> None:
    body = json.loads(wanted["responseTemplates"]["application/json"])
    known = {error.code: error for error in errors.catalogue()}
    error = known[body["code"]]
    assert wanted["statusCode"] == str(error.status)
    assert (body["error"], body["message"]) == (error.error, error.message)
    headers = {
        key.removeprefix("gatewayresponse.header."): value
        for key, value in wanted["responseParameters"].items()
    }
    assert body["requestId"] == "$context.requestId"
    assert headers["X-Request-Id"] == "context.requestId"
    assert headers["Access-Control-Allow-Origin"] == {"Fn::Sub": "'${UiOrigin}'"}
    assert headers["Access-Control-Allow-Credentials"] == "'true'"
