"""Stripe's pages and Stripe's events over HTTP, and what the events do."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from itertools import permutations
from typing import Any

import pytest

from chalicelib import clock
from chalicelib.accounts.table import AccountItem
from chalicelib.auth.users import SELF, UserItem
from chalicelib.billing.ledger import LedgerItem
from chalicelib.billing.table import StripeEventItem
from chalicelib.settings import settings
from tests.api_client import Api
from tests.queue_hand import QueueHand
from tests.stripe_world import (
    EVENTS,
    PERIOD,
    PERIOD_END,
    StripeWorld,
    configured,
    signed,
)
from tests.stripe_world import post_event as _post

KINDS = (
    "checkout.session.completed",
    "customer.subscription.created",
    "customer.subscription.updated",
    "invoice.paid",
    "invoice.payment_failed",
)


@pytest.fixture
def stripe(monkeypatch: pytest.MonkeyPatch) -> Iterator[StripeWorld]:
    """A Stripe that the API is configured to use."""
    with configured(monkeypatch) as world:
        yield world


def _user(api: Api) -> UserItem:
    found = UserItem.find(api.user_id, SELF)
    assert found is not None
    return found


def _set(api: Api, **fields: Any) -> None:
    _user(api).update(actions=[getattr(UserItem, name).set(v) for name, v in fields.items()])


def _awake(api: Api) -> dict[str, str]:
    return {each["xHandle"]: each["tier"] for each in api.get("/accounts").json_body["active"]}


def _track(api: Api, *handles: str, tier: str = "starter") -> dict[str, Any]:
    pairs = [
        {"accountHandle": each, "accountTier": tier, "segment": {"description": "founders"}}
        for each in handles
    ]
    return api.create_stream(pairs=pairs)


class TestCheckout:
    def test_a_free_user_gets_a_page_and_nothing_changes(
        self, free_api: Api, stripe: StripeWorld
    ) -> None:
        before = _user(free_api).serialize()
        answer = free_api.post("/billing/checkout", {"tier": "growth", "quantity": 3})
        assert (answer.status_code, answer.json_body["url"]) == (
            200,
            stripe.url + "/checkout/cs_test_000001",
        )
        (asked,) = stripe.asked
        assert asked.path == "/v1/checkout/sessions"
        wanted = {
            "mode": "subscription",
            "line_items": [{"price": "price_growth", "quantity": "3"}],
            "client_reference_id": str(free_api.user_id),
            "subscription_data": {"metadata": {"user_id": str(free_api.user_id)}},
            "customer_email": "free@example.org",
        }
        assert asked.form.items() >= wanted.items()
        assert asked.form["success_url"].startswith(settings().ui_origin)
        after = _user(free_api)
        assert after.checkouts == {"cs_test_000001"}
        after.checkouts = None
        assert after.serialize() == before

    def test_the_same_wish_is_one_action(self, free_api: Api, stripe: StripeWorld) -> None:
        for tier in ("pro", "pro", "starter"):
            free_api.post("/billing/checkout", {"tier": tier})
        first, second, third = (asked.idempotency_key for asked in stripe.asked)
        assert first
        assert first == second != third

    def test_a_former_subscriber_stays_the_same_customer(
        self, free_api: Api, stripe: StripeWorld
    ) -> None:
        _set(free_api, status="canceled", customer_id="cus_1")
        free_api.post("/billing/checkout", {"tier": "pro"})
        assert stripe.asked[0].form["customer"] == "cus_1"
        assert "customer_email" not in stripe.asked[0].form

    @pytest.mark.parametrize("status", ["active", "trialing", "past_due"])
    def test_a_live_subscription_is_not_bought_twice(
        self, api: Api, stripe: StripeWorld, status: str
    ) -> None:
        _set(api, status=status)
        answer = api.post("/billing/checkout", {"tier": "pro"})
        assert (answer.status_code, answer.json_body["error"]) == (409, "subscription_exists")
        assert stripe.asked == []

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({}, "tier"),
            ({"tier": "free"}, "tier"),
            ({"tier": "pro", "quantity": 0}, "quantity"),
            ({"tier": "pro", "quantity": 101}, "quantity"),
            ({"tier": "pro", "quantity": "2"}, "quantity"),
            ({"tier": "pro", "coupon": "x"}, "coupon"),
        ],
    )
    def test_faults_are_named(self, free_api: Api, body: dict[str, Any], field: str) -> None:
        answer = free_api.post("/billing/checkout", body)
        assert (answer.status_code, answer.json_body["code"]) == (400, "invalid_request")
        assert [each["field"] for each in answer.json_body["details"]] == [field]

    @pytest.mark.parametrize(
        ("status", "refusal", "error"),
        [
            (
                400,
                {"type": "invalid_request_error", "message": "No such price."},
                "No such price.",
            ),
            (402, {"type": "card_error", "message": "Declined."}, "Declined."),
            (
                401,
                {"type": "invalid_request_error", "message": "Invalid key: sk_t"},
                "stripe_error",
            ),
            (400, {"type": "invalid_request_error"}, "stripe_error"),
        ],
    )
    def test_stripe_refuses(
        self,
        free_api: Api,
        stripe: StripeWorld,
        status: int,
        refusal: dict[str, str],
        error: str,
    ) -> None:
        stripe.refuse(status, refusal)
        answer = free_api.post("/billing/checkout", {"tier": "pro"})
        assert (answer.status_code, answer.json_body["code"]) == (502, "stripe_error")
        assert answer.json_body["error"] == error

    def test_without_stripe(self, free_api: Api) -> None:
        _set(free_api, customer_id="cus_1")
        for path, body in (("/billing/checkout", {"tier": "pro"}), ("/billing/portal", None)):
            answer = free_api.post(path, body)
            assert (answer.status_code, answer.json_body["error"]) == (502, "stripe_error")


class TestPortal:
    def test_a_customer_gets_a_page(self, api: Api, stripe: StripeWorld) -> None:
        _set(api, customer_id="cus_1", status="canceled")
        answer = api.post("/billing/portal")
        assert answer.json_body == {"url": stripe.url + "/portal/bps_000001"}
        assert stripe.asked[0].form["customer"] == "cus_1"

    def test_who_never_subscribed_gets_none(self, free_api: Api, stripe: StripeWorld) -> None:
        answer = free_api.post("/billing/portal")
        assert (answer.status_code, answer.json_body["error"]) == (403, "subscription_required")
        assert stripe.asked == []

    @pytest.mark.usefixtures("aws")
    def test_without_a_key(self) -> None:
        for path in ("/billing/portal", "/billing/checkout"):
            assert Api(None).post(path, {}).json_body["code"] == "missing_api_key"


class TestSignature:
    @pytest.mark.usefixtures("aws", "stripe")
    @pytest.mark.parametrize(
        "forge",
        [
            lambda body, _good: (body, None),
            lambda body, _good: (body, ""),
            lambda body, _good: (body, "t=1,v1=zz"),
            lambda body, _good: (body, "nonsense"),
            lambda body, good: (body + b" ", good),
            lambda body, _good: signed(json.loads(body), secret="whsec_other"),
            lambda body, _good: signed(json.loads(body), at=int(time.time()) - 301),
            lambda _body, _good: signed({"id": 1}),
        ],
    )
    def test_what_stripe_did_not_sign_is_refused(self, forge: Any) -> None:
        event = {"id": "evt_1", "type": "customer.created", "created": PERIOD}
        body, signature = forge(*signed(event))
        headers = {} if signature is None else {"Stripe-Signature": signature}
        answer = Api(None).request("POST", EVENTS, body, headers)
        assert (answer.status_code, answer.json_body["code"]) == (400, "invalid_signature")
        assert list(StripeEventItem.scan()) == []

    @pytest.mark.usefixtures("aws")
    def test_without_a_secret_every_event_is_refused(self) -> None:
        body, signature = signed({"id": "evt_1", "type": "x", "created": 1}, secret="")
        answer = Api(None).request("POST", EVENTS, body, {"Stripe-Signature": signature})
        assert answer.json_body["code"] == "invalid_signature"


class TestEvents:
    def test_a_bought_subscription_is_settled_once(
        self, free_api: Api, stripe: StripeWorld, queues: QueueHand
    ) -> None:
        _track(free_api, "orbitdesk")
        stripe.subscribe(free_api.user_id, slots={"growth": 2})
        event = stripe.event(KINDS[0], free_api.user_id, number=1)
        for _ in range(3):
            _post(event)
            queues.drain(twice=True)
        user = _user(free_api)
        assert (user.status, user.slots) == ("active", {"growth": 2})
        assert (user.customer_id, user.subscription_id) == ("cus_1", "sub_1")
        assert user.period_start.timestamp() == PERIOD
        assert _awake(free_api) == {"orbitdesk": "growth"}
        assert user.credits == 10 + 200
        assert len(list(LedgerItem.query(free_api.user_id))) == 2
        stream = free_api.get("/streams").json_body["streams"][0]
        assert stream["pairs"][0]["accountTier"] == "growth"

    def test_accounts_beyond_the_bought_quantity_sleep_newest_first(
        self, api: Api, stripe: StripeWorld, queues: QueueHand
    ) -> None:
        _track(api, "orbitdesk", "tidewater", "fernhill_labs", tier="pro")
        _set(api, status="canceled", slots={}, credits=0)
        stripe.subscribe(api.user_id, slots={"growth": 2})
        _post(stripe.event(KINDS[0], api.user_id, number=1))
        queues.drain()
        assert _awake(api) == {"orbitdesk": "growth", "tidewater": "growth"}
        (stream,) = api.get("/streams").json_body["streams"]
        tiers = {pair["accountHandle"]: pair["accountTier"] for pair in stream["pairs"]}
        assert tiers == {"orbitdesk": "growth", "tidewater": "growth", "fernhill_labs": "pro"}
        assert _user(api).credits == 2 * 200

    def test_more_accounts_than_one_transaction_takes(
        self, api: Api, stripe: StripeWorld, queues: QueueHand
    ) -> None:
        for number in range(1, 121):
            AccountItem(
                api.user_id,
                AccountItem.at(number),
                account_id=number,
                x_user_id=str(number),
                handle=f"account_{number}",
                tier="pro",
                added_at=clock.now(),
            ).save()
        _set(api, status="unpaid", credits=0)
        stripe.subscribe(api.user_id, slots={"starter": 2})
        _post(stripe.event(KINDS[0], api.user_id, number=1))
        queues.drain()
        assert _awake(api) == {"account_1": "starter", "account_2": "starter"}
        assert (_user(api).status, _user(api).credits) == ("active", 100)

    @pytest.mark.parametrize("order", list(permutations(range(3))))
    def test_the_order_of_events_does_not_matter(
        self, free_api: Api, stripe: StripeWorld, queues: QueueHand, order: tuple[int, ...]
    ) -> None:
        kinds = (KINDS[1], KINDS[2], "customer.subscription.deleted")
        events = [
            stripe.event(kind, free_api.user_id, number=number) for number, kind in enumerate(kinds)
        ]
        stripe.subscribe(free_api.user_id)
        _post(stripe.event(KINDS[0], free_api.user_id, number=9))
        queues.drain()
        stripe.subscribe(free_api.user_id, status="canceled")
        for index in order:
            _post(events[index])
        queues.drain(reverse=True)
        user = _user(free_api)
        assert (user.status, user.slots, user.customer_id) == ("canceled", {}, "cus_1")
        assert free_api.get("/me").json_body["subscriptionStatus"] == "canceled"

    @pytest.mark.parametrize("status", ["past_due", "unpaid", "paused", "trialing"])
    @pytest.mark.parametrize("kind", KINDS)
    def test_the_status_follows_stripe(
        self, api: Api, stripe: StripeWorld, queues: QueueHand, kind: str, status: str
    ) -> None:
        _set(api, subscription_id="sub_1", status="active")
        stripe.subscribe(api.user_id, status=status, slots={"pro": 4, "starter": 1})
        _post(stripe.event(kind, api.user_id, number=1))
        queues.drain()
        assert _user(api).status == status
        assert _user(api).slots == {"pro": 4, "starter": 1}

    def test_a_paid_invoice_grants_each_period_once(
        self, api: Api, stripe: StripeWorld, queues: QueueHand
    ) -> None:
        _track(api, "orbitdesk", tier="pro")
        _set(api, subscription_id="sub_1", credits=0)
        number = 0
        for start, invoice, credits in (
            (PERIOD, "paid", 600),
            (PERIOD, "paid", 600),
            (PERIOD_END, "open", 600),
            (PERIOD_END, "paid", 1200),
        ):
            stripe.subscribe(api.user_id, slots={"pro": 1}, start=start, invoice=invoice)
            for kind in ("customer.subscription.updated", "invoice.paid"):
                number += 1
                _post(stripe.event(kind, api.user_id, number=number))
            queues.drain()
            assert _user(api).credits == credits
        assert _user(api).period_start.timestamp() == PERIOD_END

    def test_an_attempt_that_failed_leaves_a_free_user_free(
        self, free_api: Api, stripe: StripeWorld, queues: QueueHand
    ) -> None:
        stripe.subscribe(free_api.user_id, status="incomplete")
        _post(stripe.event(KINDS[1], free_api.user_id, number=1))
        queues.drain()
        assert (_user(free_api).status, _user(free_api).slots) == ("free_user", {})

    def test_the_end_of_an_old_subscription_touches_no_new_one(
        self, api: Api, stripe: StripeWorld, queues: QueueHand
    ) -> None:
        _set(api, subscription_id="sub_2")
        before = _user(api).serialize()
        stripe.subscribe(api.user_id, status="canceled")
        _post(stripe.event("customer.subscription.deleted", api.user_id, number=1))
        queues.drain()
        assert _user(api).serialize() == before

    def test_a_downgrade_takes_effect_when_its_time_has_come(
        self, api: Api, stripe: StripeWorld, queues: QueueHand
    ) -> None:
        stream = _track(api, "orbitdesk", tier="pro")
        _set(api, subscription_id="sub_1")
        _pend(api, stream["accounts"][0]["accountId"], "starter")
        stripe.subscribe(api.user_id, slots={"starter": 1})
        _post(stripe.event("customer.subscription.updated", api.user_id, number=1))
        queues.drain()
        (account,) = api.get("/accounts").json_body["active"]
        assert (account["tier"], account["pendingTier"]) == ("starter", None)
        (found,) = api.get("/streams").json_body["streams"]
        assert found["pairs"][0]["accountTier"] == "starter"

    @pytest.mark.parametrize(
        "event",
        [
            {"id": "evt_1", "type": "customer.created", "created": 1, "data": {"object": {}}},
            {"id": "evt_1", "type": "invoice.paid", "created": 1, "data": {"object": {"id": "i"}}},
            {"id": "evt_1", "type": "checkout.session.completed", "created": 1},
            {
                "id": "evt_1",
                "type": "checkout.session.completed",
                "created": 1,
                "data": {"object": {"client_reference_id": "9" * 40, "subscription": "sub_9"}},
            },
        ],
    )
    def test_what_is_not_about_a_subscription_of_ours_is_accepted_and_ignored(
        self, api: Api, stripe: StripeWorld, queues: QueueHand, event: dict[str, Any]
    ) -> None:
        before = _user(api).serialize()
        _post(event)
        assert queues.drain() == 0
        assert [row.event_id for row in StripeEventItem.scan()] == ["evt_1"]
        assert _user(api).serialize() == before
        assert stripe.asked == []


def _pend(api: Api, account_id: int, tier: str) -> None:
    AccountItem(api.user_id, AccountItem.at(account_id)).update(
        actions=[
            AccountItem.pending_tier.set(tier),
            AccountItem.pending_tier_at.set(clock.now()),
        ]
    )
