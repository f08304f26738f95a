"""Creating a stream with its accounts and its segment: plan, check, look up, write, announce."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Callable, Iterable
from typing import Protocol

from chalicelib import clock, db, ids
from chalicelib.accounts.table import AccountItem
from chalicelib.auth.users import SELF, IdentityItem, UserItem, numbers
from chalicelib.billing.plans import FREE
from chalicelib.errors import FreeAccountIpDuplicate, UnsafeUrl
from chalicelib.profile import Profile
from chalicelib.scheduling.rules import default_slot
from chalicelib.segments import rules as segment_rules
from chalicelib.segments.schemas import shown as segment_shown
from chalicelib.streams import pairing, rules
from chalicelib.streams.pairing import HandleLookup, Plan
from chalicelib.streams.schemas import SegmentUsed, StreamCreate, StreamCreated
from chalicelib.streams.table import PairMap, StatsItem, StreamItem
from chalicelib.streams.workspace import Workspace


class StreamSchedules(Protocol):
    """Makes streams run at their times of day."""

    def put(self, user_id: int, stream_id: int, sync_times: list[str], timezone: str) -> None:
        """Idempotent."""


class AddressCheck(Protocol):
    """Tells whether a URL is safe to call from our network."""

    def __call__(self, url: str, /) -> bool: ...


def create(
    user_id: int,
    body: StreamCreate,
    *,
    lookup: HandleLookup,
    schedules: StreamSchedules,
    is_safe: AddressCheck,
    rows_beside: Callable[[int, int], Iterable[db.Table]],
) -> StreamCreated:
    """Create a stream; all or nothing, gates in the order of the API's documentation.

    `rows_beside` makes, of user and stream, the rows that other rooms want with a new stream.
    """
    inline = segment_rules.read([pair.segment for pair in body.pairs if pair.segment])
    known: dict[str, Profile] = {}

    @db.retried_on_conflict
    def decide_and_write() -> tuple[StreamItem, Plan]:
        workspace = Workspace.read(user_id)
        plan = _plan(body, inline, workspace, is_safe)
        pairing.look_up(plan, workspace, known, lookup)
        pairing.gate(plan, workspace, adds_automation=body.sync_times != [])
        pairing.open_accounts(plan, workspace, known, clock.now())
        stream = _stream(body, plan, workspace)
        _write(stream, plan, workspace, rows_beside(user_id, stream.stream_id))
        return stream, plan

    stream, plan = decide_and_write()
    schedules.put(user_id, stream.stream_id, list(stream.sync_times), stream.timezone)
    created = StreamCreated(
        id=stream.stream_id,
        accounts=pairing.shown(plan),
        segments=[
            SegmentUsed(segment_id=plan.segment.segment_id, segment_created=plan.is_new_segment)
        ],
    )
    if not stream.webhook_secret:
        return created
    return created.model_copy(update={"webhook_secret": stream.webhook_secret})


def _plan(
    body: StreamCreate,
    inline: list[segment_rules.Filters],
    workspace: Workspace,
    is_safe: AddressCheck,
) -> Plan:
    """Every gate that needs no look-up on X."""
    plan = pairing.plan(body.pairs, inline, workspace)
    if body.sync_times:
        rules.refuse_too_many_times(
            body.sync_times, pairing.best_daily_syncs(plan, workspace.owner.status)
        )
    if body.webhook_url is not None and not is_safe(body.webhook_url):
        raise UnsafeUrl
    pairing.gate(plan, workspace, adds_automation=body.sync_times != [])
    if any(used.is_new for used in plan.accounts):
        _refuse_shared_ip(workspace.owner)
    return plan


def _refuse_shared_ip(user: UserItem) -> None:
    if user.status == FREE and user.signup_ip:
        identity = IdentityItem.find(f"ip:{user.signup_ip}")
        if identity and identity.user_id != user.user_id:
            raise FreeAccountIpDuplicate


def _stream(body: StreamCreate, plan: Plan, workspace: Workspace) -> StreamItem:
    user_id, stream_id = workspace.owner.user_id, ids.new_id()
    accounts = [used.account for used in plan.accounts if used.account]
    now = clock.now().replace(microsecond=0)
    segment_id = plan.segment.segment_id
    given = body.model_dump(include=body.model_fields_set & _COPIED)
    return StreamItem(
        user_id,
        StreamItem.at(stream_id),
        stream_id=stream_id,
        name=body.name
        or rules.derived_name(
            str(plan.segment.name or plan.segment.description),
            [account.handle for account in accounts],
        ),
        sync_times=[default_slot(str(accounts[0].x_user_id))]
        if body.sync_times is None
        else body.sync_times,
        timezone=body.timezone or workspace.owner.timezone,
        webhook_secret=new_webhook_secret() if body.webhook_url else None,
        csv_email_recipients=body.csv_email_recipients and body.csv_email_recipients.stored(),
        pairs=[
            PairMap(  # type: ignore[no-untyped-call]
                pair_id=pair_id,
                account_id=account.account_id,
                handle=account.handle,
                tier=account.tier,
                segment_id=segment_id,
                created_at=now,
            )
            for pair_id, account in zip(numbers(user_id, len(accounts)), accounts, strict=True)
        ],
        segments={
            str(segment_id): segment_shown(plan.segment).model_dump(mode="json", by_alias=False)
        },
        created_at=now,
        updated_at=now,
        **given,
    )


_COPIED = {
    "auto_enrich_linkedin",
    "auto_enrich_email",
    "email_mode",
    "email_digest_override",
    "telegram_override",
    "delivery_destination",
    "webhook_url",
}


def new_webhook_secret() -> str:
    """A signing secret as Standard Webhooks 1.0 writes it: 32 random bytes."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


def _write(
    stream: StreamItem, plan: Plan, workspace: Workspace, beside: Iterable[db.Table]
) -> None:
    """One transaction; the user's version makes changes of one workspace follow one another."""
    user = workspace.owner
    with db.transaction() as write:
        write.update(
            UserItem(user.user_id, SELF),
            actions=[UserItem.version.set(user.version + 1)],
            condition=UserItem.version == user.version,
        )
        write.save(stream, condition=StreamItem.key.does_not_exist())
        write.save(
            StatsItem(user.user_id, StatsItem.at(stream.stream_id), stream_id=stream.stream_id)
        )
        for row in beside:
            write.save(row)
        if plan.is_new_segment:
            write.save(plan.segment)
        for used in plan.accounts:
            if used.account is not None and used.is_new:
                write.save(used.account, condition=AccountItem.key.does_not_exist())
            elif used.account is not None and used.is_woken:
                write.update(
                    AccountItem(user.user_id, used.account.key),
                    actions=[AccountItem.is_awake.set(True)],
                )
        if user.status == FREE and user.signup_ip:
            write.save(IdentityItem(f"ip:{user.signup_ip}", user_id=user.user_id))
