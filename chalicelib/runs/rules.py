"""Decisions about runs as pure functions over plain values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Outcome = Literal["queued", "account_sleeping", "free_tier", "already_running", "budget_exhausted"]

KNOWN_STREAK = 20
"""Known people in a row after which a list holds nothing new; X's order wavers a little."""
MOST_IDLE_ROWS = 500
"""Rows in a row that may bring nobody new: likers who follow now, people who were erased."""


@dataclass(frozen=True, slots=True)
class AccountState:
    """What decides whether a pair of this account may run."""

    is_awake: bool
    is_included: bool
    """The plan has such runs at all."""
    units_left: int
    """Slots or re-tests that this trigger may use."""
    open_runs: Mapping[str, int]
    """The open run by pair and mode."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A pair that a trigger wants to run."""

    pair_id: int
    account_id: int
    segment_id: int
    run_id: int
    lock: str
    exists: bool
    """The run was started before: the trigger is a repeat."""


def decide(
    candidates: Sequence[Candidate], accounts: Mapping[int, AccountState], *, unit_per_pair: bool
) -> list[tuple[Candidate, Outcome]]:
    """What becomes of each pair, in order.

    A re-test takes a unit for each pair; a sync takes one slot per account, however many pairs
    share it.
    """
    taken: Counter[int] = Counter()
    decided: list[tuple[Candidate, Outcome]] = []
    for each in candidates:
        account = accounts[each.account_id]
        outcome = _outcome(each, account, account.units_left - taken[each.account_id])
        if unit_per_pair and outcome == "queued" and not each.exists:
            taken[each.account_id] += 1
        decided.append((each, outcome))
    return decided


def _outcome(candidate: Candidate, account: AccountState, units_left: int) -> Outcome:
    if candidate.exists:
        return "queued"
    if not account.is_awake:
        return "account_sleeping"
    if not account.is_included:
        return "free_tier"
    if account.open_runs.get(candidate.lock, candidate.run_id) != candidate.run_id:
        return "already_running"
    return "queued" if units_left > 0 else "budget_exhausted"


def trigger_key(triggered_at: str, source: str, stream_id: int) -> str:
    """What takes a daily slot: a scheduled instant, shared by streams, or one manual call."""
    return triggered_at if source == "cron" else f"{triggered_at}#{stream_id}"


@dataclass(frozen=True, slots=True)
class Sifted:
    """A page of followers, told apart into new and known."""

    new: tuple[int, ...]
    """Positions of the people to take, at most as many as there is room for."""
    streak: int
    """Known people in a row at the end of what was looked at."""
    met_known: bool
    """The streak says that the rest of the list is known."""
    is_cut: bool = False
    """There was no room for somebody new, and what follows was not looked at."""


def sift(
    ids: Sequence[str], known: Mapping[str, int | None], *, floor: int, streak: int, room: int
) -> Sifted:
    """Tell new people from known ones, newest first.

    A person whose batch is younger than `floor`, the last batch without gaps, is passed over but
    says nothing about what comes after: an earlier read may have stopped there. Nor does one who
    is known without a batch.
    """
    new: list[int] = []
    seen: set[str] = set()
    for position, x_user_id in enumerate(ids):
        if x_user_id in seen:
            continue
        seen.add(x_user_id)
        batch_no = known.get(x_user_id)
        if x_user_id not in known:
            if len(new) >= room:
                return Sifted(tuple(new), 0, met_known=False, is_cut=True)
            new.append(position)
            streak = 0
        elif batch_no is not None and batch_no <= floor:
            streak += 1
            if streak >= KNOWN_STREAK:
                return Sifted(tuple(new), streak, met_known=True)
    return Sifted(tuple(new), streak, met_known=False)


def expected_rows(*, follower_count: int | None, known: int, cap: int | None) -> int:
    """New rows that the provider's follower count announces beyond the `known` ones.

    A baseline has a `cap`: it reads no more, so that more is not expected.
    """
    announced = max(0, (follower_count or 0) - known)
    return announced if cap is None else min(announced, cap)


def is_whole(*, rows: int, announced: int) -> bool:
    """Whether a list that ended can be believed to have been whole.

    X's counts include suspended people that its lists leave out, so some rows are always missing;
    when more than half are, a page was lost rather than people.
    """
    return rows * 2 >= announced


def goes_round(*, idle_rows: int, unfinished: int) -> bool:
    """Whether a list that goes on shows the same people again, or nobody, for ever.

    `idle_rows` in a row brought nobody new. Where a read was left `unfinished`, the next one passes
    that many people before it meets new ones.
    """
    return idle_rows > unfinished + MOST_IDLE_ROWS


def needs_listing(
    *,
    follower_count: int | None,
    last_count: int | None,
    has_gaps: bool,
    listed_at: datetime | None,
    now: datetime,
    sweep_days: int,
) -> bool:
    """Whether the list itself must be read: the count moved, a gap is open, or a sweep is due.

    As many may leave as arrive, so every few days the list is read although the count stands.
    """
    if has_gaps or listed_at is None or follower_count is None or last_count is None:
        return True
    return follower_count != last_count or (now - listed_at).days >= sweep_days


def posts_to_ask(likes: Mapping[str, int | None], asked: Mapping[str, int]) -> list[str]:
    """Posts whose likers are worth a call: those whose likes moved since they were asked for.

    A provider that does not tell the likes is asked each time.
    """
    return [post for post, number in likes.items() if number is None or number > asked.get(post, 0)]


def pause(waits: int, asked: float, chance: float) -> int:
    """Seconds that a job stays away which found no call left, for the `waits`-th time in a row.

    `asked` is what it was told; each time it is twice as long, up to two minutes, and by `chance`
    (0 to 1) up to half of that less, so that those who left together do not come back together.
    """
    longest: float = min(5.0 * 2 ** min(waits, 10), 120.0)
    return max(1, round(max(asked, longest * (1 - chance / 2))))


def why_left(reason: str) -> str:
    """Why a lead no longer matches, in words that say nothing of the person.

    `reason` is the first of the verdict's own, which may quote a profile.
    """
    if reason.startswith(("has ", "follower count")):
        return "another follower count"
    if reason.startswith(("states no ", "says too little")):
        return reason
    return "gender or description speaks against it"


def stays(
    confidence: str | None,
    segment_id: int | None,
    verdict: str | None,
    *,
    is_exported: bool,
    is_retest: bool,
    beside: Set[int],
) -> bool:
    """Whether a lead that stands so stays so, although a run for another segment or a re-test
    came to this verdict.

    Only a re-test takes a match back, never from an exported lead, and never one that another of
    the stream's segments (`beside`) made; of two segments that match the better one counts.
    """
    if verdict is None:
        return is_exported or not is_retest or segment_id in beside
    if confidence is None:
        return False
    return not is_retest or (segment_id in beside and (verdict, confidence) != ("high", "medium"))
