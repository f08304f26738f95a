"""As much of Stripe as opening its pages and settling its events needs, over HTTP on loopback."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

import stripe

SECRET = "whsec_made_up"
PRICES = {"starter": "price_s", "growth": "price_g", "pro": "price_p"}
PERIOD = 1_790_000_000
"""Start of a billing period, in seconds since 1970."""
MONTH = 30 * 86_400


@dataclass(frozen=True)
class Asked:
    """A request that Stripe got."""

    path: str
    form: dict[str, str]
    idempotency_key: str | None


class FakeStripe:
    """`with FakeStripe() as fake:`; what tests set is what it answers."""

    def __init__(self) -> None:
        self.subscriptions: dict[str, dict[str, Any]] = {}
        self.asked: list[Asked] = []
        self.refusal: tuple[int, dict[str, str]] | None = None
        fake = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._answer(b"")

            def do_POST(self) -> None:
                self._answer(self.rfile.read(int(self.headers["Content-Length"])))

            def _answer(self, body: bytes) -> None:
                path = urlsplit(self.path).path
                form = dict(parse_qsl(body.decode()))
                fake.asked.append(Asked(path, form, self.headers.get("Idempotency-Key")))
                status, answer = fake.answer(path)
                self.send_response(status)
                told = json.dumps(answer).encode()
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(told)))
                self.send_header("Connection", "close")
                self.end_headers()
                self.wfile.write(told)

            def log_message(self, *_: Any) -> None:
                """Tests read `asked` instead."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, path: str) -> tuple[int, dict[str, Any]]:
        if self.refusal:
            return self.refusal[0], {"error": self.refusal[1]}
        kind, _, known = path.removeprefix("/v1/").partition("/")
        if kind == "subscriptions" and known in self.subscriptions:
            return 200, self.subscriptions[known]
        if kind in ("checkout", "billing_portal"):
            return 200, {"object": f"{kind}.session", "url": f"https://{kind}.stripe.example/1"}
        return 404, {"error": {"type": "invalid_request_error", "message": f"No such {kind}"}}

    def subscribe(self, user_id: int, subscription: str = "sub_1", **changes: Any) -> None:
        """A subscription as it is from now on: `status`, `slots`, `start`, `invoice`."""
        start = changes.get("start", PERIOD)
        items = [
            {
                "object": "subscription_item",
                "id": f"si_{tier}",
                "price": {"object": "price", "id": PRICES.get(tier, "price_of_others")},
                "quantity": quantity,
                "current_period_start": start,
                "current_period_end": start + MONTH,
            }
            for tier, quantity in changes.get("slots", {"starter": 1}).items()
        ]
        self.subscriptions[subscription] = {
            "object": "subscription",
            "id": subscription,
            "customer": "cus_1",
            "status": changes.get("status", "active"),
            "metadata": {"user_id": str(user_id)},
            "items": {"object": "list", "data": items},
            "latest_invoice": {"object": "invoice", "status": changes.get("invoice", "paid")},
        }

    def event(
        self, kind: str, user_id: int, *, number: int, subscription: str = "sub_1"
    ) -> dict[str, Any]:
        """An event about a subscription, in the shape of its kind."""
        named = {"user_id": str(user_id)}
        about: dict[str, Any] = {"customer": "cus_1"}
        if kind == "checkout.session.completed":
            about |= {"client_reference_id": str(user_id), "subscription": subscription}
        elif kind.startswith("customer.subscription."):
            about |= {"id": subscription, "metadata": named}
        else:
            details = {"subscription": subscription, "metadata": named}
            about |= {"id": "in_1", "parent": {"subscription_details": details}}
        return {
            "id": f"evt_{number}",
            "object": "event",
            "type": kind,
            "created": PERIOD + number,
            "data": {"object": about},
        }


def signed(
    event: dict[str, Any], *, secret: str = SECRET, at: int | None = None
) -> tuple[bytes, str]:
    """The body of an event and its signature header."""
    body = json.dumps(event)
    return body.encode(), stripe.WebhookSignature.generate_signature_header(body, secret, at)
