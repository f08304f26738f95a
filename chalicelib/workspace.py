"""The table of what a user owns: a partition a user, rows that are read together side by side.

The range key sorts `account#`, `segment#`, `self`, `stats#`, `stream#`. So `/me` is one query over
accounts to self, `/streams` one over self to streams, `/segments` one over segments to streams.
Behind them stand what those queries need not see: `template#`, `title#`, `verdicts-heard`,
`webhook#`.
Every structural change writes the user's own row under its version, which makes such changes of
one user happen one after another. docs/decisions/0003-workspace.md has the reasons.
"""

from __future__ import annotations

from collections.abc import Iterator

from pynamodb.attributes import DiscriminatorAttribute, UnicodeAttribute

from chalicelib import db


class WorkspaceItem(db.Table):
    """One row of a user's workspace; rooms derive their own kinds from it."""

    class Meta(db.Meta):
        name = "workspace"

    user_id = db.IntegerAttribute(hash_key=True)
    key = UnicodeAttribute(range_key=True)
    kind = DiscriminatorAttribute()


def row_key(kind: str, item_id: int) -> str:
    """The range key of a row; ids are padded so that they sort as numbers."""
    return f"{kind}#{item_id:016d}"


def rows(user_id: int, first: str, last: str) -> Iterator[WorkspaceItem]:
    """The user's rows from kind `first` to kind `last`, both included, in order of key."""
    return WorkspaceItem.query(
        user_id, WorkspaceItem.key.between(first, f"{last}~"), consistent_read=True
    )
