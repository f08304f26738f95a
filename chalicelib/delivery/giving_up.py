"""Ending deliveries to an address that is gone, or answered nothing but failures for days."""

from __future__ import annotations

from chalicelib import db, queues
from chalicelib.accounts.tracked import changing
from chalicelib.auth.users import SELF, UserItem
from chalicelib.delivery.jobs import GiveUp
from chalicelib.delivery.receivers import TO_NOBODY, TO_WEBHOOK, key_of
from chalicelib.delivery.table import HEALTH, HealthItem
from chalicelib.notices.jobs import MailWebhookDisabled
from chalicelib.streams.table import StreamItem
from chalicelib.webhooks.table import KIND as WEBHOOK
from chalicelib.webhooks.table import SubscriptionItem


def give_up(job: GiveUp) -> None:
    """Disable a subscription, or let a stream fall back to `leads_only`, and mail the user.

    May be repeated. Nothing happens where the user unsubscribed the address, subscribed it anew
    since, gave the stream another one, or set its destination again. The health is forgotten, so
    that an address which is switched on begins anew.
    """
    is_subscription = job.row_key.startswith(f"{WEBHOOK}#")
    if not (_disable(job) if is_subscription else _fall_back(job)):
        return
    HealthItem(key_of(job.user_id, job.row_key, job.receiver_id), HEALTH).delete()
    told = MailWebhookDisabled(
        user_id=job.user_id, target_url=job.url, reason=job.reason, since=job.at
    )
    queues.send([told])


def _disable(job: GiveUp) -> bool:
    is_on = SubscriptionItem.disabled_at.does_not_exist() | (SubscriptionItem.disabled_at == job.at)
    renewed = SubscriptionItem.renewed_at
    is_meant = renewed.does_not_exist() | (renewed < job.at)
    try:
        with db.conditional():
            SubscriptionItem(job.user_id, job.row_key).update(
                actions=[SubscriptionItem.disabled_at.set(job.at)],
                condition=(SubscriptionItem.subscription_id == job.receiver_id) & is_on & is_meant,
            )
    except db.Conflict:
        return False
    return True


@db.retried_on_conflict
def _fall_back(job: GiveUp) -> bool:
    owner, stream = db.find_together(
        (UserItem, job.user_id, SELF), (StreamItem, job.user_id, job.row_key)
    )
    if owner is None or stream is None or stream.webhook_url != job.url:
        return False
    if stream.delivery_destination != TO_WEBHOOK:
        return bool(stream.webhook_off_at == job.at)
    if stream.webhook_off_at is not None and job.at <= stream.webhook_off_at:
        return False
    with changing(owner) as write:
        write.update(
            StreamItem(job.user_id, job.row_key),
            actions=[
                StreamItem.delivery_destination.set(TO_NOBODY),
                StreamItem.webhook_off_at.set(job.at),
            ],
            condition=StreamItem.webhook_url == job.url,
        )
    return True
