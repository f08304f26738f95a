"""A stream's own webhook address: finding it, and changing the secret that signs for it."""

from __future__ import annotations

from chalicelib import clock, db
from chalicelib.errors import StreamNotFound, StreamWebhookOff
from chalicelib.streams.table import StreamItem
from chalicelib.webhooks.service import BOTH_SIGN
from chalicelib.webhooks.signing import new_secret


def one(user_id: int, stream_id: int) -> StreamItem:
    """One of the user's streams. Raises StreamNotFound."""
    stream = StreamItem.find(user_id, StreamItem.at(stream_id))
    if stream is None:
        raise StreamNotFound
    return stream


@db.retried_on_conflict
def rotate(user_id: int, stream_id: int) -> StreamItem:
    """Give the address a new secret; the one it had signs as well for 24 hours.

    Raises StreamNotFound, and StreamWebhookOff for a stream without an address.
    """
    stream = one(user_id, stream_id)
    if stream.webhook_secret is None:
        raise StreamWebhookOff
    with db.conditional():
        stream.update(
            actions=[
                StreamItem.webhook_secret.set(new_secret()),
                StreamItem.former_webhook_secret.set(stream.webhook_secret),
                StreamItem.former_webhook_secret_until.set(clock.now() + BOTH_SIGN),
            ],
            condition=StreamItem.webhook_secret == stream.webhook_secret,
        )
    return stream
