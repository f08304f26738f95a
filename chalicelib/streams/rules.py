"""Decisions about streams as pure functions over plain values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from chalicelib.errors import InvalidRequest, StreamArchived, StreamMultiSegment

NAME_LIMIT = 120


def derived_name(segment: str, handles: Sequence[str]) -> str:
    """The name of a stream that was given none: its segment and its account or their number.

    The segment's part is shortened with an ellipsis so that the whole fits 120 characters.
    """
    tail = f" · @{handles[0]}" if len(handles) == 1 else f" · {len(handles)} accounts"
    room = NAME_LIMIT - len(tail)
    words = " ".join(segment.split())
    return (words if len(words) <= room else words[: room - 1].rstrip() + "…") + tail


def refuse_too_many_segments(distinct: int, allowed: int) -> None:
    """Pairs of one stream may span only so many segments. Raises StreamMultiSegment."""
    if distinct > allowed:
        raise StreamMultiSegment


def refuse_twice(keys: Sequence[object]) -> None:
    """Refuse pairs that name the same account (and so the same pair) twice, naming both places."""
    first: dict[object, int] = {}
    details = []
    for index, key in enumerate(keys):
        if key in first:
            message = f"names the same account and segment as pairs[{first[key]}]"
            details.append({"field": f"pairs[{index}]", "message": message})
        else:
            first[key] = index
    if details:
        raise InvalidRequest(details=details)


def refuse_too_many_times(sync_times: Sequence[str], daily_syncs: int) -> None:
    """A stream has at most as many sync times as its best account has syncs a day."""
    if len(sync_times) > daily_syncs:
        message = f"must name at most {daily_syncs}, the daily syncs of the stream's best tier"
        raise InvalidRequest(details=[{"field": "syncTimes", "message": message}])


@dataclass(frozen=True, slots=True)
class State:
    """Whether a stream works, rests or is put away. An archived one is never active."""

    is_active: bool
    is_archived: bool

    def after(self, *, is_active: bool | None, is_archived: bool | None) -> State:
        """The state that a request leads to; None leaves a side as it is.

        Raises StreamArchived when it would resume a stream that it does not restore.
        """
        if self.is_archived and is_active and is_archived is not False:
            raise StreamArchived
        archived = self.is_archived if is_archived is None else is_archived
        active = self.is_active if is_active is None else is_active
        return State(active and not archived, archived)

    def is_automated(self, sync_times: Sequence[str]) -> bool:
        """Whether schedules run it: active, not archived, with at least one sync time."""
        return self.is_active and not self.is_archived and bool(sync_times)


def refuse_webhook_without_url(destination: str, url: str | None) -> None:
    """Leads can only be delivered to a URL that is there. Raises InvalidRequest."""
    if destination == "leads_plus_webhook" and url is None:
        message = "is required with leads_plus_webhook"
        raise InvalidRequest(details=[{"field": "webhookUrl", "message": message}])
