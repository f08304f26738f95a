"""What a page of a long list of leads costs, wherever it stands in the list."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bench.counting import Meter
from chalicelib import ids
from chalicelib.leads import listing
from chalicelib.leads.schemas import LeadList, LeadsQuery
from chalicelib.leads.table import TALLY, LeadItem, TallyItem, person_key
from chalicelib.leads.tally import new_tally
from chalicelib.streams.table import StreamItem

LEADS, LIMIT = 10_000, 100
OLDEST = datetime(2026, 1, 1, tzinfo=UTC)
BIO = "Runs freight operations at a mid-size logistics firm. Trains for the next marathon."


@dataclass(frozen=True)
class Page:
    """A page as it was read."""

    leads: int
    queries: int
    read_units: float


def fill(user_id: int, stream_id: int, number: int) -> None:
    """Give a user a stream with so many new leads, as runs would have left them."""
    stream = StreamItem(user_id, StreamItem.at(stream_id), stream_id=stream_id)
    for tally in new_tally(stream):
        tally.save()
    with LeadItem.batch_write() as writer:
        for count in range(1, number + 1):
            writer.save(_lead(user_id, stream_id, count))
    TallyItem(stream_id, TALLY).update(actions=[TallyItem.counts.set({"7:8:high:new": number})])


def _lead(user_id: int, stream_id: int, count: int) -> LeadItem:
    x_user_id = str(10**12 + count)
    lead = LeadItem(
        stream_id,
        person_key(7, x_user_id),
        lead_id=ids.numbered(user_id, count),
        user_id=user_id,
        account_id=7,
        run_id=1,
        has_matched=True,
        segment_id=8,
        confidence="high",
        source="new_follower",
        profile={"id": x_user_id, "handle": f"person_{count:05d}", "name": "Somebody", "bio": BIO},
        reasons=["bio names freight operations"],
        labels={"job_role": ["Operations"]},
    )
    lead.discover(OLDEST + timedelta(minutes=count))
    lead.place()
    return lead


def first_and_last(user_id: int, stream_id: int) -> tuple[Page, Page]:
    """The first page of the stream's new leads, and by cursor the last of a hundred such."""
    meter = Meter()
    with meter.installed():
        first, cursor = _page(meter, user_id, stream_id, LIMIT, None)
        for limit in _strides(LEADS - 2 * LIMIT):
            _, cursor = _page(meter, user_id, stream_id, limit, cursor)
        last, cursor = _page(meter, user_id, stream_id, LIMIT, cursor)
    if cursor is not None:
        raise RuntimeError("the list goes on after the last page")
    return first, last


def _strides(number: int) -> list[int]:
    """Page sizes that add up to `number`: a cursor may be used with another limit."""
    return [500] * (number // 500) + [number % 500] * (number % 500 > 0)


def _page(
    meter: Meter, user_id: int, stream_id: int, limit: int, cursor: str | None
) -> tuple[Page, str | None]:
    query = {"limit": str(limit), **({"cursor": cursor} if cursor else {})}
    units, queries = meter.counts.read_units, meter.counts.calls["Query"]
    with meter.running():
        found = listing.of_stream(user_id, stream_id, LeadsQuery.model_validate(query))
    if not isinstance(found, LeadList):
        raise TypeError("a summary, not a page")
    page = Page(
        len(found.leads),
        meter.counts.calls["Query"] - queries,
        meter.counts.read_units - units,
    )
    return page, found.next_cursor


def section(user_id: int) -> str:
    """The first page and the last, as a table."""
    stream_id = ids.new_id()
    fill(user_id, stream_id, LEADS)
    first, last = first_and_last(user_id, stream_id)
    rows = [
        f"| {name} | {page.leads} | {page.queries} | {page.read_units:g} |"
        for name, page in (("first", first), (f"{LEADS // LIMIT}th, by cursor", last))
    ]
    return "\n".join(
        [
            f"## Pages of a stream with {LEADS:,} leads\n",
            "| page | leads | queries | read units |\n|---|---:|---:|---:|",
            *rows,
        ]
    )
