"""A run that is over and found leads, put down as it would stand, without the work of finding."""

from __future__ import annotations

from datetime import timedelta

from chalicelib import clock
from chalicelib.ids import numbered
from chalicelib.leads.table import LeadItem, person_key
from chalicelib.runs.jobs import Announce
from chalicelib.runs.table import SUCCEEDED, SYNC, RunItem
from chalicelib.streams.table import PairMap, StreamItem

_FIRST_COUNT = 1_000_000
"""Of the made-up ids: far from those that the user's own leads get."""


def a_stream(user_id: int, stream_id: int = 905) -> int:
    """The row of a stream with one pair, and its id."""
    now = clock.now()
    pair = PairMap(
        pair_id=1, account_id=31, handle="orbitdesk", tier="pro", segment_id=77, created_at=now
    )
    StreamItem(
        user_id,
        StreamItem.at(stream_id),
        stream_id=stream_id,
        name="made up",
        pairs=[pair],
        created_at=now,
        updated_at=now,
    ).save()
    return stream_id


def found_by_a_run(user_id: int, stream_id: int, number: int, *, run_id: int = 7_712) -> Announce:
    """So many leads of one run, half of them high; the message that announces them."""
    stream = StreamItem.get(user_id, StreamItem.at(stream_id))
    pair = stream.pairs[0]
    now = clock.now().replace(microsecond=0)
    RunItem(
        stream_id,
        run_id,
        user_id=user_id,
        stream_name=stream.name,
        pair_id=pair.pair_id,
        account_id=pair.account_id,
        handle=pair.handle,
        segment_id=pair.segment_id,
        segment_name="made up",
        source="manual",
        mode=SYNC,
        status=SUCCEEDED,
        triggered_at=now - timedelta(minutes=1),
        completed_at=now,
        trigger="made up",
        is_reading=False,
        entered=number,
    ).save()
    with LeadItem.batch_write() as writer:
        for count in range(number):
            lead = LeadItem(
                stream_id,
                person_key(pair.account_id, f"{run_id}{count:06d}"),
                lead_id=numbered(user_id, _FIRST_COUNT + run_id * 1_000 + count),
                user_id=user_id,
                account_id=pair.account_id,
                run_id=run_id,
                has_matched=True,
                segment_id=pair.segment_id,
                confidence="high" if count % 2 else "medium",
                source="new_follower",
                profile=_profile(count),
                reasons=["bio names an engineer"],
                labels={"job_title": ["Software Engineer"]},
                follower_tier="under_1k",
            )
            lead.discover(now)
            lead.place()
            writer.save(lead)
    return Announce(user_id=user_id, stream_id=stream_id, run_id=run_id)


def _profile(count: int) -> dict[str, object]:
    return {
        "id": f"{9_000_000 + count}",
        "handle": f"found_{count}",
        "name": f"Found Number{count}",
        "bio": "Software engineer. I write backend services in Python and ride to work.",
        "followers": 150 + count,
    }
