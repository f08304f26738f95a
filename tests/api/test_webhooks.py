"""Webhook subscriptions over HTTP, and which addresses they may name."""

from __future__ import annotations

import base64
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from bench.trips import counted
from chalicelib.webhooks import service
from chalicelib.webhooks.schemas import Subscribe
from chalicelib.webhooks.table import KIND, SubscriptionItem
from chalicelib.workspace import rows
from tests.api_client import Api

PATH = "/webhooks/subscribe"
URL = "https://93.184.216.34/leads"
"""A public address: no name has to be resolved."""


def _subscribe(api: Api, url: str = URL, **filters: Any) -> dict[str, Any]:
    answer = api.post(PATH, {"targetUrl": url, "filterConfig": filters})
    assert answer.status_code in (200, 201), answer.body
    return dict(answer.json_body)


def _stored(api: Api) -> list[SubscriptionItem]:
    return [row for row in rows(api.user_id, KIND, KIND) if isinstance(row, SubscriptionItem)]


def test_a_new_url_gets_a_secret_once(api: Api) -> None:
    first = api.post(PATH, {"targetUrl": URL})
    assert first.status_code == 201
    prefix, _, encoded = first.json_body["secret"].partition("_")
    assert (prefix, len(base64.b64decode(encoded))) == ("whsec", 32)
    again = api.post(PATH, {"targetUrl": URL})
    assert (again.status_code, again.json_body) == (200, {"id": first.json_body["id"]})
    assert [row.secret for row in _stored(api)] == [first.json_body["secret"]]


def test_the_same_url_again_replaces_the_filter_and_wakes_the_subscription(api: Api) -> None:
    made = _subscribe(api, matchConfidence="high", sourceType="follower")
    (row,) = _stored(api)
    assert row.filter == {"match_confidence": "high", "source_type": "follower"}
    row.update(actions=[SubscriptionItem.disabled_at.set(row.created_at)])
    assert _subscribe(api, feedbackStatus="bad") == {"id": made["id"]}
    (row,) = _stored(api)
    assert (row.filter, row.disabled_at) == ({"feedback_status": "bad"}, None)
    _subscribe(api)
    assert _stored(api)[0].filter == {}


def test_several_urls_and_several_users(api: Api, free_api: Api) -> None:
    ids = {
        _subscribe(api)["id"],
        _subscribe(api, URL + "/2")["id"],
        _subscribe(free_api)["id"],
    }
    assert len(ids) == 3
    assert len(_stored(api)) == 2
    assert len(_stored(free_api)) == 1


def test_at_once_a_url_is_subscribed_once(api: Api) -> None:
    body = Subscribe.model_validate({"targetUrl": URL})

    def ask(_number: int) -> tuple[int, bool]:
        item, is_new = service.subscribe(api.user_id, body, owned={}, is_safe=lambda _url: True)
        return item.subscription_id, is_new

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(ask, range(6)))
    assert len({each for each, _ in answers}) == 1
    assert sum(is_new for _, is_new in answers) == 1


def test_a_filter_names_what_the_caller_owns(api: Api, free_api: Api) -> None:
    stream = api.create_stream()
    account_id = stream["accounts"][0]["accountId"]
    _subscribe(api, streamId=stream["id"], accountId=account_id)
    for filters, error in (
        ({"streamId": stream["id"]}, "Stream not found"),
        ({"accountId": account_id}, "Account not found"),
    ):
        answer = free_api.post(PATH, {"targetUrl": URL, "filterConfig": filters})
        assert (answer.status_code, answer.json_body["error"]) == (404, error)
    assert _stored(free_api) == []


