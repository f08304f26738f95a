"""What v2 has of a user already: read before anything is written, in a dry run too."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from chalicelib import clock, suppression, workspace
from chalicelib.accounts.table import KIND as ACCOUNT
from chalicelib.accounts.table import AccountItem
from chalicelib.auth.users import SELF, IdentityItem, UserItem
from chalicelib.leads.table import TALLY, LeadItem, TallyItem
from chalicelib.settings import settings
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


def tracked_by(user_id: int) -> dict[int, str]:
    """The accounts that the user has in v2, with their ids on X. One query."""
    found = workspace.rows(user_id, ACCOUNT, ACCOUNT)
    return {row.account_id: row.x_user_id for row in found if isinstance(row, AccountItem)}


def welcome(found: Rows) -> Rows:
    """The rows without people whom the user erased since, or who are older than leads are kept."""
    leads = list(_welcome(found.leads))
    known = {lead.lead_id for lead in leads}
    verdicts = [each for each in found.verdicts if each.lead.lead_id in known]
    return replace(found, leads=leads, verdicts=verdicts)


def _welcome(leads: Sequence[LeadItem]) -> Iterator[LeadItem]:
    if not leads:
        return
    days = settings().retention_days
    since = clock.now() - timedelta(days=days) if days else None
    erased = suppression.among(leads[0].user_id, {_person(lead) for lead in leads})
    for lead in leads:
        if _person(lead) not in erased and (since is None or lead.discovered_at >= since):
            yield lead


def _person(lead: LeadItem) -> str:
    return str(lead.profile["id"])
