"""What is older than the days that the setting gives is removed, each night."""

from __future__ import annotations

from datetime import datetime, timedelta

from chalicelib import clock, db
from chalicelib.accounts.table import AccountItem
from chalicelib.enrichment.table import ContactItem
from chalicelib.leads.table import EchoItem, LeadItem, echo_key, rank
from chalicelib.leads.tally import Changes
from chalicelib.lookups.table import ENRICH, ENRICH_EMAIL, HistoryItem, LookupItem, history_of
from chalicelib.privacy.people import forget_lookup
from chalicelib.runs.audience import BatchItem, pack
from chalicelib.settings import settings
from chalicelib.streams.workspace import Workspace

MOST_A_NIGHT = 5_000
"""Leads of one user that go in one night; the rest goes in the next ones."""


def expire(user_id: int) -> int:
    """Remove people found, and look-ups made, too long ago; how many. May be repeated.

    Who follows an account stays known by id, so that nobody is found a second time as new.
    """
    days = settings().retention_days
    if not days:
        return 0
    before = clock.now() - timedelta(days=days)
    gone = _leads(user_id, before)
    gone += sum(_lookups(history_of(user_id, kind), before) for kind in (ENRICH, ENRICH_EMAIL))
    for account in Workspace.read(user_id, last="account").accounts.values():
        _profiles(account, before)
    return gone


def _leads(user_id: int, before: datetime) -> int:
    old = LeadItem.of_user_everyone.query(
        user_id, LeadItem.rank < rank(before, 0), limit=MOST_A_NIGHT
    )
    gone = 0
    for lead in old:
        if isinstance(lead, LeadItem):
            gone += _remove(lead)
    return gone


def _remove(lead: LeadItem) -> bool:
    """Remove a lead with its contacts and its count. False when it changed just now."""
    changes = Changes(lead.user_id, lead.stream_id)
    changes.goes(lead)
    try:
        with db.transaction() as write:
            write.delete(ContactItem(lead.person.partition("#")[2], lead.user_id))
            write.delete(LeadItem(lead.stream_id, lead.person), condition=lead.unmoved())
            write.delete(EchoItem(lead.stream_id, echo_key(lead.person)))
            changes.write(write)
    except db.Conflict:
        return False
    return True


def _lookups(history: str, before: datetime) -> int:
    gone = 0
    rows = HistoryItem.query(history, filter_condition=LookupItem.created_at < before)
    for row in rows:
        if isinstance(row, LookupItem):
            ContactItem(row.x_user_id, int(history.partition("#")[0])).delete()
            forget_lookup(row)
            gone += 1
    return gone


def _profiles(account: AccountItem, before: datetime) -> None:
    """Empty the batches of long ago: a re-test judges whom it still finds."""
    empty = pack([])
    for row in BatchItem.query(account.account_id, filter_condition=BatchItem.packed != empty):
        if row.read_at >= before:
            return  # batches are in order of time; who was emptied before costs next to nothing
        BatchItem(row.account_id, row.batch_no).update(
            actions=[BatchItem.packed.set(empty)], condition=BatchItem.batch_no.exists()
        )
