"""Deleting an account ends what it pays: once, whatever fails and whoever dies on the way."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest

from chalicelib import wiring
from chalicelib.auth.users import SELF, UserItem
from chalicelib.errors import StripeFailed
from chalicelib.privacy import jobs
from chalicelib.privacy.sections import workspace_rows
from chalicelib.queues import Message
from localdev.stripe import pages
from tests.api_client import Api
from tests.billing.dying import Death, Died, watching
from tests.queue_hand import QueueHand
from tests.stripe_world import StripeWorld, configured, pays_for

CANCEL = "/v1/subscriptions/sub_1"
DOWN = {"type": "api_error", "message": "Stripe is down."}


@pytest.fixture
def stripe(monkeypatch: pytest.MonkeyPatch) -> Iterator[StripeWorld]:
    """A Stripe that the API uses."""
    with configured(monkeypatch) as world:
        yield world


def _erase(user_id: int, **fields: Any) -> None:
    job = jobs.EraseUser(user_id=user_id, **fields)
    message = Message(job.model_dump_json(), is_repeat=False, is_last=False, until=0)
    wiring.caretaker().take(message)


def _status(stripe: StripeWorld, subscription_id: str = "sub_1") -> str:
    return str(stripe.books.get("subscription", subscription_id)["status"])


def _ended(stripe: StripeWorld, subscription_id: str = "sub_1") -> int:
    """How often Stripe ended the subscription."""
    return sum(
        event["type"] == "customer.subscription.deleted"
        and event["data"]["object"]["id"] == subscription_id
        for event in stripe.books.fetch_events()
    )


def _cancelled(stripe: StripeWorld) -> int:
    """How often Stripe was asked to."""
    return sum((asked.method, asked.path) == ("DELETE", CANCEL) for asked in stripe.asked)


def test_the_subscription_is_cancelled_once(
    api: Api, queues: QueueHand, stripe: StripeWorld
) -> None:
    pays_for(stripe, api, starter=1)
    assert api.delete("/me").status_code == 202
    queues.drain(twice=True)
    _erase(api.user_id, is_second=True)
    assert (_status(stripe), _cancelled(stripe), _ended(stripe)) == ("canceled", 1, 1)
    assert workspace_rows(api.user_id) == []


def test_what_the_user_bought_of_something_else_goes_on(
    api: Api, queues: QueueHand, stripe: StripeWorld
) -> None:
    pays_for(stripe, api, starter=1)
    stripe.subscribe(api.user_id, "sub_9", slots={})
    assert api.delete("/me").status_code == 202
    queues.drain()
    assert (_status(stripe), _status(stripe, "sub_9")) == ("canceled", "active")


def test_nothing_is_forgotten_until_stripe_answers(
    api: Api, queues: QueueHand, stripe: StripeWorld
) -> None:
    pays_for(stripe, api, starter=1)
    stripe.refuse(503, DOWN)
    for _ in range(2):
        with pytest.raises(StripeFailed):
            _erase(api.user_id)
        assert UserItem.get(api.user_id, SELF).subscription_id == "sub_1"
        assert _status(stripe) == "active"
    stripe.recover()
    _erase(api.user_id)
    queues.drain()
    assert (_status(stripe), _ended(stripe)) == ("canceled", 1)
    assert workspace_rows(api.user_id) == []


@pytest.mark.usefixtures("aws", "x_world")
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_worker_that_dies_at_any_call(stripe: StripeWorld, when: str) -> None:
    at, calls = 1, 0
    while at - 1 <= calls:
        with Api.for_new_user(f"{when}{at}@example.org", subscribed=True) as api:
            pays_for(stripe, api, starter=1)
            death = Death(when, at)
            with suppress(Died), watching(death):
                _erase(api.user_id)
            _erase(api.user_id)
            assert (_status(stripe), _ended(stripe)) == ("canceled", 1), death.calls
            assert workspace_rows(api.user_id) == [], death.calls
            at, calls = at + 1, len(death.calls)
    assert {f"DELETE {CANCEL}", "GET /v1/subscriptions"} <= set(death.calls)


def test_a_page_that_could_still_be_paid_is_closed(
    free_api: Api, queues: QueueHand, stripe: StripeWorld
) -> None:
    assert free_api.post("/billing/checkout", {"tier": "pro"}).status_code == 200
    (page,) = UserItem.get(free_api.user_id, SELF).checkouts
    assert free_api.delete("/me").status_code == 202
    queues.drain()
    assert stripe.books.get("checkout.session", page)["status"] == "expired"
    assert workspace_rows(free_api.user_id) == []


def test_what_was_bought_unheard_is_ended(
    free_api: Api, queues: QueueHand, stripe: StripeWorld
) -> None:
    assert free_api.post("/billing/checkout", {"tier": "pro"}).status_code == 200
    (page,) = UserItem.get(free_api.user_id, SELF).checkouts
    bought = pages.complete(stripe.books, page)["subscription"]
    assert _status(stripe, bought) == "active"
    assert free_api.delete("/me").status_code == 202
    queues.drain()
    assert _status(stripe, bought) == "canceled"


def test_a_second_subscription_is_ended_too(
    api: Api, queues: QueueHand, stripe: StripeWorld
) -> None:
    pays_for(stripe, api, starter=1)
    stripe.subscribe(api.user_id, "sub_2", slots={"pro": 1})
    stripe.subscribe(api.user_id + 1, "sub_3", slots={"pro": 1})
    assert api.delete("/me").status_code == 202
    queues.drain()
    assert [_status(stripe, each) for each in ("sub_1", "sub_2", "sub_3")] == [
        "canceled",
        "canceled",
        "active",
    ]
