"""Requests as nobody decent sends them: scripts of all kinds, junk in headers, junk in queries."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest

from chalicelib import errors
from tests.api.house import fresh
from tests.api.stream_hand import SEGMENT, owned, pair, stream
from tests.api_client import Api
from tests.refusals import assert_refused

NAMES = [
    "Ünïcødé",
    "مرحبا بالعالم",
    "\u202eright to left",
    "e\u0301\u0302\u0303 combining",
    "👩‍👩‍👧‍👦 🏳️‍🌈",
    "𝔘𝔫𝔦𝔠𝔬𝔡𝔢",
    "🦉" * 120,
    "<script>alert(1)</script>",
    "'; DROP TABLE streams; --",
    "${jndi:ldap://127.0.0.1/x} {{7*7}} %s %n",
    "tab\tnew\nline",
    "\u0001\u007f\uffff",
]


class TestNames:
    @pytest.mark.parametrize("name", NAMES)
    def test_they_are_kept_as_they_came(self, api: Api, name: str) -> None:
        segment = {**SEGMENT, "name": name[:120], "description": name}
        made = api.create_stream(name=name, pairs=[pair(tier="pro", segment=segment)])
        shown = stream(api, made["id"])
        assert shown["name"] == name
        assert shown["pairs"][0]["segment"]["name"] == name
        assert shown["pairs"][0]["segment"]["description"] == name
        assert api.post("/lookups/api-keys", {"name": name[:100]}).json_body["name"] == name[:100]
        template = {"name": name[:100], "messageBody": name.replace("{{7*7}}", "")}
        kept = api.post("/dm-templates", template).json_body["template"]
        assert template.items() <= kept.items()

    @pytest.mark.parametrize(
        "handle",
        [
            "",
            "@",
            "@@orbitdesk",
            "orbıtdesk",
            "orbitdesk\u200b",
            "ｏｒｂｉｔ",
            "orbit desk",
            "orbitdesk\n",
            "o" * 16,
            "../me",
            "orbit%20",
            "\u202eorbit",
            "🦉",
            5,
            None,
            ["orbitdesk"],
        ],
    )
    def test_what_is_no_handle_is_never_asked_for(self, api: Api, handle: Any) -> None:
        segment = {"accountHandle": handle, "segment": SEGMENT}
        answer = api.post("/streams", {"pairs": [segment]})
        assert_refused(answer, errors.InvalidRequest)
        assert [each["field"] for each in answer.json_body["details"]] == ["pairs[0].accountHandle"]
        assert owned(api) == []
        answer = api.post("/lookups/enrich-email", {"x_handle": handle})
        assert_refused(answer, errors.InvalidRequest)


class TestHeaders:
    @pytest.mark.parametrize(
        "value",
        [
            "Bearer ctgo_" + "a" * 100_000,
            "Bearer " * 10_000,
            "Bearer ctgo_" + "é" * 40,
            "Bearer ctgo_" + "\u0660" * 40,
            "Bearer ctgo_" + "a" * 39 + "\n",
            "Bearer ctgo_" + "a" * 40 + ", Bearer ctgo_" + "b" * 40,
            "\x00",
            "🦉",
        ],
    )
    @pytest.mark.usefixtures("aws")
    def test_a_credential_that_is_none(self, value: str) -> None:
        answer = Api(None).get("/me", Authorization=value)
        assert_refused(answer, errors.MalformedApiKey)
        assert answer.headers["WWW-Authenticate"] == "Bearer"

    @pytest.mark.parametrize(
        "cookie",
        [
            "ctgo_session=" + "a" * 100_000,
            "ctgo_session=\x00",
            "ctgo_session=é; ctgo_session=🦉",
            ";" * 50_000,
            "=" * 50_000,
            "ctgo_session=%00%ff",
        ],
    )
    @pytest.mark.usefixtures("aws")
    def test_a_cookie_that_is_none(self, cookie: str) -> None:
        assert_refused(Api(None).get("/me", Cookie=cookie), errors.MissingApiKey)

    @pytest.mark.parametrize("name", ["Content-Type", "Accept", "Origin", "X-Forwarded-For", "Via"])
    def test_headers_that_say_nothing(self, api: Api, name: str) -> None:
        body = json.dumps({"description": "people"}).encode()
        for value in ("", "🦉", "a/b;" * 5_000, "\x7f", "*/*;q=oops"):
            answer = api.request("POST", "/segments", body, {name: value})
            assert answer.status_code == 201, value


QUERIES = [
    "limit=%",
    "limit=%zz",
    "limit=%00",
    "limit=１０",
    "limit=1e2",
    "limit=+5",
    "limit=" + "9" * 5_000,
    "limit=",
    "since=2026-13-45T99:99:99Z",
    "since=0000-00-00T00:00:00Z",
    "since=9999-12-31T23:59:59-23:59",
    "streamId=9007199254740992",
    "streamId=-1",
    "cursor=" + "A" * 20_000,
    "cursor=%ff%fe",
    "cursor=" + quote("🦉"),
    "lifecycle=NEW",
    "matchConfidence=high&matchConfidence=medium",
    "%F0%9F%A6%89=1",
    "&".join(f"p{number}=1" for number in range(300)),
]


def test_queries_that_say_nothing(api: Api) -> None:
    for query in QUERIES:
        answer = fresh(api).get(f"/leads?{query}")
        assert_refused(answer, errors.InvalidRequest)
        assert answer.json_body["details"], query


def test_the_largest_body_counts_bytes_not_characters(api: Api) -> None:
    owls = "🦉" * 100
    body = json.dumps({"name": owls}, ensure_ascii=False).encode()
    assert len(body) > len(owls) + 20
    edge = body.ljust(262_144)
    assert api.request("POST", "/lookups/api-keys", edge).json_body["name"] == owls
    assert_refused(api.request("POST", "/lookups/api-keys", edge + b" "), errors.BodyTooLarge)
    # As many pairs as such a body holds are far too many, and are told so at once.
    many = json.dumps({"pairs": [pair()] * 1_900}).encode()
    assert 200_000 < len(many) <= 262_144
    answer = api.request("POST", "/streams", many)
    assert_refused(answer, errors.InvalidRequest)
    assert [each["field"] for each in answer.json_body["details"]] == ["pairs"]
