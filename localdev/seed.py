"""`python -m localdev.seed`: a user with a paid plan and an API key, for work on this machine.

Prints JSON with `apiKey`, `email` and `userId` on its last line. With `--state FILE` the key is
kept there, so that the same one serves until the data are reset.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from pydantic import ValidationError

from chalicelib import clock, wiring
from chalicelib.auth import keys, users
from chalicelib.auth.table import ApiKeyItem
from chalicelib.auth.users import UserItem
from chalicelib.billing.checkout import USER
from chalicelib.http.schema import faults
from chalicelib.settings import settings
from chalicelib.settlement import settling
from chalicelib.sign_in.schemas import SignIn

EMAIL = "dev@ctgo.example"
PAID_SLOTS = {"starter": 10, "growth": 10, "pro": 10}
"""Account slots of each tier that the local user has paid for."""


def main() -> None:
    """Make or find the user, make or find the key, print both."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--email", type=_address, default=EMAIL, help="without one, the usual")
    parser.add_argument("--free", action="store_true", help="a free user, without a subscription")
    parser.add_argument("--state", type=Path, help="where the key is kept between starts")
    given = parser.parse_args()
    user = users.create(given.email, given.email.partition("@")[0])
    if not given.free and user.status == "free_user":
        buy(user) if settings().stripe_api_key else subscribe(user)
    key = _kept(given.state) or users.create_key(user.user_id, "local")[1]
    if given.state:
        given.state.parent.mkdir(parents=True, exist_ok=True)
        given.state.write_text(json.dumps({"apiKey": key}))
    print(json.dumps({"apiKey": key, "email": given.email, "userId": user.user_id}))


def buy(user: UserItem) -> None:
    """Buy a subscription at the fake Stripe and settle it, as its event would."""
    v1 = wiring.stripe().api.v1
    customer = v1.customers.create({"email": user.email})
    subscription = v1.subscriptions.create(
        {
            "customer": customer.id,
            "items": [{"price": settings().stripe_price_starter, "quantity": 1}],
            "metadata": {USER: str(user.user_id)},
        }
    )
    settling.settle_subscription(user.user_id, subscription.id, wiring.subscriptions())


def subscribe(user: UserItem) -> None:
    """Give the user a live subscription with paid slots, as Stripe's events would."""
    user.update(
        actions=[
            UserItem.status.set("active"),
            UserItem.slots.set(PAID_SLOTS),
            UserItem.period_start.set(clock.now().replace(microsecond=0)),
        ]
    )


def _address(text: str) -> str:
    """An address with which the API would let somebody sign in."""
    if not text:
        return EMAIL
    try:
        return SignIn(email=text).email
    except ValidationError as error:
        raise argparse.ArgumentTypeError(faults(error)[0]["message"]) from error


def _kept(state: Path | None) -> str | None:
    if state is None or not state.exists():
        return None
    key = str(json.loads(state.read_text())["apiKey"])
    known = ApiKeyItem.find(keys.digest(key, settings().key_pepper))
    return key if known and not known.is_revoked else None


if __name__ == "__main__":
    main()
