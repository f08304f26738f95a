"""Enriching a lead over HTTP: what is found, what it costs, what is kept, what goes wrong."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from chalicelib import clock, wiring
from chalicelib.auth.users import SELF, UserItem, numbers
from chalicelib.billing import credits
from chalicelib.billing.ledger import LedgerItem
from chalicelib.enrichment import contacts
from chalicelib.enrichment.enriching import Wanted, enrich
from chalicelib.errors import CreditsExhausted
from chalicelib.leads import schemas as leads
from chalicelib.leads.table import LeadItem, key_of, person_key
from chalicelib.profile import Profile
from localdev.xworld.server import Server
from tests.api_client import Api
from tests.finder_world import HUNTER, PDL, PROSPEO, FinderWorld, finder_world
from tests.queue_hand import QueueHand

BOTH = {"requested_outputs": ["linkedin_url", "email"]}
EMAIL = {"requested_outputs": ["email"]}
VERIFIED = {"requested_outputs": ["email"], "email_mode": "verified"}
PAGE = "https://linkedin.com/in/marisol-vega"
STATED = "Runs freight ops. marisol [at] tidewater dot example, linkedin.com/in/marisol-vega"
SITE = "https://tidewater.example"


@pytest.fixture
def finders(monkeypatch: pytest.MonkeyPatch) -> Iterator[FinderWorld]:
    with finder_world(monkeypatch) as world:
        yield world


def _lead(api: Api, x_user_id: str = "998877665544", **fields: Any) -> int:
    """A lead of a stream that needs not be there; the user's own number stands for it."""
    lead_id, now = numbers(api.user_id, 1)[0], clock.now().replace(microsecond=0)
    profile = {"id": x_user_id, "handle": "marisol_ops", "name": "Marisol Vega", **fields}
    lead = LeadItem(
        api.user_id,
        person_key(31, x_user_id),
        lead_id=lead_id,
        user_id=api.user_id,
        account_id=31,
        run_id=7712,
        segment_id=77,
        confidence="high",
        source="new_follower",
        profile=profile,
    )
    lead.discover(now)
    lead.place()
    lead.save()
    return lead_id


def _stored(lead_id: int) -> LeadItem:
    lead = LeadItem.find(*key_of(lead_id))
    assert lead is not None
    return lead


def _enrichment(lead_id: int) -> Any:
    return leads.shown(_stored(lead_id)).enrichment


def _balance(api: Api) -> int:
    return int(api.get("/me").json_body["credits"]["balance"])


class TestKinds:
    def test_resolved_from_what_the_profile_states(self, api: Api) -> None:
        lead_id = _lead(api, bio=STATED, url=SITE)
        answer = api.post(f"/leads/{lead_id}/enrich", BOTH)
        assert answer.status_code == 200
        assert answer.json_body == {
            "leadId": lead_id,
            "x_profile_id": "998877665544",
            "result": {
                "ok": True,
                "kind": "resolved",
                "linkedin": {"url": PAGE, "confidence": "high"},
                "email": {
                    "address": "marisol@tidewater.example",
                    "status": "likely",
                    "provider": "x_profile",
                },
            },
            "credits_remaining": 8,
            "contact_routes": [
                {"routeType": "linkedin_url", "value": PAGE, "confidence": "high"},
                {
                    "routeType": "email",
                    "value": "marisol@tidewater.example",
                    "confidence": "medium",
                },
                {"routeType": "website", "value": SITE, "confidence": "high"},
            ],
        }
        assert _balance(api) == 8
        assert _enrichment(lead_id) == {
            "linkedinUrl": PAGE,
            "email": "marisol@tidewater.example",
            "emailStatus": "likely",
        }
        sources = leads.shown(_stored(lead_id)).contact_sources
        assert sources is not None
        assert {name: each.source for name, each in sources.items()} == {
            "linkedinUrl": "x_profile",
            "email": "x_profile",
        }
        assert all(each.found_at.tzinfo for each in sources.values())

    def test_partial_costs_what_was_found(self, api: Api) -> None:
        lead_id = _lead(api, bio="linkedin.com/in/marisol-vega")
        body = api.post(f"/leads/{lead_id}/enrich", BOTH).json_body
        assert (body["result"]["ok"], body["result"]["kind"]) == (True, "partial")
        assert body["result"]["email"] is None
        assert "failed" not in body["result"]
        assert body["credits_remaining"] == 9

    def test_not_found_costs_nothing_and_is_no_failure(self, api: Api) -> None:
        lead_id = _lead(api, bio="Coffee first")
        answer = api.post(f"/leads/{lead_id}/enrich", BOTH)
        assert answer.status_code == 200
        assert answer.json_body["result"] == {
            "ok": False,
            "kind": "not_found",
            "linkedin": None,
            "email": None,
        }
        assert answer.json_body["contact_routes"] == []
        assert _balance(api) == 10
        assert _enrichment(lead_id) is None

    def test_providers_are_asked_in_order(self, api: Api, finders: FinderWorld) -> None:
        finders.pdl_finds(linkedin_url="linkedin.com/in/marisol-vega")
        finders.prospeo_finds("marisol@tidewater.example")
        body = api.post(f"/leads/{_lead(api, url=SITE)}/enrich", BOTH).json_body
        assert finders.asked == [PDL, HUNTER, PROSPEO]
        assert body["result"]["linkedin"] == {"url": PAGE, "confidence": "high"}
        assert body["result"]["email"] == {
            "address": "marisol@tidewater.example",
            "status": "verified",
            "provider": "prospeo",
        }
        assert body["contact_routes"][1]["confidence"] == "high"

    def test_mode_verified_takes_no_other_address(self, api: Api, finders: FinderWorld) -> None:
        finders.hunter_finds("marisol@tidewater.example", "accept_all")
        lead_id = _lead(api, url=SITE)
        body = api.post(f"/leads/{lead_id}/enrich", VERIFIED).json_body
        assert (body["result"]["kind"], body["credits_remaining"]) == ("not_found", 10)
        body = api.post(f"/leads/{lead_id}/enrich", EMAIL).json_body
        assert body["result"]["email"]["status"] == "accept_all"
        assert body["credits_remaining"] == 9


