"""Creating a stream with its accounts and its segment: plan, admit, write, follow up."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from pydantic import BaseModel

from chalicelib import clock, db, ids
from chalicelib.accounts.ripening import ripen
from chalicelib.accounts.tracked import changing
from chalicelib.follow_up import FollowDigest, FollowUp, promise
from chalicelib.http.attempts import Attempt
from chalicelib.profile import Profile
from chalicelib.scheduling.rules import default_slot
from chalicelib.segments import rules as segment_rules
from chalicelib.streams import pairing, rules
from chalicelib.streams.admission import Wish, admit
from chalicelib.streams.edges import Edges
from chalicelib.streams.inputs import StreamCreate
from chalicelib.streams.opening import (
    follow_up_of,
    pair_rows,
    segments_embedded,
    take_slots,
    write_plan,
)
from chalicelib.streams.pairing import Plan
from chalicelib.streams.schemas import StreamCreated
from chalicelib.streams.table import StatsItem, StreamItem
from chalicelib.streams.workspace import Workspace
from chalicelib.webhooks.signing import new_secret

RowsBeside = Callable[[StreamItem], Iterable[db.Table]]
"""Makes the rows that other rooms want with a new stream."""


class _Made(BaseModel):
    """A stream that is written; what an interrupted attempt leaves to the next one."""

    answer: StreamCreated
    job: FollowUp | None


def create(
    user_id: int, body: StreamCreate, *, attempt: Attempt, edges: Edges, rows_beside: RowsBeside
) -> StreamCreated:
    """Create a stream; all or nothing, gates in the order of the API's documentation."""
    inline = segment_rules.read([pair.segment for pair in body.pairs if pair.segment])
    known: dict[str, Profile] = {}

    @db.retried_on_conflict
    def decide_and_write() -> _Made:
        note = attempt.earlier()
        if note is not None:
            return _Made.model_validate(note)
        workspace = Workspace.to_change(user_id)
        ripen(workspace.owner, workspace.accounts.values())
        plan = pairing.plan(body.pairs, inline, workspace)
        plan = admit(plan, _wish(body), workspace, edges, known)
        slots = take_slots(plan, workspace, edges.subscriptions)
        stream = _stream(body, plan, workspace)
        scheduled = stream.stream_id if stream.is_automated else None
        job = follow_up_of(plan, workspace, slots, scheduled)
        made = _made(stream, plan, job)
        is_news = not workspace.streams or body.email_digest_override is not None
        promise(job, FollowDigest(user_id=user_id) if is_news else None)
        with changing(workspace.owner, slots=slots, untold=job.telling if job else None) as write:
            _write(write, stream, rows_beside(stream))
            write_plan(write, plan, workspace.owner)
            attempt.keep(write, made.model_dump(mode="json", exclude_unset=True))
        return made

    made = decide_and_write()
    edges.follow(made.job)
    return made.answer


def _wish(body: StreamCreate) -> Wish:
    return Wish(
        is_automated=body.sync_times != [],
        sync_times=body.sync_times or (),
        webhook_url=body.webhook_url,
        runs_now=body.run_now,
    )


def _made(stream: StreamItem, plan: Plan, job: FollowUp | None) -> _Made:
    answer = StreamCreated(
        id=stream.stream_id, accounts=plan.accounts_shown(), segments=plan.segments_shown()
    )
    if stream.webhook_secret:
        answer = answer.model_copy(update={"webhook_secret": stream.webhook_secret})
    return _Made(answer=answer, job=job)


def _write(write: db.Write, stream: StreamItem, beside: Iterable[db.Table]) -> None:
    write.save(stream, condition=StreamItem.key.does_not_exist())
    stats = StatsItem.at(stream.stream_id)
    write.save(StatsItem(stream.user_id, stats, stream_id=stream.stream_id))
    for row in beside:
        write.save(row)


def _stream(body: StreamCreate, plan: Plan, workspace: Workspace) -> StreamItem:
    owner, stream_id = workspace.owner, ids.new_id()
    now = clock.now().replace(microsecond=0)
    accounts = [used.row for used in plan.accounts]
    segment = plan.segments[0]
    derived: dict[str, Any] = {
        "name": rules.derived_name(
            str(segment.name or segment.description), [account.handle for account in accounts]
        ),
        "sync_times": [default_slot(str(accounts[0].x_user_id))],
        "timezone": owner.timezone,
    }
    return StreamItem(
        owner.user_id,
        StreamItem.at(stream_id),
        stream_id=stream_id,
        webhook_secret=new_secret() if body.webhook_url else None,
        pairs=pair_rows(plan, owner, [], now),
        segments=segments_embedded(plan),
        created_at=now,
        updated_at=now,
        **derived | body.attributes(),
    )
