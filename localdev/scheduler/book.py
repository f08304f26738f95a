"""All groups and schedules, kept in one JSON file that is replaced as a whole."""

from __future__ import annotations

import json
import os
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from localdev.ministack import ACCOUNT_ID, REGION
from localdev.scheduler.errors import ConflictException, ResourceNotFoundException
from localdev.scheduler.schedules import (
    LATEST,
    Schedule,
    check_name,
    checked,
    first_seen,
)

DEFAULT_GROUP = "default"


class Book:
    """Threads may share it. `version` moves with every change."""

    def __init__(self, path: Path | None, now: datetime) -> None:
        """`path` is the file, or None to keep nothing; `now` is when this process came up."""
        self._changed = threading.Condition(threading.RLock())
        self.version = 0
        self._path = path
        self._groups: dict[str, datetime] = {DEFAULT_GROUP: now}
        self._schedules: dict[tuple[str, str], Schedule] = {}
        if path and path.exists():
            self._load(json.loads(path.read_text()))
            self.set_clock(now)

    def create_group(self, name: str, now: datetime) -> str:
        """Make a group and return its ARN. Raises ConflictException, ValidationException."""
        with self._changed:
            if name in self._groups:
                raise ConflictException(f"Schedule group {name} already exists.")
            self._groups[check_name(name)] = now
            self._save()
            return group_arn(name)

    def delete_group(self, name: str) -> None:
        """Delete a group and its schedules. Raises ResourceNotFoundException."""
        with self._changed:
            self.group_created(name)
            del self._groups[name]
            self._schedules = {
                key: schedule for key, schedule in self._schedules.items() if key[0] != name
            }
            self._save()

    def group_created(self, name: str) -> datetime:
        """When a group was made. Raises ResourceNotFoundException."""
        if name not in self._groups:
            raise ResourceNotFoundException(f"Schedule group {name} does not exist.")
        return self._groups[name]

    def groups(self) -> list[str]:
        """The names of all groups, in order."""
        return sorted(self._groups)

    def create(
        self, group: str, name: str, body: dict[str, Any], *, token: str | None, now: datetime
    ) -> Schedule:
        """Make a schedule; the same `token` again answers the one that it made.

        Raises ConflictException, ResourceNotFoundException, ValidationException.
        """
        wanted = checked(body)
        with self._changed:
            self.group_created(group)
            existing = self._schedules.get((group, check_name(name)))
            if existing and token and existing.token == token:
                return existing
            if existing:
                raise ConflictException(f"Schedule {name} already exists.")
            schedule = Schedule(group, name, wanted, now, now, token, first_seen(wanted, now))
            self._schedules[group, name] = schedule
            self._save()
            return schedule

    def update(self, group: str, name: str, body: dict[str, Any], now: datetime) -> Schedule:
        """Replace a schedule. Raises ResourceNotFoundException, ValidationException."""
        wanted = checked(body)
        with self._changed:
            schedule = self.get(group, name)
            schedule.replace(wanted, now)
            self._save()
            return schedule

    def get(self, group: str, name: str) -> Schedule:
        """One schedule. Raises ResourceNotFoundException."""
        schedule = self._schedules.get((group, name))
        if schedule is None:
            raise ResourceNotFoundException(f"Schedule {name} does not exist.")
        return schedule

    def delete(self, group: str, name: str) -> None:
        """Delete a schedule. Raises ResourceNotFoundException."""
        with self._changed:
            self.get(group, name)
            del self._schedules[group, name]
            self._save()

    def schedules(self) -> list[Schedule]:
        """All schedules, by group and name."""
        with self._changed:
            return [self._schedules[key] for key in sorted(self._schedules)]

    def upcoming(self) -> list[tuple[datetime, Schedule]]:
        """What fires next of each schedule, soonest first."""
        pairs = [(schedule.fires, schedule) for schedule in self.schedules()]
        ahead = [(instant, schedule) for instant, schedule in pairs if instant]
        return sorted(ahead, key=lambda pair: pair[0])

    def settle(self, schedule: Schedule, instant: datetime) -> None:
        """Note that a schedule's instants up to this one are dealt with."""
        with self._changed:
            if self._schedules.get((schedule.group, schedule.name)) is not schedule:
                return  # deleted in the meantime
            schedule.look_from(max(schedule.seen, instant))
            self._save()

    def set_clock(self, now: datetime) -> None:
        """The clock shows `now`: later instants are ahead again, those too long past are let go."""
        with self._changed:
            for schedule in self._schedules.values():
                schedule.look_from(max(min(schedule.seen, now), now - LATEST))
            self._save()

    def wait_for_change(self, version: int, seconds: float) -> None:
        """Return when `version` is no longer this one, or when the time is over."""
        with self._changed:
            self._changed.wait_for(lambda: self.version != version, seconds)

    def _save(self) -> None:
        self.version += 1
        self._changed.notify_all()
        for schedule in [schedule for schedule in self._schedules.values() if schedule.over]:
            del self._schedules[schedule.group, schedule.name]
        if self._path is None:
            return
        stored = {
            "groups": {name: made.timestamp() for name, made in self._groups.items()},
            "schedules": [_stored(schedule) for schedule in self._schedules.values()],
        }
        self._path.parent.mkdir(parents=True, exist_ok=True)
        draft = self._path.with_suffix(".new")
        draft.write_text(json.dumps(stored))
        os.replace(draft, self._path)

    def _load(self, stored: dict[str, Any]) -> None:
        self._groups |= {name: _instant(made) for name, made in stored["groups"].items()}
        for row in stored["schedules"]:
            times = {name: _instant(row[name]) for name in ("created", "modified", "seen")}
            self._schedules[row["group"], row["name"]] = Schedule(**row | times)


def group_arn(name: str) -> str:
    """The ARN of a schedule group."""
    return f"arn:aws:scheduler:{REGION}:{ACCOUNT_ID}:schedule-group/{name}"


def _stored(schedule: Schedule) -> dict[str, Any]:
    return {
        "group": schedule.group,
        "name": schedule.name,
        "wanted": schedule.wanted,
        "created": schedule.created.timestamp(),
        "modified": schedule.modified.timestamp(),
        "token": schedule.token,
        "seen": schedule.seen.timestamp(),
    }


def _instant(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
