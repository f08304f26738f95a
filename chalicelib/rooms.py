"""The map of the API: which room answers which route, in the order of the documentation.

Plain data, because a room's module is loaded only when the first request knocks at its door; a test
holds the map against what the rooms declare.
"""

from __future__ import annotations

from types import MappingProxyType

ROOMS = MappingProxyType(
    {
        "me": ("GET /me",),
        "streams": (
            "POST /streams",
            "GET /streams",
            "GET /streams/{stream_id}",
            "PATCH /streams/{stream_id}",
            "DELETE /streams/{stream_id}",
        ),
        "runs": (
            "POST /streams/{stream_id}/run",
            "POST /streams/{stream_id}/re-test",
            "GET /streams/{stream_id}/runs",
            "GET /streams/{stream_id}/runs/{run_id}",
            "GET /runs",
        ),
        "leads": (
            "GET /streams/{stream_id}/leads",
            "GET /leads",
            "POST /leads/{lead_id}/feedback",
            "POST /leads/{lead_id}/export",
        ),
        "accounts": (
            "GET /accounts",
            "POST /accounts/{account_id}/sleep",
            "POST /accounts/{account_id}/wake",
            "POST /accounts/{account_id}/change-tier",
        ),
        "segments": ("GET /segments", "POST /segments", "GET /labels"),
        "lookups": (
            "POST /leads/{lead_id}/enrich",
            "POST /lookups/enrich",
            "POST /lookups/enrich-email",
            "GET /lookups/enrich/history",
            "GET /lookups/enrich-email/history",
            "POST /lookups/segments/from-description",
        ),
        "api_keys": (
            "GET /lookups/api-keys",
            "POST /lookups/api-keys",
            "DELETE /lookups/api-keys/{key_id}",
        ),
        "dm_templates": (
            "GET /dm-templates",
            "POST /dm-templates",
            "GET /dm-templates/{template_id}",
            "PUT /dm-templates/{template_id}",
            "DELETE /dm-templates/{template_id}",
        ),
        "notifications": ("GET /notification-settings", "PUT /notification-settings"),
        "webhooks": (
            "POST /webhooks/subscribe",
            "DELETE /webhooks/subscribe",
            "GET /webhooks/subscriptions",
            "GET /webhooks/subscriptions/{subscription_id}/messages",
            "POST /webhooks/subscriptions/{subscription_id}/test",
            "POST /webhooks/subscriptions/{subscription_id}/rotate-secret",
            "POST /webhooks/subscriptions/{subscription_id}/replay",
            "GET /streams/{stream_id}/webhook/messages",
            "POST /streams/{stream_id}/webhook/test",
            "POST /streams/{stream_id}/webhook/rotate-secret",
            "POST /streams/{stream_id}/webhook/replay",
        ),
        "notices": ("GET /mail/unsubscribe", "POST /mail/unsubscribe"),
        "exports": ("GET /files",),
        "privacy": (
            "DELETE /leads/{lead_id}",
            "POST /me/export",
            "GET /me/export",
            "DELETE /me",
        ),
        "sign_in": ("POST /auth/sign-in", "GET /auth/callback", "POST /auth/sign-out"),
        "billing": (
            "POST /billing/checkout",
            "POST /billing/portal",
            "POST /billing/stripe-events",
        ),
        "docs_site": (
            "GET /openapi.json",
            "GET /docs",
            "GET /docs/swagger-ui-bundle.js",
            "GET /docs/start.js",
            "GET /docs/swagger-ui.css",
        ),
    }
)


def module_of(room: str) -> str:
    """The module that declares a room's endpoints as `router`."""
    return f"chalicelib.{room}.routes"
