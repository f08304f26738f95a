"""The migration rules: what a user had in v1 becomes rows of v2. Pure, and the same every time.

Ids that v1 gave are kept. A saved search with accounts becomes a segment and, under the same
number, the one stream over it. Leads and pairs are numbered in the order of their v1 ids.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from chalicelib import db, ids
from chalicelib.accounts.table import AccountItem
from chalicelib.auth import keys
from chalicelib.auth.table import ApiKeyItem
from chalicelib.auth.users import SELF, IdentityItem, UserItem
from chalicelib.billing.plans import TIERS
from chalicelib.dm_templates.table import TemplateItem, TitleItem
from chalicelib.leads.table import LeadItem
from chalicelib.segments.schemas import shown as segment_shown
from chalicelib.segments.table import SegmentItem
from chalicelib.streams.table import PairMap, StatsItem, StreamItem
from chalicelib.webhooks.signing import new_secret
from chalicelib.webhooks.table import FeedbackHeardItem, SubscriptionItem
from tools.import_v1 import records
from tools.import_v1.history import CONFIDENCES, leads_of, runs_of, verdicts_of
from tools.import_v1.reading import Belongings

FILTERS = {
    "streamId": "stream_id",
    "trackedAccountId": "account_id",
    "accountId": "account_id",
    "sourceType": "source_type",
    "feedbackStatus": "feedback_status",
    "matchConfidence": "match_confidence",
}


@dataclass
class Rows:
    """What a user's lines become. Leads are kept apart, because tallies count them."""

    rows: list[db.Table] = field(default_factory=list)
    leads: list[LeadItem] = field(default_factory=list)
    streams: list[StreamItem] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    """Lines that name what is not there."""


def tier_of(v1: str) -> str:
    """v1 called the highest tier `top`."""
    return "pro" if v1 == "top" else v1


def filter_of(v1: dict[str, Any]) -> dict[str, Any]:
    """A webhook's filter; what named a saved search stays, and makes it match nothing."""
    found = {FILTERS.get(name, name): value for name, value in v1.items()}
    if "match_confidence" in found:
        found["match_confidence"] = CONFIDENCES.get(
            found["match_confidence"], found["match_confidence"]
        )
    return found


def rows_of(found: Belongings, pepper: str) -> Rows:
    """Everything of one user."""
    made = Rows()
    accounts = {each.account_id: each for each in map(_account, found.of(records.TrackedAccount))}
    segments = {each.segment_id: each for each in map(_segment, found.of(records.SavedSearch))}
    made.rows += [*accounts.values(), *segments.values()]
    people = sorted(found.of(records.Person), key=lambda person: person.id)
    numbers = iter(range(len(people) + 1, 1 << ids.COUNT_BITS))
    for search in sorted(found.of(records.SavedSearch), key=lambda each: each.id):
        stream = _stream(
            search,
            _accounts_of(search, accounts, made.left_out),
            found.of(records.SyncSettings),
            segments[search.id],
            numbers,
        )
        if stream:
            made.streams.append(stream)
    streams = {stream.stream_id: stream for stream in made.streams}
    made.leads += leads_of(people, streams, verdicts_of(found), made.left_out)
    made.rows += made.streams
    made.rows += [_stats(stream, made.leads) for stream in made.streams]
    made.rows += runs_of(found, streams, made.left_out)
    made.rows += [_key(each, pepper) for each in found.of(records.ApiKey)]
    made.rows += [row for each in found.of(records.Template) for row in _template(each)]
    made.rows += [row for each in found.of(records.Webhook) for row in _subscription(each)]
    made.rows += _user(found, counted=next(numbers) - 1)
    return made


def _user(found: Belongings, *, counted: int) -> list[db.Table]:
    user = found.of(records.User)[0]
    row = UserItem(
        user.user_id,
        SELF,
        email=user.email,
        name=user.name,
        status=user.subscription_status,
        slots={tier_of(tier): number for tier, number in user.slots.items()},
        credits=user.credits,
        opening=user.credits,
        timezone=user.timezone,
        email_digest=user.email_digest,
        customer_id=user.stripe_customer_id,
        subscription_id=user.stripe_subscription_id,
        period_start=user.period_start,
        counted=counted,
        created_at=user.created_at,
    )
    # The user's own row comes last: where it is, everything else is.
    return [IdentityItem(f"email:{user.email.lower()}", user_id=user.user_id), row]


