"""What round trips are counted in: a subscriber with streams, leads and what belongs to them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import pytest

from app import app
from chalicelib import wiring
from chalicelib.auth import users
from chalicelib.auth.users import SELF, UserItem
from chalicelib.exports import links
from chalicelib.notices import unsubscribing
from chalicelib.queues import queue_url
from chalicelib.settings import settings
from chalicelib.sign_in import service as sign_in
from localdev.pump import sources
from localdev.xworld.server import Server, serve
from localdev.xworld.world import XWorld
from tests.api_client import Api
from tests.finder_world import finder_world
from tests.queue_hand import QueueHand
from tests.stripe_world import StripeWorld, configured, pays_for, signed
from tests.worlds import a_small_world

STATED = "Software engineer. marisol [at] tidewater dot example, linkedin.com/in/marisol-vega"
HOOK = "https://93.184.216.34/leads"
SLOTS = {"starter": 200, "growth": 5, "pro": 5}


@dataclass
class Ask:
    """A request, and who makes it: by default the subscriber, with a key whose minute is fresh."""

    path: str
    body: Any = None
    raw: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)
    by: Api | None = None


class World:
    """Things to ask about; those that a request uses up are made when they are asked for."""

    def __init__(self, stripe: StripeWorld) -> None:
        self.stripe = stripe
        self.queues = QueueHand()
        for source in sources(app):
            queue_url(source.queue.removeprefix(settings().resource("")))  # once per process
        self.user = users.create("trips@ctgo.example", "Trips")
        self.api = self.fresh_key()
        pays_for(stripe, self.api, **SLOTS)
        self._numbers = count(1)
        made = self.api.create_stream(runNow=True)
        self.queues.drain()
        self.stream_id = int(made["id"])
        self.account_id = int(made["accounts"][0]["accountId"])
        self.segment_id = int(made["segments"][0]["segmentId"])
        self.run_id = int(self._list(f"/streams/{self.stream_id}/runs", "runs")[0]["id"])
        leads = self._list(f"/leads?streamId={self.stream_id}&includeUnmatched=true", "leads")
        self._matched = [each["id"] for each in leads if each["matchConfidence"]]
        self._unmatched = [each["id"] for each in leads if not each["matchConfidence"]]

    def fresh_key(self) -> Api:
        """The subscriber under a new key."""
        return Api(users.create_key(self.user.user_id, "trips")[1], self.user.user_id)

    def _list(self, path: str, name: str) -> list[dict[str, Any]]:
        return list(self.api.get(path).json_body[name])

    def lead(self) -> int:
        """A lead that nothing was done with yet."""
        return int(self._matched.pop())

    def unmatched(self) -> int:
        """The like, of somebody who matches nothing."""
        return int(self._unmatched.pop())

    def exported(self) -> int:
        """A lead that was exported."""
        lead_id = self.lead()
        self.fresh_key().post(f"/leads/{lead_id}/export")
        return lead_id

    def cursor(self, path: str) -> str:
        """A path with the cursor that its first page gives."""
        page = self.fresh_key().get(path).json_body
        return f"{path}&cursor={page['nextCursor']}"

    def stream(self, *handles: str, **fields: Any) -> dict[str, Any]:
        """A new stream."""
        return self.fresh_key().create_stream(pairs=self.pairs(*handles), **fields)

    def pairs(self, *handles: str) -> list[dict[str, Any]]:
        """Pairs of new accounts with the usual segment."""
        return [{"accountHandle": each, "segmentId": self.segment_id} for each in handles]

    def handles(self, number: int) -> list[str]:
        """People of the small world who are not tracked yet."""
        return [f"person_{next(self._numbers) + 9:03d}" for _ in range(number)]

    def account(self, *, is_awake: bool) -> int:
        """A new account in a stream, awake or put to sleep."""
        made = self.stream(*self.handles(1), syncTimes=[])
        account_id = int(made["accounts"][0]["accountId"])
        if not is_awake:
            self.fresh_key().post(f"/accounts/{account_id}/sleep")
        return account_id

    def newcomer(self, **fields: Any) -> Api:
        """Another user."""
        api = Api.for_new_user(f"trips{next(self._numbers)}@ctgo.example", subscribed=False)
        if fields:
            actions = [getattr(UserItem, name).set(value) for name, value in fields.items()]
            UserItem(api.user_id, SELF).update(actions=actions)
        return api

    def template(self) -> str:
        """The path of a new template."""
        body = {"name": f"Hello {next(self._numbers)}", "messageBody": "Hi {{firstName}}"}
        made = self.fresh_key().post("/dm-templates", body).json_body["template"]
        return f"/dm-templates/{made['id']}"

    def key(self) -> int:
        """A new key's id."""
        return users.create_key(self.user.user_id, "another")[0]

    def loose_segment(self) -> int:
        """A segment that no stream has."""
        body = {"description": f"bakers of town {next(self._numbers)}"}
        return int(self.fresh_key().post("/segments", body).json_body["id"])

    def hook(self) -> int:
        """A new webhook subscription."""
        body = {"targetUrl": f"{HOOK}/{next(self._numbers)}"}
        return int(self.fresh_key().post("/webhooks/subscribe", body).json_body["id"])

    def sign_in_token(self) -> str:
        """What a sign-in mail carries."""
        mail = _Pigeonhole()
        address = f"trips{next(self._numbers)}@ctgo.example"
        sign_in.send_link(address, None, ip="127.0.0.1", mail=mail, base_url="")
        found = re.search(r"token=([\w-]+)", mail.text)
        assert found is not None
        return found[1]

    def browser(self) -> Api:
        """Somebody with a session."""
        return Api(None, session=sign_in.open_session(self.sign_in_token()))

    def stripe_event(self) -> Ask:
        """An event that was not seen before."""
        number = next(self._numbers)
        body, signature = signed(
            self.stripe.event("invoice.paid", self.user.user_id, number=number)
        )
        headers = {"Stripe-Signature": signature}
        return Ask("/billing/stripe-events", raw=body, headers=headers, by=Api(None))

    def mail_link(self) -> str:
        """The link at the foot of a digest."""
        return _path(unsubscribing.link_to_end(self.user.user_id, "digest"))

    def file_link(self) -> str:
        """The link to a file that was too large for a mail."""
        return _path(links.link_to("sheets/1.csv"))


class _Pigeonhole:
    text = ""

    def send(self, _to: str, _subject: str, text: str) -> None:
        self.text = text


def _path(link: str) -> str:
    return link.removeprefix(settings().base_url)


@contextmanager
def a_small_x() -> Iterator[Server]:
    """A small X that the app is pointed at while this lasts."""
    with (
        serve(XWorld(a_small_world(), present=1.0)) as server,
        pytest.MonkeyPatch.context() as environment,
    ):
        environment.setenv("SCRAPEBADGER_BASE_URL", server.url)
        environment.setenv("APIFY_BASE_URL", server.url)
        settings.cache_clear()
        wiring.profiles.cache_clear()
        yield server
    settings.cache_clear()
    wiring.profiles.cache_clear()


@contextmanager
def a_world(x: Server) -> Iterator[World]:
    """On the emulated AWS and the small X that the app is pointed at; the rest is its own."""
    x.world.people.edit("person_001", {"bio": STATED})
    with (
        pytest.MonkeyPatch.context() as one,
        pytest.MonkeyPatch.context() as other,
        finder_world(one),
        configured(other) as stripe,
    ):
        yield World(stripe)
