"""Bodies: how large, how odd, and whose fault. No body makes the API fail."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chalicelib import errors
from tests.api_client import Api
from tests.refusals import assert_refused


class TestBodies:
    @pytest.mark.parametrize("kind", ["application/json", "text/plain", "image/png"])
    @pytest.mark.parametrize(
        "raw",
        [
            b"{",
            b"\xff\xfe",
            b'{"name": "\xc3"}',
            b'"\\ud800"',
            b"{]",
            b"NaN",
            b'{"name": NaN}',
            b'{"name": "n", "x": [-Infinity]}',
        ],
    )
    def test_not_json(self, api: Api, raw: bytes, kind: str) -> None:
        answer = api.request("POST", "/lookups/api-keys", raw, {"Content-Type": kind})
        assert_refused(answer, errors.InvalidJson)

    @pytest.mark.parametrize(
        "raw",
        [
            b"[" * 100_000,
            b"[" * 5_000 + b"]" * 5_000,
            b'{"name":' * 30_000,
            b'{"x":' + b"[" * 3_000 + b"]" * 3_000 + b"}",
            b'{"name": 1' + b"0" * 5_000 + b"}",
            b'{"x": -1' + b"0" * 100_000 + b"}",
            b'{"name": 1e999999}',
            b'{"name": "\\ud800"}',
            b'{"\\udc00": 1}',
            b'{"name": "a", "name": 5}',
            b"null",
            b"[]",
            b"1e400",
        ],
    )
    @pytest.mark.parametrize("path", ["/lookups/api-keys", "/streams"])
    def test_odd_json_is_the_callers_fault(self, api: Api, path: str, raw: bytes) -> None:
        for headers in ({}, {"Idempotency-Key": "k"}):
            answer = api.request("POST", path, raw, headers)
            assert answer.status_code == 400, answer.body
            assert answer.json_body["code"] in ("invalid_json", "invalid_request")

    def test_three_faults_at_once(self, api: Api) -> None:
        answer = api.post("/lookups/api-keys?size=1", {"name": 5, "colour": "red"})
        assert_refused(answer, errors.InvalidRequest)
        assert {fault["field"] for fault in answer.json_body["details"]} == {
            "name",
            "colour",
            "size",
        }

    @pytest.mark.parametrize(
        ("route", "body", "fields"),
        [
            ("POST /lookups/enrich", {}, ["requested_outputs", "x_handle"]),
            (
                "POST /lookups/enrich-email",
                {"x_handle": "a b", "x_profile_id": 5, "email_mode": "all"},
                ["email_mode", "x_handle", "x_handle", "x_profile_id"],
            ),
            ("GET /lookups/enrich/history?limit=0&offset=0&cursor=x", None, ["cursor", "limit"]),
            (
                "GET /leads?groupBy=stream&offset=0&cursor=x&summary=true&limit=0",
                None,
                ["cursor", "cursor", "limit", "offset", "summary"],
            ),
            (
                "GET /leads?includeUnmatched=true&matchConfidence=low",
                None,
                ["includeUnmatched", "matchConfidence"],
            ),
            (
                "POST /leads/5/feedback",
                {"feedback": "good", "badReason": "bot", "badReasonFreeform": "x"},
                ["badReason", "badReasonFreeform", "segmentId"],
            ),
            ("POST /webhooks/subscriptions/5/replay", {"x": 1}, ["messageId", "x"]),
            (
                "POST /streams",
                {
                    "pairs": [{}, {"accountHandle": "a b"}],
                    "deliveryDestination": "leads_plus_webhook",
                    "csvEmailRecipients": {"to": "a@example.org", "cc": ["b@example.org"] * 10},
                    "syncTimes": ["x"],
                },
                [
                    "csvEmailRecipients",
                    "csvEmailRecipients.format",
                    "pairs[0]",
                    "pairs[0]",
                    "pairs[1]",
                    "pairs[1].accountHandle",
                    "syncTimes[0]",
                    "webhookUrl",
                ],
            ),
        ],
    )
    def test_what_does_not_go_together_is_told_with_everything_else(
        self, api: Api, route: str, body: dict[str, Any] | None, fields: list[str]
    ) -> None:
        method, path = route.split()
        answer = api.request(method, path, b"" if body is None else json.dumps(body).encode())
        assert_refused(answer, errors.InvalidRequest)
        assert sorted(fault["field"] for fault in answer.json_body["details"]) == fields
        assert all(fault["message"] for fault in answer.json_body["details"])

    @pytest.mark.parametrize("raw", [b"", b"{}", b" {} \n"])
    def test_a_route_without_a_body_takes_an_empty_one(self, api: Api, raw: bytes) -> None:
        answer = api.request("DELETE", "/lookups/api-keys/5", raw)
        assert_refused(answer, errors.ApiKeyNotFound)
        assert_refused(api.delete("/lookups/api-keys/5", {"why": "x"}), errors.InvalidRequest)

    def test_256_kilobytes(self, api: Api) -> None:
        body = json.dumps({"name": "n"}).encode()
        path = "/lookups/api-keys"
        assert api.request("POST", path, body.ljust(262_144)).status_code == 201
        assert_refused(api.request("POST", path, body.ljust(262_145)), errors.BodyTooLarge)
