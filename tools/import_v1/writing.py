"""Writes a user's rows; what is there stays as it is, so that a second import adds nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from chalicelib import db, queues
from chalicelib.auth.users import SELF, IdentityItem, UserItem
from chalicelib.follow_up import FollowUp
from chalicelib.leads.table import LeadItem
from chalicelib.leads.tally import Changes, new_tally
from tools.import_v1.mapping import Rows

_LEADS_AT_ONCE = 40
"""Leads in one transaction, with the two rows that count them."""


@dataclass
class Written:
    """How many rows were new, and how many were there already."""

    new: int = 0
    known: int = 0


def is_done(user_id: int) -> bool:
    """Whether this user was imported to the end: the user's own row is written last."""
    return UserItem.find(user_id, SELF) is not None


def is_taken(found: Rows) -> bool:
    """Whether somebody else signs in with this user's address already."""
    *_, identity, user = found.rows
    known = IdentityItem.find(identity.identity)
    return known is not None and known.user_id != user.user_id


def write(found: Rows) -> Written:
    """Write everything of one user. May be repeated, and killed at any point."""
    done = Written()
    *others, identity, user = found.rows
    tallies = [row for stream in found.streams for row in new_tally(stream)]
    for row in [*tallies, *others]:
        _put(row, done)
    for stream in found.streams:
        leads = [lead for lead in found.leads if lead.stream_id == stream.stream_id]
        _write_leads(stream.user_id, stream.stream_id, leads, done)
    _put(identity, done)
    _put(user, done)
    queues.send(
        [
            FollowUp(user_id=stream.user_id, stream_id=stream.stream_id)
            for stream in found.streams
            if stream.is_automated
        ]
    )
    return done


def _put(row: db.Table, done: Written) -> None:
    try:
        with db.conditional():
            row.save(condition=type(row)._hash_key_attribute().does_not_exist())
        done.new += 1
    except db.Conflict:
        done.known += 1


def _write_leads(user_id: int, stream_id: int, leads: Sequence[LeadItem], done: Written) -> None:
    """Leads together with what counts them, so that a repeated one is not counted twice."""
    for together in _in_parts(leads, _LEADS_AT_ONCE):
        try:
            _write_together(user_id, stream_id, together)
            done.new += len(together)
        except db.Conflict:
            if len(together) == 1:
                done.known += 1
            else:
                for lead in together:
                    _write_leads(user_id, stream_id, [lead], done)


def _write_together(user_id: int, stream_id: int, leads: Sequence[LeadItem]) -> None:
    changes = Changes(user_id, stream_id)
    with db.transaction() as write:
        for lead in leads:
            write.save(lead, condition=LeadItem.person.does_not_exist())
            changes.comes(lead)
        changes.write(write)


def _in_parts(leads: Sequence[LeadItem], size: int) -> Iterator[Sequence[LeadItem]]:
    for start in range(0, len(leads), size):
        yield leads[start : start + size]
