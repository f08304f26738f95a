"""Erasing a user: keys at once, then everything, the workspace itself last."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from chalicelib import db, queues
from chalicelib.accounts.table import AccountItem
from chalicelib.auth.sessions import SessionItem
from chalicelib.auth.table import ApiKeyItem
from chalicelib.auth.users import SELF, IdentityItem, UserItem
from chalicelib.billing.ledger import LedgerItem
from chalicelib.billing.subscriptions import Subscriptions
from chalicelib.delivery.receivers import key_of
from chalicelib.delivery.table import BodyItem, EndedItem, ReceiverItem
from chalicelib.enrichment.table import ContactItem
from chalicelib.leads.table import LeadItem, ShelfItem
from chalicelib.lookups.table import ENRICH, ENRICH_EMAIL, HistoryItem, LookupItem, history_of
from chalicelib.notices.table import NoticeItem
from chalicelib.privacy.jobs import SWEEP_AGAIN_SECONDS, EraseUser
from chalicelib.privacy.sections import workspace_rows
from chalicelib.runs.audience import BatchItem, FollowerItem, ScanItem
from chalicelib.runs.table import RunItem
from chalicelib.scheduling.digests import DigestSchedules
from chalicelib.scheduling.schedules import NEVER, Schedules
from chalicelib.storage import Storage
from chalicelib.streams.table import KIND as STREAM
from chalicelib.streams.table import StreamItem
from chalicelib.suppression import SuppressedItem
from chalicelib.webhooks.table import KIND as WEBHOOK
from chalicelib.webhooks.table import SubscriptionItem
from chalicelib.workspace import WorkspaceItem

_SECONDS = 20.0
"""For one message; a fresh one goes on."""
_AT_ONCE = 100
"""Rows between two looks at the clock."""


class _OutOfTime(Exception):
    """The rest is for the next message."""


@dataclass(frozen=True, slots=True)
class Edges:
    """The other systems that know of a user."""

    schedules: Schedules
    digests: DigestSchedules
    subscriptions: Subscriptions
    storage: Storage


def request(user_id: int) -> None:
    """Refuse the user's keys and sessions from now on, and have everything removed soon."""
    queues.send([EraseUser(user_id=user_id)])
    _lock_out(user_id)


def erase_user(job: EraseUser, edges: Edges) -> None:
    """Remove everything of a user. May be repeated, and goes on where it was left."""
    until = time.monotonic() + _SECONDS
    rows = workspace_rows(job.user_id)
    if not rows and not job.is_second:
        return
    erasing = _Erasing(job, rows, edges, until)
    try:
        erasing.erase()
    except _OutOfTime:
        queues.send([job])


def _lock_out(user_id: int) -> None:
    for model in (ApiKeyItem, SessionItem):
        keys = [row.digest for row in model.of_user.query(user_id)]
        with model.batch_write() as writer:
            for digest in keys:
                writer.delete(model(digest))


