"""Runs that join the read of an account, and what their pairs were handed before."""

from __future__ import annotations

from collections.abc import Mapping

from chalicelib.runs.audience import ScanItem
from chalicelib.runs.jobs import ReadFollowers, RunRef
from chalicelib.runs.steps.scan import read_before
from chalicelib.runs.table import RunItem
from chalicelib.streams.table import StreamItem


def joining(
    scan: ScanItem, job: ReadFollowers, waiting: Mapping[int, RunItem]
) -> list[tuple[RunRef, int]]:
    """The job's runs that wait and are still to join, each with the last batch that it had."""
    return [
        (ref, _judged_until(scan, job.user_id, ref))
        for ref in job.runs
        if ref.run_id in waiting
        and waiting[ref.run_id].is_reading
        and str(ref.run_id) not in scan.runs
    ]


def _judged_until(scan: ScanItem, user_id: int, ref: RunRef) -> int:
    """The last batch that this run need not judge: its pair had it, or it was read before."""
    if str(ref.pair_id) in scan.opened.as_dict():
        return int(scan.opened[str(ref.pair_id)])
    if not scan.last_batch:
        return 0
    stream = StreamItem.find(user_id, StreamItem.at(ref.stream_id))
    for pair in stream.pairs if stream else ():
        if pair.pair_id == ref.pair_id:
            return read_before(scan.account_id, pair.created_at)
    return int(scan.last_batch)
