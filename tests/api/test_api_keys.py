"""API keys: made, listed and ended over HTTP."""

from __future__ import annotations

import re
from typing import Any

import pytest

from chalicelib import clock
from chalicelib.auth import sessions
from tests.api_client import Api


def _create(api: Api, name: str = "Extension", **headers: str) -> dict[str, Any]:
    answer = api.post("/lookups/api-keys", {"name": name}, **headers)
    assert answer.status_code == 201, answer.body
    return dict(answer.json_body)


def _listed(api: Api) -> list[dict[str, Any]]:
    return list(api.get("/lookups/api-keys").json_body["apiKeys"])


def test_a_key_works_at_once_and_is_shown_once(api: Api) -> None:
    made = _create(api)
    assert made.keys() == {"id", "name", "key"}
    assert re.fullmatch(r"ctgo_[0-9A-Za-z]{40}", made["key"])
    assert Api(made["key"]).get("/me").json_body["email"] == "noor@orbitdesk.example"
    listed = _listed(api)
    assert [row["name"] for row in listed] == ["Extension", "test"]
    assert listed[0]["id"] == made["id"]
    assert listed[0]["prefix"] == made["key"][:9]
    assert listed[0]["last4"] == made["key"][-4:]
    assert made["key"] not in api.get("/lookups/api-keys").body.decode()


def test_last_use(api: Api) -> None:
    made = _create(api)
    assert _listed(api)[0]["lastUsedAt"] is None
    Api(made["key"]).get("/me")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", _listed(api)[0]["lastUsedAt"])


def test_a_revoked_key_is_refused_at_once(api: Api) -> None:
    made = _create(api)
    other = Api(made["key"])
    assert other.get("/me").status_code == 200
    assert api.delete(f"/lookups/api-keys/{made['id']}").json_body == {"revoked": True}
    refused = other.get("/me")
    assert (refused.status_code, refused.json_body["code"]) == (401, "invalid_api_key")
    assert [row["name"] for row in _listed(api)] == ["test"]


def test_a_key_may_revoke_itself(api: Api) -> None:
    made = _create(api)
    other = Api(made["key"])
    assert other.delete(f"/lookups/api-keys/{made['id']}").status_code == 200
    assert other.get("/me").status_code == 401


def test_what_is_not_there(api: Api) -> None:
    made = _create(api)
    path = f"/lookups/api-keys/{made['id']}"
    with Api.for_new_user("other@example.org", subscribed=True) as other:
        assert other.delete(path).json_body["code"] == "api_key_not_found"
    assert api.delete(path).status_code == 200
    for gone in (path, "/lookups/api-keys/5", "/lookups/api-keys/abc"):
        answer = api.delete(gone)
        assert (answer.status_code, answer.json_body["code"]) == (404, "api_key_not_found")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "name"),
        ({"name": ""}, "name"),
        ({"name": "n" * 101}, "name"),
        ({"name": None}, "name"),
        ({"name": "a\x00b"}, "name"),
        ({"name": "x", "scope": "all"}, "scope"),
    ],
)
def test_faults(api: Api, body: dict[str, Any], field: str) -> None:
    answer = api.post("/lookups/api-keys", body)
    assert (answer.status_code, answer.json_body["code"]) == (400, "invalid_request")
    assert [fault["field"] for fault in answer.json_body["details"]] == [field]
    assert [row["name"] for row in _listed(api)] == ["test"]


def test_a_replay_shows_no_key(api: Api) -> None:
    first = _create(api, **{"Idempotency-Key": "k-1"})
    again = api.post("/lookups/api-keys", {"name": "Extension"}, **{"Idempotency-Key": "k-1"})
    assert again.status_code == 201
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.json_body == {"id": first["id"], "name": "Extension", "key": None}
    assert len(_listed(api)) == 2


def test_the_ui_manages_keys_too(api: Api) -> None:
    session, token = sessions.new(api.user_id, clock.now())
    session.save()
    ui = Api(None, session=token)
    made = _create(ui)
    assert len(_listed(ui)) == 2
    assert ui.delete(f"/lookups/api-keys/{made['id']}").json_body == {"revoked": True}


@pytest.mark.usefixtures("aws")
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/lookups/api-keys"),
        ("POST", "/lookups/api-keys"),
        ("DELETE", "/lookups/api-keys/5"),
    ],
)
def test_a_credential_is_needed(method: str, path: str) -> None:
    answer = Api(None).request(method, path)
    assert (answer.status_code, answer.json_body["code"]) == (401, "missing_api_key")
