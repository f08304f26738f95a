"""What happened in v1: people who were found, what was said of them, and runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chalicelib import clock, ids
from chalicelib.leads.table import LeadItem, person_key
from chalicelib.matching.tiers import follower_tier
from chalicelib.profile import Profile
from chalicelib.runs.table import FAILED, SUCCEEDED, RunItem
from chalicelib.streams.table import StreamItem
from tools.import_v1 import records
from tools.import_v1.numbering import first_choice
from tools.import_v1.streams import Streams, with_labels

CONFIDENCES = {"full": "high", "maybe": "medium"}
MOST_REASONS = 5
"""As the API has it."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was said of a lead, for a segment of the user."""

    lead: LeadItem
    segment_id: int
    content: dict[str, Any]


def leads_of(
    people: Sequence[records.Person], streams: Streams, left_out: list[str]
) -> dict[int, LeadItem]:
    """The leads by the ids of the people; `left_out` names those that belong to nothing."""
    leads = {}
    for person in people:
        missing = streams.missing(person.saved_search_id, person.tracked_account_id)
        if missing:
            left_out.append(f"{person.where}: {missing}")
        else:
            leads[person.id] = _lead(person)
    return leads


def lead_id_of(person: records.Person) -> int:
    """v1's id where it lies below the ids that v2 makes, as all that v1 counted do; else one by
    the line, among numbers of the user that v2 does not come to.
    """
    if person.id < 1 << ids.COUNT_BITS:
        return person.id
    return ids.numbered(person.user_id, 1 << (ids.COUNT_BITS - 1) | person.line)


def _lead(person: records.Person) -> LeadItem:
    profile = Profile(
        id=person.x_user_id,
        handle=person.handle.removeprefix("@"),
        name=person.name,
        bio=person.bio,
        image_url=person.image_url,
        followers=person.followers,
    )
    lead = LeadItem(
        person.saved_search_id,
        person_key(person.tracked_account_id, person.x_user_id),
        lead_id=lead_id_of(person),
        user_id=person.user_id,
        account_id=person.tracked_account_id,
        run_id=0,
        has_matched=True,
        segment_id=person.saved_search_id,
        confidence=CONFIDENCES[person.match_confidence],
        source=person.source_type,
        profile=profile.to_dict(),
        reasons=person.reasons[:MOST_REASONS],
        labels=with_labels(person.labels),
        gender=person.gender,
        follower_tier=follower_tier(person.followers),
    )
    lead.discover(person.discovered_at.replace(microsecond=0))
    lead.place()
    return lead


def verdicts_of(
    given: Sequence[records.Feedback],
    leads: Mapping[int, LeadItem],
    streams: Streams,
    left_out: list[str],
) -> list[Verdict]:
    """What was said last of each lead for each segment."""
    last: dict[tuple[int, int], Verdict] = {}
    for said in sorted(given, key=lambda each: each.created_at):
        if said.person_id not in leads:
            left_out.append(f"{said.where}: names person {said.person_id}, who is not there")
        elif said.saved_search_id not in streams.segments:
            left_out.append(
                f"{said.where}: names saved search {said.saved_search_id}, which is not there"
            )
        else:
            found = Verdict(leads[said.person_id], said.saved_search_id, _content(said))
            last[said.person_id, said.saved_search_id] = found
    return list(last.values())


def _content(said: records.Feedback) -> dict[str, Any]:
    return {
        "segment_id": said.saved_search_id,
        "feedback": said.feedback,
        "bad_reason": said.bad_reason,
        "bad_reason_freeform": said.bad_reason_freeform,
        "at": said.created_at.isoformat(),
    }


def runs_of(
    given: Sequence[records.Run], streams: Streams, left_out: list[str]
) -> Iterator[RunItem]:
    """The runs, each under the number that is its first choice."""
    for run in given:
        missing = streams.missing(run.saved_search_id, run.tracked_account_id)
        if missing:
            left_out.append(f"{run.where}: {missing}")
        else:
            yield _run(run, streams)


def _run(run: records.Run, streams: Streams) -> RunItem:
    at = run.triggered_at.replace(microsecond=0)
    stream: StreamItem = streams.by_id[run.saved_search_id]
    account = streams.accounts[run.tracked_account_id]
    segment = stream.segments[str(run.saved_search_id)]
    return RunItem(
        stream.stream_id,
        first_choice(at, run.saved_search_id, run.tracked_account_id, run.mode),
        user_id=stream.user_id,
        stream_name=stream.name,
        pair_id=streams.pair_id(run.saved_search_id, run.tracked_account_id),
        account_id=account.account_id,
        handle=account.handle,
        segment_id=run.saved_search_id,
        segment_name=segment["name"] or segment["description"],
        source=run.source,
        mode=run.mode,
        status=FAILED if run.status == "failed" else SUCCEEDED,
        triggered_at=at,
        trigger="v1",
        completed_at=_end_of(run, at),
        error=run.error,
        log=[
            {"step": "done", "message": line, "timestamp": clock.iso(at)}
            for line in run.progress_log
        ],
        is_reading=False,
        new_followers=run.new_followers,
        passed=run.candidates_passed,
        medium=run.maybe_count,
    )


def _end_of(run: records.Run, at: datetime) -> datetime:
    return run.completed_at.replace(microsecond=0) if run.completed_at else at
