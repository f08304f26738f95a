"""The scan of an account's followers, as a row that one reader at a time moves on.

Every write is fenced by the row's version: a reader whose lease ran out meets `Conflict` and stops,
and whoever took over goes on from the last page that was committed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set
from datetime import datetime, timedelta
from typing import Any

from chalicelib import db
from chalicelib.runs.audience import (
    LIST,
    BatchItem,
    ScanItem,
)
from chalicelib.runs.jobs import RunRef
from chalicelib.runs.table import RUNNING, RunItem, entry, logged

LEASE = timedelta(seconds=30)
"""A reader that commits nothing for this long has lost the scan."""


class Busy(Exception):
    """Another reader holds the account's scan."""


def take(account_id: int, now: datetime) -> ScanItem:
    """Get the right to move the account's scan on. Raises Busy while another reader has it."""
    scan = ScanItem.find(account_id) or ScanItem(account_id)
    if scan.lease_until is not None and scan.lease_until > now:
        raise Busy
    _fenced(scan, [ScanItem.lease_until.set(now + LEASE)])
    return scan


def release(scan: ScanItem) -> None:
    """Let the next reader go on at once."""
    _fenced(scan, [ScanItem.lease_until.remove()])


def _fenced(scan: ScanItem, actions: list[Any]) -> None:
    with db.conditional():
        scan.update(
            actions=[*actions, ScanItem.version.set(scan.version + 1)], condition=_fence(scan)
        )


def _fence(scan: ScanItem) -> Any:
    return ScanItem.version == scan.version if scan.version else ScanItem.version.does_not_exist()


def move(write: db.Write, scan: ScanItem, values: dict[str, Any]) -> None:
    """Change the scan within a transaction, and keep our copy in step."""
    actions = [db.put(getattr(ScanItem, name), value) for name, value in values.items()]
    write.update(
        ScanItem(scan.account_id),
        actions=[*actions, ScanItem.version.set(scan.version + 1)],
        condition=_fence(scan),
    )
    for name, value in values.items():
        setattr(scan, name, value)
    scan.version += 1


def beginning(
    trigger: str, handle: str, *, follower_count: int | None, expected: int
) -> dict[str, Any]:
    """How a scan stands that is to read from the top of the list."""
    return {
        "trigger": trigger,
        "handle": handle,
        "expected": expected,
        "count_now": follower_count,
        "is_reading": True,
        "is_complete": False,
        "error": None,
        "cursor": None,
        "provider": None,
        "pages": 0,
        "new_rows": 0,
        "listed": 0,
        "idle_rows": 0,
        "streak": 0,
        "stage": LIST,
        "posts_left": [],
        "likers": 0,
        "liker_pages": 0,
    }


def attach(
    scan: ScanItem, runs: Sequence[tuple[RunRef, int]], begun: dict[str, Any] | None = None
) -> None:
    """Hand runs what is read from now on, and the batches after the one named beside each.

    A run that is attached already stays as it is. `begun`: a read begins with them, all or nothing;
    else another reader could read for nobody what these runs are to count.
    """
    fresh = [(ref, after) for ref, after in runs if str(ref.run_id) not in scan.runs]
    if not fresh and begun is None:
        return
    attached = {
        **scan.runs,
        **{str(ref.run_id): [ref.stream_id, ref.pair_id] for ref, _ in fresh},
    }
    opened = {**scan.opened.as_dict(), **{str(r.pair_id): scan.last_batch for r, _ in fresh}}
    with db.transaction() as write:
        move(write, scan, {**(begun or {}), "runs": attached, "opened": opened})
        for ref, after in fresh:
            missed = set(range(after + 1, scan.last_batch + 1))
            actions = [
                RunItem.status.set(RUNNING),
                RunItem.expected.set(scan.expected),
                logged(entry("fetch_followers", f"reading the followers of @{scan.handle}")),
            ]
            if missed:
                actions.append(RunItem.open.add(missed))
            write.update(RunItem(ref.stream_id, ref.run_id), actions=actions)


def detach(write: db.Write, scan: ScanItem, ref: RunRef, *, unjudged: Set[int]) -> None:
    """Hand a run nothing more, and its pair's next run what this one leaves unjudged."""
    opened = scan.opened.as_dict()
    if unjudged and str(ref.pair_id) in opened:
        opened[str(ref.pair_id)] = min(opened[str(ref.pair_id)], min(unjudged) - 1)
    runs = {run_id: whose for run_id, whose in scan.runs.items() if run_id != str(ref.run_id)}
    move(write, scan, {"runs": runs, "opened": opened})


def refs(scan: ScanItem) -> list[RunRef]:
    """The runs that are handed what is read."""
    return [
        RunRef(stream_id=stream_id, run_id=int(run_id), pair_id=pair_id)
        for run_id, (stream_id, pair_id) in scan.runs.items()
    ]


def finish(
    scan: ScanItem, *, complete: bool, now: datetime, listed: bool = True, error: str | None = None
) -> None:
    """End the read: the runs get no more batches, and the next read knows where this one stood.

    `listed` says that the list itself was read, not only the count.
    """
    values: dict[str, Any] = {
        "is_reading": False,
        "is_complete": complete,
        "error": error,
        "marked": scan.last_batch,
        "runs": {},
        "lease_until": None,
    }
    if complete:
        values |= {
            "floor": scan.last_batch,
            "whole_rows": scan.total_rows,
            "has_baseline": True,
            "follower_count": scan.count_now,
        }
        values |= {"listed_at": now} if listed else {}
    with db.transaction() as write:
        for ref in refs(scan):
            write.update(
                RunItem(ref.stream_id, ref.run_id),
                actions=_read_over(scan, complete=complete, error=error),
            )
        move(write, scan, values)


def _read_over(scan: ScanItem, *, complete: bool, error: str | None) -> list[Any]:
    message = f"{scan.new_rows} new followers read of {scan.expected} expected"
    actions = [
        RunItem.is_reading.set(False),
        RunItem.expected.set(max(scan.expected, scan.new_rows)),
        RunItem.is_complete.set(complete),
        logged(entry("fetch_followers", f"{message}, in {scan.pages} pages"), *_liked(scan)),
    ]
    return actions if error is None else [*actions, RunItem.error.set(error)]


def _liked(scan: ScanItem) -> list[dict[str, str]]:
    found = f"{scan.likers} more read among those who liked recent posts"
    return [entry("fetch_followers", found)] if scan.likers else []


def read_before(account_id: int, created_at: datetime) -> int:
    """The last batch that was read before `created_at`: a pair made then judges what came after."""
    for batch in BatchItem.query(account_id, scan_index_forward=False, page_size=5):
        if batch.read_at < created_at:
            return batch.batch_no
    return 0


def batches(account_id: int, numbers: Iterable[int]) -> list[BatchItem]:
    """These batches, whole."""
    return BatchItem.find_all((account_id, number) for number in numbers)
