"""Decisions about streams as pure functions over plain values."""

from __future__ import annotations

from collections.abc import Sequence

from chalicelib.errors import InvalidRequest, StreamMultiSegment

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
