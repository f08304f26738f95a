"""Handing batches on: to the runs that wait for them, and to the memory of who is known."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from chalicelib import queues
from chalicelib.runs.audience import BatchItem, ScanItem, mark
from chalicelib.runs.jobs import JudgeBatch, RunRef, ref_of
from chalicelib.runs.steps import scan as scans
from chalicelib.runs.table import RunItem


@dataclass(frozen=True, slots=True)
class Hand:
    """Hands on what is read of one account. Everything may be repeated."""

    user_id: int
    account_id: int

    def on(self, batches: Iterable[BatchItem], runs: Sequence[RunRef]) -> None:
        """Have the batches judged, then remember their people."""
        batches = list(batches)
        self.send([batch.batch_no for batch in batches], runs)
        for batch in batches:
            mark(batch)

    def send(self, numbers: Iterable[int], runs: Sequence[RunRef]) -> None:
        """Have batches judged for these runs."""
        jobs = [
            JudgeBatch(
                user_id=self.user_id, account_id=self.account_id, batch_no=number, runs=tuple(runs)
            )
            for number in numbers
        ]
        queues.send(jobs if runs else [])

    def send_open(self, runs: Iterable[RunItem]) -> None:
        """Send what the runs wait for once more: its message may have died with its sender."""
        for run in runs:
            self.send(sorted(map(int, run.open or ())), [ref_of(run)])

    def repair(self, scan: ScanItem) -> None:
        """Do again what a reader does after it commits a page: it may have died in between."""
        numbers = range(scan.marked + 1, scan.last_batch + 1)
        if numbers:
            self.on(scans.batches(self.account_id, numbers), scans.refs(scan))
