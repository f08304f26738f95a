"""Made-up bodies for creating and changing a stream: whatever comes in, the API stays sound.

Some bodies carry faults that are known, so that the answer must list exactly them; others are put
together at random, and only what always holds is asked of the answer.
"""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

import pytest
from chalice.test import HTTPResponse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.docs_site import described
from chalicelib.workspace import rows
from tests.api.house import fresh
from tests.api.stream_hand import SEGMENT
from tests.api_client import Api
from tests.documented import undocumented

BY_ROUTE = {each.route: each for each in described.endpoints()}
CREATE, PATCH = BY_ROUTE["POST /streams"], BY_ROUTE["PATCH /streams/{stream_id}"]
BODIES = settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
FAULTS: dict[str, list[Any]] = {
    "name": ["", "n" * 121, 5, None, "a\0b", ["x"]],
    "syncTimes": ["07:15", ["07:16"], ["25:00"], ["07:15", "07:15"], None, [715]],
    "timezone": ["Mars/Olympus", "", 0, None],
    "autoEnrichLinkedin": ["true", 1, None, {}],
    "emailMode": ["all", None, 3],
    "emailDigestOverride": ["hourly", 0, []],
    "telegramOverride": ["yes", 1],
    "deliveryDestination": ["webhook", None],
    "webhookUrl": ["https://1.1.1.1/" + "x" * 2048, 7],
    "colour": ["red", None, 2**70],
    "naïve 🦉": [1],
}
"""Values of fields that are wrong each by itself, by the field that the answer must blame."""
CREATES_ONLY: dict[str, list[Any]] = {"runNow": ["no", None], "isActive": [True]}
CHANGES_ONLY: dict[str, list[Any]] = {"isActive": ["no", None], "isArchived": [0], "runNow": [True]}


def faulty(table: dict[str, list[Any]]) -> st.SearchStrategy[dict[str, Any]]:
    """Bodies with one fault or more, each in a field of its own."""
    fields = st.lists(st.sampled_from(sorted(table)), min_size=1, max_size=6, unique=True)
    return fields.flatmap(
        lambda names: st.fixed_dictionaries({name: st.sampled_from(table[name]) for name in names})
    )


ODD = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**80), 2**80)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20)
    | st.sampled_from(
        ["", "orbitdesk", "@OrbitDesk", "07:15", "UTC", "\0", "İstanbul", "🦉" * 200]
    ),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)
"""Any JSON at all."""
VALID: dict[str, Any] = {
    "pairs": [{"accountHandle": "orbitdesk", "accountTier": "pro", "segment": SEGMENT}],
    "name": "Made up",
    "syncTimes": ["07:15"],
    "timezone": "Europe/Lisbon",
    "autoEnrichLinkedin": False,
    "autoEnrichEmail": True,
    "emailMode": "verified",
    "emailDigestOverride": None,
    "telegramOverride": None,
    "deliveryDestination": "leads_only",
    "webhookUrl": None,
    "csvEmailRecipients": {"to": ["a@example.org"], "format": "csv"},
}