class TestStored:
    def test_the_same_again_within_thirty_days_is_free(
        self, api: Api, finders: FinderWorld
    ) -> None:
        finders.hunter_finds("marisol@tidewater.example")
        path = f"/leads/{_lead(api, url=SITE)}/enrich"
        first = api.post(path, EMAIL).json_body
        asked = len(finders.asked)
        start = clock.now()
        with time_machine.travel(start + timedelta(days=29, hours=23)):
            assert api.post(path, EMAIL).json_body == first
            assert api.post(path, VERIFIED).json_body == first
        assert len(finders.asked) == asked
        with time_machine.travel(start + timedelta(days=30, minutes=1)):
            again = api.post(path, EMAIL).json_body
        assert again["result"] == first["result"]
        assert again["credits_remaining"] == 8
        assert len(finders.asked) > asked

    def test_only_the_output_that_is_not_stored_costs(self, api: Api) -> None:
        lead_id = _lead(api, bio=STATED)
        assert api.post(f"/leads/{lead_id}/enrich", EMAIL).json_body["credits_remaining"] == 9
        body = api.post(f"/leads/{lead_id}/enrich", BOTH).json_body
        assert (body["result"]["kind"], body["credits_remaining"]) == ("resolved", 8)

    def test_a_stored_unverified_address_answers_no_request_for_a_verified_one(
        self, api: Api, finders: FinderWorld
    ) -> None:
        lead_id = _lead(api, bio=STATED, url=SITE)
        assert api.post(f"/leads/{lead_id}/enrich", EMAIL).json_body["credits_remaining"] == 9
        body = api.post(f"/leads/{lead_id}/enrich", VERIFIED).json_body
        assert body["result"] == {"ok": False, "kind": "not_found", "linkedin": None, "email": None}
        assert body["credits_remaining"] == 9
        assert [route["routeType"] for route in body["contact_routes"]] == ["email", "website"]
        finders.prospeo_finds("ops@tidewater.example")
        body = api.post(f"/leads/{lead_id}/enrich", VERIFIED).json_body
        assert body["result"]["email"]["address"] == "ops@tidewater.example"
        assert body["credits_remaining"] == 8
        assert _enrichment(lead_id)["emailStatus"] == "verified"

    def test_another_lead_of_the_same_person_is_answered_from_the_store(self, api: Api) -> None:
        api.post(f"/leads/{_lead(api, bio=STATED)}/enrich", EMAIL)
        other = _lead(api, bio="Says nothing")
        body = api.post(f"/leads/{other}/enrich", EMAIL).json_body
        assert (body["result"]["kind"], body["credits_remaining"]) == ("resolved", 9)
        assert _enrichment(other)["email"] == "marisol@tidewater.example"

    def test_another_team_pays_for_itself(self, api: Api, free_api: Api) -> None:
        api.post(f"/leads/{_lead(api, bio=STATED)}/enrich", EMAIL)
        theirs = _lead(free_api, x_user_id="998877665544", bio=STATED)
        body = free_api.post(f"/leads/{theirs}/enrich", EMAIL).json_body
        assert body["credits_remaining"] == 9

    def test_a_lead_of_a_run_shows_what_was_found(
        self, api: Api, queues: QueueHand, x_world: Server
    ) -> None:
        x_world.world.people.edit("person_001", {"bio": f"Founder and CEO. {STATED}"})
        stream_id = api.create_stream(runNow=True)["id"]
        queues.drain()
        leads = api.get(f"/streams/{stream_id}/leads").json_body["leads"]
        lead = next(each for each in leads if each["profile"]["handle"] == "person_001")
        assert lead["enrichment"] is None
        api.post(f"/leads/{lead['id']}/enrich", BOTH)
        leads = api.get(f"/streams/{stream_id}/leads").json_body["leads"]
        shown = {each["id"]: each["enrichment"] for each in leads if each["enrichment"]}
        assert shown == {
            lead["id"]: {
                "linkedinUrl": PAGE,
                "email": "marisol@tidewater.example",
                "emailStatus": "likely",
            }
        }


