"""A schedule: what a client asked for, checked, and how far it has fired."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from localdev.ministack import ACCOUNT_ID, REGION
from localdev.scheduler.delivery import FUNCTION_PREFIX, SQS_PREFIX, UNIVERSAL_TARGET
from localdev.scheduler.errors import ValidationException
from localdev.scheduler.expressions import InvalidExpression, Timing, parse

LATEST = timedelta(hours=1)
"""How late an instant is still fired."""
ZONES = frozenset(available_timezones())
DEFAULTS = {
    "ScheduleExpressionTimezone": "UTC",
    "State": "ENABLED",
    "ActionAfterCompletion": "NONE",
}
_OPTIONAL = ("StartDate", "EndDate", "Description", "KmsKeyArn")
_REQUIRED = ("ScheduleExpression", "Target", "FlexibleTimeWindow")
_CHOICES = {"State": ("ENABLED", "DISABLED"), "ActionAfterCompletion": ("NONE", "DELETE")}


@dataclass
class Schedule:
    """`wanted` has the field names of the wire; instants up to `seen` are dealt with."""

    group: str
    name: str
    wanted: dict[str, Any]
    created: datetime
    modified: datetime
    token: str | None
    seen: datetime
    fires: datetime | None = field(init=False)
    """The instant at which it fires next."""

    def __post_init__(self) -> None:
        self._plan()

    @property
    def arn(self) -> str:
        """The ARN of this schedule."""
        return f"arn:aws:scheduler:{REGION}:{ACCOUNT_ID}:schedule/{self.group}/{self.name}"

    @property
    def over(self) -> bool:
        """Whether it has fired for the last time and is to be deleted then."""
        done = self.wanted["State"] == "ENABLED" and self.fires is None
        return done and self.wanted["ActionAfterCompletion"] == "DELETE"

    def replace(self, wanted: dict[str, Any], now: datetime) -> None:
        """Take over an update; instants of the past do not fire again."""
        self.wanted, self.modified = wanted, now
        self.look_from(max(self.seen, first_seen(wanted, now)))

    def look_from(self, instant: datetime) -> None:
        """Instants up to this one are dealt with, later ones are ahead."""
        self.seen = instant
        self._plan()

    def _plan(self) -> None:
        enabled = self.wanted["State"] == "ENABLED"
        self.fires = timing(self.wanted, self.created).after(self.seen) if enabled else None


def first_seen(wanted: dict[str, Any], now: datetime) -> datetime:
    """From where a schedule made at `now` looks for its first instant.

    A one-time schedule may lie a little in the past: it fires at once. A rate fires at `now`.
    """
    if wanted["ScheduleExpression"].startswith("at"):
        return now - LATEST
    if wanted["ScheduleExpression"].startswith("rate"):
        return now - timedelta(microseconds=1)
    return now


def checked(body: dict[str, Any]) -> dict[str, Any]:
    """The fields of a create or update with their defaults. Raises ValidationException."""
    missing = [name for name in _REQUIRED if not body.get(name)]
    if missing:
        raise ValidationException(f"{', '.join(missing)} must not be null")
    names = (*_REQUIRED, *_OPTIONAL, *DEFAULTS)
    wanted = DEFAULTS | {name: body[name] for name in names if body.get(name) is not None}
    for name, choices in _CHOICES.items():
        if wanted[name] not in choices:
            raise ValidationException(f"{name} must be one of {', '.join(choices)}")
    _check_window(wanted["FlexibleTimeWindow"])
    _check_target(wanted["Target"])
    timing(wanted, datetime.now(UTC))
    return wanted


def timing(wanted: dict[str, Any], created: datetime) -> Timing:
    """When a schedule with these fields fires. Raises ValidationException."""
    zone = wanted["ScheduleExpressionTimezone"]
    if zone not in ZONES:
        raise ValidationException(f"Invalid ScheduleExpressionTimezone {zone}.")
    start, end = _date(wanted, "StartDate"), _date(wanted, "EndDate")
    if start and end and end <= start:
        raise ValidationException("The EndDate must come after the StartDate.")
    try:
        expression = parse(wanted["ScheduleExpression"], ZoneInfo(zone), first=start or created)
    except InvalidExpression as error:
        raise ValidationException(str(error)) from error
    return Timing(expression, start, end)


def check_name(name: str) -> str:
    """The name of a schedule or group. Raises ValidationException."""
    if not re.fullmatch(r"[0-9a-zA-Z_.-]{1,64}", name):
        raise ValidationException(f"{name!r} does not match [0-9a-zA-Z-_.]+ of 1 to 64 characters")
    return name


def _date(wanted: dict[str, Any], name: str) -> datetime | None:
    value = wanted.get(name)
    if value is None:
        return None
    if not isinstance(value, int | float):
        raise ValidationException(f"{name} must be seconds since 1970")
    return datetime.fromtimestamp(value, UTC)


def _check_window(window: dict[str, Any]) -> None:
    minutes = window.get("MaximumWindowInMinutes")
    if window.get("Mode") == "FLEXIBLE" and isinstance(minutes, int) and 1 <= minutes <= 1440:
        return
    if window.get("Mode") == "OFF" and minutes is None:
        return
    raise ValidationException("FlexibleTimeWindow is OFF, or FLEXIBLE with 1 to 1440 minutes")


def _check_target(target: dict[str, Any]) -> None:
    if not target.get("Arn") or not target.get("RoleArn"):
        raise ValidationException("Target needs Arn and RoleArn")
    if target["Arn"] == UNIVERSAL_TARGET:
        _check_call(target.get("Input", ""))
    elif not target["Arn"].startswith((SQS_PREFIX, FUNCTION_PREFIX)):
        raise ValidationException(f"The local scheduler does not deliver to {target['Arn']}")


def _check_call(text: str) -> None:
    try:
        call = json.loads(text)
    except ValueError:
        call = None
    if not isinstance(call, dict) or not {"QueueUrl", "MessageBody"} <= call.keys():
        raise ValidationException("Input must be JSON with QueueUrl and MessageBody")
