"""The operations of EventBridge Scheduler as REST-JSON, and a control endpoint for the clock."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from localdev.scheduler.book import DEFAULT_GROUP, Book, group_arn
from localdev.scheduler.clock import Clock
from localdev.scheduler.errors import ResourceNotFoundException, ValidationException
from localdev.scheduler.schedules import Schedule

Body = dict[str, Any]
PAGE = 100
T = TypeVar("T")


@dataclass(frozen=True)
class Call:
    """One request: the last part of its path, its query and its JSON body."""

    name: str
    query: dict[str, str]
    body: Body

    @property
    def group(self) -> str:
        """The group of the schedule that this call is about."""
        return str(self.query.get("groupName") or self.body.get("GroupName") or DEFAULT_GROUP)


class Operations:
    """What each method and path does."""

    def __init__(self, book: Book, clock: Clock) -> None:
        self._book = book
        self._clock = clock
        self._routes: list[tuple[str, str, Callable[[Call], Body]]] = [
            ("POST", r"/schedules/([^/]+)", self.create_schedule),
            ("PUT", r"/schedules/([^/]+)", self.update_schedule),
            ("GET", r"/schedules/([^/]+)", self.get_schedule),
            ("DELETE", r"/schedules/([^/]+)", self.delete_schedule),
            ("GET", r"/schedules()", self.list_schedules),
            ("POST", r"/schedule-groups/([^/]+)", self.create_group),
            ("GET", r"/schedule-groups/([^/]+)", self.get_group),
            ("DELETE", r"/schedule-groups/([^/]+)", self.delete_group),
            ("GET", r"/schedule-groups()", self.list_groups),
            ("POST", r"/_control/(clock)", self.set_clock),
            ("GET", r"/_control/(next)", self.next_firings),
        ]

    def answer(self, method: str, path: str, query: dict[str, str], body: Body) -> Body:
        """The body of the answer to a request. Raises Refused."""
        for expected, pattern, operation in self._routes:
            match = re.fullmatch(pattern, path)
            if match and method == expected:
                return operation(Call(match[1], query, body))
        raise ResourceNotFoundException(f"{method} {path} is no operation of the scheduler")

    def create_schedule(self, call: Call) -> Body:
        """CreateSchedule."""
        token, now = call.body.get("ClientToken"), self._clock.now()
        made = self._book.create(call.group, call.name, call.body, token=token, now=now)
        return {"ScheduleArn": made.arn}

    def update_schedule(self, call: Call) -> Body:
        """UpdateSchedule."""
        now = self._clock.now()
        return {"ScheduleArn": self._book.update(call.group, call.name, call.body, now).arn}

    def get_schedule(self, call: Call) -> Body:
        """GetSchedule."""
        schedule = self._book.get(call.group, call.name)
        return _summary(schedule) | schedule.wanted

    def delete_schedule(self, call: Call) -> Body:
        """DeleteSchedule."""
        self._book.delete(call.group, call.name)
        return {}

    def list_schedules(self, call: Call) -> Body:
        """ListSchedules, in the order of group and name."""
        group, state = call.query.get("ScheduleGroup"), call.query.get("State")
        if group:
            self._book.group_created(group)
        found = [
            schedule
            for schedule in self._book.schedules()
            if schedule.name.startswith(call.query.get("NamePrefix", ""))
            and group in (None, schedule.group)
            and state in (None, schedule.wanted["State"])
        ]
        page, more = _page(found, call.query)
        return {"Schedules": [_row(schedule) for schedule in page]} | more

    def create_group(self, call: Call) -> Body:
        """CreateScheduleGroup."""
        return {"ScheduleGroupArn": self._book.create_group(call.name, self._clock.now())}

    def get_group(self, call: Call) -> Body:
        """GetScheduleGroup."""
        made = self._book.group_created(call.name).timestamp()
        return {
            "Arn": group_arn(call.name),
            "Name": call.name,
            "State": "ACTIVE",
            "CreationDate": made,
            "LastModificationDate": made,
        }

    def delete_group(self, call: Call) -> Body:
        """DeleteScheduleGroup; its schedules go with it."""
        self._book.delete_group(call.name)
        return {}

    def list_groups(self, call: Call) -> Body:
        """ListScheduleGroups, in the order of names."""
        prefix = call.query.get("NamePrefix", "")
        found = [name for name in self._book.groups() if name.startswith(prefix)]
        page, more = _page(found, call.query)
        return {"ScheduleGroups": [self.get_group(Call(name, {}, {})) for name in page]} | more

    def set_clock(self, call: Call) -> Body:
        """Set the clock to `{"now": "2026-03-29T00:59:50Z"}` or forward by `{"advance": 3600}`."""
        self._clock.set(self._wanted_instant(call.body))
        self._book.set_clock(self._clock.now())
        return {"now": self._clock.now().isoformat()}

    def next_firings(self, _: Call) -> Body:
        """What the clock shows, and what fires next of each schedule, soonest first."""
        firings = [
            {"at": _iso(instant), "group": schedule.group, "name": schedule.name}
            for instant, schedule in self._book.upcoming()
        ]
        return {"now": self._clock.now().isoformat(), "next": firings}

    def _wanted_instant(self, body: Body) -> datetime:
        try:
            if "advance" in body:
                return self._clock.now() + timedelta(seconds=float(body["advance"]))
            instant = datetime.fromisoformat(body["now"])
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise ValidationException('send {"now": ISO time} or {"advance": seconds}') from error
        return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


def _summary(schedule: Schedule) -> Body:
    return {
        "Arn": schedule.arn,
        "Name": schedule.name,
        "GroupName": schedule.group,
        "CreationDate": schedule.created.timestamp(),
        "LastModificationDate": schedule.modified.timestamp(),
    }


def _row(schedule: Schedule) -> Body:
    target = {"Arn": schedule.wanted["Target"]["Arn"]}
    return _summary(schedule) | {"State": schedule.wanted["State"], "Target": target}


def _page(found: Sequence[T], query: dict[str, str]) -> tuple[Sequence[T], Body]:
    """One page, and the token of the next one. The token is the place of its first row."""
    try:
        start, size = int(query.get("NextToken", "0")), int(query.get("MaxResults", PAGE))
    except ValueError as error:
        raise ValidationException("NextToken or MaxResults is not valid") from error
    end = start + min(max(size, 1), PAGE)
    return found[start:end], {"NextToken": str(end)} if end < len(found) else {}


def _iso(instant: datetime) -> str:
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