class TestClaimed:
    def test_a_claimed_address_is_never_looked_up_again(
        self, api: Api, free_api: Api, finders: FinderWorld
    ) -> None:
        theirs = _lead(free_api, x_user_id="998877665544", bio=STATED)
        assert free_api.post(f"/leads/{theirs}/enrich", EMAIL).json_body["result"]["ok"]
        finders.answers[HUNTER] = (451, {"errors": [{"id": "claimed_email", "code": 451}]})
        finders.prospeo_finds("marisol@tidewater.example")
        lead_id = _lead(api, url=SITE)
        body = api.post(f"/leads/{lead_id}/enrich", BOTH).json_body
        assert body["result"]["kind"] == "not_found"
        assert "failed" not in body["result"]
        finders.hunter_finds("marisol@tidewater.example")
        finders.asked.clear()
        body = api.post(f"/leads/{lead_id}/enrich", EMAIL).json_body
        assert (body["result"]["kind"], body["credits_remaining"]) == ("not_found", 10)
        body = free_api.post(f"/leads/{theirs}/enrich", EMAIL).json_body
        assert (body["result"]["kind"], body["contact_routes"]) == ("not_found", [])
        assert _enrichment(lead_id) is None
        assert _enrichment(theirs) is None
        assert finders.asked == []


class TestRefusals:
    @pytest.mark.parametrize("lead_id", ["123456", "abc", "0", "9007199254740992"])
    def test_lead_not_found(self, api: Api, lead_id: str) -> None:
        answer = api.post(f"/leads/{lead_id}/enrich", EMAIL)
        assert answer.status_code == 404
        assert answer.json_body["error"] == answer.json_body["code"] == "lead_not_found"

    def test_another_users_lead(self, api: Api, free_api: Api) -> None:
        lead_id = _lead(api, bio=STATED)
        answer = free_api.post(f"/leads/{lead_id}/enrich", EMAIL)
        assert (answer.status_code, answer.json_body["error"]) == (404, "lead_not_found")
        assert _balance(api) == _balance(free_api) == 10

    def test_a_lead_without_profile(self, api: Api) -> None:
        lead_id = _lead(api)
        LeadItem(*key_of(lead_id)).update(actions=[LeadItem.profile.remove()])
        answer = api.post(f"/leads/{lead_id}/enrich", EMAIL)
        assert (answer.status_code, answer.json_body["error"]) == (404, "profile_missing")

    def test_no_team(self, api: Api) -> None:
        lead_id = _lead(api, bio=STATED)
        UserItem(api.user_id, SELF).update(actions=[UserItem.has_team.set(False)])
        answer = api.post(f"/leads/{lead_id}/enrich", EMAIL)
        assert (answer.status_code, answer.json_body["error"]) == (400, "no_team")

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({}, "requested_outputs"),
            ({"requested_outputs": []}, "requested_outputs"),
            ({"requested_outputs": ["email", "email"]}, "requested_outputs"),
            ({"requested_outputs": ["email", "linkedin_url", "email"]}, "requested_outputs"),
            ({"requested_outputs": ["phone"]}, "requested_outputs[0]"),
            ({"requested_outputs": "email"}, "requested_outputs"),
            ({**EMAIL, "email_mode": "sure"}, "email_mode"),
            ({**EMAIL, "email_mode": None}, "email_mode"),
            ({**EMAIL, "emailMode": "any"}, "emailMode"),
            ({"requestedOutputs": ["email"]}, "requestedOutputs"),
        ],
    )
    def test_bad_bodies(self, api: Api, body: Any, field: str) -> None:
        answer = api.post(f"/leads/{_lead(api)}/enrich", body)
        assert (answer.status_code, answer.json_body["code"]) == (400, "invalid_request")
        assert field in {fault["field"] for fault in answer.json_body["details"]}

    @pytest.mark.usefixtures("aws")
    def test_no_credential(self) -> None:
        answer = Api(None).post("/leads/5/enrich", EMAIL)
        assert (answer.status_code, answer.json_body["code"]) == (401, "missing_api_key")

    def test_credits_that_do_not_cover_the_request(self, api: Api, finders: FinderWorld) -> None:
        lead_id = _lead(api, bio=STATED, url=SITE)
        UserItem(api.user_id, SELF).update(actions=[UserItem.credits.set(1)])
        answer = api.post(f"/leads/{lead_id}/enrich", BOTH)
        assert (answer.status_code, answer.json_body["error"]) == (429, "credits_exhausted")
        assert "Retry-After" not in answer.headers
        assert finders.asked == []
        assert _balance(api) == 1
        assert api.post(f"/leads/{lead_id}/enrich", EMAIL).json_body["credits_remaining"] == 0
        stored = api.post(f"/leads/{lead_id}/enrich", EMAIL)
        assert (stored.status_code, stored.json_body["credits_remaining"]) == (200, 0)


