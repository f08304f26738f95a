"""Segments and the vocabulary over HTTP."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from chalicelib.auth.users import SELF
from chalicelib.matching import labels as vocabulary
from chalicelib.workspace import rows
from tests.api_client import Api

ORPHANS = {"job_role": ["Grand Poobah", "CEO"], "skill": ["Basket Weaving"]}


def _create(api: Api, **fields: Any) -> dict[str, Any]:
    answer = api.post("/segments", {"description": "founders", **fields})
    assert answer.status_code == 201, answer.body
    return dict(answer.json_body)


def _listed(api: Api, query: str = "") -> dict[int, dict[str, Any]]:
    return {each["id"]: each for each in api.get(f"/segments{query}").json_body["segments"]}


class TestCreate:
    def test_everything_given(self, api: Api) -> None:
        created = _create(
            api,
            description="Operations leads",
            name="Ops",
            genderValues=["female", "female"],
            appliedSearchFilters={"job_role": ["COO"]},
            followerCountTiers=["over_1m", "under_1k"],
        )
        assert created == {"id": created["id"], "userFacingId": f"seg_{created['id']}"}
        segment = _listed(api)[created["id"]]
        assert segment == {
            **created,
            "name": "Ops",
            "description": "Operations leads",
            "genderValues": ["female"],
            "appliedSearchFilters": {"job_role": ["COO"]},
            "followerCountTiers": ["over_1m", "under_1k"],
            "createdAt": segment["createdAt"],
            "updatedAt": segment["createdAt"],
            "linkedStreamCount": 0,
        }

    def test_the_least(self, api: Api) -> None:
        created = _create(api)
        segment = _listed(api)[created["id"]]
        assert segment["name"] is None
        assert segment["genderValues"] == segment["followerCountTiers"] == []
        assert segment["appliedSearchFilters"] == {}

    @pytest.mark.parametrize(
        ("given", "canonical"),
        [
            (["ceo", " CEO ", "c.e.o."], ["CEO"]),
            (["software  ENGINEER", "Software Engineer"], ["Software Engineer"]),
            (["chief executive officer", "FOUNDERS"], ["CEO", "Founder"]),
        ],
    )
    def test_labels_become_canonical(
        self, api: Api, given: list[str], canonical: list[str]
    ) -> None:
        created = _create(api, appliedSearchFilters={"job_role": given})
        filters = _listed(api)[created["id"]]["appliedSearchFilters"]
        assert filters == {"job_role": canonical}

    def test_every_orphan_with_its_closest_labels(self, api: Api) -> None:
        body = {"description": "founders", "appliedSearchFilters": ORPHANS}
        answer = api.post("/segments", body)
        assert (answer.status_code, answer.json_body["error"]) == (400, "orphan_label")
        found = {each["label"]: each for each in answer.json_body["orphans"]}
        assert found.keys() == {"Grand Poobah", "Basket Weaving"}
        for each in found.values():
            assert 1 <= len(each["suggestions"]) <= 3
            assert set(each["suggestions"]) <= set(vocabulary.VOCABULARY[each["category"]])
        assert _listed(api) == {}

    def test_a_label_of_another_category_is_an_orphan(self, api: Api) -> None:
        body = {"description": "founders", "appliedSearchFilters": {"skill": ["CEO"]}}
        assert api.post("/segments", body).json_body["code"] == "orphan_label"

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({}, "description"),
            ({"description": ""}, "description"),
            ({"description": "   "}, "description"),
            ({"description": "x" * 2001}, "description"),
            ({"description": "x\u0000"}, "description"),
            ({"description": "x", "name": "n" * 121}, "name"),
            ({"description": "x", "genderValues": ["other"]}, "genderValues[0]"),
            ({"description": "x", "followerCountTiers": ["1k"]}, "followerCountTiers[0]"),
            (
                {"description": "x", "appliedSearchFilters": {"hobby": ["Chess"]}},
                "appliedSearchFilters.hobby",
            ),
            (
                {"description": "x", "appliedSearchFilters": {"skill": ["SEO"] * 51}},
                "appliedSearchFilters.skill",
            ),
            ({"description": "x", "appliedSearchFilters": None}, "appliedSearchFilters"),
            ({"description": "x", "colour": "red"}, "colour"),
        ],
    )
    def test_bad_bodies(self, api: Api, body: dict[str, Any], field: str) -> None:
        answer = api.post("/segments", body)
        assert (answer.status_code, answer.json_body["code"]) == (400, "invalid_request")
        assert [fault["field"] for fault in answer.json_body["details"]] == [field]
        assert [row.key for row in rows(api.user_id, "account", "stream")] == [SELF]

    def test_a_key_makes_one_segment(self, api: Api) -> None:
        headers = {"Idempotency-Key": "one"}
        body = json.dumps({"description": "founders"}).encode()
        first, again = (api.request("POST", "/segments", body, headers) for _ in range(2))
        assert first.json_body == again.json_body
        assert len(_listed(api)) == 1


class TestList:
    def test_counts_and_archived_ones(self, api: Api) -> None:
        unused, used, archived = (_create(api)["id"] for _ in range(3))
        pair = {"accountHandle": "orbitdesk", "accountTier": "pro"}
        for _ in range(2):
            api.create_stream(pairs=[{**pair, "segmentId": used}])
        stream = api.create_stream(pairs=[{**pair, "segmentId": archived}])
        assert api.delete(f"/streams/{stream['id']}").status_code == 200
        found = _listed(api)
        assert list(found) == [used, unused]
        assert [each["linkedStreamCount"] for each in found.values()] == [2, 0]
        everything = _listed(api, "?excludeArchived=false")
        assert list(everything) == [archived, used, unused]
        assert everything[archived]["linkedStreamCount"] == 0
        assert list(_listed(api, "?excludeArchived=true")) == [used, unused]

    @pytest.mark.parametrize("query", ["excludeArchived=1", "excludeArchived=", "limit=5"])
    def test_bad_queries(self, api: Api, query: str) -> None:
        answer = api.get(f"/segments?{query}")
        assert (answer.status_code, answer.json_body["code"]) == (400, "invalid_request")

    def test_segments_belong_to_one_user(self, api: Api) -> None:
        _create(api)
        with Api.for_new_user("other@example.org", subscribed=True) as other:
            assert _listed(other) == {}


class TestLabels:
    def test_the_whole_vocabulary(self, api: Api) -> None:
        packaged = Path(vocabulary.__file__).parent / "data" / "labels.json"
        assert api.get("/labels").json_body == {"labels": json.loads(packaged.read_text())}

    @pytest.mark.parametrize("path", ["/labels", "/segments"])
    @pytest.mark.usefixtures("aws")
    def test_only_callers_may_ask(self, path: str) -> None:
        assert Api(None).get(path).json_body["code"] == "missing_api_key"
