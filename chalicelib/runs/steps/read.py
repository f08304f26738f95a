"""Read an account's new followers, a page at a time, and hand them on in batches."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import random
from typing import Any

from chalicelib import clock, queues, telemetry
from chalicelib.accounts.table import AccountItem
from chalicelib.auth.users import SELF, UserItem
from chalicelib.billing.plans import Plan, followers_cap, plan_of
from chalicelib.runs import newest, rules
from chalicelib.runs.audience import LIST, ScanItem, known
from chalicelib.runs.closing import close_if_done
from chalicelib.runs.jobs import ReadFollowers, RunRef
from chalicelib.runs.steps import asking, commits, ending
from chalicelib.runs.steps import scan as scans
from chalicelib.runs.steps.handing import Hand
from chalicelib.runs.steps.joining import joining
from chalicelib.runs.steps.likers import Likers
from chalicelib.runs.steps.slots import give_back
from chalicelib.runs.table import RunItem
from chalicelib.upstreams import AccountRef, Page, Usage
from chalicelib.upstreams.errors import Crowded, Unavailable, UpstreamFault
from chalicelib.upstreams.profiles import Profiles
from chalicelib.workspace import WorkspaceItem

SWEEP_DAYS = 7
"""A list whose count stands still is read all the same after this many days."""
PATIENCE = 2
"""How often a read that no provider answers is handed back before its runs fail."""
LONGEST_PAUSE = 60
"""Seconds; a read whose providers all rest for longer fails at once."""
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
    chance: Callable[[], float] = random
    """From 0 to 1; spreads what would come back at once."""
    usage: Usage = field(default_factory=Usage)
    user: UserItem = field(init=False)
    account: AccountItem = field(init=False)
    hand: Hand = field(init=False)
    has_moved: bool = False
    """Something was read: a job that finds no call left after that did not wait in vain."""

    def __post_init__(self) -> None:
        self.hand = Hand(self.job.user_id, self.job.account_id)

    def work(self) -> None:
        """Move the account's scan on until it ends; out of time, send a job that goes on."""
        try:
            self._move_on()
        finally:
            telemetry.count("UpstreamCalls", self.usage.calls)
            telemetry.count("UpstreamRows", self.usage.rows)

    def _move_on(self) -> None:
        if self.is_repeat and not self._is_awaited():
            return
        owner = self._owner()
        if owner is None:
            return  # the user was deleted, and the runs with them
        self.user, self.account = owner
        try:
            scan = scans.take(self.job.account_id, clock.now())
        except scans.Busy:
            self._come_back(WAIT_SECONDS, came_again=self.is_repeat)
            return
        try:
            self._work_on(scan)
        except Unavailable as fault:
            scans.release(scan)
            self._hand_back(fault)

    def _hand_back(self, fault: Unavailable) -> None:
        """Go on later: no call was left, or no provider answered."""
        name, times = "unanswered", self._unanswered + 1
        if isinstance(fault, Crowded):
            name, times = "waits", 0 if self.has_moved else self.job.waits + 1
        delay = rules.pause(times, fault.retry_after or 0.0, self.chance())
        self._come_back(delay, came_again=self.is_repeat, **{name: times})

    @property
    def _unanswered(self) -> int:
        return 0 if self.has_moved else self.job.unanswered

    def _is_hopeless(self, fault: UpstreamFault) -> bool:
        """Whether a read that met this ends its runs, rather than being tried again."""
        if isinstance(fault, Crowded):
            return False
        is_passing = isinstance(fault, Unavailable) and (fault.retry_after or 0) <= LONGEST_PAUSE
        return not is_passing or self._unanswered >= PATIENCE

    def _work_on(self, scan: ScanItem) -> None:
        self.hand.repair(scan)
        if scan.is_reading and scan.trigger != self.job.trigger and not self._read(scan):
            return
        self._join(scan)
        if scan.is_reading and not self._read(scan):
            return
        if scan.runs:  # runs that came when the read was over already
            self._finish(scan, complete=scan.is_complete, error=scan.error)
        elif scan.lease_until is not None:
            scans.release(scan)
        for ref in self.job.runs:
            close_if_done(ref.stream_id, ref.run_id)

    def _join(self, scan: ScanItem) -> None:
        """Have the job's runs read: with the read of their trigger, or by beginning it."""
        waiting = self._waiting()
        fresh = joining(scan, self.job, waiting)
        if scan.trigger == self.job.trigger:
            self._attach(scan, fresh)
        elif fresh:  # else nobody waits: the job is a double that comes late
            self._begin(scan, fresh)
        if self.is_repeat:
            self.hand.send_open(waiting.values())

    def _come_back(self, delay_seconds: int = 0, **changes: Any) -> None:
        """Have a fresh job go on, behind whatever others wait for. It is no failure of this one."""
        later = self.job.model_copy(
            update={"waits": 0, "unanswered": 0, "came_again": False, **changes}
        )
        queues.send([later], delay_seconds=delay_seconds)

    def _is_awaited(self) -> bool:
        """Whether a run still reads; where none does, a job that came again only sends batches."""
        runs = self._waiting().values()
        if any(run.is_reading for run in runs):
            return True
        for ref in self.job.runs:
            close_if_done(ref.stream_id, ref.run_id)
        self.hand.send_open(runs)
        return False

    def _waiting(self) -> dict[int, RunItem]:
        """The job's runs that are not over, by id."""
        rows = RunItem.find_all((ref.stream_id, ref.run_id) for ref in self.job.runs)
        return {run.run_id: run for run in rows if not run.is_over}

    def _owner(self) -> tuple[UserItem, AccountItem] | None:
        keys = (SELF, AccountItem.at(self.job.account_id))
        rows = WorkspaceItem.find_all((self.job.user_id, key) for key in keys)
        found = {row.key: row for row in rows}
        user, account = (found.get(key) for key in keys)
        if not isinstance(user, UserItem) or not isinstance(account, AccountItem):
            return None
        return user, account

    def _begin(self, scan: ScanItem, fresh: Sequence[tuple[RunRef, int]]) -> None:
        """Ask X how many followers there are; without a change there is nothing to list."""
        profile, error = asking.ask(self.account, self.profiles, self.usage)
        handle = profile.handle if profile else self.account.handle
        count = profile.followers if profile else None
        expected = rules.expected_rows(
            follower_count=count,
            known=scan.accounted_for,
            cap=None if scan.has_baseline else self._cap(),
        )
        begun = scans.beginning(self.job.trigger, handle, follower_count=count, expected=expected)
        self._attach(scan, fresh, begun)
        self.has_moved = True
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
            self._end_list(scan, complete=True, listed=False)

    @property
    def _plan(self) -> Plan:
        return plan_of(self.user.status, self.account.tier)

    def _cap(self) -> int:
        return followers_cap(self._plan)

    @property
    def _likers(self) -> Likers:
        return Likers(self.profiles, self.hand, self.usage, self._plan.liked_posts, self._cap())

    def _attach(
        self,
        scan: ScanItem,
        fresh: Sequence[tuple[RunRef, int]],
        begun: dict[str, Any] | None = None,
    ) -> None:
        """Hand runs what the scan reads, and what earlier reads left for them.

        `begun`: the scan begins a read with them.
        """
        scans.attach(scan, fresh, begun)
        for ref, after in fresh:
            newest.running(self.job.user_id, ref.stream_id, ref.run_id)
            self.hand.send(range(after + 1, scan.last_batch + 1), [ref])

    def _read(self, scan: ScanItem) -> bool:
        """Read pages until the scan ends. False when time ran out and a fresh job goes on."""
        was_doubted = False
        while self.seconds_left() > 0:
            if scan.stage != LIST:
                if self._likers.step(scan, self._ref(scan)):
                    self._finish(scan, complete=scan.is_complete, listed=False)
                    return True
                self.has_moved = True
                continue
            try:
                page = self._page(scan)
            except UpstreamFault as fault:
                if not self._is_hopeless(fault):
                    raise
                self._finish(scan, complete=False, error=asking.reason(fault, scan.handle))
                return True
            is_end = page.cursor is None and not page.profiles
            if is_end and scan.new_rows < scan.expected and not was_doubted:
                was_doubted = True  # people are missing: an empty page may be a mishap, ask again
            elif self._take(scan, page, self._cap() - scan.new_rows):
                return True
        scans.release(scan)
        self._come_back()
        return False

    def _ref(self, scan: ScanItem) -> AccountRef:
        return AccountRef(self.account.x_user_id, scan.handle)

    def _page(self, scan: ScanItem) -> Page:
        """The next page. A provider that begins, or takes over and begins anew, must be asked for
        as many as the whole read may bring, and for those behind whom an unfinished one left off.
        """
        limit = self._cap() - scan.new_rows + scan.unfinished
        return self.profiles.followers(self._ref(scan), scan.cursor, limit, usage=self.usage)

    def _take(self, scan: ScanItem, page: Page, room: int) -> bool:
        """Keep a page. True when it was the last."""
        ids = [profile.id for profile in page.profiles]
        sifted = rules.sift(
            ids,
            known(self.job.user_id, self.job.account_id, set(ids)),
            floor=scan.floor,
            streak=0 if page.restarted else scan.streak,
            room=room,
        )
        new = [page.profiles[position] for position in sifted.new]
        batches = commits.commit_page(scan, page, new, streak=sifted.streak, now=clock.now())
        self.hand.on(batches, scans.refs(scan))
        self.has_moved = True
        is_full = scan.new_rows >= self._cap()
        if not ending.is_last(scan, page, sifted, is_full=is_full):
            return False
        complete = ending.is_complete(scan, page, sifted, is_full=is_full)
        return self._end_list(scan, complete=complete)

    def _end_list(self, scan: ScanItem, *, complete: bool, listed: bool = True) -> bool:
        """Go on with likers where the plan has them; True when the whole read is over.

        Who is missing from the list comes first: a later read of it would meet them as known.
        """
        wants = complete and self._plan.liked_posts and self.account.post_count
        if wants and self.profiles.lists_likers:
            commits.end_list(scan, complete=complete, listed=listed, now=clock.now())
            return False
        self._finish(scan, complete=complete, listed=listed)
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