class _Erasing:
    """One message's share of it."""

    def __init__(
        self, job: EraseUser, rows: list[WorkspaceItem], edges: Edges, until: float
    ) -> None:
        self._job = job
        self._user_id = job.user_id
        self._edges = edges
        self._until = until
        self._rows = rows
        self._streams = {row.stream_id for row in rows if isinstance(row, StreamItem)}
        self._accounts = {row.account_id for row in rows if isinstance(row, AccountItem)}
        self._subscribed = {
            row.subscription_id for row in rows if isinstance(row, SubscriptionItem)
        }
        self._streams |= set(job.stream_ids)
        self._accounts |= set(job.account_ids)
        self._subscribed |= set(job.subscription_ids)

    def erase(self) -> None:
        """Stop what goes on by itself, remove what was found, then what finds it."""
        _lock_out(self._user_id)
        self._stop()
        for stream_id in self._streams:
            self._erase_stream(stream_id)
        for account_id in self._accounts:
            self._remove(BatchItem, BatchItem.query(account_id))
            self._remove(FollowerItem, FollowerItem.query(account_id))
            ScanItem(account_id).delete()
        self._erase_beside()
        if not self._job.is_second:
            self._sweep_again()
            self._erase_workspace()

    def _user(self) -> UserItem | None:
        return next((row for row in self._rows if isinstance(row, UserItem)), None)

    def _stop(self) -> None:
        """Nothing is charged, and no schedule starts anything, while the rest is removed."""
        user = self._user()
        if user is not None:
            self._end_billing(user)
        self._edges.digests.remove(self._user_id)
        for stream_id in self._streams:
            self._edges.schedules.keep(self._user_id, stream_id, NEVER)

    def _end_billing(self, user: UserItem) -> None:
        """End what the user bought, heard of or not, and close pages that could still be paid."""
        stripe = self._edges.subscriptions
        bought = {user.subscription_id, *map(stripe.close, sorted(user.checkouts or ()))}
        if user.customer_id:
            bought.update(stripe.live_ones(self._user_id, user.customer_id))
        for subscription_id in sorted(filter(None, bought)):
            stripe.cancel(subscription_id)

    def _erase_stream(self, stream_id: int) -> None:
        self._remove(ShelfItem, self._without_contacts(ShelfItem.query(stream_id)))
        self._remove(RunItem, RunItem.query(stream_id))

    def _without_contacts(self, rows: Iterator[Any]) -> Iterator[Any]:
        """The rows of leads, each after what was looked up about the person is gone.

        A lead need not show it: who asked to be left out since has no contacts there any more.
        """
        while batch := list(islice(rows, _AT_ONCE)):
            people = {row.person.partition("#")[2] for row in batch if isinstance(row, LeadItem)}
            with ContactItem.batch_write() as writer:
                for x_user_id in people:
                    writer.delete(ContactItem(x_user_id, self._user_id))
            yield from batch

    def _erase_beside(self) -> None:
        """What stands by the user's id in tables of its own."""
        user_id = self._user_id
        for kind in (ENRICH, ENRICH_EMAIL):
            history = history_of(user_id, kind)
            for row in HistoryItem.query(history):
                if isinstance(row, LookupItem):
                    ContactItem(row.x_user_id, user_id).delete()
            self._remove(HistoryItem, HistoryItem.query(history))
        for receiver in (*self._receivers(), BodyItem.of(user_id)):
            self._remove(ReceiverItem, ReceiverItem.query(receiver))
        for model in (LedgerItem, NoticeItem, SuppressedItem):
            self._remove(model, model.query(user_id))
        self._edges.storage.remove_all(f"{user_id}/")

    def _receivers(self) -> list[str]:
        """Whom messages were sent to, subscriptions that ended lately among them."""
        bodies = BodyItem.of(self._user_id)
        ended = EndedItem.query(bodies, EndedItem.message_id.startswith(EndedItem.FIRST))
        subscribed = self._subscribed | {row.subscription_id for row in ended}
        found = ((STREAM, self._streams), (WEBHOOK, subscribed))
        return [key_of(self._user_id, kind, each) for kind, ids in found for each in ids]

    def _sweep_again(self) -> None:
        """Runs under way may write for a while yet; who sweeps then goes by these ids."""
        job = EraseUser(
            user_id=self._user_id,
            stream_ids=tuple(sorted(self._streams)),
            account_ids=tuple(sorted(self._accounts)),
            subscription_ids=tuple(sorted(self._subscribed)),
            is_second=True,
        )
        queues.send([job], delay_seconds=SWEEP_AGAIN_SECONDS)

    def _erase_workspace(self) -> None:
        """The user's own row goes last: as long as it is there, so is the way to the rest."""
        user = self._user()
        if user is not None:
            self._free(f"email:{user.email.lower()}")
            self._free(f"ip:{user.signup_ip}")
        self._remove(WorkspaceItem, [row for row in self._rows if row.key != SELF])
        UserItem(self._user_id, SELF).delete()

    def _free(self, identity: str) -> None:
        """Give up an address, unless somebody else has it by now."""
        found = IdentityItem.find(identity)
        if found is not None and found.user_id == self._user_id:
            found.delete()

    def _remove(self, model: type[db.Table], rows: Iterable[Any]) -> None:
        """Remove rows, a hundred at a time. Raises _OutOfTime between two hundreds."""
        iterator: Iterator[Any] = iter(rows)
        while batch := list(islice(iterator, _AT_ONCE)):
            with model.batch_write() as writer:
                for row in batch:
                    writer.delete(row)
            if time.monotonic() > self._until:
                raise _OutOfTime
