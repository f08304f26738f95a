"""The one place that asks what time it is, so that tests can hold it still."""

from __future__ import annotations

from datetime import UTC, datetime


def now() -> datetime:
    """The present instant in UTC, microseconds kept."""
    return datetime.now(UTC)


def iso(instant: datetime) -> str:
    """Whole seconds with a Z, as every answer of the API shows time: 2026-07-05T06:15:00Z."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
