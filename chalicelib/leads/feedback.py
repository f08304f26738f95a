"""What a user thinks of a lead: one verdict a segment, the last one shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pynamodb.expressions.update import Action

from chalicelib import clock, db, queues
from chalicelib.errors import LeadNotFound, SavedSearchNotFound
from chalicelib.leads.jobs import AnnounceFeedback
from chalicelib.leads.schemas import DEFAULT_BAD_REASON, FeedbackGiven
from chalicelib.leads.table import LeadItem
from chalicelib.segments.table import SegmentItem
from chalicelib.streams.table import StatsItem, StreamItem
from chalicelib.webhooks.table import FeedbackHeardItem

_heard: set[int] = set()
"""Users of whom this process knows that somebody subscribed to their verdicts. Nobody is ever
taken out: what stands for it at rest stays, too."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A lead with the verdict, as much of it as the index of ids has."""

    lead: LeadItem
    has_changed: bool
    """False for a repeat of the verdict that stood: nobody needs to hear of it."""


def give(user_id: int, lead_id: int, given: FeedbackGiven) -> Judged:
    """Keep the verdict in place of an earlier one for the segment.

    Two round trips; three where somebody subscribed to verdicts, and five when this process hears
    of that for the first time. Raises LeadNotFound, and SavedSearchNotFound for a segment that is
    neither the lead's nor one of its stream.
    """
    lead = LeadItem.with_public_id(user_id, lead_id)
    try:
        return _kept(lead, given)
    except db.Conflict:  # it changed, the segment is not its own, or somebody wants to hear of it
        return _kept_as_stored(lead, given)


@db.retried_on_conflict
def _kept_as_stored(known: LeadItem, given: FeedbackGiven) -> Judged:
    stream, lead, is_heard = db.find_together(
        (StreamItem, known.user_id, StreamItem.at(known.stream_id)),
        (LeadItem, known.stream_id, known.person),
        (FeedbackHeardItem, known.user_id, FeedbackHeardItem.KEY),
    )
    if stream is None or lead is None:
        raise LeadNotFound
    if given.segment_id != lead.segment_id and str(given.segment_id) not in stream.segments:
        raise SavedSearchNotFound
    if is_heard:
        _heard.add(lead.user_id)
    return _kept(lead, given)


def _kept(lead: LeadItem, given: FeedbackGiven) -> Judged:
    """Raises Conflict when the lead is not so any more, the segment is not one of the stream, or
    the verdict is heard by somebody whom this process does not know of.
    """
    slot = str(given.segment_id)
    before = lead.verdicts.as_dict().get(slot, {})
    verdict = {**_verdict(given), "at": clock.now().isoformat()}
    has_changed = _without_time(before) != _without_time(verdict)
    is_heard = lead.user_id in _heard
    if has_changed and is_heard:
        _promise(lead, verdict)
    with db.transaction() as write:
        if has_changed and not is_heard:
            nobody = FeedbackHeardItem.key.does_not_exist()
            write.condition_check(
                FeedbackHeardItem, lead.user_id, FeedbackHeardItem.KEY, condition=nobody
            )
        _put(write, lead, slot, verdict, before)
        _count(write, lead.user_id, lead.stream_id, given, before.get("feedback"))
    lead.verdicts[slot] = verdict
    return Judged(lead, has_changed)


def _put(
    write: db.Write,
    lead: LeadItem,
    slot: str,
    verdict: dict[str, Any],
    before: dict[str, Any],
) -> None:
    """Store the verdict if the one before still stands and the segment is the lead's or one of
    the stream.
    """
    place = db.member(LeadItem.verdicts, slot)
    stands = place["at"] == before["at"] if before else place.does_not_exist()
    condition = LeadItem.person.exists() & stands
    if slot == str(lead.segment_id):
        condition &= LeadItem.segment_id == lead.segment_id
    else:
        segment = db.member(StreamItem.segments, slot)
        stream = StreamItem.at(lead.stream_id)
        write.condition_check(StreamItem, lead.user_id, stream, condition=segment.exists())
    write.update(
        LeadItem(lead.stream_id, lead.person), actions=[place.set(verdict)], condition=condition
    )


def _promise(lead: LeadItem, verdict: dict[str, Any]) -> None:
    """Have it told, before it is stored: whoever dies in between has told nobody a lie.

    The message looks for the verdict, and says nothing of one that never came to stand.
    """
    promised = AnnounceFeedback(
        user_id=lead.user_id,
        stream_id=lead.stream_id,
        person=lead.person,
        segment_id=verdict["segment_id"],
        given_at=verdict["at"],
    )
    queues.send([promised])


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
