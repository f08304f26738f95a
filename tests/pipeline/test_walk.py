"""Walks by cursor while leads come and are exported: nobody is lost, nobody is met twice."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest
import time_machine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib import clock, db, ids
from chalicelib.leads import listing
from chalicelib.leads.export import export
from chalicelib.leads.schemas import AllLeadsQuery, LeadList
from chalicelib.leads.table import LeadItem, key_of, person_key
from chalicelib.leads.tally import Changes, new_tally
from chalicelib.streams.table import StatsItem, StreamItem

START = datetime(2026, 7, 5, 6, 15, tzinfo=UTC)
FRESH = count(1)
ACCOUNT, SEGMENT = 7, 8
MATCHES = ("high", "medium", None)


class Leads:
    """The leads of a new user with two streams, written as runs write them."""

    def __init__(self) -> None:
        number = next(FRESH)
        self.user_id = number
        self.streams = (2 * number, 2 * number + 1)
        self.made: list[int] = []
        self.exported: set[int] = set()
        self.matched: set[int] = set()
        with db.transaction() as write:
            for stream_id in self.streams:
                stats = StatsItem(self.user_id, StatsItem.at(stream_id), stream_id=stream_id)
                stream = StreamItem(self.user_id, StreamItem.at(stream_id), stream_id=stream_id)
                for row in (*new_tally(stream), stats):
                    write.save(row)

    def come(self, kinds: list[tuple[int, int]]) -> None:
        """One transaction a stream, all in the same second."""
        now = clock.now().replace(microsecond=0)
        for place, stream_id in enumerate(self.streams):
            changes = Changes(self.user_id, stream_id)
            with db.transaction() as write:
                for kind in [kind for stream, kind in kinds if stream == place]:
                    lead = self._lead(stream_id, MATCHES[kind], now)
                    write.save(lead, condition=LeadItem.person.does_not_exist())
                    changes.comes(lead)
                changes.write(write)

    def _lead(self, stream_id: int, confidence: str | None, now: datetime) -> LeadItem:
        lead_id = ids.numbered(self.user_id, len(self.made) + 1)
        self.made.append(lead_id)
        if confidence:
            self.matched.add(lead_id)
        lead = LeadItem(
            stream_id,
            person_key(ACCOUNT, str(lead_id)),
            lead_id=lead_id,
            user_id=self.user_id,
            account_id=ACCOUNT,
            run_id=1,
            segment_id=SEGMENT if confidence else None,
            confidence=confidence,
            source="new_follower",
            profile={"id": str(lead_id), "handle": "somebody"},
        )
        lead.discover(now)
        lead.place()
        return lead

    def export(self, place: int) -> None:
        if self.made:
            lead_id = self.made[place % len(self.made)]
            export(self.user_id, lead_id)
            self.exported.add(lead_id)

    def match(self, place: int) -> None:
        """A re-test finds that somebody matches who did not, as `runs.steps.store` writes it."""
        unmatched = [lead_id for lead_id in self.made if lead_id not in self.matched]
        if not unmatched:
            return
        lead = LeadItem.find(*key_of(unmatched[place % len(unmatched)]))
        assert lead is not None
        changes, stands = Changes(self.user_id, lead.stream_id), lead.unmoved()
        changes.goes(lead)
        echo = lead.discover(clock.now().replace(microsecond=0))
        assert echo is not None
        echo.save()
        lead.confidence, lead.segment_id, lead.has_matched = "high", SEGMENT, True
        lead.place()
        changes.comes(lead)
        with db.transaction() as write:
            write.save(lead, condition=stands)
            changes.write(write)
        self.matched.add(lead.lead_id)

    def page(self, query: AllLeadsQuery) -> LeadList:
        found = listing.of_user(self.user_id, query)
        assert isinstance(found, LeadList)
        return found


COMES = st.tuples(
    st.just("come"),
    st.lists(st.tuples(st.integers(0, 1), st.integers(0, 2)), min_size=1, max_size=12),
)
EXPORTED = st.tuples(st.just("export"), st.integers(0, 60))
MATCHES_NOW = st.tuples(st.just("match"), st.integers(0, 60))
LATER = st.tuples(st.just("later"), st.integers(1, 3))
HAPPENING = st.one_of(COMES, EXPORTED, MATCHES_NOW, LATER)


@pytest.mark.usefixtures("aws")
@pytest.mark.parametrize("unmatched", [False, True])
@pytest.mark.parametrize("lifecycle", ["new", "all"])
@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    before=st.lists(HAPPENING, min_size=1, max_size=5),
    between=st.lists(st.lists(HAPPENING, max_size=3), min_size=6, max_size=6),
    limits=st.lists(st.integers(1, 9), min_size=1, max_size=4),
)
def test_nobody_is_lost_or_met_twice(
    lifecycle: str,
    unmatched: bool,
    before: list[Any],
    between: list[list[Any]],
    limits: list[int],
) -> None:
    with time_machine.travel(START, tick=True) as traveller:
        leads = Leads()

        def happen(things: list[Any]) -> None:
            for what, how in things:
                if what == "later":
                    traveller.shift(timedelta(seconds=how))
                else:
                    getattr(leads, what)(how)

        def page_of(limit: int, cursor: str | None) -> LeadList:
            query = {"lifecycle": lifecycle, "includeUnmatched": str(unmatched).lower()}
            paging = {"limit": str(limit), **({"cursor": cursor} if cursor else {})}
            return leads.page(AllLeadsQuery.model_validate({**query, **paging}))

        happen(before)
        there = set(leads.made if unmatched else leads.matched)
        if lifecycle == "new":
            there -= leads.exported
        order = [lead.id for lead in page_of(500, None).leads]
        assert set(order) == there
        met: list[int] = []
        cursor, walked = None, 0
        while walked == 0 or cursor is not None:
            page = page_of(limits[walked % len(limits)], cursor)
            assert page.total == len(there)
            met += [lead.id for lead in page.leads]
            cursor = page.next_cursor
            assert page.has_more is (cursor is not None)
            happen(between[walked] if walked < len(between) else [])
            walked += 1
            assert walked <= len(leads.made) + 1
        assert len(met) == len(set(met))
        assert [each for each in met if each in there] == [each for each in order if each in met]
        still_there = there if lifecycle == "all" else there - leads.exported
        assert still_there <= set(met)
        # Who matches in the very second of the page that is read next is met there, once.
        assert set(met) <= (there if unmatched else there | leads.matched)


@pytest.mark.usefixtures("aws")
@settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(things=st.lists(st.one_of(COMES, EXPORTED, MATCHES_NOW), max_size=8))
def test_tallies_count_what_is_there(things: list[Any]) -> None:
    leads = Leads()
    for what, how in things:
        getattr(leads, what)(how)
    for lifecycle in ("new", "exported", "all"):
        for unmatched in ("false", "true"):
            query = {"lifecycle": lifecycle, "includeUnmatched": unmatched, "limit": "500"}
            for scope in ({}, *({"streamId": str(each)} for each in leads.streams)):
                page = leads.page(AllLeadsQuery.model_validate({**query, **scope}))
                assert page.total == len(page.leads)
                for lead in page.leads:
                    assert (lead.exported_at is not None) is (lead.id in leads.exported)
                    assert lifecycle == "all" or (lifecycle == "exported") is bool(lead.exported_at)
    stats = [
        StatsItem.get(leads.user_id, StatsItem.at(each), consistent_read=True)
        for each in leads.streams
    ]
    assert sum(each.high_new + each.medium_new for each in stats) == len(
        leads.matched - leads.exported
    )
    assert sum(each.high_exported + each.medium_exported for each in stats) == len(
        leads.matched & leads.exported
    )
