"""A stream's sync times as EventBridge schedules that put a message on the runs queue."""

from __future__ import annotations

import json
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from chalicelib.settings import Settings

FLEXIBLE_MINUTES = 5
"""A schedule fires within this window, so that nine o'clock is not one instant for everybody."""


class Schedules:
    """Daily schedules of streams in this stage's group; every call may be repeated."""

    def __init__(self, client: Any, settings: Settings) -> None:
        self._client = client
        self._settings = settings

    def keep(self, user_id: int, stream_id: int, sync_times: Iterable[str], timezone: str) -> None:
        """Make the stream run at exactly these times of day in this zone; none means never."""
        wanted = {schedule_name(stream_id, text): text for text in sync_times}
        for text in wanted.values():
            self._put(self._wanted(user_id, stream_id, text, timezone))
        for name in self._names(stream_id) - wanted.keys():
            self._remove(name)

    def _put(self, wanted: dict[str, Any]) -> None:
        try:
            self._client.create_schedule(**wanted)
        except self._client.exceptions.ConflictException:
            self._client.update_schedule(**wanted)

    def _remove(self, name: str) -> None:
        with suppress(self._client.exceptions.ResourceNotFoundException):
            self._client.delete_schedule(GroupName=self._group, Name=name)

    def _names(self, stream_id: int) -> set[str]:
        """The schedules that the stream has."""
        pages = self._client.get_paginator("list_schedules").paginate(
            GroupName=self._group, NamePrefix=f"{stream_id}-"
        )
        return {schedule["Name"] for page in pages for schedule in page["Schedules"]}

    @property
    def _group(self) -> str:
        return self._settings.resource("streams")

    def _wanted(self, user_id: int, stream_id: int, text: str, timezone: str) -> dict[str, Any]:
        hour, minute = text.split(":")
        job = {
            "user_id": user_id,
            "stream_id": stream_id,
            "triggered_at": "<aws.scheduler.scheduled-time>",
            "source": "cron",
        }
        return {
            "GroupName": self._group,
            "Name": schedule_name(stream_id, text),
            "ScheduleExpression": f"cron({int(minute)} {int(hour)} * * ? *)",
            "ScheduleExpressionTimezone": timezone,
            "FlexibleTimeWindow": {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": FLEXIBLE_MINUTES},
            "Target": {
                "Arn": self._settings.queue_arn("runs"),
                "RoleArn": self._settings.role_arn("scheduler"),
                "Input": json.dumps(job),
                "RetryPolicy": {"MaximumEventAgeInSeconds": 3600, "MaximumRetryAttempts": 20},
                "DeadLetterConfig": {"Arn": self._settings.queue_arn("runs-dlq")},
            },
        }


def schedule_name(stream_id: int, text: str) -> str:
    """The name of a stream's schedule at a time of day; at most 64 characters."""
    return f"{stream_id}-{text.replace(':', '')}"
