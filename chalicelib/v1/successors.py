"""What replaces each endpoint of API v1, as data: `(method, path under /api/v1) -> successor`."""

from __future__ import annotations

SUCCESSORS: dict[tuple[str, str], str] = {
    ("GET", "/me"): "GET /me",
    ("POST", "/tracked-accounts"): "POST /streams",
    ("GET", "/tracked-accounts"): "GET /accounts",
    ("DELETE", "/tracked-accounts/{id}"): "POST /accounts/{id}/sleep",
    ("PUT", "/tracked-accounts/{id}"): "POST /accounts/{id}/wake",
    ("PATCH", "/tracked-accounts/{id}"): "PATCH /streams/{id}",
    ("POST", "/tracked-accounts/{id}/change-tier"): "POST /accounts/{id}/change-tier",
    ("GET", "/saved-searches"): "GET /segments",
    ("POST", "/saved-searches"): "POST /segments",
    ("GET", "/saved-searches/{id}"): "GET /streams/{id}",
    ("PUT", "/saved-searches/{id}"): "PATCH /streams/{id}",
    ("DELETE", "/saved-searches/{id}"): "DELETE /streams/{id}",
    ("POST", "/saved-searches/{id}/assignments"): "PATCH /streams/{id}",
    ("POST", "/saved-searches/from-description"): "POST /lookups/segments/from-description",
    ("POST", "/sync"): "POST /streams/{id}/run",
    ("POST", "/explore"): "POST /streams/{id}/re-test",
    ("GET", "/sync-status"): "GET /streams/{id}/runs/{runId}",
    ("GET", "/sync-history"): "GET /runs",
    ("GET", "/sync-settings"): "GET /streams/{id}",
    ("PUT", "/sync-settings"): "PATCH /streams/{id}",
    ("GET", "/explore/budget"): "GET /me",
    ("GET", "/people-of-interest"): "GET /leads",
    ("POST", "/feedback"): "POST /leads/{id}/feedback",
    ("POST", "/enrich"): "POST /lookups/enrich",
    ("GET", "/enrich/history"): "GET /lookups/enrich/history",
    ("POST", "/enrich-email"): "POST /lookups/enrich-email",
    ("GET", "/enrich-email/history"): "GET /lookups/enrich-email/history",
    ("DELETE", "/api-keys/{id}"): "DELETE /lookups/api-keys/{id}",
    ("GET", "/dm-templates"): "GET /dm-templates",
    ("POST", "/dm-templates"): "POST /dm-templates",
    ("GET", "/dm-templates/{id}"): "GET /dm-templates/{id}",
    ("PUT", "/dm-templates/{id}"): "PUT /dm-templates/{id}",
    ("DELETE", "/dm-templates/{id}"): "DELETE /dm-templates/{id}",
    ("GET", "/notification-settings"): "GET /notification-settings",
    ("PUT", "/notification-settings"): "PUT /notification-settings",
    ("POST", "/webhooks/subscribe"): "POST /webhooks/subscribe",
    ("DELETE", "/webhooks/subscribe"): "DELETE /webhooks/subscribe",
}


def successor(method: str, parts: tuple[str, ...]) -> str | None:
    """What replaces a method on a path under /api/v1, as `METHOD /path`; None if nothing does."""
    return next(
        (
            replacement
            for (known, path), replacement in SUCCESSORS.items()
            if known == method and _fits(path.removeprefix("/").split("/"), parts)
        ),
        None,
    )


def _fits(words: list[str], parts: tuple[str, ...]) -> bool:
    return len(words) == len(parts) and all(
        word in ("{id}", part) for word, part in zip(words, parts, strict=True)
    )
