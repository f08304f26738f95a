"""Notification settings over HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from bench.trips import counted
from tests.api_client import Api

PATH = "/notification-settings"
DEFAULTS = {
    "emailDigest": "daily",
    "telegramEnabled": False,
    "telegramChatId": None,
    "lowCreditAlerts": True,
    "runFailureAlerts": True,
    "timezone": "UTC",
}


def test_defaults_of_a_new_user(api: Api) -> None:
    assert api.get(PATH).json_body == DEFAULTS


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"emailDigest": "off"},
        {"lowCreditAlerts": False, "runFailureAlerts": False},
        {"telegramEnabled": True, "telegramChatId": "-100200300"},
        {"telegramChatId": "c" * 64},
        {"telegramChatId": None},
        {"timezone": "Europe/Lisbon"},
    ],
)
def test_a_subset_changes_only_itself(api: Api, free_api: Api, change: dict[str, Any]) -> None:
    for _ in range(2):
        answer = api.put(PATH, change)
        assert (answer.status_code, answer.json_body) == (200, DEFAULTS | change)
    assert api.get(PATH).json_body == DEFAULTS | change
    assert free_api.get(PATH).json_body == DEFAULTS


def test_telegram_needs_a_chat(api: Api) -> None:
    def refused(change: dict[str, Any]) -> bool:
        answer = api.put(PATH, change)
        named = [each["field"] for each in answer.json_body.get("details", [])]
        return bool(answer.status_code == 400 and named == ["telegramChatId"])

    assert refused({"telegramEnabled": True})
    assert refused({"telegramEnabled": True, "telegramChatId": None})
    assert api.put(PATH, {"telegramChatId": "42"}).status_code == 200
    assert api.put(PATH, {"telegramEnabled": True}).json_body["telegramEnabled"] is True
    assert refused({"telegramChatId": None, "emailDigest": "off"})
    assert api.get(PATH).json_body["emailDigest"] == "daily"
    off = api.put(PATH, {"telegramChatId": None, "telegramEnabled": False}).json_body
    assert off == DEFAULTS


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("emailDigest", "hourly"),
        ("emailDigest", None),
        ("telegramEnabled", "true"),
        ("telegramChatId", "c" * 65),
        ("telegramChatId", 42),
        ("timezone", "Mars/Olympus"),
        ("timezone", None),
        ("sound", True),
    ],
)
def test_faults_are_named_and_change_nothing(api: Api, field: str, value: Any) -> None:
    answer = api.put(PATH, {field: value, "lowCreditAlerts": False})
    assert (answer.status_code, answer.json_body["code"]) == (400, "invalid_request")
    assert [each["field"] for each in answer.json_body["details"]] == [field]
    assert api.get(PATH).json_body == DEFAULTS


def test_new_streams_take_the_timezone(api: Api) -> None:
    api.put(PATH, {"timezone": "Asia/Tokyo"})
    stream_id = api.create_stream()["id"]
    assert api.get(f"/streams/{stream_id}").json_body["stream"]["timezone"] == "Asia/Tokyo"


@pytest.mark.usefixtures("aws")
def test_without_a_key() -> None:
    assert Api(None).get(PATH).json_body["code"] == "missing_api_key"
    assert Api(None).put(PATH, {}).status_code == 401


def test_round_trips(api: Api) -> None:
    for method, body, trips in (
        ("GET", b"", 2),
        ("PUT", b'{"lowCreditAlerts": false}', 2),
        ("PUT", b'{"emailDigest": "off"}', 3),  # and a message: the schedule follows
    ):
        with counted() as calls:
            assert api.request(method, PATH, body).status_code == 200
        assert len(calls) == trips, (method, calls)
