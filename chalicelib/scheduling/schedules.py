"""A stream's sync times as EventBridge schedules that put a message on the runs queue."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any, NamedTuple

from chalicelib.settings import Settings

FLEXIBLE_MINUTES = 5
"""A schedule fires within this window, so that nine o'clock is not one instant for everybody."""


class Times(NamedTuple):
    """When a stream runs: times of day in a zone; none means never."""

    sync_times: tuple[str, ...]
    timezone: str


NEVER = Times((), "UTC")


class Drift(NamedTuple):
    """Schedules of one stream that are not as they should be."""

    missing: int = 0
    wrong: int = 0
    """There, but with another expression, zone, target, or switched off."""
    stray: int = 0
    """There although nothing asks for them."""


class Schedules:
    """Daily schedules of streams in this stage's group; every call may be repeated."""

    def __init__(self, client: Any, settings: Settings) -> None:
        self._client = client
        self._settings = settings

    def keep(self, user_id: int, stream_id: int, times: Times) -> None:
        """Make the stream run at exactly these times of day in this zone."""
        wanted = {schedule_name(user_id, stream_id, text): text for text in times.sync_times}
        for text in wanted.values():
            self._put(self._wanted(user_id, stream_id, text, times.timezone))
        for name in self._names(f"{user_id}-{stream_id}-") - wanted.keys():
            self._remove(name)

    def drift(self, user_id: int, wanted: Mapping[int, Times]) -> dict[int, Drift]:
        """Where the user's schedules differ from the times of the streams, by stream.

        Streams that `wanted` leaves out should have none. One call for a user, one for each
        schedule that is wanted and there.
        """
        there = self._names(f"{user_id}-")
        counts: dict[int, list[int]] = defaultdict(lambda: [0, 0, 0])
        for stream_id, times in wanted.items():
            for text in times.sync_times:
                name = schedule_name(user_id, stream_id, text)
                if name not in there:
                    counts[stream_id][0] += 1
                elif not self._is_right(self._wanted(user_id, stream_id, text, times.timezone)):
                    counts[stream_id][1] += 1
                there.discard(name)
        for name in there:
            counts[_owners(name)[1]][2] += 1
        return {stream_id: Drift(*found) for stream_id, found in counts.items()}

    def owners(self, token: str | None) -> tuple[set[int], str | None]:
        """Users who have schedules, a page of schedules at a time, and the token of the next."""
        more = {"NextToken": token} if token else {}
        page = self._client.list_schedules(GroupName=self._group, **more)
        names = (schedule["Name"] for schedule in page["Schedules"])
        return {_owners(name)[0] for name in names if _is_ours(name)}, page.get("NextToken")

    def _put(self, wanted: dict[str, Any]) -> None:
        try:
            self._client.create_schedule(**wanted)
        except self._client.exceptions.ConflictException:
            self._client.update_schedule(**wanted)

    def _remove(self, name: str) -> None:
        with suppress(self._client.exceptions.ResourceNotFoundException):
            self._client.delete_schedule(GroupName=self._group, Name=name)

    def _is_right(self, wanted: dict[str, Any]) -> bool:
        try:
            found = self._client.get_schedule(GroupName=self._group, Name=wanted["Name"])
        except self._client.exceptions.ResourceNotFoundException:
            return False
        is_on = found.get("State", "ENABLED") == "ENABLED"
        return is_on and all(found.get(key) == value for key, value in wanted.items())

    def _names(self, prefix: str) -> set[str]:
        """The schedules of streams whose names begin so."""
        return {name for name in self._listed(prefix) if _is_ours(name)}

    def _listed(self, prefix: str) -> Iterator[str]:
        pages = self._client.get_paginator("list_schedules").paginate(
            GroupName=self._group, NamePrefix=prefix
        )
        return (schedule["Name"] for page in pages for schedule in page["Schedules"])

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
            "Name": schedule_name(user_id, stream_id, text),
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


def schedule_name(user_id: int, stream_id: int, text: str) -> str:
    """The name of a stream's schedule at a time of day; at most 64 characters.

    The user comes first, so that one listing finds all that belong to a user, those of streams
    that are no longer there included.
    """
    return f"{user_id}-{stream_id}-{text.replace(':', '')}"


def _is_ours(name: str) -> bool:
    """Whether it is the name of a stream's schedule, not of something else in the group."""
    parts = name.split("-")
    return len(parts) == 3 and all(part.isdecimal() for part in parts)


def _owners(name: str) -> tuple[int, int]:
    """The user and the stream of a stream's schedule."""
    user_id, stream_id, _ = name.split("-")
    return int(user_id), int(stream_id)
