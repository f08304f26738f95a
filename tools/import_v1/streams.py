"""Accounts and saved searches: what a search becomes, and what can be found under it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from chalicelib import ids
from chalicelib.accounts.table import AccountItem
from chalicelib.billing.plans import TIERS
from chalicelib.matching.labels import Category
from chalicelib.segments.schemas import shown as segment_shown
from chalicelib.segments.table import SegmentItem
from chalicelib.streams.rules import NAME_LIMIT
from chalicelib.streams.table import PairMap, StreamItem
from tools.import_v1 import records
from tools.import_v1.reading import Belongings
from tools.import_v1.records import tier_of

MOST_PAIRS = 50
"""As the API has it."""
_SLOTS = 64
"""Numbers for pairs that each line of `saved_searches.jsonl` has; the last one is that of every
account that a search was taken off."""


@dataclass
class Streams:
    """A user's accounts, segments and streams by id: streams bear the number of their search."""

    accounts: dict[int, AccountItem]
    segments: dict[int, SegmentItem]
    by_id: dict[int, StreamItem] = field(default_factory=dict)
    lines: dict[int, int] = field(default_factory=dict)
    """The line of each search."""

    def missing(self, search_id: int, account_id: int) -> str | None:
        """What a line that names these names in vain."""
        if search_id not in self.segments:
            return f"names saved search {search_id}, which is not there"
        if account_id not in self.accounts:
            return f"names account {account_id}, which is not there"
        return None

    def pair_numbers(self, search_id: int) -> list[int]:
        """The numbers that pairs of a search may have: more than a stream has pairs."""
        user_id, line = self.segments[search_id].user_id, self.lines[search_id]
        return [_pair_id(user_id, line, slot) for slot in range(_SLOTS - 1)]

    def pair_id(self, search_id: int, account_id: int) -> int:
        """The id of a pair, and of what was one."""
        stream = self.by_id[search_id]
        known = (pair.pair_id for pair in stream.pairs if pair.account_id == account_id)
        return next(known, _pair_id(stream.user_id, self.lines[search_id], _SLOTS - 1))


def streams_of(found: Belongings, tracked: Mapping[int, str], left_out: list[str]) -> Streams:
    """What the searches become. One that is assigned to no account, but has a past, becomes a
    stream that is archived. `tracked` are the X ids of the user's accounts in v2, by their own.
    """
    searches = found.of(records.SavedSearch)
    streams = Streams(
        {each.account_id: each for each in _accounts(found, tracked, left_out)},
        {each.segment_id: each for each in map(_segment, searches)},
        lines={search.id: search.line for search in searches},
    )
    pasts = _pasts(found, streams.accounts)
    for search in searches:
        assigned = _assigned(search, streams.accounts, left_out)
        accounts = assigned or [streams.accounts[each] for each in pasts.get(search.id, ())]
        if accounts:
            stream = _stream(search, accounts[:MOST_PAIRS], found, streams.segments[search.id])
            stream.is_archived = not assigned
            stream.is_active = bool(assigned)
            streams.by_id[search.id] = stream
    return streams


def _pasts(found: Belongings, accounts: Collection[int]) -> dict[int, list[int]]:
    """The accounts that people and runs of each search name, in order of their ids."""
    named: Iterable[records.Person | records.Run] = (
        *found.of(records.Person),
        *found.of(records.Run),
    )
    pasts: dict[int, set[int]] = {}
    for each in named:
        if each.tracked_account_id in accounts:
            pasts.setdefault(each.saved_search_id, set()).add(each.tracked_account_id)
    return {search_id: sorted(past) for search_id, past in pasts.items()}


def _accounts(
    found: Belongings, tracked: Mapping[int, str], left_out: list[str]
) -> Iterator[AccountItem]:
    """The accounts, but for those that the user began to track in v2 before their line came."""
    taken = set(tracked.values())
    for account in found.of(records.TrackedAccount):
        if account.id in tracked or account.x_user_id not in taken:
            yield _account(account)
        else:
            left_out.append(f"{account.where}: v2 has its X account under another id")


def _account(account: records.TrackedAccount) -> AccountItem:
    return AccountItem(
        account.user_id,
        AccountItem.at(account.id),
        account_id=account.id,
        x_user_id=account.x_user_id,
        handle=account.handle.removeprefix("@"),
        tier=tier_of(account.tier),
        is_awake=account.is_active,
        tags=account.tags,
        follower_count=account.follower_count,
        added_at=account.added_at,
    )


def _segment(search: records.SavedSearch) -> SegmentItem:
    return SegmentItem(
        search.user_id,
        SegmentItem.at(search.id),
        segment_id=search.id,
        name=search.name,
        description=search.description,
        gender_values=search.gender_values,
        labels=with_labels(search.applied_search_filters),
        follower_tiers=search.follower_count_tiers,
        created_at=search.created_at,
    )


def with_labels(given: Mapping[Category, list[str]]) -> dict[str, list[str]]:
    """The categories that have labels: the API shows no others."""
    return {category: labels for category, labels in given.items() if labels}


def _assigned(
    search: records.SavedSearch, accounts: dict[int, AccountItem], left_out: list[str]
) -> list[AccountItem]:
    """The accounts of a search, each once."""
    named = list(dict.fromkeys(search.assigned_account_ids))
    left_out += [
        f"{search.where}: names account {each}, which is not there"
        for each in named
        if each not in accounts
    ]
    known = [accounts[each] for each in named if each in accounts]
    if len(known) > MOST_PAIRS:
        left_out.append(f"{search.where}: has {len(known)} accounts, {MOST_PAIRS} become pairs")
    return known


def _stream(
    search: records.SavedSearch,
    accounts: Sequence[AccountItem],
    found: Belongings,
    segment: SegmentItem,
) -> StreamItem:
    settings = _settings_of(accounts, found.of(records.SyncSettings))
    name = search.name or search.description
    return StreamItem(
        search.user_id,
        StreamItem.at(search.id),
        stream_id=search.id,
        name=name if len(name) <= NAME_LIMIT else name[: NAME_LIMIT - 1] + "…",
        sync_times=sorted(set(settings.sync_times)) if settings else [],
        timezone=settings.timezone if settings else "UTC",
        pairs=[_pair(search, account, slot) for slot, account in enumerate(accounts)],
        segments={str(search.id): segment_shown(segment).model_dump(mode="json", by_alias=False)},
        created_at=search.created_at,
        updated_at=search.created_at,
    )


def _settings_of(
    accounts: Sequence[AccountItem], given: Sequence[records.SyncSettings]
) -> records.SyncSettings | None:
    """Those of the highest tier among the accounts."""
    highest = max((account.tier for account in accounts), key=TIERS.index)
    return next((each for each in given if tier_of(each.tier) == highest), None)


def _pair(search: records.SavedSearch, account: AccountItem, slot: int) -> PairMap:
    return PairMap(  # type: ignore[no-untyped-call]
        pair_id=_pair_id(search.user_id, search.line, slot),
        account_id=account.account_id,
        handle=account.handle,
        tier=account.tier,
        segment_id=search.id,
        created_at=search.created_at,
    )


def _pair_id(user_id: int, line: int, slot: int) -> int:
    """Numbered from the top of the user's numbers down: those that v2 gives go up from 1."""
    return ids.numbered(user_id, (1 << ids.COUNT_BITS) - 1 - line * _SLOTS - slot)
