"""What is left when all is over: what a person finds, and what the books say."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from typing import Any

from chalicelib import aws
from chalicelib.accounts.table import AccountItem
from chalicelib.auth.users import SELF, UserItem
from chalicelib.billing.ledger import LedgerItem
from chalicelib.settings import settings
from chalicelib.workspace import rows
from tests.api_client import Api
from tests.chaos.stage import Stage
from tests.chaos.told import told

_RUN = (
    "status",
    "mode",
    "source",
    "xHandle",
    "newFollowersCount",
    "candidatesPassedCount",
    "mediumFitCount",
    "enrichedCount",
    "skippedBots",
    "completeness",
    "errorMessage",
    "provider",
)
_COUNTED = ("filter_bots", "store", "done", "failed")


def outcome(stage: Stage, *, but: tuple[str, ...] = ()) -> dict[str, Any]:
    """Everything that must not depend on what went wrong; ids, times and these fields of runs are
    left out.
    """
    api = stage.api
    stage.traveller.shift(60)  # out of the minute whose requests are counted
    streams = api.get("/streams").json_body["streams"]
    shown = [_stream(api, stream["id"]) for stream in sorted(streams, key=lambda s: s["id"])]
    runs = [run for stream in shown for run in stream["runs"]]
    newcomers = sum(run["newFollowersCount"] for run in runs)
    for run in runs:
        for name in but:
            del run[name]
    return {
        "streams": shown,
        "newcomers": newcomers,
        "schedules": _schedules(api.user_id),
        "accounts": _accounts(api.user_id),
        "received": _received(stage),
        "told": told(stage),
        "credits": _credits(api.user_id),
        "dead": [parcel.function for parcel in stage.courier.dead],
    }


def _stream(api: Api, stream_id: int) -> dict[str, Any]:
    path = f"/streams/{stream_id}"
    stream = api.get(path).json_body["stream"]
    runs = api.get(f"{path}/runs?limit=100").json_body["runs"]
    leads = f"{path}/leads?lifecycle=all&limit=500"
    matched, everybody = (
        api.get(leads + query).json_body for query in ("", "&includeUnmatched=true")
    )
    return {
        "name": stream["name"],
        "pairs": sorted((pair["accountHandle"], pair["accountTier"]) for pair in stream["pairs"]),
        "counts": stream["leadCounts"],
        "last run": stream["lastRun"] and stream["lastRun"]["status"],
        "runs": sorted((_run(run) for run in runs), key=json.dumps),
        "matched": (matched["total"], sorted(map(_lead, matched["leads"]))),
        "everybody": (everybody["total"], sorted(map(_lead, everybody["leads"]))),
    }


def _run(run: dict[str, Any]) -> dict[str, Any]:
    log = [line["message"] for line in run["progressLog"] if line["step"] in _COUNTED]
    return {name: run[name] for name in _RUN} | {"log": log}


def _lead(lead: dict[str, Any]) -> str:
    said = ("matchConfidence", "sourceType", "disposition")
    exported = "exported" if lead["exportedAt"] else "new"
    return " ".join([lead["profile"]["handle"], exported, *(str(lead.get(name)) for name in said)])


def _received(stage: Stage) -> list[Any]:
    """What each receiver was told, each message once however often it came; verified, or false."""
    by_id: dict[tuple[str, str], set[str]] = defaultdict(set)
    for each in stage.desk.inbox.all():
        told = json.loads(each.content)
        handles = sorted(lead["profile"]["handle"] for lead in told["data"]["leads"])
        said = f"{told['type']} {each.is_verified} {' '.join(handles)}"
        by_id[each.path, each.headers["webhook-id"]].add(said)
    return sorted([path, sorted(said)] for (path, _), said in by_id.items())


def schedules(user_id: int) -> list[dict[str, Any]]:
    """All schedules of the user's streams."""
    client, group = aws.client("scheduler"), settings().resource("streams")
    found = client.list_schedules(GroupName=group, NamePrefix=f"{user_id}-")["Schedules"]
    return [client.get_schedule(GroupName=group, Name=row["Name"]) for row in found]


def _schedules(user_id: int) -> list[Any]:
    told = ("ScheduleExpression", "ScheduleExpressionTimezone", "State")
    return sorted([row[name] for name in told] for row in schedules(user_id))


def _accounts(user_id: int) -> list[Any]:
    return [
        {
            "handle": row.handle,
            "tier": row.tier,
            "awake": row.is_awake,
            "slots": len(row.slot_triggers),
            "re-tests": row.retests_used,
            "open": row.open_runs.as_dict(),
        }
        for row in rows(user_id, "account", "account")
        if isinstance(row, AccountItem)
    ]


def _credits(user_id: int) -> dict[str, Any]:
    user = UserItem.get(user_id, SELF, consistent_read=True)
    ledger = Counter[str]()
    for entry in LedgerItem.query(user_id, consistent_read=True):
        ledger[entry.entry.partition("#")[0]] += entry.amount
    held = sum(hold["amount"] for hold in user.holds.as_dict().values())
    return {"balance": user.credits + held, "ledger": dict(ledger)}
