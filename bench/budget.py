"""How often each endpoint may ask AWS, the check of the key included: the declared budget.

One line for each endpoint and for each way of asking that differs; a test counts them all and
fails when a line is passed or an endpoint has none. `make bench` writes the table.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bench.trip_world import HOOK, Ask, World
from tests.api_client import Api


@dataclass(frozen=True)
class Line:
    """A request and what it may cost."""

    route: str
    most: int
    ask: Callable[[World], Ask]
    case: str = ""


def _leads() -> list[Line]:
    """Every combination of lifecycle and unmatched people: one query beside the key."""
    lines = []
    for route in ("GET /streams/{stream_id}/leads", "GET /leads"):
        for lifecycle in ("new", "exported", "all"):
            for unmatched in ("", "&includeUnmatched=true"):
                query = f"lifecycle={lifecycle}{unmatched}"
                lines.append(Line(route, 2, _lead_list(route, query), query))
    return lines


def _lead_list(route: str, query: str) -> Callable[[World], Ask]:
    path = route.partition(" ")[2]
    return lambda world: Ask(f"{path.format(stream_id=world.stream_id)}?{query}")


def _page_behind(world: World) -> Ask:
    return Ask(world.cursor("/leads?lifecycle=all&includeUnmatched=true&limit=5"))


def _feedback(world: World, lead_id: int) -> Ask:
    body = {"segmentId": world.segment_id, "feedback": "good"}
    return Ask(f"/leads/{lead_id}/feedback", body)


def _again(world: World) -> Ask:
    ask = _feedback(world, world.lead())
    world.fresh_key().post(ask.path, ask.body)
    return ask


def _create(number: int) -> Callable[[World], Ask]:
    return lambda world: Ask("/streams", {"pairs": world.pairs(*world.handles(number))})


def _patch_pairs(world: World) -> Ask:
    made = world.stream(*world.handles(1))
    return Ask(f"/streams/{made['id']}", {"pairs": world.pairs(*world.handles(10))})


def _run(world: World) -> Ask:
    return Ask(f"/streams/{world.stream(*world.handles(1), syncTimes=[])['id']}/run")


def _lookup(path: str, **fields: object) -> Callable[[World], Ask]:
    return lambda _: Ask(path, {"x_handle": "person_001", **fields})


def _hook(subscription_id: int, verb: str, **fields: object) -> Ask:
    return Ask(f"/webhooks/subscriptions/{subscription_id}/{verb}", fields or None)


def _own(world: World, verb: str, **fields: object) -> Ask:
    """About the own address of a stream that has one."""
    given = {"webhookUrl": HOOK, "deliveryDestination": "leads_plus_webhook"}
    stream = world.stream(*world.handles(1), **given)
    return Ask(f"/streams/{stream['id']}/webhook/{verb}", fields or None)


_HOOK = "/webhooks/subscriptions/{subscription_id}"
_OWN = "/streams/{stream_id}/webhook"
_BOTH = {"requested_outputs": ["linkedin_url", "email"]}
_TEMPLATE = {"name": "Hello", "messageBody": "Hi {{firstName}}"}

LINES = [
    Line("GET /me", 3, lambda _: Ask("/me")),
    Line("POST /streams", 17, _create(1), "1 pair"),
    Line("POST /streams", 17, _create(10), "10 pairs"),
    Line("POST /streams", 17, _create(50), "50 pairs"),
    Line("GET /streams", 2, lambda _: Ask("/streams")),
    Line("GET /streams/{stream_id}", 2, lambda w: Ask(f"/streams/{w.stream_id}")),
    Line(
        "PATCH /streams/{stream_id}",
        4,
        lambda w: Ask(f"/streams/{w.stream_id}", {"name": "Another"}),
        "name",
    ),
    Line("PATCH /streams/{stream_id}", 12, _patch_pairs, "10 pairs for 1"),
    Line(
        "DELETE /streams/{stream_id}",
        10,
        lambda w: Ask(f"/streams/{w.stream(*w.handles(1))['id']}"),
    ),
    Line("POST /streams/{stream_id}/run", 10, _run),
    Line("POST /streams/{stream_id}/re-test", 11, lambda w: Ask(f"/streams/{w.stream_id}/re-test")),
    Line("GET /streams/{stream_id}/runs", 2, lambda w: Ask(f"/streams/{w.stream_id}/runs")),
    Line(
        "GET /streams/{stream_id}/runs/{run_id}",
        2,
        lambda w: Ask(f"/streams/{w.stream_id}/runs/{w.run_id}"),
    ),
    Line("GET /runs", 2, lambda _: Ask("/runs")),
    *_leads(),
    Line("GET /leads", 2, _page_behind, "a page by cursor"),
    Line("GET /leads", 2, lambda _: Ask("/leads?summary=true"), "summary=true"),
    Line("GET /leads", 2, lambda w: Ask(f"/leads?streamId={w.stream_id}"), "streamId"),
    Line(
        "GET /leads",
        2,
        lambda w: Ask(f"/leads?accountId={w.account_id}&segmentId={w.segment_id}"),
        "accountId and segmentId of a stream",
    ),
    Line(
        "GET /leads",
        3,
        lambda w: Ask(f"/leads?segmentId={w.loose_segment()}"),
        "segmentId that no stream ever had",
    ),
    Line("GET /leads", 4, lambda _: Ask("/leads?groupBy=stream"), "groupBy=stream, one has leads"),
    Line("POST /leads/{lead_id}/feedback", 3, lambda w: _feedback(w, w.lead())),
    Line("POST /leads/{lead_id}/feedback", 3, lambda w: _feedback(w, w.unmatched()), "unmatched"),
    Line("POST /leads/{lead_id}/feedback", 3, _again, "the same again"),
    Line("POST /leads/{lead_id}/export", 3, lambda w: Ask(f"/leads/{w.lead()}/export")),
    Line(
        "POST /leads/{lead_id}/export", 2, lambda w: Ask(f"/leads/{w.exported()}/export"), "again"
    ),
    Line("POST /leads/{lead_id}/enrich", 10, lambda w: Ask(f"/leads/{w.lead()}/enrich", _BOTH)),
    Line("DELETE /leads/{lead_id}", 5, lambda w: Ask(f"/leads/{w.lead()}")),
    Line("GET /accounts", 2, lambda _: Ask("/accounts")),
    Line(
        "POST /accounts/{account_id}/sleep",
        12,
        lambda w: Ask(f"/accounts/{w.account(is_awake=True)}/sleep"),
    ),
    Line(
        "POST /accounts/{account_id}/wake",
        12,
        lambda w: Ask(f"/accounts/{w.account(is_awake=False)}/wake"),
    ),
    Line(
        "POST /accounts/{account_id}/change-tier",
        16,
        lambda w: Ask(f"/accounts/{w.account(is_awake=True)}/change-tier", {"newTier": "pro"}),
    ),
    Line("GET /segments", 2, lambda _: Ask("/segments")),
    Line("POST /segments", 2, lambda _: Ask("/segments", {"description": "bakers"})),
    Line("GET /labels", 1, lambda _: Ask("/labels")),
    Line("POST /lookups/enrich", 8, _lookup("/lookups/enrich", **_BOTH)),
    Line("POST /lookups/enrich-email", 6, _lookup("/lookups/enrich-email")),
    Line("GET /lookups/enrich/history", 2, lambda _: Ask("/lookups/enrich/history")),
    Line("GET /lookups/enrich-email/history", 2, lambda _: Ask("/lookups/enrich-email/history")),
    Line(
        "POST /lookups/segments/from-description",
        2,
        lambda _: Ask("/lookups/segments/from-description", {"description": "fintech founders"}),
    ),
    Line("GET /lookups/api-keys", 2, lambda _: Ask("/lookups/api-keys")),
    Line("POST /lookups/api-keys", 2, lambda _: Ask("/lookups/api-keys", {"name": "third"})),
    Line("DELETE /lookups/api-keys/{key_id}", 3, lambda w: Ask(f"/lookups/api-keys/{w.key()}")),
    Line("GET /dm-templates", 2, lambda _: Ask("/dm-templates")),
    Line("POST /dm-templates", 2, lambda _: Ask("/dm-templates", _TEMPLATE)),
    Line("GET /dm-templates/{template_id}", 2, lambda w: Ask(w.template())),
    Line(
        "PUT /dm-templates/{template_id}",
        3,
        lambda w: Ask(w.template(), {"name": "Hi", "messageBody": "Hi"}),
    ),
    Line("DELETE /dm-templates/{template_id}", 3, lambda w: Ask(w.template())),
    Line("GET /notification-settings", 2, lambda _: Ask("/notification-settings")),
    Line(
        "PUT /notification-settings",
        4,
        lambda _: Ask("/notification-settings", {"emailDigest": "weekly"}),
    ),
    Line("POST /webhooks/subscribe", 3, lambda _: Ask("/webhooks/subscribe", {"targetUrl": HOOK})),
    Line(
        "POST /webhooks/subscribe",
        4,
        lambda _: Ask(
            "/webhooks/subscribe", {"targetUrl": HOOK, "filterConfig": {"feedbackStatus": "bad"}}
        ),
        "feedbackStatus",
    ),
    Line("DELETE /webhooks/subscribe", 3, lambda w: Ask("/webhooks/subscribe", {"id": w.hook()})),
    Line("GET /webhooks/subscriptions", 2, lambda _: Ask("/webhooks/subscriptions")),
    Line(f"GET {_HOOK}/messages", 3, lambda w: _hook(w.hook(), "messages"), "nothing sent yet"),
    Line(f"POST {_HOOK}/test", 5, lambda w: _hook(w.hook(), "test")),
    Line(f"POST {_HOOK}/rotate-secret", 3, lambda w: _hook(w.hook(), "rotate-secret")),
    Line(
        f"POST {_HOOK}/replay",
        4,
        lambda w: _hook(w.hook(), "replay", since="2026-01-01T00:00:00Z"),
    ),
    Line(f"GET {_OWN}/messages", 3, lambda w: _own(w, "messages")),
    Line(f"POST {_OWN}/test", 5, lambda w: _own(w, "test")),
    Line(f"POST {_OWN}/rotate-secret", 3, lambda w: _own(w, "rotate-secret")),
    Line(f"POST {_OWN}/replay", 4, lambda w: _own(w, "replay", since="2026-01-01T00:00:00Z")),
    Line("GET /mail/unsubscribe", 0, lambda w: Ask(w.mail_link(), by=Api(None))),
    Line("POST /mail/unsubscribe", 3, lambda w: Ask(w.mail_link(), by=Api(None))),
    Line("GET /files", 0, lambda w: Ask(w.file_link(), by=Api(None))),
    Line("POST /me/export", 4, lambda _: Ask("/me/export")),
    Line("GET /me/export", 2, lambda _: Ask("/me/export")),
    Line("DELETE /me", 6, lambda w: Ask("/me", by=w.newcomer())),
    Line(
        "POST /auth/sign-in",
        4,
        lambda _: Ask("/auth/sign-in", {"email": "a@ctgo.example"}, by=Api(None)),
    ),
    Line(
        "GET /auth/callback",
        5,
        lambda w: Ask(f"/auth/callback?token={w.sign_in_token()}", by=Api(None)),
    ),
    Line("POST /auth/sign-out", 1, lambda w: Ask("/auth/sign-out", by=w.browser())),
    Line(
        "POST /billing/checkout",
        3,
        lambda w: Ask("/billing/checkout", {"tier": "pro"}, by=w.newcomer()),
    ),
    Line("POST /billing/portal", 2, lambda _: Ask("/billing/portal")),
    Line("POST /billing/stripe-events", 2, lambda w: w.stripe_event()),
    *(
        Line(f"GET {path}", 0, lambda _, path=path: Ask(path, by=Api(None)))
        for path in (
            "/openapi.json",
            "/docs",
            "/docs/swagger-ui-bundle.js",
            "/docs/start.js",
            "/docs/swagger-ui.css",
        )
    ),
]
