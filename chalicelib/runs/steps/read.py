"""Read an account's new followers, a page at a time, and hand them on in batches."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from chalicelib import clock, db, queues, telemetry
from chalicelib.accounts.table import AccountItem
from chalicelib.auth.users import SELF, UserItem
from chalicelib.billing.plans import followers_cap, plan_of
from chalicelib.profile import Profile
from chalicelib.runs import newest, rules
from chalicelib.runs.audience import BatchItem, ScanItem, known, mark
from chalicelib.runs.closing import close_if_done
from chalicelib.runs.jobs import JudgeBatch, ReadFollowers, RunRef
from chalicelib.runs.steps import scan as scans
from chalicelib.runs.steps.renaming import rename
from chalicelib.runs.steps.slots import give_back
from chalicelib.runs.table import RunItem
from chalicelib.streams.table import StreamItem
from chalicelib.upstreams import AccountRef, Page, Usage
from chalicelib.upstreams.errors import Missing, Protected, UpstreamFault
from chalicelib.upstreams.profiles import Profiles
from chalicelib.workspace import WorkspaceItem

SWEEP_DAYS = 7
"""A list whose count stands still is read all the same after this many days."""
WAIT_SECONDS = 5
"""How long a job waits while another reader holds its account."""


@dataclass(slots=True)
class Reader:
    """One job at work. `seconds_left` tells how long it may go on before it must hand on."""

    job: ReadFollowers
    profiles: Profiles
    seconds_left: Callable[[], float]
    is_repeat: bool = False
    """The message came before: whoever had it may have died at any point."""
    usage: Usage = field(default_factory=Usage)
    user: UserItem = field(init=False)
    account: AccountItem = field(init=False)

    def work(self) -> None:
        """Move the account's scan on until it ends; out of time, send a job that goes on."""
        try:
            self._move_on()
        finally:
            telemetry.count("UpstreamCalls", self.usage.calls)
            telemetry.count("UpstreamRows", self.usage.rows)

    def _move_on(self) -> None:
        self.user, self.account = self._owner()
        try:
            scan = scans.take(self.job.account_id, clock.now())
        except scans.Busy:
            later = self.job.model_copy(update={"came_again": self.is_repeat})
            queues.send([later], delay_seconds=WAIT_SECONDS)
            return
        self._repair(scan)
        if scan.is_reading and scan.trigger != self.job.trigger and not self._read(scan):
            return
        if scan.trigger != self.job.trigger:
            self._begin(scan)
        self._attach(scan)
        if scan.is_reading and not self._read(scan):
            return
        if scan.runs:  # runs that came when the read was over already
            self._finish(scan, complete=scan.is_complete, error=scan.error)
        for ref in self.job.runs:
            close_if_done(ref.stream_id, ref.run_id)

    def _owner(self) -> tuple[UserItem, AccountItem]:
        keys = (SELF, AccountItem.at(self.job.account_id))
        rows = WorkspaceItem.find_all((self.job.user_id, key) for key in keys)
        found = {row.key: row for row in rows}
        user, account = (found.get(key) for key in keys)
        if not isinstance(user, UserItem) or not isinstance(account, AccountItem):
            raise LookupError(f"user {self.job.user_id} has no account {self.job.account_id}")
        return user, account

    def _repair(self, scan: ScanItem) -> None:
        """Do again what a reader does after it commits a page: it may have died in between."""
        numbers = range(scan.marked + 1, scan.last_batch + 1)
        if numbers:
            self._hand_on(scans.batches(self.job.account_id, numbers), scans.refs(scan))

    def _hand_on(self, batches: Iterable[BatchItem], runs: Sequence[RunRef]) -> None:
        batches = list(batches)
        self._send([batch.batch_no for batch in batches], runs)
        for batch in batches:
            mark(self.job.account_id, batch.batch_no, batch.profiles)

    def _send(self, numbers: Iterable[int], runs: Sequence[RunRef]) -> None:
        jobs = [
            JudgeBatch(
                user_id=self.job.user_id,
                account_id=self.job.account_id,
                batch_no=number,
                runs=tuple(runs),
            )
            for number in numbers
        ]
        queues.send(jobs if runs else [])

    def _begin(self, scan: ScanItem) -> None:
        """Ask X how many followers there are; without a change there is nothing to list."""
        profile, error = self._ask()
        handle = profile.handle if profile else self.account.handle
        count = profile.followers if profile else None
        scans.begin(
            scan,
            self.job.trigger,
            handle,
            follower_count=count,
            expected=rules.expected_rows(
                follower_count=count,
                last_count=scan.follower_count,
                already_known=scan.total_rows,
                cap=self._cap(),
            ),
        )
        self._attach(scan)
        if error is not None:
            self._finish(scan, complete=False, error=error)
        elif not rules.needs_listing(
            follower_count=count,
            last_count=scan.follower_count,
            has_gaps=scan.floor != scan.last_batch or not scan.has_baseline,
            listed_at=scan.listed_at,
            now=clock.now(),
            sweep_days=SWEEP_DAYS,
        ):
            self._finish(scan, complete=True, listed=False)

    def _ask(self) -> tuple[Profile | None, str | None]:
        ref = AccountRef(self.account.x_user_id, self.account.handle)
        try:
            profile = self.profiles.refresh(ref, usage=self.usage)
        except UpstreamFault as fault:
            return None, _reason(fault, ref.handle)
        if profile.protected:
            return profile, f"@{profile.handle} is private now; its followers cannot be read"
        if profile.handle != self.account.handle:
            rename(self.job.user_id, self.job.account_id, profile.handle)
        AccountItem(self.job.user_id, self.account.key).update(
            actions=[
                db.put(AccountItem.image_url, profile.image_url),
                db.put(AccountItem.follower_count, profile.followers),
                db.put(AccountItem.post_count, profile.posts),
            ]
        )
        return profile, None

    def _cap(self) -> int:
        return followers_cap(plan_of(self.user.status, self.account.tier))

    def _attach(self, scan: ScanItem) -> None:
        """Hand the job's runs what the scan reads, and what earlier reads left for them."""
        rows = RunItem.find_all((ref.stream_id, ref.run_id) for ref in self.job.runs)
        waiting = {run.run_id: run for run in rows if not run.is_over}
        fresh = [
            (ref, self._judged_until(scan, ref))
            for ref in self.job.runs
            if ref.run_id in waiting
            and waiting[ref.run_id].is_reading
            and str(ref.run_id) not in scan.runs
        ]
        scans.attach(scan, fresh)
        for ref, after in fresh:
            newest.running(self.job.user_id, ref.stream_id, ref.run_id)
            self._send(range(after + 1, scan.last_batch + 1), [ref])
        if self.is_repeat:
            for ref in self.job.runs:
                if ref.run_id in waiting:
                    self._send(sorted(map(int, waiting[ref.run_id].open or ())), [ref])

    def _judged_until(self, scan: ScanItem, ref: RunRef) -> int:
        """The last batch that this run need not judge: its pair had it, or it was read before."""
        if str(ref.pair_id) in scan.opened.as_dict():
            return int(scan.opened[str(ref.pair_id)])
        if not scan.last_batch:
            return 0
        stream = StreamItem.find(self.job.user_id, StreamItem.at(ref.stream_id))
        for pair in stream.pairs if stream else ():
            if pair.pair_id == ref.pair_id:
                return scans.read_before(self.job.account_id, pair.created_at)
        return scan.last_batch

    def _read(self, scan: ScanItem) -> bool:
        """Read pages until the scan ends. False when time ran out and a fresh job goes on."""
        was_doubted = False
        while self.seconds_left() > 0:
            try:
                page = self._page(scan)
            except UpstreamFault as fault:
                self._finish(scan, complete=False, error=_reason(fault, scan.handle))
                return True
            is_end = page.cursor is None and not page.profiles
            if is_end and scan.new_rows < scan.expected and not was_doubted:
                was_doubted = True  # people are missing: an empty page may be a mishap, ask again
            elif self._take(scan, page, self._cap() - scan.new_rows):
                return True
        scans.release(scan)
        queues.send([self.job])
        return False

    def _page(self, scan: ScanItem) -> Page:
        """The next page. A provider that takes over begins anew, so it must be asked for as many
        as the whole read may bring, not only for those that are still wanted.
        """
        ref = AccountRef(self.account.x_user_id, scan.handle)
        return self.profiles.followers(ref, scan.cursor, self._cap(), usage=self.usage)

    def _take(self, scan: ScanItem, page: Page, room: int) -> bool:
        """Keep a page. True when it was the last."""
        ids = [profile.id for profile in page.profiles]
        sifted = rules.sift(
            ids,
            known(self.job.account_id, set(ids)),
            floor=scan.floor,
            streak=0 if page.restarted else scan.streak,
            room=room,
        )
        new = [page.profiles[position] for position in sifted.new]
        batches = scans.commit_page(scan, page, new, streak=sifted.streak, now=clock.now())
        self._hand_on(batches, scans.refs(scan))
        is_full = scan.new_rows >= self._cap()
        if page.cursor is not None and not sifted.met_known and not is_full:
            return False
        self._finish(
            scan,
            complete=sifted.met_known
            or (is_full and not scan.has_baseline)
            or (
                page.cursor is None
                and rules.is_whole(new_rows=scan.new_rows, expected=scan.expected)
            ),
        )
        return True

    def _finish(
        self, scan: ScanItem, *, complete: bool, listed: bool = True, error: str | None = None
    ) -> None:
        runs = scans.refs(scan)
        if error is not None and not scan.pages:
            give_back(self.job.user_id, self.job.account_id, scan.trigger)
        scans.finish(scan, complete=complete, now=clock.now(), listed=listed, error=error)
        for ref in runs:
            close_if_done(ref.stream_id, ref.run_id)


def _reason(fault: UpstreamFault, handle: str) -> str:
    """What a run says about why it failed, in words for its owner."""
    match fault:
        case Missing():
            return f"@{handle} is suspended or gone from X"
        case Protected():
            return f"@{handle} is private now; its followers cannot be read"
        case _:
            return "No X data provider answered"
