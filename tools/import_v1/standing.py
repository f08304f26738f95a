"""What v2 has of a user already: read before anything is written, in a dry run too."""

from __future__ import annotations

from dataclasses import dataclass

from chalicelib.auth.users import SELF, IdentityItem, UserItem
from chalicelib.leads.table import TALLY, TallyItem
from tools.import_v1.mapping import Rows
from tools.import_v1.marks import has_come


@dataclass(frozen=True, slots=True)
class Standing:
    """How a user stands in v2."""

    refusal: str | None = None
    """Why nothing of the user can be written."""
    is_through: bool = False
    """The user's own row came before: only what is missing is written."""
    is_erased: bool = False
    """The user came, and deleted the account since: nothing is written ever again."""


def standing_of(found: Rows) -> Standing:
    """Four round trips, whatever the user has."""
    user_id = found.user.user_id
    is_there = UserItem.find(user_id, SELF) is not None
    if has_come(found.mark):
        return Standing(is_through=is_there, is_erased=not is_there)
    if is_there:
        return Standing(f"{found.where}: id belongs to another user of v2")
    holder = IdentityItem.find(found.address.identity)
    if holder is not None and holder.user_id != user_id:
        return Standing(f"{found.where}: email belongs to another user of v2")
    taken = [
        row.stream_id
        for row in TallyItem.find_all((each, TALLY) for each in found.streams.by_id)
        if row.user_id != user_id
    ]
    if taken:
        line = found.streams.lines[min(taken)]
        return Standing(f"saved_searches.jsonl:{line}: id belongs to another user's stream")
    return Standing()