@pytest.mark.parametrize(
    ("field", "replacement"),
    [
        ("segmentId", "streamId"),
        ("savedSearchId", "streamId"),
        ("trackedAccountId", "accountId"),
    ],
)
@pytest.mark.parametrize("value", [7, None])
def test_filters_of_v1_name_their_replacement(
    api: Api, field: str, replacement: str, value: int | None
) -> None:
    answer = api.post(PATH, {"targetUrl": URL, "filterConfig": {field: value, "x": 1}})
    assert (answer.status_code, answer.json_body["code"]) == (400, "invalid_request")
    found = {each["field"]: each["message"] for each in answer.json_body["details"]}
    assert found.keys() == {f"filterConfig.{field}", "filterConfig.x"}
    assert found[f"filterConfig.{field}"] == f"was removed in v2; use {replacement}"
    assert _stored(api) == []


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "targetUrl"),
        ({"targetUrl": "https://93.184.216.34/" + "a" * 2048}, "targetUrl"),
        ({"targetUrl": URL, "filterConfig": {"sourceType": "new_follower"}}, "sourceType"),
        ({"targetUrl": URL, "filterConfig": {"feedbackStatus": "fine"}}, "feedbackStatus"),
        ({"targetUrl": URL, "filterConfig": {"matchConfidence": "full"}}, "matchConfidence"),
        ({"targetUrl": URL, "filterConfig": {"streamId": "1"}}, "streamId"),
        ({"targetUrl": URL, "filterConfig": None}, "filterConfig"),
        ({"targetUrl": URL, "secret": "mine"}, "secret"),
    ],
)
def test_faults_are_named(api: Api, body: dict[str, Any], field: str) -> None:
    answer = api.post(PATH, body)
    assert (answer.status_code, answer.json_body["code"]) == (400, "invalid_request")
    assert [each["field"].split(".")[-1] for each in answer.json_body["details"]] == [field]


@pytest.mark.parametrize(
    "url",
    [
        "http://93.184.216.34/",
        "https://127.0.0.1/",
        "https://localhost/",
        "https://10.0.0.8/",
        "https://192.168.1.1/",
        "https://169.254.169.254/latest/meta-data",
        "https://100.64.0.1/",
        "https://224.0.0.1/",
        "https://[::1]/",
        "https://[fe80::1]/",
        "https://[fc00::1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://[64:ff9b::a00:1]/",
        "https://[2002:a00:1::]/",
        "https://user:secret@93.184.216.34/",
        "ftp://93.184.216.34/",
        "https://",
        "no url",
    ],
)
def test_only_public_https_addresses(api: Api, url: str) -> None:
    answer = api.post(PATH, {"targetUrl": url})
    assert (answer.status_code, answer.json_body["code"]) == (400, "unsafe_url")
    assert _stored(api) == []


def test_unsubscribing(api: Api, free_api: Api) -> None:
    made = _subscribe(api)
    kept = _subscribe(api, URL + "/kept")
    foreign = free_api.delete(PATH, {"id": made["id"]})
    assert (foreign.status_code, foreign.json_body["error"]) == (404, "subscription_not_found")
    assert api.delete(PATH, {"id": made["id"]}).json_body == {"success": True}
    assert api.delete(PATH, {"id": made["id"]}).status_code == 404
    assert [row.subscription_id for row in _stored(api)] == [kept["id"]]
    anew = _subscribe(api)
    assert anew["id"] != made["id"]
    assert anew["secret"] != made["secret"]


@pytest.mark.parametrize("body", [{}, {"id": "12"}, {"id": 12, "x": 1}, {"id": 0}])
def test_unsubscribing_needs_an_id(api: Api, body: dict[str, Any]) -> None:
    assert api.delete(PATH, body).json_body["code"] == "invalid_request"


@pytest.mark.usefixtures("aws")
def test_without_a_key() -> None:
    assert Api(None).post(PATH, {"targetUrl": URL}).json_body["code"] == "missing_api_key"
    assert Api(None).delete(PATH, {"id": 1}).status_code == 401


def test_round_trips(api: Api) -> None:
    with counted() as calls:
        made = _subscribe(api)
    assert len(calls) == 3, calls
    with counted() as calls:
        assert api.delete(PATH, {"id": made["id"]}).status_code == 200
    assert len(calls) == 3, calls
