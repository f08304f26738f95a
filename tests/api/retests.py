"""Streams to re-test, and what became of them, for the tests of re-tests."""

from __future__ import annotations

from typing import Any

from chalicelib import clock
from chalicelib.accounts.table import AccountItem
from chalicelib.auth.users import SELF, UserItem
from chalicelib.streams.table import StreamItem
from tests.api_client import Api
from tests.queue_hand import QueueHand

OF_A_KIND = 20
"""Followers of `@orbitdesk` who share a bio."""


def pair_of(handle: str = "orbitdesk", tier: str = "pro", words: str = "nurses") -> dict[str, Any]:
    return {"accountHandle": handle, "accountTier": tier, "segment": {"description": words}}


def made_stream(api: Api, queues: QueueHand, *pairs: dict[str, Any], run: bool = True) -> int:
    stream_id = int(api.create_stream(pairs=list(pairs) or [pair_of()])["id"])
    if run:
        assert api.post(f"/streams/{stream_id}/run").status_code == 202
        queues.drain()
    return stream_id


def retarget(api: Api, stream_id: int, words: str) -> int:
    """Let the stream look for others, as a change of its pairs does; returns the segment's id."""
    other = api.create_stream(pairs=[pair_of(words=words)], syncTimes=[])
    keys = (StreamItem.at(stream_id), StreamItem.at(other["id"]))
    stream, model = (StreamItem.get(api.user_id, key, consistent_read=True) for key in keys)
    stream.segments = model.segments
    for pair in stream.pairs:
        pair.segment_id = model.pairs[0].segment_id
    stream.save()
    return int(model.pairs[0].segment_id)


def retest(api: Api, queues: QueueHand, stream_id: int, **scope: int) -> dict[str, Any]:
    """Ask for a re-test of one pair and wait for it; returns the run."""
    answer = api.post(f"/streams/{stream_id}/re-test", scope)
    assert answer.status_code == 202, answer.body
    queues.drain()
    run_id = answer.json_body["queued"][0]["runId"]
    return dict(api.get(f"/streams/{stream_id}/runs/{run_id}").json_body["run"])


def leads_of(api: Api, stream_id: int, query: str = "") -> dict[int, dict[str, Any]]:
    page = api.get(f"/streams/{stream_id}/leads?limit=500&{query}").json_body
    assert page["total"] == len(page["leads"])
    return {lead["id"]: lead for lead in page["leads"]}


def everybody_of(api: Api, stream_id: int) -> dict[int, dict[str, Any]]:
    return leads_of(api, stream_id, "lifecycle=all&includeUnmatched=true")


def units_used(api: Api) -> dict[str, int]:
    return {
        account["xHandle"]: account["monthlyRetest"]["used"]
        for account in api.get("/me").json_body["accounts"]
    }


def spend(api: Api, account_id: int, units: int) -> None:
    user = UserItem.get(api.user_id, SELF, consistent_read=True)
    AccountItem(api.user_id, AccountItem.at(account_id)).update(
        actions=[
            AccountItem.retest_period.set(clock.iso(user.period_start)),
            AccountItem.retests_used.set(units),
            AccountItem.version.add(1),
        ]
    )


def accounts_of(api: Api) -> dict[str, int]:
    listed = api.get("/accounts").json_body
    return {each["xHandle"]: each["id"] for each in listed["active"] + listed["sleeping"]}
