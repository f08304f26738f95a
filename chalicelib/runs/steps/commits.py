"""Keeping what a page brought: its batches, where the read is, the runs' counts; all or nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from chalicelib import db
from chalicelib.profile import Profile
from chalicelib.runs.audience import (
    BATCH_SIZE,
    EXISTING,
    FOLLOWER,
    LIKER,
    LIKES,
    POSTS,
    BatchItem,
    ScanItem,
    pack,
)
from chalicelib.runs.steps.scan import LEASE, move, refs
from chalicelib.runs.table import RunItem
from chalicelib.upstreams import Page


def commit_page(
    scan: ScanItem, page: Page, new: Sequence[Profile], *, streak: int, now: datetime
) -> list[BatchItem]:
    """Keep a page of followers."""
    moved = {
        "cursor": page.cursor,
        "provider": page.provider,
        "pages": scan.pages + 1,
        "new_rows": scan.new_rows + len(new),
        "total_rows": scan.total_rows + len(new),
        "listed": (0 if page.restarted else scan.listed) + len(page.profiles),
        "idle_rows": 0 if new else scan.idle_rows + max(1, len(page.profiles)),
        "streak": streak,
    }
    counted = [RunItem.seen.add(len(new)), RunItem.provider.set(page.provider)]
    source = FOLLOWER if scan.has_baseline else EXISTING
    return _commit(scan, _batches(scan, new, source, now), moved, counted, now)


def end_list(scan: ScanItem, *, complete: bool, listed: bool, now: datetime) -> None:
    """The followers are read; go on with likers. `finish` ends the whole."""
    values: dict[str, Any] = {"stage": POSTS, "cursor": None, "is_complete": complete}
    values |= {"listed_at": now} if listed and complete else {}
    with db.transaction() as write:
        move(write, scan, {**values, "lease_until": now + LEASE})


def begin_likers(scan: ScanItem, likes: Mapping[str, int | None], posts: Sequence[str]) -> None:
    """These posts are asked for; what is known of posts that are no longer recent is let go."""
    kept = {post: number for post, number in scan.likes.items() if post in likes}
    values = {"stage": LIKES, "posts_left": list(posts), "likes": kept, "to_note": dict(likes)}
    if posts:
        with db.transaction() as write:
            move(write, scan, values)


def commit_likers(
    scan: ScanItem, page: Page, new: Sequence[Profile], *, is_last: bool, now: datetime
) -> list[BatchItem]:
    """Keep a page of one post's likers."""
    post, *others = scan.posts_left
    moved: dict[str, Any] = {"likers": scan.likers + len(new)}
    if is_last:
        noted = {**scan.likes, post: scan.to_note.get(post) or 0}
        moved |= {"posts_left": others, "likes": noted, "cursor": None, "liker_pages": 0}
    else:
        moved |= {"cursor": page.cursor, "liker_pages": scan.liker_pages + 1}
    return _commit(scan, _batches(scan, new, LIKER, now), moved, [], now)


def _batches(scan: ScanItem, new: Sequence[Profile], source: str, now: datetime) -> list[BatchItem]:
    return [
        BatchItem(
            scan.account_id,
            scan.last_batch + number,
            source=source,
            read_at=now,
            packed=pack(new[start : start + BATCH_SIZE]),
        )
        for number, start in enumerate(range(0, len(new), BATCH_SIZE), start=1)
    ]


def _commit(
    scan: ScanItem,
    batches: Sequence[BatchItem],
    moved: dict[str, Any],
    counted: list[Any],
    now: datetime,
) -> list[BatchItem]:
    """Write batches, the scan as it `moved`, and the runs with what is `counted` beside."""
    runs = refs(scan)
    number = sum(len(batch.profiles) for batch in batches)
    last = scan.last_batch + len(batches)
    handed = {
        "marked": scan.last_batch,
        "last_batch": last,
        "opened": {**scan.opened.as_dict(), **{str(ref.pair_id): last for ref in runs}},
        "lease_until": now + LEASE,
    }
    with db.transaction() as write:
        move(write, scan, moved | handed)
        for batch in batches:
            write.save(batch)
        for ref in runs if batches else ():
            write.update(
                RunItem(ref.stream_id, ref.run_id),
                actions=[
                    RunItem.new_followers.add(number),
                    RunItem.open.add({batch.batch_no for batch in batches}),
                    *counted,
                ],
            )
    return list(batches)
