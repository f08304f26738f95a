"""Following an account to its new handle: streams carry copies of it."""

from __future__ import annotations

from chalicelib import db
from chalicelib.accounts.table import AccountItem
from chalicelib.auth.users import SELF, UserItem
from chalicelib.streams.table import StreamItem
from chalicelib.streams.workspace import Workspace


def rename(user_id: int, account_id: int, handle: str) -> None:
    """Give the account its handle, and then every stream that names it. May be repeated."""
    found = Workspace.read(user_id)
    for stream_id, stream in found.streams.items():
        if any(pair.account_id == account_id and pair.handle != handle for pair in stream.pairs):
            _rename_in_stream(user_id, stream_id, account_id, handle)
    # Last, because a handle that differs is what brings a repeat here.
    AccountItem(user_id, AccountItem.at(account_id)).update(
        actions=[AccountItem.handle.set(handle)]
    )


@db.retried_on_conflict
def _rename_in_stream(user_id: int, stream_id: int, account_id: int, handle: str) -> None:
    found = Workspace.read(user_id, first="self")
    stream = found.streams[stream_id]
    for pair in stream.pairs:
        if pair.account_id == account_id:
            pair.handle = handle
    with db.transaction() as write:
        write.update(
            UserItem(user_id, SELF),
            actions=[UserItem.version.set(found.owner.version + 1)],
            condition=UserItem.version == found.owner.version,
        )
        write.update(
            StreamItem(user_id, StreamItem.at(stream_id)),
            actions=[StreamItem.pairs.set(stream.pairs)],
        )
