"""A user's digests as one EventBridge schedule that puts a message on the deliver queue."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any, Literal

from chalicelib.settings import Settings

HOUR = 8
"""When digests are mailed, in the user's zone."""
_DAYS = {"daily": "* * ?", "weekly": "? * MON"}
_FLEXIBLE_MINUTES = 10
_DAY = 86_400

Rhythm = Literal["daily", "weekly"]


class DigestSchedules:
    """At most one schedule a user, in this stage's group; every call may be repeated."""

    def __init__(self, client: Any, settings: Settings) -> None:
        self._client = client
        self._settings = settings

    def keep(self, user_id: int, rhythm: Rhythm | None, timezone: str) -> None:
        """Have the user's digests looked at in this rhythm; None is never. One call if it is so."""
        if rhythm is None:
            self.remove(user_id)
            return
        wanted = self._wanted(user_id, rhythm, timezone)
        try:
            found = self._client.get_schedule(GroupName=self._group, Name=wanted["Name"])
        except self._client.exceptions.ResourceNotFoundException:
            self._put(wanted)
            return
        if any(found.get(name) != value for name, value in wanted.items()):
            self._client.update_schedule(**wanted)

    def remove(self, user_id: int) -> None:
        """Have the user's digests not looked at any more."""
        with suppress(self._client.exceptions.ResourceNotFoundException):
            self._client.delete_schedule(GroupName=self._group, Name=str(user_id))

    def _put(self, wanted: dict[str, Any]) -> None:
        try:
            self._client.create_schedule(**wanted)
        except self._client.exceptions.ConflictException:
            self._client.update_schedule(**wanted)

    @property
    def _group(self) -> str:
        return self._settings.resource("digests")

    def _wanted(self, user_id: int, rhythm: Rhythm, timezone: str) -> dict[str, Any]:
        job = {"kind": "mail_digest", "user_id": user_id, "at": "<aws.scheduler.scheduled-time>"}
        return {
            "GroupName": self._group,
            "Name": str(user_id),
            "State": "ENABLED",
            "ScheduleExpression": f"cron(0 {HOUR} {_DAYS[rhythm]} *)",
            "ScheduleExpressionTimezone": timezone,
            "FlexibleTimeWindow": {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": _FLEXIBLE_MINUTES},
            "Target": {
                "Arn": self._settings.queue_arn("deliver"),
                "RoleArn": self._settings.role_arn("scheduler"),
                "Input": json.dumps(job),
                "RetryPolicy": {"MaximumEventAgeInSeconds": _DAY, "MaximumRetryAttempts": 20},
                "DeadLetterConfig": {"Arn": self._settings.queue_arn("deliver-dlq")},
            },
        }
