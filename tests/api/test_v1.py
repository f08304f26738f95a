"""API v1 is gone: every path says so, and what to use instead. No AWS is needed for it."""

from __future__ import annotations

import pytest
from chalice.test import Client, HTTPResponse

from app import app
from chalicelib.settings import settings


def _ask(method: str, path: str, body: bytes = b"") -> HTTPResponse:
    with Client(app) as client:
        return client.http.request(method, "/api/v1" + path, body=body)


# The table of the migration guide, line by line, with real-looking ids.
TABLE = """
GET /me -> GET /me
POST /tracked-accounts -> POST /streams
GET /tracked-accounts -> GET /accounts
DELETE /tracked-accounts/31 -> POST /accounts/{id}/sleep
PUT /tracked-accounts/31 -> POST /accounts/{id}/wake
PATCH /tracked-accounts/31 -> PATCH /streams/{id}
POST /tracked-accounts/31/change-tier -> POST /accounts/{id}/change-tier
GET /saved-searches -> GET /segments
POST /saved-searches -> POST /segments
GET /saved-searches/77 -> GET /streams/{id}
PUT /saved-searches/77 -> PATCH /streams/{id}
DELETE /saved-searches/77 -> DELETE /streams/{id}
POST /saved-searches/77/assignments -> PATCH /streams/{id}
POST /saved-searches/from-description -> POST /lookups/segments/from-description
POST /sync -> POST /streams/{id}/run
POST /explore -> POST /streams/{id}/re-test
GET /sync-status -> GET /streams/{id}/runs/{runId}
GET /sync-history -> GET /runs
GET /sync-settings -> GET /streams/{id}
PUT /sync-settings -> PATCH /streams/{id}
GET /explore/budget -> GET /me
GET /people-of-interest -> GET /leads
POST /feedback -> POST /leads/{id}/feedback
POST /enrich -> POST /lookups/enrich
GET /enrich/history -> GET /lookups/enrich/history
POST /enrich-email -> POST /lookups/enrich-email
GET /enrich-email/history -> GET /lookups/enrich-email/history
DELETE /api-keys/9 -> DELETE /lookups/api-keys/{id}
GET /dm-templates -> GET /dm-templates
POST /dm-templates -> POST /dm-templates
GET /dm-templates/3 -> GET /dm-templates/{id}
PUT /dm-templates/3 -> PUT /dm-templates/{id}
DELETE /dm-templates/3 -> DELETE /dm-templates/{id}
GET /notification-settings -> GET /notification-settings
PUT /notification-settings -> PUT /notification-settings
POST /webhooks/subscribe -> POST /webhooks/subscribe
DELETE /webhooks/subscribe -> DELETE /webhooks/subscribe
"""
ROWS = [tuple(line.split(" -> ")) for line in TABLE.strip().splitlines()]


@pytest.mark.parametrize(("old", "new"), ROWS)
def test_what_has_a_successor(old: str, new: str) -> None:
    answer = _ask(*old.split(" "))
    method, path = new.split(" ")
    body = answer.json_body
    assert (answer.status_code, body["error"], body["code"]) == (410, "gone", "gone")
    assert body["successor"] == f"{method} /api/v2{path}"
    assert body["successor"] in body["message"]
    assert body["requestId"] == answer.headers["X-Request-Id"]
    start = path.split("/{")[0]
    assert answer.headers["Link"] == f'</api/v2{start}>; rel="successor-version"'
    assert answer.headers["Access-Control-Allow-Origin"] == settings().ui_origin


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", ""),
        ("GET", "/"),
        ("GET", "/feedback"),
        ("DELETE", "/me"),
        ("PATCH", "/nonsense"),
        ("PUT", "/a/b/c/d/e/f"),
        ("POST", "/tracked-accounts/31/change-tier/now"),
        ("POST", "/enrich/history"),
    ],
)
def test_what_has_none(method: str, path: str) -> None:
    answer = _ask(method, path)
    assert (answer.status_code, answer.json_body["code"]) == (410, "gone")
    assert answer.json_body["successor"] is None
    assert settings().base_url in answer.json_body["message"]
    assert "Link" not in answer.headers


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"])
def test_every_method_and_whatever_is_sent(method: str) -> None:
    assert _ask(method, "/me?x=1", b"\xff{").status_code == 410
