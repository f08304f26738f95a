"""What holds of every endpoint, read off the routes: whoever adds one is held to it at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from chalice.test import HTTPResponse

from chalicelib import clock
from chalicelib.auth import sessions
from chalicelib.docs_site import described
from chalicelib.docs_site.operations import path_of
from chalicelib.http.endpoint import Endpoint
from chalicelib.http.schema import Empty
from chalicelib.ids import MAX_ID
from tests.api.house import House, built, example, fresh, send
from tests.api_client import Api
from tests.documented import undocumented
from tests.queue_hand import QueueHand

ENDPOINTS = described.endpoints()
ASKED = [each for each in ENDPOINTS if each.auth]
LIMITS = ("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset")
UNSAFE = {"POST", "PUT", "PATCH", "DELETE"}
WORDS: dict[str, str] = {"token": "made-up"}
"""Query parameters without which an endpoint is not called."""
ELSEWHERE = {
    # Their success needs a link out of a mail, Stripe, or Stripe's signature: the tests of their
    # rooms have those.
    "GET /auth/callback": 400,
    "GET /files": 400,
    "GET /mail/unsubscribe": 400,
    "POST /mail/unsubscribe": 400,
    "POST /accounts/{account_id}/change-tier": 502,
    # The example's name was given to another template a moment before.
    "PUT /dm-templates/{template_id}": 409,
    "POST /billing/checkout": 409,
    "POST /billing/portal": 403,
    "POST /billing/stripe-events": 400,
}


def _path(endpoint: Endpoint) -> str:
    """A path that is well formed and names nothing."""
    return path_of(endpoint).format(**dict.fromkeys(endpoint.path_ids, MAX_ID))


def _query(endpoint: Endpoint) -> str:
    needed = [
        f"{name}={WORDS[name]}"
        for name, field in endpoint.query.model_fields.items()
        if field.is_required()
    ]
    return f"?{'&'.join(needed)}" if needed else ""


def _failing(endpoints: list[Endpoint], faults: Callable[[Endpoint], Any]) -> dict[str, Any]:
    found = {each.route: faults(each) for each in endpoints}
    return {route: fault for route, fault in found.items() if fault}


def _unless(answer: HTTPResponse, status: int, code: str) -> str | None:
    told = (answer.status_code, answer.json_body.get("code"))
    return None if told == (status, code) else f"{told}: {answer.body!r}"


def _browser(api: Api) -> str:
    session, token = sessions.new(api.user_id, clock.now())
    session.save()
    return token


class TestCredentials:
    @pytest.mark.usefixtures("aws")
    @pytest.mark.parametrize(
        ("headers", "code"),
        [
            ({}, "missing_api_key"),
            ({"Authorization": "Basic abc"}, "malformed_api_key"),
            ({"Authorization": "Bearer ctgo_" + "0" * 40}, "invalid_api_key"),
        ],
    )
    def test_nobody_gets_in_without_a_good_one(self, headers: dict[str, str], code: str) -> None:
        def faults(endpoint: Endpoint) -> Any:
            answer = send(Api(None), endpoint, _path(endpoint), None, **headers)
            if answer.headers.get("WWW-Authenticate") != "Bearer":
                return "no challenge"
            return _unless(answer, 401, code) or undocumented(endpoint, answer)

        assert _failing(ASKED, faults) == {}

    def test_a_cookie_opens_hybrid_routes_and_no_others(self, api: Api) -> None:
        browser = Api(None, session=_browser(api))

        def faults(endpoint: Endpoint) -> Any:
            answer = browser.request(endpoint.method, _path(endpoint) + "?what=x")
            if endpoint.auth == "bearer":
                return _unless(answer, 401, "missing_api_key")
            return _unless(answer, 400, "invalid_request")

        assert _failing(ASKED, faults) == {}

    def test_a_cookie_from_elsewhere_changes_nothing(self, api: Api) -> None:
        cookie = {"Cookie": f"ctgo_session={_browser(api)}"}

        def faults(endpoint: Endpoint) -> Any:
            answer = send(Api(None), endpoint, _path(endpoint), None, **cookie)
            return _unless(answer, 403, "bad_origin") or undocumented(endpoint, answer)

        hybrid = [each for each in ASKED if each.auth == "hybrid" and each.method in UNSAFE]
        assert len(hybrid) > 10
        assert _failing(hybrid, faults) == {}


class TestStrictness:
    def test_an_unknown_parameter_is_named_and_the_limit_is_told(self, api: Api) -> None:
        def faults(endpoint: Endpoint) -> Any:
            answer = fresh(api).request(endpoint.method, _path(endpoint) + "?what=x")
            named = {each["field"] for each in answer.json_body.get("details", [])}
            told = LIMITS if endpoint.auth else ()
            if "what" not in named or not all(name in answer.headers for name in told):
                return (answer.body, dict(answer.headers))
            return _unless(answer, 400, "invalid_request") or undocumented(endpoint, answer)

        assert _failing(ENDPOINTS, faults) == {}

    def test_an_unknown_field_is_named(self, api: Api) -> None:
        def faults(endpoint: Endpoint) -> Any:
            known = {} if endpoint.body is Empty else example(endpoint)["request"]
            answer = send(
                fresh(api), endpoint, _path(endpoint) + _query(endpoint), known | {"what": 1}
            )
            named = [each["field"] for each in answer.json_body.get("details", [])]
            if named != ["what"]:
                return answer.body
            return _unless(answer, 400, "invalid_request") or undocumented(endpoint, answer)

        assert _failing([each for each in ENDPOINTS if each.body], faults) == {}

    def test_an_id_that_is_none_is_the_404_of_its_resource(self, api: Api) -> None:
        def faults(endpoint: Endpoint) -> Any:
            found = {}
            body = None if endpoint.body in (None, Empty) else example(endpoint)["request"]
            for text in ("abc", "0", "-1", "1.0", "9007199254740992", "%F0%9F%A6%89"):
                path = path_of(endpoint).format(**dict.fromkeys(endpoint.path_ids, text))
                answer = send(fresh(api), endpoint, path, body)
                missing = next(iter(endpoint.path_ids.values())).missing
                found[text] = _unless(answer, 404, missing.code)
            return {text: fault for text, fault in found.items() if fault}

        assert _failing([each for each in ENDPOINTS if each.path_ids], faults) == {}


def _snapshot(api: Api) -> dict[str, Any]:
    """All that a user can read."""
    lists = [each for each in ASKED if each.method == "GET" and not each.path_ids]
    shown = {each.route: fresh(api).get(path_of(each)).json_body for each in lists}
    for key in shown["GET /lookups/api-keys"].pop("apiKeys"):
        shown[f"key {key['id']}"] = {**key, "lastUsedAt": None}
    return {name: each for name, each in shown.items() if not str(each).count("'another'")}


def _names_what_is_owned(house: House, path: str, body: Any) -> bool:
    text = f"{path} {body}"
    return any(str(each) in text for each in (*house.ids.values(), house.other_account))


class TestOwnership:
    def test_a_second_user_meets_404_everywhere_and_changes_nothing(
        self, api: Api, free_api: Api, queues: QueueHand
    ) -> None:
        house = built(api, queues)
        before = _snapshot(api)
        with Api.for_new_user("stranger@example.org", subscribed=True) as stranger:
            tried = []

            def faults(endpoint: Endpoint) -> Any:
                path, body = house.path(endpoint), house.body(endpoint)
                if not _names_what_is_owned(house, path, body):
                    return None
                tried.append(endpoint.route)
                found = {}
                for who in (stranger, free_api):
                    answer = send(fresh(who), endpoint, path + _query(endpoint), body)
                    if answer.status_code != 404:
                        found[who.user_id] = answer.body
                    found |= {"undocumented": undocumented(endpoint, answer)}
                return {key: fault for key, fault in found.items() if fault}

            assert _failing(ASKED, faults) == {}
            assert len(tried) > 20
        assert _snapshot(api) == before

    def test_filters_that_name_what_somebody_else_has(self, api: Api, queues: QueueHand) -> None:
        house = built(api, queues)
        with Api.for_new_user("stranger@example.org", subscribed=True) as stranger:
            own = built(stranger, queues)

            def faults(endpoint: Endpoint) -> Any:
                names = endpoint.query.model_fields.keys() & house.ids.keys()
                found = {}
                for name in names:
                    wire = endpoint.query.model_fields[name].alias or name
                    path = f"{own.path(endpoint)}?{wire}={house.ids[name]}"
                    answer = fresh(stranger).get(path)
                    if answer.status_code != 404:
                        found[path] = answer.body
                return found

            assert _failing(ASKED, faults) == {}
            run = f"/streams/{own.ids['stream_id']}/runs/{house.ids['run_id']}"
            assert _unless(stranger.get(run), 404, "run_not_found") is None


class TestExamples:
    def test_they_can_be_sent_as_they_stand_and_are_answered_as_documented(
        self, api: Api, queues: QueueHand
    ) -> None:
        house = built(api, queues)

        def faults(endpoint: Endpoint) -> Any:
            path = house.path(endpoint) + _query(endpoint)
            answer = send(fresh(api), endpoint, path, house.body(endpoint))
            wanted = ELSEWHERE.get(endpoint.route)
            fine = {wanted} if wanted else {endpoint.status, *endpoint.also}
            if answer.status_code not in fine:
                return answer.body
            return undocumented(endpoint, answer)

        # What takes something away comes last, and the user last of all.
        order = sorted(
            ENDPOINTS, key=lambda each: (each.method == "DELETE", each.path == "/api/v2/me")
        )
        assert _failing(order, faults) == {}
