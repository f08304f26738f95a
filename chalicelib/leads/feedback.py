"""What a user thinks of a lead: one verdict a segment, the last one shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pynamodb.expressions.update import Action

from chalicelib import clock, db
from chalicelib.errors import LeadNotFound, SavedSearchNotFound
from chalicelib.leads.schemas import DEFAULT_BAD_REASON, FeedbackGiven
from chalicelib.leads.table import LeadItem, key_of
from chalicelib.segments.table import SegmentItem
from chalicelib.streams.table import StatsItem, StreamItem


@dataclass(frozen=True, slots=True)
class Judged:
    """The lead as it stands now."""

    lead: LeadItem
    stream: StreamItem
    has_changed: bool
    """False for a repeat of the verdict that stood: nobody needs to hear of it."""


@db.retried_on_conflict
def give(user_id: int, lead_id: int, given: FeedbackGiven) -> Judged:
    """Keep the verdict in place of an earlier one for the segment. Three round trips.

    Raises LeadNotFound, and SavedSearchNotFound for a segment that is neither the lead's nor one
    of its stream.
    """
    stream, lead = _found(user_id, *key_of(lead_id))
    slot, condition = str(given.segment_id), LeadItem.person.exists()
    if given.segment_id not in {pair.segment_id for pair in stream.pairs}:
        if lead.segment_id != given.segment_id:
            raise SavedSearchNotFound
        condition &= LeadItem.segment_id == given.segment_id
    before = lead.verdicts.as_dict().get(slot, {})
    verdict = {**_verdict(given), "at": clock.now().isoformat()}
    place = db.member(LeadItem.verdicts, slot)
    stands = place["at"] == before["at"] if before else place.does_not_exist()
    with db.transaction() as write:
        write.update(
            LeadItem(lead.stream_id, lead.person),
            actions=[place.set(verdict)],
            condition=condition & stands,
        )
        _count(write, user_id, stream.stream_id, given, before.get("feedback"))
    lead.verdicts[slot] = verdict
    return Judged(lead, stream, has_changed=_without_time(before) != _without_time(verdict))


def _found(user_id: int, stream_id: int, person: str) -> tuple[StreamItem, LeadItem]:
    stream, lead = db.find_together(
        (StreamItem, user_id, StreamItem.at(stream_id)), (LeadItem, stream_id, person)
    )
    if stream is None or lead is None:
        raise LeadNotFound
    return stream, lead


def _count(
    write: db.Write, user_id: int, stream_id: int, given: FeedbackGiven, before: str | None
) -> None:
    """Count a lead as good or bad once, for its stream and for the segment."""
    if given.feedback == before:
        return
    for key, kind in (
        (StatsItem.at(stream_id), StatsItem),
        (SegmentItem.at(given.segment_id), SegmentItem),
    ):
        counters = {"good": kind.good, "bad": kind.bad}
        actions: list[Action] = [counters[given.feedback].add(1)]
        if before:
            actions.append(counters[before].add(-1))
        write.update(kind(user_id, key), actions=actions)


def _verdict(given: FeedbackGiven) -> dict[str, Any]:
    is_bad = given.feedback == "bad"
    return {
        "segment_id": given.segment_id,
        "feedback": given.feedback,
        "bad_reason": (given.bad_reason or DEFAULT_BAD_REASON) if is_bad else None,
        "bad_reason_freeform": given.bad_reason_freeform,
    }


def _without_time(verdict: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in verdict.items() if name != "at"}
