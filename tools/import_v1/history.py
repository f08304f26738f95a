"""What happened in v1: people who were found, what was said of them, and runs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from chalicelib import clock, ids
from chalicelib.leads.table import LeadItem, person_key
from chalicelib.profile import Profile
from chalicelib.runs.table import FAILED, SUCCEEDED, RunItem
from chalicelib.streams.table import PairMap, StreamItem
from tools.import_v1 import records
from tools.import_v1.reading import Belongings

CONFIDENCES = {"full": "high", "maybe": "medium"}


def verdicts_of(found: Belongings) -> dict[int, dict[str, dict[str, Any]]]:
    """Feedback by person and segment; the last one given stands."""
    verdicts: dict[int, dict[str, dict[str, Any]]] = {}
    for said in sorted(found.of(records.Feedback), key=lambda each: each.created_at):
        verdicts.setdefault(said.person_id, {})[str(said.saved_search_id)] = {
            "segment_id": said.saved_search_id,
            "feedback": said.feedback,
            "bad_reason": said.bad_reason,
            "bad_reason_freeform": said.bad_reason_freeform,
            "at": said.created_at.astimezone(UTC).isoformat(),
        }
    return verdicts


def leads_of(
    people: Sequence[records.Person],
    streams: dict[int, StreamItem],
    verdicts: dict[int, dict[str, dict[str, Any]]],
    left_out: list[str],
) -> Iterator[LeadItem]:
    """The people, in the order that numbers them; `left_out` names those without a stream."""
    for number, person in enumerate(people, 1):
        if person.saved_search_id in streams:
            lead = _lead(person, ids.numbered(person.user_id, number))
            lead.verdicts = verdicts.get(person.id, {})
            yield lead
        else:
            left_out.append(
                f"people_of_interest: {person.id} is of saved search {person.saved_search_id}, "
                "which has no accounts"
            )


def _lead(person: records.Person, lead_id: int) -> LeadItem:
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
        lead_id=lead_id,
        user_id=person.user_id,
        account_id=person.tracked_account_id,
        run_id=0,
        has_matched=True,
        segment_id=person.saved_search_id,
        confidence=CONFIDENCES[person.match_confidence],
        source=person.source_type,
        profile=profile.to_dict(),
        reasons=person.reasons,
        labels=person.labels,
        gender=person.gender,
    )
    lead.discover(_whole(person.discovered_at))
    lead.place()
    return lead


def _whole(instant: datetime) -> datetime:
    return instant.astimezone(UTC).replace(microsecond=0)


def runs_of(
    found: Belongings, streams: dict[int, StreamItem], left_out: list[str]
) -> Iterator[RunItem]:
    """The runs. Their ids sort before those of v2, whose clock begins in 2026."""
    ordered = sorted(found.of(records.Run), key=lambda run: run.triggered_at)
    for number, run in enumerate(ordered, 1):
        stream = streams.get(run.saved_search_id)
        pairs = stream.pairs if stream else []
        pair = next((each for each in pairs if each.account_id == run.tracked_account_id), None)
        if stream is None or pair is None:
            left_out.append(f"runs: {run.triggered_at.isoformat()} is of a pair that is not there")
            continue
        yield _run(run, stream, pair, number << ids.USER_BITS | stream.user_id)


def _run(run: records.Run, stream: StreamItem, pair: PairMap, run_id: int) -> RunItem:
    at = _whole(run.triggered_at)
    segment = stream.segments[str(pair.segment_id)]
    return RunItem(
        stream.stream_id,
        run_id,
        user_id=stream.user_id,
        stream_name=stream.name,
        pair_id=pair.pair_id,
        account_id=pair.account_id,
        handle=pair.handle,
        segment_id=pair.segment_id,
        segment_name=segment["name"] or segment["description"],
        source=run.source,
        mode=run.mode,
        status=FAILED if run.status == "failed" else SUCCEEDED,
        triggered_at=at,
        trigger="v1",
        completed_at=_whole(run.completed_at or run.triggered_at),
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
