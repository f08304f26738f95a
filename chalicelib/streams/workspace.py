"""Everything that a user owns, read in one query: the ground on which changes are decided."""

from __future__ import annotations

from collections import defaultdict

from chalicelib.accounts.table import AccountItem
from chalicelib.auth.users import SELF, UserItem
from chalicelib.segments.table import SegmentItem
from chalicelib.streams.table import StatsItem, StreamItem
from chalicelib.workspace import rows


class Workspace:
    """Rows of one user by id; which kinds are filled depends on the range that was read."""

    def __init__(self) -> None:
        self.user: UserItem | None = None
        self.accounts: dict[int, AccountItem] = {}
        self.segments: dict[int, SegmentItem] = {}
        self.stats: dict[int, StatsItem] = {}
        self.streams: dict[int, StreamItem] = {}

    @classmethod
    def read(cls, user_id: int, first: str = "account", last: str = "stream") -> Workspace:
        """The rows from kind `first` to kind `last`, in one query a megabyte."""
        found = cls()
        for row in rows(user_id, first, last):
            match row:
                case UserItem():
                    found.user = row
                case AccountItem():
                    found.accounts[row.account_id] = row
                case SegmentItem():
                    found.segments[row.segment_id] = row
                case StatsItem():
                    found.stats[row.stream_id] = row
                case StreamItem():
                    found.streams[row.stream_id] = row
        return found

    @classmethod
    def to_change(cls, user_id: int) -> Workspace:
        """Everything, to decide a change on: the user is read first.

        So a change that commits while the rest is read breaks the condition on the user's version.
        """
        owner = UserItem.get(user_id, SELF, consistent_read=True)
        found = cls.read(user_id)
        found.user = owner
        return found

    @property
    def owner(self) -> UserItem:
        """The user, where the range took it in."""
        if self.user is None:
            raise LookupError("the workspace has no user row")
        return self.user

    def automated(self) -> dict[int, set[int]]:
        """The automated streams of each account."""
        found: dict[int, set[int]] = defaultdict(set)
        for stream_id, stream in self.streams.items():
            if stream.is_automated:
                for pair in stream.pairs:
                    found[pair.account_id].add(stream_id)
        return found

    def assigned_segments(self) -> dict[int, set[int]]:
        """The segments that each account reaches through active streams."""
        found: dict[int, set[int]] = defaultdict(set)
        for stream in self.streams.values():
            if stream.is_active:
                for pair in stream.pairs:
                    found[pair.account_id].add(pair.segment_id)
        return found