def _places(value: Any, here: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The ways to every part of a body."""
    parts = value.items() if isinstance(value, dict) else []
    parts = enumerate(value) if isinstance(value, list) else parts
    return [here, *(place for key, each in parts for place in _places(each, (*here, key)))]


@st.composite
def bent(draw: st.DrawFn) -> Any:
    """A valid body of which some parts were replaced, removed or added."""
    body: Any = {"root": deepcopy(VALID)}
    for name in draw(st.sets(st.sampled_from(sorted(VALID)), max_size=8)):
        del body["root"][name]
    for _ in range(draw(st.integers(0, 3))):
        place = draw(st.sampled_from([each for each in _places(body) if each]))
        holder = body
        for key in place[:-1]:
            holder = holder[key]
        match draw(st.sampled_from(["replace", "remove", "add"])):
            case "remove" if len(place) > 1:
                del holder[place[-1]]
            case "add" if isinstance(holder[place[-1]], dict):
                holder[place[-1]][draw(st.text(max_size=8))] = draw(ODD)
            case _:
                holder[place[-1]] = draw(ODD)
    return body["root"]


def _stored(api: Api) -> list[dict[str, Any]]:
    found = [row.to_simple_dict() for row in rows(api.user_id, "account", "stream")]
    return sorted(found, key=lambda row: str(row["key"]))


def _send(api: Api, method: str, path: str, body: Any) -> HTTPResponse:
    return fresh(api).request(method, path, json.dumps(body).encode())


def _blamed(answer: HTTPResponse) -> set[str]:
    assert (answer.status_code, answer.json_body["code"]) == (400, "invalid_request"), answer.body
    return {each["field"].partition("[")[0] for each in answer.json_body["details"]}


@pytest.mark.parametrize("made", [False, True])
def test_every_fault_is_listed(api: Api, made: bool) -> None:
    stream_id = api.create_stream()["id"]
    method, path = ("PATCH", f"/streams/{stream_id}") if made else ("POST", "/streams")
    before = _stored(api)

    @BODIES
    @given(wrong=faulty(FAULTS | (CHANGES_ONLY if made else CREATES_ONLY)))
    def try_one(wrong: dict[str, Any]) -> None:
        pairs = {} if made else {"pairs": VALID["pairs"]}
        assert _blamed(_send(api, method, path, {**pairs, **wrong})) == wrong.keys()
        assert _stored(api) == before

    try_one()


def test_streams_from_made_up_bodies(api: Api) -> None:
    """Nothing is stored on a refusal; what was accepted is read as it was sent."""
    outcomes = set()

    @BODIES
    @given(body=bent())
    def try_one(body: Any) -> None:
        before = _stored(api)
        answer = _send(api, "POST", "/streams", body)
        assert undocumented(CREATE, answer) == []
        assert answer.status_code < 500, answer.body
        outcomes.add(answer.status_code)
        if answer.status_code != 201:
            assert _stored(api) == before
            return
        _reads_as(api, answer.json_body["id"], body)
        # Room for the next: an account is in no more automated streams than its tier allows.
        assert fresh(api).delete(f"/streams/{answer.json_body['id']}").status_code == 200

    try_one()
    assert {201, 400} <= outcomes


def test_changes_from_made_up_bodies(api: Api) -> None:
    """A refusal changes nothing; what was accepted is read as it was sent."""
    outcomes = set()
    stream_id = api.create_stream()["id"]

    @BODIES
    @given(body=bent())
    def try_one(body: Any) -> None:
        before = _stored(api)
        answer = _send(api, "PATCH", f"/streams/{stream_id}", body)
        assert undocumented(PATCH, answer) == []
        assert answer.status_code < 500, answer.body
        outcomes.add(answer.status_code)
        if answer.status_code != 200:
            assert _stored(api) == before
            return
        assert ("pairsDiff" in answer.json_body) == ("pairs" in body)
        _reads_as(api, stream_id, body)

    try_one()
    assert {200, 400} <= outcomes


def _reads_as(api: Api, stream_id: int, body: dict[str, Any]) -> None:
    shown = fresh(api).get(f"/streams/{stream_id}")
    assert undocumented(BY_ROUTE["GET /streams/{stream_id}"], shown) == []
    found = shown.json_body["stream"]
    if "pairs" in body:
        assert found["pairCount"] == len(body["pairs"])
    for name in body.keys() & found.keys() - {"pairs", "syncTimes", "csvEmailRecipients", "name"}:
        assert found[name] == body[name], name
    if "syncTimes" in body:
        assert found["syncTimes"] == sorted(body["syncTimes"])


@pytest.mark.parametrize("raw", [b"NaN", b"Infinity", b"-Infinity", b"1e999", b"9" * 5_000])
def test_numbers_that_json_has_not(api: Api, raw: bytes) -> None:
    before = _stored(api)
    for field in ("name", "syncTimes", "pairs", "telegramOverride", "what"):
        answer = api.request("POST", "/streams", b'{"%s": %s}' % (field.encode(), raw))
        assert answer.status_code == 400, answer.body
        assert answer.json_body["code"] in {"invalid_json", "invalid_request"}
    assert _stored(api) == before
