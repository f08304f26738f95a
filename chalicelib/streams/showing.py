"""Streams as the wire shows them."""

from __future__ import annotations

from datetime import datetime

from chalicelib.auth.users import UserItem
from chalicelib.billing.plans import FREE, LIVE
from chalicelib.scheduling.rules import next_run
from chalicelib.segments.schemas import SegmentOut
from chalicelib.streams.schemas import LastRun, LeadCounts, PairOut, Stream
from chalicelib.streams.table import StatsItem, StreamItem


def precision(good: int, bad: int) -> float | None:
    """The share of leads called good among those that were called anything, to the third digit."""
    return round(good / (good + bad), 3) if good + bad else None


def shown(stream: StreamItem, stats: StatsItem, owner: UserItem, now: datetime) -> Stream:
    """A stored stream with its counts, and the instant at which it runs next."""
    segments = {
        int(segment_id): SegmentOut.model_validate(segment)
        for segment_id, segment in stream.segments.items()
    }
    runs = stream.is_automated and (owner.status == FREE or owner.status in LIVE)
    return Stream(
        id=stream.stream_id,
        name=stream.name,
        is_active=stream.is_active,
        is_archived=stream.is_archived,
        sync_times=stream.sync_times,
        timezone=stream.timezone,
        auto_enrich_linkedin=stream.auto_enrich_linkedin,
        auto_enrich_email=stream.auto_enrich_email,
        email_mode=stream.email_mode,
        email_digest_override=stream.email_digest_override,
        telegram_override=stream.telegram_override,
        delivery_destination=stream.delivery_destination,
        webhook_url=stream.webhook_url,
        csv_email_recipients=stream.csv_email_recipients,
        pairs=[
            PairOut(
                id=pair.pair_id,
                account_id=pair.account_id,
                account_handle=pair.handle,
                account_tier=pair.tier,
                segment_id=pair.segment_id,
                segment=segments[pair.segment_id],
            )
            for pair in stream.pairs
        ],
        pair_count=len(stream.pairs),
        lead_counts=LeadCounts(
            high=stats.high_new + stats.high_exported,
            medium=stats.medium_new + stats.medium_exported,
            exported=stats.high_exported + stats.medium_exported,
        ),
        precision=precision(stats.good, stats.bad),
        next_run_at=next_run(stream.sync_times, stream.timezone, now) if runs else None,
        last_run=LastRun(
            id=stats.last_run_id,
            status=stats.last_run_status,
            completed_at=stats.last_run_at,
        )
        if stats.last_run_id
        else None,
        created_at=stream.created_at,
        updated_at=stream.updated_at,
    )
