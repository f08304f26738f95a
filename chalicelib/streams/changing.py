"""Changing a stream: what is absent stays; a list of pairs replaces the pairs that it has."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from pydantic import BaseModel

from chalicelib import clock, db
from chalicelib.accounts.ripening import ripen
from chalicelib.accounts.tracked import changing
from chalicelib.errors import StreamNotFound
from chalicelib.follow_up import FollowDigest, FollowUp, promise
from chalicelib.http.attempts import Attempt
from chalicelib.profile import Profile
from chalicelib.segments import rules as segment_rules
from chalicelib.segments.rules import Filters
from chalicelib.streams import pairing, rules
from chalicelib.streams.admission import Wish, admit
from chalicelib.streams.edges import Edges
from chalicelib.streams.inputs import StreamPatch
from chalicelib.streams.opening import (
    follow_up_of,
    pair_rows,
    segments_embedded,
    take_slots,
    write_plan,
)
from chalicelib.streams.pairing import Plan
from chalicelib.streams.schemas import PairsDiff, StreamChanged
from chalicelib.streams.table import PairMap, StreamItem
from chalicelib.streams.workspace import Workspace
from chalicelib.webhooks.signing import new_secret

_SCHEDULED = frozenset({"sync_times", "timezone", "is_active", "is_archived"})
"""What a stream's schedules are made from."""
_DIGESTED = frozenset({"email_digest_override", "is_archived"})
"""What the schedule of the user's digests is made from."""
_CONFIGURATION = _SCHEDULED | {
    "name",
    "auto_enrich_linkedin",
    "auto_enrich_email",
    "email_mode",
    "email_digest_override",
    "telegram_override",
    "delivery_destination",
    "webhook_url",
    "webhook_secret",
    "former_webhook_secret",
    "former_webhook_secret_until",
    "csv_email_recipients",
}
_ARCHIVE = StreamPatch.model_validate({"isArchived": True})


PairsBeside = Callable[[db.Write, int, Sequence[PairMap]], None]
"""Writes what other rooms keep of a stream's pairs, of stream and pairs."""


class _Made(BaseModel):
    """A change that is written; what an interrupted attempt leaves to the next one."""

    answer: StreamChanged
    job: FollowUp | None = None


@dataclass(frozen=True, slots=True)
class _Change:
    """A stream before a change, its pairs after it, and what differs."""

    before: StreamItem
    plan: Plan
    attributes: dict[str, Any]


def archive(user_id: int, stream_id: int, *, edges: Edges) -> None:
    """Archive a stream. May be repeated. Raises StreamNotFound."""
    change(
        user_id, stream_id, _ARCHIVE, attempt=Attempt(None), edges=edges, pairs_beside=_untouched
    )


def _untouched(_write: db.Write, stream_id: int, _pairs: Sequence[PairMap]) -> None:
    raise AssertionError(f"archiving stream {stream_id} changes no pairs")


def change(
    user_id: int,
    stream_id: int,
    body: StreamPatch,
    *,
    attempt: Attempt,
    edges: Edges,
    pairs_beside: PairsBeside,
) -> StreamChanged:
    """Change a stream; all or nothing, gates in the order of creating one.

    Raises StreamNotFound, StreamArchived and what creating raises.
    """
    inline = segment_rules.read([pair.segment for pair in body.pairs or () if pair.segment])
    known: dict[str, Profile] = {}

    @db.retried_on_conflict
    def decide_and_write() -> _Made:
        note = attempt.earlier()
        if note is not None:
            return _Made.model_validate(note)
        workspace = Workspace.to_change(user_id)
        ripen(workspace.owner, workspace.accounts.values())
        found = _decide(workspace, stream_id, body, inline, known=known, edges=edges)
        if not found.attributes:
            return _Made(answer=_answer(body, found))
        slots = take_slots(found.plan, workspace, edges.subscriptions)
        reschedules = bool(_SCHEDULED & found.attributes.keys())
        job = follow_up_of(found.plan, workspace, slots, stream_id if reschedules else None)
        made = _Made(answer=_answer(body, found), job=job)
        promise(job, FollowDigest(user_id=user_id) if _DIGESTED & found.attributes.keys() else None)
        with changing(workspace.owner, slots=slots, untold=job.telling if job else None) as write:
            _write(write, found)
            if "pairs" in found.attributes:
                pairs_beside(write, stream_id, found.attributes["pairs"])
            write_plan(write, found.plan, workspace.owner)
            attempt.keep(write, made.model_dump(mode="json", exclude_unset=True))
        return made

    made = decide_and_write()
    edges.follow(made.job)
    return made.answer


def _decide(
    workspace: Workspace,
    stream_id: int,
    body: StreamPatch,
    inline: Sequence[Filters],
    *,
    known: dict[str, Profile],
    edges: Edges,
) -> _Change:
    before = workspace.streams.get(stream_id)
    if before is None:
        raise StreamNotFound
    wanted = _configuration(before, body)
    times, state = wanted["sync_times"], rules.State(wanted["is_active"], wanted["is_archived"])
    wish = Wish(
        is_automated=state.is_automated(times),
        before=before,
        sync_times=() if body.pairs is None and body.sync_times is None else times,
        webhook_url=body.webhook_url,
    )
    if body.pairs is None:
        plan = pairing.as_it_is(before, workspace)
    else:
        plan = pairing.plan(body.pairs, inline, workspace, wish.present)
    plan = admit(plan, wish, workspace, edges, known)
    if body.pairs is not None:
        now = clock.now().replace(microsecond=0)
        wanted["pairs"] = pair_rows(plan, workspace.owner, before.pairs, now)
        wanted["segments"] = segments_embedded(plan)
    changed = {name: value for name, value in wanted.items() if value != getattr(before, name)}
    return _Change(before, plan, changed)


def _configuration(before: StreamItem, body: StreamPatch) -> dict[str, Any]:
    """The whole configuration that the stream is to have, by attribute."""
    found = {name: getattr(before, name) for name in _CONFIGURATION} | body.attributes()
    state = rules.State(before.is_active, before.is_archived).after(
        is_active=body.is_active, is_archived=body.is_archived
    )
    if found["webhook_url"] != before.webhook_url:
        found["webhook_secret"] = new_secret() if found["webhook_url"] else None
        found["former_webhook_secret"] = found["former_webhook_secret_until"] = None
    rules.refuse_webhook_without_url(found["delivery_destination"], found["webhook_url"])
    return found | asdict(state)


def _answer(body: StreamPatch, made: _Change) -> StreamChanged:
    shown: dict[str, object] = {"id": made.before.stream_id}
    if body.pairs is not None:
        present = {pair.segment_id for pair in made.before.pairs}
        shown["pairs_diff"] = PairsDiff(
            added_accounts=made.plan.accounts_shown(),
            added_segments=made.plan.segments_shown(present),
        )
    secret = made.attributes.get("webhook_secret")
    return StreamChanged.model_validate(shown | ({"webhook_secret": secret} if secret else {}))


def _write(write: db.Write, made: _Change) -> None:
    """Only what differs: a delivery may have changed the rest meanwhile."""
    now = clock.now().replace(microsecond=0)
    write.update(
        StreamItem(made.before.user_id, made.before.key),
        actions=[
            StreamItem.updated_at.set(now),
            *(db.put(getattr(StreamItem, name), value) for name, value in made.attributes.items()),
        ],
    )
