"""Message templates over HTTP."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from bench.trips import counted
from chalicelib.dm_templates import service
from chalicelib.dm_templates.schemas import TemplateWrite
from chalicelib.errors import TemplateNameTaken
from tests.api_client import Api

MESSAGE = "Hi {{firstName}}, glad you follow along."


def _create(api: Api, name: str = "First hello", message: str = MESSAGE) -> dict[str, Any]:
    answer = api.post("/dm-templates", {"name": name, "messageBody": message})
    assert answer.status_code == 201, answer.body
    return dict(answer.json_body["template"])


def test_a_template_from_its_creation_to_its_end(api: Api) -> None:
    made = _create(api)
    assert made == {
        "id": made["id"],
        "name": "First hello",
        "messageBody": MESSAGE,
        "createdAt": made["createdAt"],
        "updatedAt": made["createdAt"],
    }
    path = f"/dm-templates/{made['id']}"
    assert api.get(path).json_body == {"template": made}
    changed = api.put(path, {"name": "Second", "messageBody": "Hello"}).json_body["template"]
    assert (changed["name"], changed["messageBody"]) == ("Second", "Hello")
    assert api.get(path).json_body == {"template": changed}
    assert api.delete(path).json_body == {"success": True}
    for gone in (
        api.get(path),
        api.delete(path),
        api.put(path, {"name": "x", "messageBody": "y"}),
    ):
        assert (gone.status_code, gone.json_body["error"]) == (404, "template_not_found")


def test_templates_are_listed_newest_first_and_only_to_their_owner(api: Api, free_api: Api) -> None:
    made = [_create(api, name)["id"] for name in ("a", "b", "c")]
    theirs = _create(free_api, "a")
    listed = api.get("/dm-templates").json_body["templates"]
    assert [each["id"] for each in listed] == made[::-1]
    assert api.get(f"/dm-templates/{theirs['id']}").status_code == 404
    assert api.delete(f"/dm-templates/{theirs['id']}").status_code == 404
    assert free_api.get("/dm-templates").json_body["templates"] == [theirs]


@pytest.mark.parametrize("same", ["First hello", "FIRST HELLO", "first hello"])
def test_a_name_is_taken_however_it_is_capitalised(api: Api, same: str) -> None:
    _create(api)
    other = _create(api, "Other")
    body = {"name": same, "messageBody": "x"}
    for answer in (
        api.post("/dm-templates", body),
        api.put(f"/dm-templates/{other['id']}", body),
    ):
        assert (answer.status_code, answer.json_body["code"]) == (409, "template_name_taken")
    assert api.get(f"/dm-templates/{other['id']}").json_body["template"] == other


def test_a_template_may_keep_its_name_and_change_its_case(api: Api) -> None:
    made = _create(api)
    for name in ("First hello", "first HELLO"):
        answer = api.put(f"/dm-templates/{made['id']}", {"name": name, "messageBody": "new"})
        assert answer.json_body["template"]["name"] == name


def test_a_name_is_free_again_after_renaming_and_after_deleting(api: Api) -> None:
    made = _create(api)
    api.put(f"/dm-templates/{made['id']}", {"name": "Renamed", "messageBody": "x"})
    second = _create(api)
    api.delete(f"/dm-templates/{second['id']}")
    assert _create(api)["id"] not in (made["id"], second["id"])


def test_of_many_who_ask_for_a_name_at_once_one_gets_it(api: Api) -> None:
    def ask(number: int) -> bool:
        name = "Hello" if number % 2 else "hello"
        try:
            service.create(
                api.user_id, TemplateWrite.model_validate({"name": name, "messageBody": "x"})
            )
        except TemplateNameTaken:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(ask, range(8))) == 1
    assert len(api.get("/dm-templates").json_body["templates"]) == 1


@pytest.mark.parametrize(
    ("body", "faults"),
    [
        ({}, {"name": "is required", "messageBody": "is required"}),
        ({"name": "", "messageBody": ""}, {"name": "", "messageBody": ""}),
        ({"name": "n" * 101, "messageBody": "m" * 2001}, {"name": "", "messageBody": ""}),
        ({"name": "n", "messageBody": "Hi {{first_name}}"}, {"messageBody": "{{first_name}}"}),
        ({"name": "n", "messageBody": "{{ bio }} {{x}}"}, {"messageBody": "{{ bio }}, {{x}};"}),
        ({"name": 1, "messageBody": None, "x": 1}, {"name": "", "messageBody": "", "x": ""}),
    ],
)
def test_faults_are_named(api: Api, body: dict[str, Any], faults: dict[str, str]) -> None:
    made = _create(api)
    for answer in (
        api.post("/dm-templates", body),
        api.put(f"/dm-templates/{made['id']}", body),
    ):
        assert (answer.status_code, answer.json_body["code"]) == (400, "invalid_request")
        found = {each["field"]: each["message"] for each in answer.json_body["details"]}
        assert found.keys() == faults.keys()
        assert all(words in found[field] for field, words in faults.items())
    assert api.get("/dm-templates").json_body["templates"] == [made]


def test_every_placeholder_and_the_limits_themselves_are_fine(api: Api) -> None:
    known = "{{firstName}} {{displayName}} {{handle}} {{bio}} {{followerCount}} {not one}"
    message = known + "x" * (2000 - len(known))
    assert _create(api, "n" * 100, message)["messageBody"] == message


@pytest.mark.usefixtures("aws")
def test_without_a_key() -> None:
    stranger = Api(None)
    assert stranger.get("/dm-templates").json_body["code"] == "missing_api_key"
    assert stranger.post("/dm-templates", {}).status_code == 401


def test_round_trips(api: Api) -> None:
    template_id = _create(api)["id"]
    path, body = f"/dm-templates/{template_id}", {"name": "Renamed", "messageBody": "x"}
    for method, where, sent, most in (
        ("GET", "/dm-templates", b"", 2),
        ("GET", path, b"", 2),
        ("POST", "/dm-templates", json.dumps({**body, "name": "New"}).encode(), 2),
        ("PUT", path, json.dumps(body).encode(), 3),
        ("DELETE", path, b"", 3),
    ):
        with counted() as calls:
            assert api.request(method, where, sent).status_code < 300
        assert len(calls) <= most, (method, where, calls)
