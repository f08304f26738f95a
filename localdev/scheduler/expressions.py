"""When schedules fire: pure functions of an expression, a time zone and an instant.

Rules: EventBridge Scheduler User Guide, "Schedule types".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

FIRST_YEAR, LAST_YEAR = 1970, 2199
MINUTE = timedelta(minutes=1)


class InvalidExpression(ValueError):
    """The text is no schedule expression; the message says why."""


@dataclass(frozen=True)
class At:
    """Fires once, at a local time."""

    wall: datetime
    zone: ZoneInfo

    def after(self, instant: datetime) -> datetime | None:
        """The instant at which it fires, if it is later than `instant`."""
        fires = to_instant(self.wall, self.zone)
        return fires if fires and fires > instant else None


@dataclass(frozen=True)
class Rate:
    """Fires at `first` and then at equal distances; a day is 24 hours."""

    every: timedelta
    first: datetime

    def after(self, instant: datetime) -> datetime | None:
        """The first firing later than `instant`."""
        if instant < self.first:
            return self.first
        return self.first + ((instant - self.first) // self.every + 1) * self.every


@dataclass(frozen=True)
class Cron:
    """Fires at the local times that match `line`, five fields as cron has them, in these years."""

    line: str
    years: tuple[int, ...]
    zone: ZoneInfo

    def after(self, instant: datetime) -> datetime | None:
        """The first firing later than `instant`, or None when the years are over."""
        wall = instant.astimezone(self.zone).replace(tzinfo=None)
        for year in self.years:
            if year >= wall.year:
                found = self._within(year, max(wall, datetime(year, 1, 1) - MINUTE), instant)  # noqa: DTZ001 - a local time
                if found:
                    return found
        return None

    def _within(self, year: int, wall: datetime, instant: datetime) -> datetime | None:
        for candidate in CronSim(self.line, wall):
            if candidate.year > year:
                return None
            fires = to_instant(candidate, self.zone)
            if fires and fires > instant:
                return fires
        return None


Expression = At | Rate | Cron


@dataclass(frozen=True)
class Timing:
    """An expression within the dates between which a schedule is in force."""

    expression: Expression
    start: datetime | None = None
    end: datetime | None = None

    def after(self, instant: datetime) -> datetime | None:
        """The first firing later than `instant`, or None when there is none any more."""
        if isinstance(self.expression, At):
            return self.expression.after(instant)
        if self.start:
            instant = max(instant, self.start - timedelta(microseconds=1))
        fires = self.expression.after(instant)
        return None if fires and self.end and fires > self.end else fires


def to_instant(wall: datetime, zone: ZoneInfo) -> datetime | None:
    """The first instant at which clocks in `zone` show `wall`, or None when they never do."""
    instant = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    return instant if instant.astimezone(zone).replace(tzinfo=None) == wall else None


def parse(text: str, zone: ZoneInfo, *, first: datetime) -> Expression:
    """Read `at(...)`, `rate(...)` or `cron(...)`; a rate counts from `first`.

    Raises InvalidExpression.
    """
    match = re.fullmatch(r"(at|rate|cron)\((.*)\)", text.strip())
    if not match:
        raise InvalidExpression(f"Invalid Schedule Expression {text}.")
    kind, inner = match.groups()
    if kind == "at":
        return _parse_at(inner, zone)
    if kind == "rate":
        return _parse_rate(inner, first)
    return _parse_cron(inner, zone)


def _parse_at(inner: str, zone: ZoneInfo) -> At:
    if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", inner):
        raise InvalidExpression(f"at({inner}) is not at(yyyy-mm-ddThh:mm:ss).")
    try:
        return At(datetime.fromisoformat(inner), zone)
    except ValueError as error:
        raise InvalidExpression(f"at({inner}) is no date.") from error


def _parse_rate(inner: str, first: datetime) -> Rate:
    match = re.fullmatch(r"([1-9]\d{0,8}) (minute|hour|day)s?", inner)
    if not match:
        raise InvalidExpression(f"rate({inner}) is not rate(value minutes|hours|days).")
    count, unit = match.groups()
    return Rate(timedelta(**{f"{unit}s": int(count)}), first)


def _parse_cron(inner: str, zone: ZoneInfo) -> Cron:
    fields = inner.upper().split()
    if len(fields) != 6:
        raise InvalidExpression(f"cron({inner}) does not have six fields.")
    minutes, hours, days, months, weekdays, years = fields
    if (days == "?") == (weekdays == "?"):
        raise InvalidExpression("One of day-of-month and day-of-week must be ?, the other not.")
    weekdays = ",".join(_weekdays(term) for term in weekdays.split(","))
    line = " ".join([minutes, hours, days.replace("?", "*"), months, weekdays])
    try:
        CronSim(line, datetime(FIRST_YEAR, 1, 1))  # noqa: DTZ001 - a local time
    except CronSimError as error:
        raise InvalidExpression(f"cron({inner}): {error}.") from error
    return Cron(line, _parse_years(years), zone)


def _weekdays(term: str) -> str:
    """One term of day-of-week: EventBridge counts 1 to 7 from Sunday, cron 0 to 6."""
    if term == "?":
        return "*"
    if term == "L":
        return "6"
    days, mark, rest = re.fullmatch(r"([^#/]*)([#/]?)(.*)", term).groups()  # type: ignore[union-attr]
    if any(not 1 <= int(day) <= 7 for day in re.findall(r"\d+", days)):
        raise InvalidExpression("Days of the week are 1 to 7 or SUN to SAT.")
    return re.sub(r"\d+", lambda day: str(int(day[0]) - 1), days) + mark + rest


def _parse_years(text: str) -> tuple[int, ...]:
    years: set[int] = set()
    for term in text.split(","):
        match = re.fullmatch(r"(?:\*|(\d{4})(?:-(\d{4}))?)(?:/([1-9]\d*))?", term)
        if not match:
            raise InvalidExpression(f"{term} is no year.")
        begin, end, step = match.groups()
        first = int(begin or FIRST_YEAR)
        last = int(end or (begin if begin and not step else LAST_YEAR))
        years |= set(range(first, last + 1, int(step or 1)))
    if not years or min(years) < FIRST_YEAR or max(years) > LAST_YEAR:
        raise InvalidExpression(f"Years are {FIRST_YEAR} to {LAST_YEAR}.")
    return tuple(sorted(years))
