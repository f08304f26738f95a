"""Who is told by webhook: subscriptions, and streams with a `webhookUrl`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chalicelib.errors import ApiError, StreamWebhookOff, SubscriptionDisabled
from chalicelib.leads.table import LeadItem
from chalicelib.streams.table import KIND as STREAM
from chalicelib.streams.table import StreamItem
from chalicelib.webhooks import filtering
from chalicelib.webhooks.table import KIND as WEBHOOK
from chalicelib.webhooks.table import SubscriptionItem
from chalicelib.workspace import WorkspaceItem, rows

TO_WEBHOOK, TO_NOBODY = "leads_plus_webhook", "leads_only"


@dataclass(frozen=True, slots=True)
class Receiver:
    """An address with all that a message to it takes."""

    user_id: int
    row_key: str
    receiver_id: int
    kind: str
    url: str
    secrets: tuple[str, ...]
    """What signs, the newest first."""
    filter: Mapping[str, Any]

    @property
    def key(self) -> str:
        """Where its messages and its health are kept."""
        return key_of(self.user_id, self.row_key, self.receiver_id)

    def chosen(self, leads: Iterable[LeadItem]) -> list[LeadItem]:
        """The leads that pass its filter."""
        return [lead for lead in leads if filtering.passes(self.filter, _trait(lead))]


def key_of(user_id: int, row_key: str, receiver_id: int) -> str:
    """Where messages to a receiver are kept."""
    return f"{user_id}#{row_key.partition('#')[0]}#{receiver_id}"


def as_receiver(row: WorkspaceItem | None, receiver_id: int, now: datetime) -> Receiver | None:
    """The receiver that a row of the workspace stands for; None where it takes no messages."""
    match row:
        case SubscriptionItem() if row.subscription_id == receiver_id and not row.disabled_at:
            return Receiver(
                row.user_id,
                row.key,
                receiver_id,
                WEBHOOK,
                row.target_url,
                row.secrets(now),
                row.filter,
            )
        case StreamItem() if row.webhook_url and row.delivery_destination == TO_WEBHOOK:
            return Receiver(
                row.user_id,
                row.key,
                row.stream_id,
                STREAM,
                row.webhook_url,
                row.webhook_secrets(now),
                {},
            )
    return None


def ready(row: SubscriptionItem | StreamItem, now: datetime) -> Receiver:
    """The receiver of this row. Raises SubscriptionDisabled or StreamWebhookOff without one."""
    off: type[ApiError]
    if isinstance(row, StreamItem):
        number, off = row.stream_id, StreamWebhookOff
    else:
        number, off = row.subscription_id, SubscriptionDisabled
    receiver = as_receiver(row, number, now)
    if receiver is None:
        raise off
    return receiver


def subscribed(user_id: int, now: datetime, *, verdict: str | None) -> Iterator[Receiver]:
    """The subscriptions that are for an event; `verdict` as `filtering.wants` takes it."""
    for row in rows(user_id, WEBHOOK, WEBHOOK):
        if isinstance(row, SubscriptionItem):
            receiver = as_receiver(row, row.subscription_id, now)
            if receiver is not None and filtering.wants(receiver.filter, verdict=verdict):
                yield receiver


def _trait(lead: LeadItem) -> filtering.Trait:
    return filtering.Trait(lead.stream_id, lead.account_id, lead.source, lead.confidence)
