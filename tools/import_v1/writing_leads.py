"""Writes leads with what counts them, and what was said of them, each once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from chalicelib import db
from chalicelib.leads.table import LeadItem
from chalicelib.leads.tally import Changes
from chalicelib.segments.table import SegmentItem
from chalicelib.streams.table import StatsItem
from tools.import_v1.history import Verdict

_AT_ONCE = 40
"""Leads in one transaction, with the two rows that count them."""


def write_leads(leads: Sequence[LeadItem]) -> int:
    """Write those that are not there; how many."""
    there = _there(leads)
    new = [lead for lead in leads if _key(lead) not in there]
    by_stream = groupby(sorted(new, key=_key), key=lambda lead: lead.stream_id)
    return sum(_write(part) for _, found in by_stream for part in _in_parts(list(found)))


def _write(leads: Sequence[LeadItem]) -> int:
    """Leads together with what counts them, so that a repeated one is not counted twice."""
    changes = Changes(leads[0].user_id, leads[0].stream_id)
    try:
        with db.transaction() as write:
            for lead in leads:
                write.save(lead, condition=LeadItem.person.does_not_exist())
                changes.comes(lead)
            changes.write(write)
    except db.Conflict:
        return 0 if len(leads) == 1 else sum(_write([lead]) for lead in leads)
    return len(leads)


def write_verdicts(verdicts: Sequence[Verdict]) -> int:
    """Write those that nobody gave since; how many. Each is counted with it, as the API does."""
    there = _there([each.lead for each in verdicts])
    return sum(
        _say(each)
        for each in verdicts
        if (lead := there.get(_key(each.lead)))
        and str(each.segment_id) not in lead.verdicts.as_dict()
    )


def _say(verdict: Verdict) -> bool:
    lead, segment_id = verdict.lead, verdict.segment_id
    place = db.member(LeadItem.verdicts, str(segment_id))
    stream = StatsItem(lead.user_id, StatsItem.at(lead.stream_id))
    segment = SegmentItem(lead.user_id, SegmentItem.at(segment_id))
    kind = verdict.content["feedback"]
    try:
        with db.transaction() as write:
            write.update(
                LeadItem(lead.stream_id, lead.person),
                actions=[place.set(verdict.content)],
                condition=LeadItem.person.exists() & place.does_not_exist(),
            )
            write.update(stream, actions=[getattr(StatsItem, kind).add(1)])
            write.update(segment, actions=[getattr(SegmentItem, kind).add(1)])
    except db.Conflict:
        return False
    return True


def _there(leads: Sequence[LeadItem]) -> dict[tuple[int, str], LeadItem]:
    found = LeadItem.find_all({_key(lead) for lead in leads})
    return {_key(row): row for row in found if isinstance(row, LeadItem)}


def _key(lead: LeadItem) -> tuple[int, str]:
    return lead.stream_id, lead.person


def _in_parts(leads: Sequence[LeadItem]) -> Iterator[Sequence[LeadItem]]:
    for start in range(0, len(leads), _AT_ONCE):
        yield leads[start : start + _AT_ONCE]
