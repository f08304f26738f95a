"""Tracked accounts over HTTP: lists, sleep, wake and tiers, with and without Stripe."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib.auth.users import SELF, UserItem
from chalicelib.billing.ledger import LedgerItem
from chalicelib.follow_up import FollowUp
from tests.api_client import Api
from tests.queue_hand import QueueHand
from tests.stripe_world import PERIOD_ENDS, StripeWorld, configured, pays_for

LAPSED = ["canceled", "unpaid", "incomplete", "incomplete_expired", "paused"]
SEGMENT = {"description": "software engineers and founders"}


@pytest.fixture
def stripe(monkeypatch: pytest.MonkeyPatch) -> Iterator[StripeWorld]:
    """A Stripe that the API is configured to use."""
    with configured(monkeypatch) as world:
        yield world


def _track(api: Api, handle: str = "orbitdesk", tier: str = "starter", **fields: Any) -> int:
    pair = {"accountHandle": handle, "accountTier": tier, "segment": SEGMENT}
    return int(api.create_stream(pairs=[pair], **fields)["accounts"][0]["accountId"])


def _set(api: Api, **fields: Any) -> None:
    UserItem(api.user_id, SELF).update(
        actions=[getattr(UserItem, name).set(value) for name, value in fields.items()]
    )


def _user(api: Api) -> UserItem:
    return UserItem.get(api.user_id, SELF, consistent_read=True)


def _account(api: Api, account_id: int) -> dict[str, Any]:
    found = api.get("/accounts").json_body
    return next(each for each in found["active"] + found["sleeping"] if each["id"] == account_id)


def _change(api: Api, account_id: int, tier: str) -> dict[str, Any]:
    answer = api.post(f"/accounts/{account_id}/change-tier", {"newTier": tier})
    assert answer.status_code == 200, answer.body
    return dict(answer.json_body)


class TestList:
    def test_newest_first_with_segments_of_active_streams(self, api: Api) -> None:
        first, second = _track(api), _track(api, "tidewater", "growth")
        other = api.create_stream(pairs=[{"accountId": first, "segment": {"description": "x"}}])
        api.patch(f"/streams/{other['id']}", {"isActive": False})
        api.post(f"/accounts/{first}/sleep")
        third = _track(api, "smallharbor")
        found = api.get("/accounts").json_body
        assert [each["id"] for each in found["active"]] == [third, second]
        (asleep,) = found["sleeping"]
        assert (asleep["id"], asleep["xHandle"], asleep["isActive"]) == (first, "orbitdesk", False)
        assert len(asleep["assignedSegmentIds"]) == 1
        assert asleep["lastKnownFollowerCount"] == 120
        assert (asleep["pendingTier"], asleep["pendingTierEffectiveAt"]) == (None, None)

    def test_accounts_belong_to_one_user(self, api: Api) -> None:
        account_id = _track(api)
        with Api.for_new_user("other@example.org", subscribed=True) as other:
            assert other.get("/accounts").json_body == {"active": [], "sleeping": []}
            for verb, body in (
                ("sleep", None),
                ("wake", None),
                ("change-tier", {"newTier": "pro"}),
            ):
                answer = other.post(f"/accounts/{account_id}/{verb}", body)
                assert (answer.status_code, answer.json_body["error"]) == (404, "Account not found")
        assert _account(api, account_id)["isActive"] is True


@pytest.mark.parametrize("verb", ["sleep", "wake", "change-tier"])
@pytest.mark.parametrize("account_id", ["77", "0", "abc", "1.5", "9" * 17])
def test_no_such_account(api: Api, verb: str, account_id: str) -> None:
    body = {"newTier": "pro"} if verb == "change-tier" else None
    answer = api.post(f"/accounts/{account_id}/{verb}", body)
    assert (answer.status_code, answer.json_body["error"]) == (404, "Account not found")


@pytest.mark.parametrize(
    ("verb", "body", "field"),
    [
        ("sleep", {"now": True}, "now"),
        ("wake", {"now": True}, "now"),
        ("change-tier", {}, "newTier"),
        ("change-tier", {"newTier": "gold"}, "newTier"),
        ("change-tier", {"newTier": None}, "newTier"),
        ("change-tier", {"newTier": "pro", "now": True}, "now"),
    ],
)
def test_bad_bodies(api: Api, verb: str, body: dict[str, Any], field: str) -> None:
    answer = api.post(f"/accounts/5/{verb}", body)
    assert (answer.status_code, answer.json_body["code"]) == (400, "invalid_request")
    assert [fault["field"] for fault in answer.json_body["details"]] == [field]


class TestSleepAndWakeWithoutStripe:
    def test_there_and_back_in_granted_slots(self, api: Api) -> None:
        account_id = _track(api)
        slots = _user(api).slots
        for _ in range(2):
            answer = api.post(f"/accounts/{account_id}/sleep").json_body
            assert answer == {"success": True, "accountId": account_id, "asleep": True}
            assert _account(api, account_id)["isActive"] is False
        assert api.get("/me").json_body["accounts"] == []
        for _ in range(2):
            answer = api.post(f"/accounts/{account_id}/wake").json_body
            assert answer == {"success": True, "accountId": account_id, "awake": True}
            assert _account(api, account_id)["isActive"] is True
        assert _user(api).slots == slots

    def test_a_sleeping_account_is_not_run_and_keeps_its_pairs(self, api: Api) -> None:
        stream_id = api.create_stream()["id"]
        account_id = api.get("/accounts").json_body["active"][0]["id"]
        api.post(f"/accounts/{account_id}/sleep")
        answer = api.post(f"/streams/{stream_id}/run")
        assert answer.status_code == 202
        assert answer.json_body["skipped"][0]["reason"] == "account_sleeping"
        assert api.get(f"/streams/{stream_id}").json_body["stream"]["pairCount"] == 1

    @pytest.mark.parametrize("status", LAPSED)
    def test_lapsed_may_sleep_but_not_wake(self, api: Api, status: str) -> None:
        account_id = _track(api)
        _set(api, status=status)
        assert api.post(f"/accounts/{account_id}/sleep").status_code == 200
        answer = api.post(f"/accounts/{account_id}/wake")
        assert (answer.status_code, answer.json_body["code"]) == (403, "subscription_required")
        assert _account(api, account_id)["isActive"] is False

    @pytest.mark.parametrize("status", ["past_due", "trialing"])
    def test_what_still_counts_as_live(self, api: Api, status: str) -> None:
        account_id = _track(api)
        api.post(f"/accounts/{account_id}/sleep")
        _set(api, status=status)
        assert api.post(f"/accounts/{account_id}/wake").status_code == 200

    def test_a_free_users_account_wakes_without_stripe(self, free_api: Api) -> None:
        account_id = _track(free_api)
        free_api.post(f"/accounts/{account_id}/sleep")
        assert free_api.post(f"/accounts/{account_id}/wake").status_code == 200
        assert _user(free_api).slots == {}

    def test_a_free_user_wakes_no_second_account(self, api: Api) -> None:
        first, second = _track(api), _track(api, "tidewater")
        api.post(f"/accounts/{first}/sleep")
        _set(api, status="free_user")
        answer = api.post(f"/accounts/{first}/wake")
        assert (answer.status_code, answer.json_body["code"]) == (403, "free_account_limit")
        api.post(f"/accounts/{second}/sleep")
        assert api.post(f"/accounts/{first}/wake").status_code == 200

    def test_no_slot_and_no_stripe_changes_nothing(self, api: Api) -> None:
        account_id = _track(api)
        api.post(f"/accounts/{account_id}/sleep")
        _set(api, slots={"pro": 1})
        answer = api.post(f"/accounts/{account_id}/wake")
        assert (answer.status_code, answer.json_body["code"]) == (502, "stripe_error")
        assert _account(api, account_id)["isActive"] is False
        assert _user(api).slots == {"pro": 1}


class TestSleepAndWakeWithStripe:
    def test_quantity_goes_down_once_and_up_once(self, api: Api, stripe: StripeWorld) -> None:
        pays_for(stripe, api, starter=1)
        account_id = _track(api)
        assert stripe.changes() == []
        for _ in range(2):
            api.post(f"/accounts/{account_id}/sleep")
        assert stripe.holds() == {}
        assert len(stripe.changes()) == 1
        for _ in range(2):
            assert api.post(f"/accounts/{account_id}/wake").status_code == 200
        assert stripe.holds() == {"starter": 1}
        assert len(stripe.changes()) == 2
        assert (_user(api).slots, _user(api).untold) == ({"starter": 1}, {})

    def test_a_slot_bought_ahead_is_taken_first(self, api: Api, stripe: StripeWorld) -> None:
        pays_for(stripe, api, starter=2)
        account_id = _track(api)
        api.post(f"/accounts/{account_id}/sleep")
        assert stripe.holds() == {"starter": 1}
        before = len(stripe.asked)
        assert api.post(f"/accounts/{account_id}/wake").status_code == 200
        assert len(stripe.asked) == before
        assert stripe.holds() == _user(api).slots == {"starter": 1}

    def test_stripe_refuses_a_wake(self, api: Api, stripe: StripeWorld) -> None:
        pays_for(stripe, api, starter=1)
        account_id = _track(api)
        api.post(f"/accounts/{account_id}/sleep")
        stripe.refuse(402, {"type": "card_error", "message": "Your card was declined."})
        answer = api.post(f"/accounts/{account_id}/wake")
        assert answer.status_code == 502
        assert answer.json_body["code"] == "stripe_error"
        assert answer.json_body["error"] == "Your card was declined."
        assert _account(api, account_id)["isActive"] is False
        assert (stripe.holds(), _user(api).slots) == ({}, {"starter": 0})

    def test_sleep_while_stripe_is_down_is_made_good(
        self, api: Api, stripe: StripeWorld, queues: QueueHand
    ) -> None:
        pays_for(stripe, api, starter=1)
        account_id = _track(api)
        stripe.refuse(503, {"type": "api_error", "message": "down"})
        assert api.post(f"/accounts/{account_id}/sleep").status_code == 200
        assert _account(api, account_id)["isActive"] is False
        (telling,) = _user(api).untold
        assert stripe.holds() == {"starter": 1}
        stripe.recover()
        job = FollowUp(user_id=api.user_id, account_id=account_id, telling=telling)
        queues.send("keep_up", job.model_dump_json())
        assert queues.drain() == 1
        assert (stripe.holds(), _user(api).untold) == ({}, {})

    def test_a_wake_that_died_after_stripe_heard_of_it_is_taken_back(
        self, api: Api, stripe: StripeWorld, queues: QueueHand
    ) -> None:
        pays_for(stripe, api, starter=1)
        account_id = _track(api)
        api.post(f"/accounts/{account_id}/sleep")
        stripe.refuse(500, {"type": "api_error", "message": "late"}, "POST")
        stripe.service.faults.waiting[0].kind = "fail_after"
        assert api.post(f"/accounts/{account_id}/wake").status_code == 502
        assert stripe.holds() == {"starter": 1}
        stripe.recover()
        (telling,) = _user(api).untold
        job = FollowUp(user_id=api.user_id, telling=telling, credits=True)
        queues.send("keep_up", job.model_dump_json())
        queues.drain()
        assert stripe.holds() == {}

    def test_a_promise_that_was_kept_asks_nothing_of_stripe(
        self, api: Api, stripe: StripeWorld, queues: QueueHand
    ) -> None:
        pays_for(stripe, api, starter=1)
        account_id = _track(api)
        api.post(f"/accounts/{account_id}/sleep")
        before = len(stripe.asked)
        job = FollowUp(user_id=api.user_id, account_id=account_id, telling="long done")
        queues.send("keep_up", job.model_dump_json())
        queues.drain()
        assert len(stripe.asked) == before


class TestChangeTier:
    def test_refusals(self, api: Api, free_api: Api) -> None:
        account_id = _track(api)
        _set(api, status="canceled")
        answer = api.post(f"/accounts/{account_id}/change-tier", {"newTier": "pro"})
        assert (answer.status_code, answer.json_body["code"]) == (403, "subscription_required")
        api.post(f"/accounts/{account_id}/sleep")
        answer = api.post(f"/accounts/{account_id}/change-tier", {"newTier": "pro"})
        assert answer.status_code == 400
        assert answer.json_body["code"] == "account_sleeping"
        assert answer.json_body["error"] == "Wake the account before changing its tier"
        own = _track(free_api, "tidewater")
        answer = free_api.post(f"/accounts/{own}/change-tier", {"newTier": "pro"})
        assert (answer.status_code, answer.json_body["code"]) == (403, "subscription_required")

    def test_an_upgrade_into_a_granted_slot(self, api: Api) -> None:
        stream_id = api.create_stream(
            pairs=[{"accountHandle": "orbitdesk", "segment": SEGMENT}], syncTimes=[]
        )["id"]
        (account,) = api.get("/accounts").json_body["active"]
        assert _change(api, account["id"], "starter")["action"] == "unchanged"
        changed = _change(api, account["id"], "pro")
        assert changed["action"] == "upgraded"
        assert "effectiveAt" not in changed
        assert changed["account"] == {**account, "tier": "pro"}
        stream = api.get(f"/streams/{stream_id}").json_body["stream"]
        assert [pair["accountTier"] for pair in stream["pairs"]] == ["pro"]
        assert api.get("/me").json_body["accounts"][0]["dailySync"]["cap"] == 4

    def test_a_downgrade_needs_stripe(self, api: Api) -> None:
        account_id = _track(api, tier="pro")
        answer = api.post(f"/accounts/{account_id}/change-tier", {"newTier": "starter"})
        assert (answer.status_code, answer.json_body["code"]) == (502, "stripe_error")
        assert _account(api, account_id)["pendingTier"] is None

    def test_up_at_once(self, api: Api, stripe: StripeWorld) -> None:
        pays_for(stripe, api, starter=2)
        account_id = _track(api)
        assert _change(api, account_id, "pro")["action"] == "upgraded"
        assert stripe.holds() == {"starter": 1, "pro": 1}
        assert stripe.will_hold() is None
        assert stripe.holds() == {k: n for k, n in _user(api).slots.items() if n}

    def test_down_at_the_periods_end_replaced_and_cancelled(
        self, api: Api, stripe: StripeWorld
    ) -> None:
        pays_for(stripe, api, pro=2)
        account_id, other = _track(api, tier="pro"), _track(api, "tidewater", "pro")
        for _ in range(2):
            changed = _change(api, account_id, "growth")
            assert (changed["action"], changed["effectiveAt"]) == (
                "downgrade_scheduled",
                PERIOD_ENDS,
            )
        assert changed["account"]["tier"] == "pro"
        assert changed["account"]["pendingTier"] == "growth"
        assert changed["account"]["pendingTierEffectiveAt"] == PERIOD_ENDS
        assert (stripe.holds(), stripe.will_hold()) == ({"pro": 2}, {"pro": 1, "growth": 1})
        _change(api, account_id, "starter")
        assert stripe.will_hold() == {"pro": 1, "starter": 1}
        _change(api, other, "growth")
        assert stripe.will_hold() == {"starter": 1, "growth": 1}
        assert _change(api, account_id, "pro")["action"] == "pending_cancelled"
        assert stripe.will_hold() == {"pro": 1, "growth": 1}
        assert _account(api, account_id)["pendingTier"] is None
        assert _change(api, other, "pro")["action"] == "pending_cancelled"
        assert (stripe.holds(), stripe.will_hold()) == ({"pro": 2}, None)

    def test_an_upgrade_drops_a_pending_downgrade(self, api: Api, stripe: StripeWorld) -> None:
        pays_for(stripe, api, growth=1)
        account_id = _track(api, tier="growth")
        _change(api, account_id, "starter")
        assert _change(api, account_id, "pro")["action"] == "upgraded"
        assert (stripe.holds(), stripe.will_hold()) == ({"pro": 1}, None)
        assert _account(api, account_id)["pendingTier"] is None

    def test_a_quantity_changes_while_a_downgrade_is_pending(
        self, api: Api, stripe: StripeWorld
    ) -> None:
        pays_for(stripe, api, pro=1)
        account_id = _track(api, tier="pro")
        _change(api, account_id, "starter")
        created = api.create_stream(
            pairs=[{"accountHandle": "tidewater", "accountTier": "growth", "segment": SEGMENT}]
        )
        assert created["accounts"][0]["billingDelta"] == "stripe_quantity_incremented"
        assert stripe.holds() == {"pro": 1, "growth": 1}
        assert stripe.will_hold() == {"starter": 1, "growth": 1}

    def test_sleep_puts_a_pending_downgrade_into_effect(
        self, api: Api, stripe: StripeWorld
    ) -> None:
        pays_for(stripe, api, pro=1)
        stream_id = api.create_stream()["id"]
        (account,) = api.get("/accounts").json_body["active"]
        _change(api, account["id"], "starter")
        api.post(f"/accounts/{account['id']}/sleep")
        asleep = _account(api, account["id"])
        assert (asleep["tier"], asleep["pendingTier"]) == ("starter", None)
        assert (stripe.holds(), stripe.will_hold()) == ({}, None)
        stream = api.get(f"/streams/{stream_id}").json_body["stream"]
        assert stream["pairs"][0]["accountTier"] == "starter"

    @pytest.mark.parametrize("tier", ["starter", "pro"])
    def test_stripe_refuses(self, api: Api, stripe: StripeWorld, tier: str) -> None:
        pays_for(stripe, api, growth=1)
        account_id = _track(api, tier="growth")
        before = _account(api, account_id)
        stripe.refuse(400, {"type": "invalid_request_error", "message": "No such price."})
        answer = api.post(f"/accounts/{account_id}/change-tier", {"newTier": tier})
        assert (answer.status_code, answer.json_body["error"]) == (502, "No such price.")
        assert _account(api, account_id) == before
        assert _user(api).slots == {"growth": 1}


class TestCredits:
    def test_an_account_brings_its_periods_credits_once(self, api: Api) -> None:
        account_id = _track(api)
        assert api.get("/me").json_body["credits"]["balance"] == 10 + 50
        api.post(f"/accounts/{account_id}/sleep")
        api.post(f"/accounts/{account_id}/wake")
        assert api.get("/me").json_body["credits"]["balance"] == 10 + 50
        _change(api, account_id, "pro")
        assert api.get("/me").json_body["credits"]["balance"] == 10 + 600
        assert sum(row.amount for row in LedgerItem.query(api.user_id)) == 600

    def test_a_free_user_gets_none(self, free_api: Api) -> None:
        _track(free_api)
        assert free_api.get("/me").json_body["credits"]["balance"] == 10
