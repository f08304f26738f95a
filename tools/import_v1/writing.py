"""Writes a user's rows; what is there stays as it is, so that a second import adds nothing."""

from __future__ import annotations

from dataclasses import dataclass, field

from chalicelib import db, queues
from chalicelib.auth.users import IdentityItem
from chalicelib.follow_up import FollowDigest, FollowUp
from chalicelib.runs.table import RunItem
from chalicelib.streams.table import StatsItem
from tools.import_v1.mapping import Removable, Rows
from tools.import_v1.marks import MarkItem, has_come
from tools.import_v1.mending import mend
from tools.import_v1.numbering import numbered
from tools.import_v1.writing_leads import write_leads, write_verdicts


@dataclass
class Written:
    """How many rows were new, how many were there already, and what could not be written."""

    new: int = 0
    known: int = 0
    refused: list[str] = field(default_factory=list)

    def count(self, *, new: int, of: int) -> None:
        """So many rows of so many were new."""
        self.new += new
        self.known += of - new


def write(found: Rows) -> Written:
    """Write everything of one user that is not there. May be repeated, and killed at any point.

    The user's own row comes behind what the user has, and before the keys that open it.
    """
    done = Written()
    done.new += mend(found.streams)
    for row in found.standing:
        done.count(new=_put(row), of=1)
    done.count(new=write_leads(found.leads), of=len(found.leads))
    done.count(new=write_verdicts(found.verdicts), of=len(found.verdicts))
    done.count(new=_write_runs(found), of=len(found.runs))
    done.count(new=_write_self(found), of=1)
    for each in found.removable:
        _write_once(each, done)
    _send_after(found)
    return done


def _put(row: db.Table) -> bool:
    """Whether it is new."""
    try:
        with db.conditional():
            row.save(condition=type(row)._hash_key_attribute().does_not_exist())
    except db.Conflict:
        return False
    return True


def _write_runs(found: Rows) -> int:
    """How many are new. The newest one of each stream is shown with it, unless v2 ran since."""
    new = sum(_put(run) for run in numbered(found.runs, found.streams.by_id))
    newest = {run.stream_id: run for run in sorted(found.runs, key=lambda run: run.run_id)}
    for run in newest.values():
        _show(run)
    return new


def _show(run: RunItem) -> None:
    shown = StatsItem.last_run_id
    try:
        with db.conditional():
            StatsItem(run.user_id, StatsItem.at(run.stream_id)).update(
                actions=[
                    StatsItem.last_run_id.set(run.run_id),
                    StatsItem.last_run_status.set(run.status),
                    StatsItem.last_run_at.set(run.completed_at),
                ],
                condition=shown.does_not_exist() | (shown < run.run_id),
            )
    except db.Conflict:
        return


def _write_self(found: Rows) -> bool:
    """The user's row, the address, and the mark that outlives both: together or not at all."""
    is_mine = IdentityItem.identity.does_not_exist() | (IdentityItem.user_id == found.user.user_id)
    try:
        with db.transaction() as write:
            write.save(found.mark, condition=MarkItem.key.does_not_exist())
            write.save(found.address, condition=is_mine)
            write.save(found.user, condition=type(found.user).key.does_not_exist())
    except db.Conflict:
        if not has_come(found.mark):
            raise
        return False
    return True


def _write_once(each: Removable, done: Written) -> None:
    try:
        with db.transaction() as write:
            write.save(each.mark, condition=MarkItem.key.does_not_exist())
            for row in each.rows:
                write.save(row, condition=type(row)._hash_key_attribute().does_not_exist())
        done.new += len(each.rows)
    except db.Conflict:
        if has_come(each.mark):
            done.known += len(each.rows)
        else:
            done.refused.append(f"{each.where}: v2 has one with this id, name, address or key")


def _send_after(found: Rows) -> None:
    """Have schedules follow: come, and go where a mended line takes them. Last, since they follow
    nobody whose row is not there, and at every run, so that one that is killed before leaves it to
    the next.
    """
    user_id, streams = found.user.user_id, found.streams.by_id
    jobs: list[queues.Job] = [FollowUp(user_id=user_id, stream_id=each) for each in streams]
    if streams:
        jobs.append(FollowDigest(user_id=user_id))
    queues.send(jobs)
