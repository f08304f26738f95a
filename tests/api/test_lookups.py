"""Look-ups over HTTP: of people who are no leads, their histories, segments from a description."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from chalicelib.auth.users import SELF, UserItem
from localdev.xworld.server import Server
from tests.api_client import Api
from tests.finder_world import FinderWorld, finder_world

STATED = "Runs freight ops. marisol [at] tidewater dot example, linkedin.com/in/marisol-vega"
BOTH = {"requested_outputs": ["linkedin_url", "email"]}
EMAIL = {"requested_outputs": ["email"]}
HISTORIES = ["/lookups/enrich/history", "/lookups/enrich-email/history"]


@pytest.fixture
def finders(monkeypatch: pytest.MonkeyPatch) -> Iterator[FinderWorld]:
    with finder_world(monkeypatch) as world:
        yield world


@pytest.fixture(autouse=True)
def _people(x_world: Server) -> None:
    for handle, bio in (("person_001", STATED), ("person_002", "hi@person.example")):
        x_world.world.people.edit(handle, {"bio": bio})


def _balance(api: Api) -> int:
    return int(api.get("/me").json_body["credits"]["balance"])


def _items(api: Api, history: str = HISTORIES[0]) -> list[dict[str, Any]]:
    return list(api.get(history).json_body["items"])


class TestPeople:
    @pytest.mark.parametrize(
        "whom",
        [
            {"x_handle": "person_001"},
            {"x_handle": "@Person_001"},
            {"x_profile_id": "500001"},
        ],
    )
    def test_by_handle_and_by_id(self, api: Api, whom: dict[str, str]) -> None:
        answer = api.post("/lookups/enrich", {**whom, **BOTH})
        assert answer.status_code == 200
        assert answer.json_body == {
            "x_profile_id": "500001",
            "result": {
                "ok": True,
                "kind": "resolved",
                "linkedin": {"url": "https://linkedin.com/in/marisol-vega", "confidence": "high"},
                "email": {
                    "address": "marisol@tidewater.example",
                    "status": "likely",
                    "provider": "x_profile",
                },
            },
            "credits_remaining": 8,
            "contact_routes": [
                {
                    "routeType": "linkedin_url",
                    "value": "https://linkedin.com/in/marisol-vega",
                    "confidence": "high",
                },
                {
                    "routeType": "email",
                    "value": "marisol@tidewater.example",
                    "confidence": "medium",
                },
            ],
        }

    def test_email_only(self, api: Api) -> None:
        body = api.post("/lookups/enrich-email", {"x_handle": "person_001"}).json_body
        assert (body["result"]["kind"], body["result"]["linkedin"]) == ("resolved", None)
        assert body["result"]["email"]["address"] == "marisol@tidewater.example"
        assert body["credits_remaining"] == 9
        again = {"x_profile_id": "500001", "email_mode": "verified"}
        body = api.post("/lookups/enrich-email", again).json_body
        assert (body["result"]["kind"], body["credits_remaining"]) == ("not_found", 9)

    def test_both_surfaces_share_what_is_stored(self, api: Api) -> None:
        api.post("/lookups/enrich-email", {"x_handle": "person_001"})
        body = api.post("/lookups/enrich", {"x_handle": "person_001", **EMAIL}).json_body
        assert (body["result"]["kind"], body["credits_remaining"]) == ("resolved", 9)

    def test_a_protected_profile_is_accepted(self, api: Api, x_world: Server) -> None:
        x_world.world.people.edit("person_001", {"protected": True})
        body = api.post("/lookups/enrich", {"x_handle": "person_001", **EMAIL}).json_body
        assert body["result"]["kind"] == "resolved"

    @pytest.mark.parametrize(
        ("whom", "code"),
        [
            ({"x_handle": "nobody_at_all"}, "handle_not_found"),
            ({"x_profile_id": "12345"}, "profile_missing"),
        ],
    )
    @pytest.mark.parametrize("path", ["/lookups/enrich", "/lookups/enrich-email"])
    def test_nobody(self, api: Api, path: str, whom: dict[str, str], code: str) -> None:
        asked = EMAIL if path == "/lookups/enrich" else {}
        answer = api.post(path, {**whom, **asked})
        assert (answer.status_code, answer.json_body["error"]) == (404, code)
        assert _items(api, f"{path}/history") == []

    @pytest.mark.parametrize("whom", [{"x_handle": "person_001"}, {"x_profile_id": "500001"}])
    def test_no_provider_of_x_answers(
        self, api: Api, x_world: Server, whom: dict[str, str]
    ) -> None:
        for vendor in ("scrapebadger", "apify"):
            fault = {"vendor": vendor, "path": "", "kind": "503", "times": -1}
            httpx.post(f"{x_world.url}/_control/faults", json=[fault]).raise_for_status()
        answer = api.post("/lookups/enrich", {**whom, **EMAIL})
        assert (answer.status_code, answer.json_body["error"]) == (503, "handle_lookup_failed")
        assert int(answer.headers["Retry-After"]) > 0
        assert _balance(api) == 10

    @pytest.mark.parametrize(
        ("path", "body", "field"),
        [
            ("/lookups/enrich", {**EMAIL}, "x_handle"),
            ("/lookups/enrich", {"x_handle": "a", "x_profile_id": "1", **EMAIL}, "x_handle"),
            ("/lookups/enrich", {"x_handle": "a"}, "requested_outputs"),
            ("/lookups/enrich", {"x_handle": "a b", **EMAIL}, "x_handle"),
            ("/lookups/enrich", {"x_handle": "a" * 16, **EMAIL}, "x_handle"),
            ("/lookups/enrich", {"x_handle": None, "x_profile_id": "1", **EMAIL}, "x_handle"),
            ("/lookups/enrich", {"x_profile_id": 500001, **EMAIL}, "x_profile_id"),
            ("/lookups/enrich", {"x_profile_id": "5x", **EMAIL}, "x_profile_id"),
            ("/lookups/enrich", {"xHandle": "a", **EMAIL}, "xHandle"),
            ("/lookups/enrich-email", {"x_handle": "a", **EMAIL}, "requested_outputs"),
            ("/lookups/enrich-email", {"x_handle": "a", "email_mode": "sure"}, "email_mode"),
            ("/lookups/enrich-email", {}, "x_handle"),
        ],
    )
    def test_bad_bodies(self, api: Api, path: str, body: Any, field: str) -> None:
        answer = api.post(path, body)
        assert (answer.status_code, answer.json_body["code"]) == (400, "invalid_request")
        assert field in {fault["field"] for fault in answer.json_body["details"]}

    @pytest.mark.parametrize("path", ["/lookups/enrich", "/lookups/enrich-email"])
    def test_gates_of_credits(self, api: Api, finders: FinderWorld, path: str) -> None:
        asked = {"x_handle": "person_003", **(EMAIL if path == "/lookups/enrich" else {})}
        UserItem(api.user_id, SELF).update(actions=[UserItem.credits.set(0)])
        answer = api.post(path, asked)
        assert (answer.status_code, answer.json_body["error"]) == (429, "credits_exhausted")
        assert "Retry-After" not in answer.headers
        UserItem(api.user_id, SELF).update(actions=[UserItem.credits.set(2)])
        finders.refuse()
        answer = api.post(path, {**asked})
        assert (answer.status_code, answer.json_body["error"]) == (503, "enrichment_unavailable")
        assert int(answer.headers["Retry-After"]) > 0
        assert _balance(api) == 2
        UserItem(api.user_id, SELF).update(actions=[UserItem.has_team.set(False)])
        answer = api.post(path, {**asked, "x_handle": "nobody_at_all"})
        assert (answer.status_code, answer.json_body["error"]) == (400, "no_team")
        assert _items(api, f"{path}/history") == []

    @pytest.mark.parametrize(
        ("method", "path"),
        [
            ("POST", "/lookups/enrich"),
            ("POST", "/lookups/enrich-email"),
            ("GET", HISTORIES[0]),
            ("GET", HISTORIES[1]),
            ("POST", "/lookups/segments/from-description"),
        ],
    )
    @pytest.mark.usefixtures("aws")
    def test_keys_only(self, method: str, path: str) -> None:
        nobody = Api(None)
        cookie = {"Cookie": "ctgo_session=anything"}
        for headers, code in (({}, "missing_api_key"), (cookie, "missing_api_key")):
            answer = nobody.request(method, path, headers=headers)
            assert (answer.status_code, answer.json_body["code"]) == (401, code)
        answer = nobody.request(method, path, headers={"Authorization": "Bearer ctgo_x"})
        assert (answer.status_code, answer.json_body["code"]) == (401, "malformed_api_key")


class TestHistory:
    def test_each_kind_of_call_has_its_own(self, api: Api) -> None:
        api.post("/lookups/enrich", {"x_handle": "person_001", **BOTH})
        api.post("/lookups/enrich-email", {"x_handle": "person_003"})
        (enriched,) = _items(api)
        assert enriched == {
            "id": enriched["id"],
            "x_handle": "person_001",
            "x_profile_id": "500001",
            "requested_outputs": ["linkedin_url", "email"],
            "result": {
                "ok": True,
                "kind": "resolved",
                "linkedin": {"url": "https://linkedin.com/in/marisol-vega", "confidence": "high"},
                "email": {
                    "address": "marisol@tidewater.example",
                    "status": "likely",
                    "provider": "x_profile",
                },
            },
            "credits_spent": 2,
            "created_at": enriched["created_at"],
        }
        (missed,) = _items(api, HISTORIES[1])
        assert missed["requested_outputs"] == ["email"]
        assert missed["credits_spent"] == 0
        assert missed["result"] == {
            "ok": False,
            "kind": "not_found",
            "linkedin": None,
            "email": None,
        }

    def test_a_free_repeat_is_a_call_too(self, api: Api) -> None:
        for _ in range(2):
            api.post("/lookups/enrich", {"x_handle": "person_001", **BOTH})
        assert [item["credits_spent"] for item in _items(api)] == [0, 2]

    def test_what_failed_stays_in_the_history(self, api: Api, finders: FinderWorld) -> None:
        x_page = {"x_handle": "person_001", **BOTH, "email_mode": "verified"}
        finders.refuse()
        answer = api.post("/lookups/enrich", x_page).json_body
        assert answer["result"]["failed"] == ["email"]
        assert _items(api)[0]["result"] == answer["result"]

    def test_pages(self, api: Api, free_api: Api) -> None:
        for number in range(7):
            api.post("/lookups/enrich-email", {"x_profile_id": str(500010 + number)})
        free_api.post("/lookups/enrich-email", {"x_handle": "person_001"})
        path = HISTORIES[1]
        whole = api.get(path).json_body
        ids = [item["id"] for item in whole["items"]]
        assert [item["x_profile_id"] for item in whole["items"]] == [
            str(500010 + number) for number in reversed(range(7))
        ]
        assert (whole["total"], whole["hasMore"], whole["nextCursor"]) == (7, False, None)
        part = api.get(f"{path}?limit=2&offset=3").json_body
        assert [item["id"] for item in part["items"]] == ids[3:5]
        assert (part["total"], part["hasMore"]) == (7, True)
        beyond = api.get(f"{path}?offset=7").json_body
        assert (beyond["items"], beyond["total"], beyond["hasMore"]) == ([], 7, False)
        assert api.get(HISTORIES[0]).json_body == {
            "items": [],
            "total": 0,
            "hasMore": False,
            "nextCursor": None,
        }
        assert free_api.get(path).json_body["total"] == 1

    def test_a_walk_by_cursor_stands_still_while_new_calls_come(self, api: Api) -> None:
        for number in range(5):
            api.post("/lookups/enrich-email", {"x_profile_id": str(500010 + number)})
        path, seen = HISTORIES[1], []
        page = api.get(f"{path}?limit=2").json_body
        api.post("/lookups/enrich-email", {"x_profile_id": "500020"})
        while True:
            seen += [item["x_profile_id"] for item in page["items"]]
            assert page["total"] == 5
            if not page["hasMore"]:
                break
            page = api.get(f"{path}?limit=1&cursor={page['nextCursor']}").json_body
        assert seen == [str(500010 + number) for number in reversed(range(5))]
        assert page["nextCursor"] is None

    def test_cursors_are_bound_to_history_and_user(self, api: Api, free_api: Api) -> None:
        for _ in range(2):
            api.post("/lookups/enrich", {"x_handle": "person_001", **BOTH})
        cursor = api.get(f"{HISTORIES[0]}?limit=1").json_body["nextCursor"]
        for asker, path in ((api, HISTORIES[1]), (free_api, HISTORIES[0])):
            answer = asker.get(f"{path}?cursor={cursor}")
            assert (answer.status_code, answer.json_body["code"]) == (400, "cursor_mismatch")

    @pytest.mark.parametrize("path", HISTORIES)
    @pytest.mark.parametrize(
        ("query", "field"),
        [
            ("limit=0", "limit"),
            ("limit=501", "limit"),
            ("offset=-1", "offset"),
            ("offset=10001", "offset"),
            ("cursor=abc", "cursor"),
            ("cursor=abc&offset=1", "cursor"),
            ("colour=red", "colour"),
        ],
    )
    def test_bad_queries(self, api: Api, path: str, query: str, field: str) -> None:
        answer = api.get(f"{path}?{query}")
        assert (answer.status_code, answer.json_body["code"]) == (400, "invalid_request")
        assert field in {fault["field"] for fault in answer.json_body["details"]}


class TestFromDescription:
    PATH = "/lookups/segments/from-description"
    TEXT = "female fintech founders with over 10k followers, vexillologists"

    def test_a_description_becomes_a_segment(self, api: Api) -> None:
        answer = api.post(self.PATH, {"description": self.TEXT, "name": "Founders"})
        assert answer.status_code == 201
        body = answer.json_body
        assert body == {
            "id": body["id"],
            "userFacingId": f"seg_{body['id']}",
            "segment": {
                "name": "Founders",
                "description": self.TEXT,
                "genderValues": ["female"],
                "appliedSearchFilters": {"job_role": ["Founder"], "industry": ["Fintech"]},
                "followerCountTiers": ["10k_to_100k", "100k_to_1m", "over_1m"],
            },
            "unmatched": ["vexillologists"],
        }
        (listed,) = api.get("/segments").json_body["segments"]
        assert body["segment"].items() <= listed.items()
        assert listed["id"] == body["id"]
        assert _balance(api) == 10

    def test_a_dry_run_makes_nothing(self, api: Api) -> None:
        answer = api.post(self.PATH, {"description": self.TEXT, "dryRun": True})
        assert answer.status_code == 200
        assert answer.json_body.keys() == {"segment", "unmatched"}
        assert answer.json_body["segment"]["name"] is None
        assert api.get("/segments").json_body["segments"] == []

    @pytest.mark.parametrize("text", ["Grand Poobahs", "!!!", "нет слов", "x" * 2000])
    def test_no_word_is_an_orphan(self, api: Api, text: str) -> None:
        answer = api.post(self.PATH, {"description": text})
        assert answer.status_code == 201
        assert answer.json_body["segment"]["description"] == text

    def test_the_segment_can_be_used(self, api: Api) -> None:
        made = api.post(self.PATH, {"description": self.TEXT}).json_body
        pair = {"accountHandle": "orbitdesk", "accountTier": "pro", "segmentId": made["id"]}
        created = api.create_stream(pairs=[pair])
        assert created["segments"] == [{"segmentId": made["id"], "segmentCreated": False}]

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({}, "description"),
            ({"description": ""}, "description"),
            ({"description": "   "}, "description"),
            ({"description": "x" * 2001}, "description"),
            ({"description": 5}, "description"),
            ({"description": "x", "name": ""}, "name"),
            ({"description": "x", "name": "x" * 121}, "name"),
            ({"description": "x", "dryRun": "true"}, "dryRun"),
            ({"description": "x", "dry_run": True}, "dry_run"),
        ],
    )
    def test_bad_bodies(self, api: Api, body: Any, field: str) -> None:
        answer = api.post(self.PATH, body)
        assert (answer.status_code, answer.json_body["code"]) == (400, "invalid_request")
        assert field in {fault["field"] for fault in answer.json_body["details"]}
