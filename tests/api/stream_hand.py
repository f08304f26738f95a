"""Short words for tests of streams: pairs, what is stored, what is scheduled."""

from __future__ import annotations

from typing import Any

from chalicelib import aws
from chalicelib.auth.users import SELF, UserItem
from chalicelib.settings import settings
from chalicelib.workspace import rows
from tests.api_client import Api

SEGMENT = {"description": "software engineers and founders"}


def pair(handle: str = "orbitdesk", tier: str = "starter", **fields: Any) -> dict[str, Any]:
    """An account by its handle with the usual inline segment, unless the fields say otherwise."""
    own = {"accountHandle": handle, "accountTier": tier}
    return own | ({} if "segmentId" in fields else {"segment": SEGMENT}) | fields


def stream(api: Api, stream_id: int) -> dict[str, Any]:
    """A stream as the API shows it."""
    answer = api.get(f"/streams/{stream_id}")
    assert answer.status_code == 200, answer.body
    return dict(answer.json_body["stream"])


def patch(api: Api, stream_id: int, **fields: Any) -> dict[str, Any]:
    """Change a stream; the answer."""
    answer = api.patch(f"/streams/{stream_id}", fields)
    assert answer.status_code == 200, answer.body
    return dict(answer.json_body)


def same_pairs(of: dict[str, Any]) -> list[dict[str, Any]]:
    """The pairs of a stream as a request would name them."""
    return [
        {"accountId": each["accountId"], "segmentId": each["segmentId"]} for each in of["pairs"]
    ]


def set_user(api: Api, **fields: Any) -> None:
    """Change the user's own row."""
    UserItem(api.user_id, SELF).update(
        actions=[getattr(UserItem, name).set(value) for name, value in fields.items()]
    )


def owned(api: Api) -> list[str]:
    """The keys of everything in the workspace but the user."""
    return [row.key for row in rows(api.user_id, "account", "stream") if row.key != SELF]


def schedules(stream_id: int) -> dict[str, tuple[str, str]]:
    """What is scheduled for a stream: expression and zone by name."""
    client = aws.client("scheduler")
    group = settings().resource("streams")
    pages = client.get_paginator("list_schedules").paginate(GroupName=group)
    names = [each["Name"] for page in pages for each in page["Schedules"]]
    whole = [
        client.get_schedule(GroupName=group, Name=name)
        for name in names
        if name.split("-")[1] == str(stream_id)
    ]
    return {
        each["Name"].rpartition("-")[2]: (
            each["ScheduleExpression"],
            each["ScheduleExpressionTimezone"],
        )
        for each in whole
    }