class TestUnavailable:
    def test_nothing_is_charged_or_kept(self, api: Api, finders: FinderWorld) -> None:
        finders.refuse()
        lead_id = _lead(api, url=SITE)
        answer = api.post(f"/leads/{lead_id}/enrich", BOTH)
        assert (answer.status_code, answer.json_body["error"]) == (503, "enrichment_unavailable")
        assert int(answer.headers["Retry-After"]) > 0
        assert _balance(api) == 10
        assert list(LedgerItem.query(api.user_id)) == []
        assert credits.purse_of(api.user_id).holds.as_dict() == {}

    def test_one_of_them_down_is_no_error(self, api: Api, finders: FinderWorld) -> None:
        finders.refuse(PDL)
        finders.hunter_finds("marisol@tidewater.example")
        body = api.post(f"/leads/{_lead(api, url=SITE)}/enrich", EMAIL).json_body
        assert body["result"]["kind"] == "resolved"

    def test_what_failed_is_named_beside_what_was_found(
        self, api: Api, finders: FinderWorld
    ) -> None:
        finders.refuse()
        lead_id = _lead(api, bio="linkedin.com/in/marisol-vega", url=SITE)
        body = api.post(f"/leads/{lead_id}/enrich", BOTH).json_body
        assert (body["result"]["kind"], body["result"]["failed"]) == ("partial", ["email"])
        assert body["credits_remaining"] == 9

    def test_a_fault_of_our_own_gives_the_credits_back(self, api: Api) -> None:
        def broken(*_: object) -> None:
            raise RuntimeError("no room left to write")

        team, search = credits.purse_of(api.user_id), wiring.contacts()
        profile = Profile(id="1", handle="marisol_ops", bio=STATED)
        with pytest.raises(RuntimeError):
            enrich(team, profile, Wanted(("email",), "any"), search=search, beside=broken)
        assert _balance(api) == 10
        assert contacts.of(api.user_id, "1").email is None

    def test_what_a_crash_left_set_aside_is_shown_when_it_is_due(self, api: Api) -> None:
        credits.reserve(credits.purse_of(api.user_id), 3)
        assert _balance(api) == 7
        with time_machine.travel(clock.now() + credits.HOLD):
            assert _balance(api) == 10


class TestAtOnce:
    def test_ten_on_the_last_credit(self, api: Api) -> None:
        """One is served, nine are refused, the balance ends at zero."""
        UserItem(api.user_id, SELF).update(actions=[UserItem.credits.set(1)])
        team, search = credits.purse_of(api.user_id), wiring.contacts()

        def attempt(number: int) -> bool:
            profile = Profile(id=str(number), handle=f"p{number}", bio=f"p{number}@ops.example")
            try:
                done = enrich(
                    team, profile, Wanted(("email",), "any"), search=search, beside=lambda *_: None
                )
            except CreditsExhausted:
                return False
            return done.email is not None

        with ThreadPoolExecutor(10) as pool:
            served = list(pool.map(attempt, range(10)))
        assert served.count(True) == 1
        assert _balance(api) == 0
        assert [row.amount for row in LedgerItem.query(api.user_id)] == [-1]

    def test_five_for_the_same_person_pay_once(self, api: Api) -> None:
        team, search = credits.purse_of(api.user_id), wiring.contacts()
        profile = Profile(id="1", handle="marisol_ops", bio=STATED)

        def attempt(_: int) -> int:
            wanted = Wanted(("linkedin_url", "email"), "any")
            done = enrich(team, profile, wanted, search=search, beside=lambda *_: None)
            assert done.email is not None
            assert done.linkedin is not None
            return done.spent

        with ThreadPoolExecutor(5) as pool:
            assert sum(pool.map(attempt, range(5))) == 2
        assert _balance(api) == 8
        assert sum(row.amount for row in LedgerItem.query(api.user_id)) == -2
        assert credits.purse_of(api.user_id).holds.as_dict() == {}
