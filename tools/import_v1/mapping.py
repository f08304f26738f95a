"""The migration rules: what a user had in v1 becomes rows of v2. Pure, and the same every time.

Ids that v1 gave are kept. A saved search with accounts becomes a segment and, under the same
number, the one stream over it. What v1 gave no id is numbered by its line.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from chalicelib import db
from chalicelib.auth import keys
from chalicelib.auth.table import ApiKeyItem
from chalicelib.auth.users import SELF, IdentityItem, UserItem
from chalicelib.dm_templates.table import TemplateItem, TitleItem
from chalicelib.leads.table import LeadItem
from chalicelib.leads.tally import new_tally
from chalicelib.runs.table import RunItem
from chalicelib.streams.table import StatsItem
from chalicelib.webhooks.signing import new_secret
from chalicelib.webhooks.table import FeedbackHeardItem, SubscriptionItem
from tools.import_v1 import records
from tools.import_v1.history import CONFIDENCES, Verdict, leads_of, runs_of, verdicts_of
from tools.import_v1.marks import MarkItem, mark_of
from tools.import_v1.reading import Belongings
from tools.import_v1.records import tier_of
from tools.import_v1.streams import Streams, streams_of

_SOURCES = {"new_follower": "follower", "existing_follower": "follower"}
"""A filter of v2 does not tell followers by when they came."""


@dataclass(frozen=True, slots=True)
class Removable:
    """Rows that their owner can remove. A mark says that they came: so they come once."""

    where: str
    mark: MarkItem
    rows: tuple[db.Table, ...]


@dataclass(frozen=True, slots=True)
class Rows:
    """What a user's lines become."""

    where: str
    user: UserItem
    address: IdentityItem
    mark: MarkItem
    streams: Streams
    standing: list[db.Table]
    """Rows that nobody removes one by one."""
    leads: list[LeadItem]
    verdicts: list[Verdict]
    runs: list[RunItem]
    removable: list[Removable]
    left_out: list[str] = field(default_factory=list)
    """Lines that name what is not there."""

    def counts(self) -> Counter[str]:
        """Rows by kind."""
        rows = [*self.standing, *self.leads, *self.runs, self.user]
        rows += [row for each in self.removable for row in each.rows]
        kinds = Counter(type(row).__name__.removesuffix("Item") for row in rows)
        kinds["Feedback"] += len(self.verdicts)
        return +kinds


def rows_of(found: Belongings, pepper: str, tracked: Mapping[int, str]) -> Rows:
    """Everything of one user, whose own line is there. `tracked` are the X ids of accounts that
    the user has in v2, by their own.
    """
    user = found.of(records.User)[0]
    left_out: list[str] = []
    streams = streams_of(found, tracked, left_out)
    leads = leads_of(found.of(records.Person), streams, left_out)
    verdicts = verdicts_of(found.of(records.Feedback), leads, streams, left_out)
    runs = list(runs_of(found.of(records.Run), streams, left_out))
    webhooks = [
        each for each in found.of(records.Webhook) if _names_what_is_there(each, streams, left_out)
    ]
    return Rows(
        where=user.where,
        user=_user(user),
        address=IdentityItem(f"email:{user.email.lower()}", user_id=user.user_id),
        mark=mark_of("user", user.user_id, user.user_id),
        streams=streams,
        standing=[*_standing(streams), *_heard(webhooks)],
        leads=list(leads.values()),
        verdicts=verdicts,
        runs=runs,
        removable=[
            *(_key(each, pepper) for each in found.of(records.ApiKey)),
            *(_template(each) for each in found.of(records.Template)),
            *(_subscription(each) for each in webhooks),
        ],
        left_out=left_out,
    )


def filter_of(v1: records.WebhookFilter) -> dict[str, Any]:
    """A webhook's filter; what named a saved search stays, and makes it match nothing."""
    found: dict[str, Any] = v1.model_dump(exclude_none=True)
    if "tracked_account_id" in found:
        found["account_id"] = found.pop("tracked_account_id")
    for name, words in (("match_confidence", CONFIDENCES), ("source_type", _SOURCES)):
        if name in found:
            found[name] = words.get(found[name], found[name])
    return found


def slots_of(v1: dict[records.V1Tier, int]) -> dict[str, int]:
    """Slots by the tiers of v2; what v1 had under both names of the highest adds up."""
    slots: Counter[str] = Counter()
    for tier, number in v1.items():
        slots[tier_of(tier)] += number
    return dict(slots)


def _user(user: records.User) -> UserItem:
    return UserItem(
        user.user_id,
        SELF,
        email=user.email,
        name=user.name,
        status=user.subscription_status,
        slots=slots_of(user.slots),
        credits=user.credits,
        opening=user.credits,
        timezone=user.timezone,
        email_digest=user.email_digest,
        customer_id=user.stripe_customer_id,
        subscription_id=user.stripe_subscription_id,
        period_start=user.period_start,
        created_at=user.created_at,
    )


def _standing(streams: Streams) -> list[db.Table]:
    made = streams.by_id.values()
    return [
        *streams.accounts.values(),
        *streams.segments.values(),
        *(row for stream in made for row in new_tally(stream)),
        *(
            StatsItem(each.user_id, StatsItem.at(each.stream_id), stream_id=each.stream_id)
            for each in made
        ),
        *made,
    ]


def _key(key: records.ApiKey, pepper: str) -> Removable:
    row = ApiKeyItem(
        key.digest or keys.digest(str(key.key), pepper),
        user_id=key.user_id,
        key_id=key.id,
        name=key.name,
        prefix=key.key[:9] if key.key else key.prefix,
        last4=key.key[-4:] if key.key else key.last4,
        created_at=key.created_at,
    )
    return Removable(key.where, mark_of("key", key.id, key.user_id), (row,))


def _template(template: records.Template) -> Removable:
    rows = (
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
    )
    return Removable(template.where, mark_of("template", template.id, template.user_id), rows)


def _names_what_is_there(webhook: records.Webhook, streams: Streams, left_out: list[str]) -> bool:
    asked = filter_of(webhook.filter)
    missing = [
        f"{what} {asked[name]}"
        for name, what, known in (
            ("account_id", "account", streams.accounts),
            ("stream_id", "stream", streams.by_id),
        )
        if name in asked and asked[name] not in known
    ]
    left_out += [f"{webhook.where}: filter names {each}, which is not there" for each in missing]
    return not missing


def _subscription(webhook: records.Webhook) -> Removable:
    row = SubscriptionItem(
        webhook.user_id,
        SubscriptionItem.at(webhook.target_url),
        subscription_id=webhook.id,
        target_url=webhook.target_url,
        secret=webhook.secret or new_secret(),
        filter=filter_of(webhook.filter),
        created_at=webhook.created_at,
    )
    return Removable(webhook.where, mark_of("webhook", webhook.id, webhook.user_id), (row,))


def _heard(webhooks: list[records.Webhook]) -> list[db.Table]:
    """The row that has verdicts told; it stays when the subscription ends."""
    hearing = [each for each in webhooks if each.filter.feedback_status]
    return [FeedbackHeardItem(each.user_id, FeedbackHeardItem.KEY) for each in hearing[:1]]
