"""Lines of small exports, and an import of them as an operator runs it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.api_client import Api

AT = "2025-11-01T09:30:00Z"
Line = Mapping[str, Any] | bytes
Files = dict[str, list[Any]]

SCHEDULED: Files = {"sync_settings": [{"userId": 1, "tier": "starter", "syncTimes": ["07:15"]}]}
"""User 1 has starter accounts read each day."""


def key(number: int) -> str:
    """The API key of a user."""
    return f"ctgo_{number:040d}"


def user(number: int = 1, **more: Any) -> dict[str, Any]:
    return {
        "id": number,
        "email": f"u{number}@example.org",
        "name": f"U{number}",
        "subscriptionStatus": "active",
        "slots": {"starter": 5},
        "createdAt": AT,
    } | more


def api_key(number: int, user_id: int = 1, **more: Any) -> dict[str, Any]:
    return {"id": number, "userId": user_id, "key": key(user_id), "createdAt": AT} | more


def account(number: int, user_id: int = 1, **more: Any) -> dict[str, Any]:
    return {
        "id": number,
        "userId": user_id,
        "xUserId": str(1000 + number),
        "handle": f"acc{number}",
        "addedAt": AT,
    } | more


def search(
    number: int, accounts: Sequence[int] = (), user_id: int = 1, **more: Any
) -> dict[str, Any]:
    return {
        "id": number,
        "userId": user_id,
        "name": f"S{number}",
        "description": f"what {number} looks for",
        "assignedAccountIds": list(accounts),
        "createdAt": AT,
    } | more


def person(number: int, **more: Any) -> dict[str, Any]:
    return {
        "id": number,
        "userId": 1,
        "trackedAccountId": 31,
        "savedSearchId": 77,
        "xUserId": str(70000 + number),
        "handle": f"p{number}",
        "matchConfidence": "full",
        "discoveredAt": AT,
    } | more


def run(**more: Any) -> dict[str, Any]:
    return {
        "userId": 1,
        "trackedAccountId": 31,
        "savedSearchId": 77,
        "status": "completed",
        "triggeredAt": AT,
    } | more


def feedback(number: int, verdict: str, **more: Any) -> dict[str, Any]:
    said = {"userId": 1, "personId": number, "savedSearchId": 77, "feedback": verdict}
    return said | {"createdAt": AT} | more


def template(number: int, name: str, **more: Any) -> dict[str, Any]:
    said = {"id": number, "userId": 1, "name": name, "messageBody": "Hi"}
    return said | {"createdAt": AT, "updatedAt": AT} | more


def webhook(number: int, **more: Any) -> dict[str, Any]:
    address = f"https://hooks.example.com/{number}"
    return {"id": number, "userId": 1, "targetUrl": address, "createdAt": AT} | more


def small() -> Files:
    """One user with a key, an account, a search on it, and a person whom it found."""
    return {
        "users": [user()],
        "api_keys": [api_key(11)],
        "tracked_accounts": [account(31)],
        "saved_searches": [search(77, [31])],
        "people_of_interest": [person(1)],
    }


def write(folder: Path, files: Mapping[str, Sequence[Any]]) -> Path:
    """Write an export; a line may be given as bytes."""
    for name, lines in files.items():
        written = (each if isinstance(each, bytes) else json.dumps(each).encode() for each in lines)
        (folder / f"{name}.jsonl").write_bytes(b"".join(line + b"\n" for line in written))
    return folder


def got(path: str, user_id: int = 1) -> Any:
    """What the API answers the user."""
    with Api(key(user_id)) as api:
        answer = api.get(path)
    assert answer.status_code == 200, answer.body
    return answer.json_body