def _key(key: records.ApiKey, pepper: str) -> ApiKeyItem:
    return ApiKeyItem(
        key.digest or keys.digest(str(key.key), pepper),
        user_id=key.user_id,
        key_id=key.id,
        name=key.name,
        prefix=key.key[:9] if key.key else key.prefix,
        last4=key.key[-4:] if key.key else key.last4,
        created_at=key.created_at,
    )


def _account(account: records.TrackedAccount) -> AccountItem:
    return AccountItem(
        account.user_id,
        AccountItem.at(account.id),
        account_id=account.id,
        x_user_id=account.x_user_id,
        handle=account.handle.removeprefix("@"),
        tier=tier_of(account.tier),
        is_awake=account.is_active,
        tags=account.tags,
        follower_count=account.follower_count,
        added_at=account.added_at,
    )


def _segment(search: records.SavedSearch) -> SegmentItem:
    return SegmentItem(
        search.user_id,
        SegmentItem.at(search.id),
        segment_id=search.id,
        name=search.name,
        description=search.description,
        gender_values=search.gender_values,
        labels={kind: labels for kind, labels in search.applied_search_filters.items() if labels},
        follower_tiers=search.follower_count_tiers,
        created_at=search.created_at,
    )


def _accounts_of(
    search: records.SavedSearch, accounts: dict[int, AccountItem], left_out: list[str]
) -> list[AccountItem]:
    left_out += [
        f"saved_searches: {search.id} names account {each}, which is not there"
        for each in search.assigned_account_ids
        if each not in accounts
    ]
    return [accounts[each] for each in search.assigned_account_ids if each in accounts]


def _stream(
    search: records.SavedSearch,
    known: Sequence[AccountItem],
    given: Sequence[records.SyncSettings],
    segment: SegmentItem,
    numbers: Iterator[int],
) -> StreamItem | None:
    if not known:
        return None
    settings = _settings_of(known, given)
    name = search.name or search.description
    return StreamItem(
        search.user_id,
        StreamItem.at(search.id),
        stream_id=search.id,
        name=name if len(name) <= 120 else name[:119] + "…",
        sync_times=sorted(set(settings.sync_times)) if settings else [],
        timezone=settings.timezone if settings else "UTC",
        pairs=[_pair(search, account, next(numbers)) for account in known],
        segments={str(search.id): segment_shown(segment).model_dump(mode="json", by_alias=False)},
        created_at=search.created_at,
        updated_at=search.created_at,
    )


def _settings_of(
    accounts: Sequence[AccountItem], given: Sequence[records.SyncSettings]
) -> records.SyncSettings | None:
    """Those of the highest tier among the accounts."""
    highest = max((account.tier for account in accounts), key=TIERS.index)
    return next((each for each in given if tier_of(each.tier) == highest), None)


def _pair(search: records.SavedSearch, account: AccountItem, number: int) -> PairMap:
    return PairMap(  # type: ignore[no-untyped-call]
        pair_id=ids.numbered(search.user_id, number),
        account_id=account.account_id,
        handle=account.handle,
        tier=account.tier,
        segment_id=search.id,
        created_at=search.created_at,
    )


def _stats(stream: StreamItem, leads: Sequence[LeadItem]) -> StatsItem:
    """Counts of feedback; those of leads are written with the leads."""
    said = [
        verdict["feedback"]
        for lead in leads
        if lead.stream_id == stream.stream_id
        for verdict in lead.verdicts.as_dict().values()
    ]
    return StatsItem(
        stream.user_id,
        StatsItem.at(stream.stream_id),
        stream_id=stream.stream_id,
        good=said.count("good"),
        bad=said.count("bad"),
    )


def _template(template: records.Template) -> list[db.Table]:
    return [
        TemplateItem(
            template.user_id,
            TemplateItem.at(template.id),
            template_id=template.id,
            name=template.name,
            message_body=template.message_body,
            created_at=template.created_at,
            updated_at=template.updated_at,
        ),
        TitleItem(template.user_id, TitleItem.at(template.name), template_id=template.id),
    ]


def _subscription(webhook: records.Webhook) -> list[db.Table]:
    row = SubscriptionItem(
        webhook.user_id,
        SubscriptionItem.at(webhook.target_url),
        subscription_id=webhook.id,
        target_url=webhook.target_url,
        secret=webhook.secret or new_secret(),
        filter=filter_of(webhook.filter),
        created_at=webhook.created_at,
    )
    if "feedback_status" not in row.filter:
        return [row]
    return [row, FeedbackHeardItem(webhook.user_id, FeedbackHeardItem.KEY)]
