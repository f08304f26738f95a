"""From the pairs of a request to accounts and segments, as far as our own rows tell."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from chalicelib.accounts.table import AccountItem
from chalicelib.billing.plans import SEGMENTS_PER_STREAM
from chalicelib.errors import AccountNotFound, SegmentNotFound
from chalicelib.segments.rules import Filters
from chalicelib.segments.service import new_segment
from chalicelib.segments.table import SegmentItem
from chalicelib.streams import rules
from chalicelib.streams.inputs import Pair
from chalicelib.streams.schemas import AccountUsed, BillingDelta, SegmentUsed
from chalicelib.streams.table import StreamItem
from chalicelib.streams.workspace import Workspace


@dataclass(slots=True)
class Used:
    """An account that a stream uses, known or still to be looked up on X."""

    handle: str
    """As known, else as given, lower-cased."""
    tier: str
    account: AccountItem | None = None
    """None until the account is found and has its row."""
    is_added: bool = True
    """The stream did not have it before."""
    is_new: bool = False
    """It was not tracked before."""
    billing_delta: BillingDelta = "none"

    @classmethod
    def known(cls, account: AccountItem, present: Collection[int]) -> Used:
        """A tracked account, in a stream that had the accounts `present` before."""
        is_added = account.account_id not in present
        return cls(account.handle, account.tier, account, is_added=is_added)

    @property
    def is_woken(self) -> bool:
        """It slept, and is synced and billed again because a stream takes it up."""
        return self.is_added and self.account is not None and not self.account.is_awake

    @property
    def row(self) -> AccountItem:
        """The account's row. Raises LookupError before there is one."""
        if self.account is None:
            raise LookupError(f"@{self.handle} has no row yet")
        return self.account


@dataclass(slots=True)
class PlannedPair:
    """An account with a segment, as the stream is to have them."""

    used: Used
    segment: SegmentItem


@dataclass(slots=True)
class Plan:
    """The pairs of a stream after a request; nothing is written yet."""

    pairs: list[PlannedPair]
    new_segments: Collection[int] = ()
    """Ids of the segments that are not stored yet."""
    former_holder: int | None = None
    """Who had the free user's sign-up address before, see `free_addresses`."""

    @property
    def accounts(self) -> list[Used]:
        """Distinct, in order of first mention."""
        return list({id(pair.used): pair.used for pair in self.pairs}.values())

    @property
    def segments(self) -> list[SegmentItem]:
        """Distinct, in order of first mention."""
        return list({pair.segment.segment_id: pair.segment for pair in self.pairs}.values())

    def accounts_shown(self) -> list[AccountUsed]:
        """What becomes of the accounts that the stream did not have, as the answer lists them."""
        return [
            AccountUsed(
                handle=used.handle,
                account_id=used.row.account_id,
                account_created=used.is_new,
                billing_delta=used.billing_delta,
            )
            for used in self.accounts
            if used.is_added
        ]

    def segments_shown(self, present: Collection[int] = ()) -> list[SegmentUsed]:
        """The segments that the stream did not have, as the answer lists them."""
        return [
            SegmentUsed(
                segment_id=segment.segment_id,
                segment_created=segment.segment_id in self.new_segments,
            )
            for segment in self.segments
            if segment.segment_id not in present
        ]


def plan(
    pairs: Sequence[Pair],
    inline: Iterable[Filters],
    workspace: Workspace,
    present: Collection[int] = (),
) -> Plan:
    """Decide everything that needs no look-up on X.

    `inline` are the canonical inline segments, one per pair that has one; `present` the accounts
    that the stream has already. Raises, in this order, StreamMultiSegment, AccountNotFound or
    SegmentNotFound, InvalidRequest for doubles.
    """
    filters = iter(inline)
    wanted = [pair.segment_id if pair.segment is None else next(filters) for pair in pairs]
    rules.refuse_too_many_segments(len(set(wanted)), SEGMENTS_PER_STREAM)
    by_handle = {item.handle.lower(): item for item in workspace.accounts.values()}
    accounts: dict[str, Used] = {}
    using = []
    for pair in pairs:
        used = _used(pair, workspace, by_handle, present)
        using.append(accounts.setdefault(used.handle.lower(), used))
    segments = {key: _segment(key, workspace) for key in dict.fromkeys(wanted)}
    planned = [PlannedPair(used, segments[key]) for used, key in zip(using, wanted, strict=True)]
    refuse_doubles(planned)
    made = {segments[key].segment_id for key in segments if isinstance(key, Filters)}
    return Plan(planned, made)


def as_it_is(stream: StreamItem, workspace: Workspace) -> Plan:
    """The pairs that a stream has, as a plan that changes nothing."""
    present = {pair.account_id for pair in stream.pairs}
    accounts = {number: Used.known(workspace.accounts[number], present) for number in present}
    return Plan(
        [
            PlannedPair(accounts[pair.account_id], workspace.segments[pair.segment_id])
            for pair in stream.pairs
        ]
    )


def refuse_doubles(pairs: Iterable[PlannedPair]) -> None:
    """Refuse the same account and segment twice. Raises InvalidRequest naming both places."""
    rules.refuse_twice([(id(pair.used), pair.segment.segment_id) for pair in pairs])


def _used(
    pair: Pair,
    workspace: Workspace,
    by_handle: Mapping[str, AccountItem],
    present: Collection[int],
) -> Used:
    if pair.account_handle is None:
        account = workspace.accounts.get(pair.account_id)
        if account is None:
            raise AccountNotFound
        return Used.known(account, present)
    handle = pair.account_handle.removeprefix("@").lower()
    if handle in by_handle:
        return Used.known(by_handle[handle], present)
    return Used(handle, pair.account_tier, is_new=True)


def _segment(key: int | Filters, workspace: Workspace) -> SegmentItem:
    if isinstance(key, Filters):
        return new_segment(workspace.owner.user_id, key)
    segment = workspace.segments.get(key)
    if segment is None:
        raise SegmentNotFound
    return segment
