"""Faults around paying, over HTTP: each ends in a stated, consistent result."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest

from bench.trips import counted
from chalicelib.accounts.table import AccountItem
from chalicelib.auth.users import SELF, UserItem
from localdev.stripe import clockwork, pages
from localdev.stripe.refusals import Refusal
from tests.api.stream_hand import pair, set_user
from tests.api_client import Api
from tests.queue_hand import QueueHand
from tests.stripe_world import StripeWorld, configured, pays_for, post_event, untold


@pytest.fixture
def stripe(monkeypatch: pytest.MonkeyPatch) -> Iterator[StripeWorld]:
    """A Stripe that the API is configured to use."""
    with configured(monkeypatch) as world:
        yield world


def _user(api: Api) -> UserItem:
    return UserItem.get(api.user_id, SELF, consistent_read=True)


def _deliver(stripe: StripeWorld, queues: QueueHand) -> None:
    for event in stripe.books.fetch_events():
        post_event(event)
    queues.drain()


def _open(api: Api, tier: str = "pro") -> str:
    answer = api.post("/billing/checkout", {"tier": tier})
    return str(answer.json_body["url"].rpartition("/")[2])


def test_a_declined_card_buys_nothing_and_another_one_does(
    free_api: Api, stripe: StripeWorld, queues: QueueHand
) -> None:
    session = _open(free_api)
    stripe.books.cards[session] = "declined"
    with pytest.raises(Refusal, match="declined"):
        pages.complete(stripe.books, session)
    _deliver(stripe, queues)
    assert (_user(free_api).status, _user(free_api).slots) == ("free_user", {})
    stripe.books.cards[session] = "ok"
    pages.complete(stripe.books, session)
    _deliver(stripe, queues)
    assert (_user(free_api).status, _user(free_api).slots) == ("active", {"pro": 1})


def test_an_expired_page_cannot_be_paid(
    free_api: Api, stripe: StripeWorld, queues: QueueHand
) -> None:
    session = _open(free_api)
    clockwork.advance(stripe.books, pages.OPEN_SECONDS + 1)
    with pytest.raises(Refusal, match="expired"):
        pages.complete(stripe.books, session)
    _deliver(stripe, queues)
    assert _user(free_api).status == "free_user"


def test_a_renewal_that_nobody_pays_lapses_and_a_new_card_brings_it_back(
    api: Api, stripe: StripeWorld, queues: QueueHand
) -> None:
    pays_for(stripe, api, growth=1)
    stripe.books.cards["cus_1"] = "declined"
    ends = stripe.books.get("subscription", "sub_1")["items"]["data"][0]["current_period_end"]
    clockwork.advance(stripe.books, ends - stripe.books.now() + 1)
    _deliver(stripe, queues)
    assert _user(api).status == "past_due"
    credits = _user(api).credits
    stripe.books.cards["cus_1"] = "ok"
    clockwork.advance(stripe.books, 4 * 86_400)
    _deliver(stripe, queues)
    user = _user(api)
    assert (user.status, user.credits) == ("active", credits)
    assert user.period_start == datetime.fromtimestamp(ends, UTC)


def test_a_downgrade_takes_effect_at_the_end_of_the_period(
    api: Api, stripe: StripeWorld, queues: QueueHand
) -> None:
    pays_for(stripe, api, pro=1)
    created = api.create_stream(pairs=[pair("orbitdesk", "pro")])
    account_id = created["accounts"][0]["accountId"]
    api.post(f"/accounts/{account_id}/change-tier", {"newTier": "starter"})
    ends = stripe.books.get("subscription", "sub_1")["items"]["data"][0]["current_period_end"]
    clockwork.advance(stripe.books, ends - stripe.books.now())
    _deliver(stripe, queues)
    (account,) = api.get("/accounts").json_body["active"]
    assert (account["tier"], account["pendingTier"]) == ("starter", None)
    stream = api.get(f"/streams/{created['id']}").json_body["stream"]
    assert stream["pairs"][0]["accountTier"] == "starter"
    assert stripe.holds() == {"starter": 1}
    assert {tier: n for tier, n in _user(api).slots.items() if n} == {"starter": 1}


def test_a_price_that_stripe_does_not_know(api: Api, stripe: StripeWorld) -> None:
    pays_for(stripe, api, starter=1)
    account_id = api.create_stream(pairs=[pair()])["accounts"][0]["accountId"]
    del stripe.books.tables["price"]["price_pro"]
    answer = api.post(f"/accounts/{account_id}/change-tier", {"newTier": "pro"})
    assert answer.status_code == 502
    assert answer.json_body["error"] == "No such price: 'price_pro'"
    assert stripe.holds() == _user(api).slots == {"starter": 1}


@pytest.mark.parametrize("same_key", [True, False])
def test_two_creates_of_one_handle_at_once(api: Api, stripe: StripeWorld, same_key: bool) -> None:
    """One account, one slot more, whoever comes first."""
    pays_for(stripe, api, starter=0)

    def create(number: int) -> Any:
        key = {"Idempotency-Key": "same"} if same_key else {"Idempotency-Key": f"key-{number}"}
        with Api(api.key, api.user_id) as own:
            return own.post("/streams", {"pairs": [pair("tidewater")]}, **key).status_code

    with ThreadPoolExecutor(4) as pool:
        outcomes = sorted(pool.map(create, range(4)))
    # A starter account has room for three automated streams; the fourth is refused.
    assert set(outcomes) <= {201, 409} if same_key else outcomes == [201, 201, 201, 400]
    assert len(api.get("/accounts").json_body["active"]) == 1
    assert stripe.holds() == _user(api).slots == {"starter": 1}
    assert untold(api) == []


def test_me_with_a_hundred_accounts_takes_three_calls(api: Api) -> None:
    for number in range(1, 101):
        AccountItem(
            api.user_id,
            AccountItem.at(number),
            account_id=number,
            x_user_id=str(number),
            handle=f"account_{number}",
            tier="pro",
            added_at=datetime.now(UTC),
        ).save()
    set_user(api, credits=7)
    with counted() as calls:
        shown = api.get("/me").json_body
    assert len(shown["accounts"]) == 100
    assert shown["totals"]["dailySyncRemaining"] == 400
    assert len(calls) <= 3, calls
