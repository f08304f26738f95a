"""Making the rest agree with a user's workspace: at once after a change, or by the upkeep queue."""

from __future__ import annotations

from chalicelib import db
from chalicelib.accounts.granting import grant_due
from chalicelib.accounts.paying import follow_slots
from chalicelib.accounts.tracked import changing
from chalicelib.billing.subscriptions import Subscriptions
from chalicelib.follow_up import FollowUp
from chalicelib.scheduling.schedules import NEVER, Schedules, Times
from chalicelib.streams.table import StreamItem
from chalicelib.streams.workspace import Workspace
from chalicelib.telemetry import logger

_MOST = db.TRANSACTION_LIMIT - 1
"""Streams that one transaction writes beside the user's own row."""


class Upkeep:
    """Does what was promised. Each part may be repeated, in any order, at any time."""

    def __init__(self, schedules: Schedules, subscriptions: Subscriptions) -> None:
        self._schedules = schedules
        self._subscriptions = subscriptions

    def soon(self, job: FollowUp | None) -> None:
        """Do it now if it can be done; else the message that promised it brings it again."""
        if job is None:
            return
        try:
            self.follow(job)
        except Exception:
            logger.exception("left to the upkeep queue", extra=job.model_dump(exclude_none=True))

    def follow(self, job: FollowUp) -> None:
        """Do it now."""
        if job.account_id is not None:
            follow_account(job.user_id, job.account_id)
        if job.stream_id is not None:
            follow_stream(job.user_id, job.stream_id, self._schedules)
        if job.credits:
            grant_due(job.user_id)
        if job.telling is not None:
            follow_slots(job.user_id, job.telling, self._subscriptions)


def follow_stream(user_id: int, stream_id: int, schedules: Schedules) -> None:
    """Give a stream the schedules that it should have, until it stands still meanwhile.

    Two that do this at once may mix old and new; whoever is last looks again and sets it right.
    """
    done: Times | None = None
    wanted = _scheduled(user_id, stream_id)
    while wanted != done:
        schedules.keep(user_id, stream_id, wanted)
        done, wanted = wanted, _scheduled(user_id, stream_id)


def _scheduled(user_id: int, stream_id: int) -> Times:
    stream = StreamItem.find(user_id, StreamItem.at(stream_id))
    return NEVER if stream is None else times_of(stream)


def times_of(stream: StreamItem) -> Times:
    """When schedules run a stream."""
    return Times(tuple(stream.sync_times), stream.timezone) if stream.is_automated else NEVER


@db.retried_on_conflict
def follow_account(user_id: int, account_id: int) -> None:
    """Show an account's handle and tier in the pairs of all its streams."""
    workspace = Workspace.to_change(user_id)
    account = workspace.accounts[account_id]
    stale = []
    for stream in workspace.streams.values():
        pairs = [pair for pair in stream.pairs if pair.account_id == account_id]
        if any((pair.handle, pair.tier) != (account.handle, account.tier) for pair in pairs):
            for pair in pairs:
                pair.handle, pair.tier = account.handle, account.tier
            stale.append(stream)
    if not stale:
        return
    with changing(workspace.owner) as write:
        for stream in stale[:_MOST]:
            write.update(
                StreamItem(user_id, stream.key), actions=[StreamItem.pairs.set(stream.pairs)]
            )
    if len(stale) > _MOST:
        follow_account(user_id, account_id)
