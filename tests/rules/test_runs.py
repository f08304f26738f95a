"""Decisions of the run pipeline."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.runs import rules
from chalicelib.runs.rules import AccountState, Candidate

NOW = datetime(2026, 7, 5, tzinfo=UTC)


def _candidate(pair: int, account: int = 1, *, exists: bool = False) -> Candidate:
    return Candidate(pair, account, 7, run_id=pair * 10, lock=f"{pair}:sync", exists=exists)


def _account(
    *,
    awake: bool = True,
    included: bool = True,
    left: int = 1,
    running: dict[str, int] | None = None,
) -> AccountState:
    return AccountState(awake, included, left, running or {})


@pytest.mark.parametrize(
    ("candidate", "account", "outcome"),
    [
        (_candidate(1), _account(), "queued"),
        (_candidate(1), _account(awake=False), "account_sleeping"),
        (_candidate(1), _account(awake=False, included=False, left=0), "account_sleeping"),
        (_candidate(1), _account(included=False, running={"1:sync": 999}), "free_tier"),
        (_candidate(1), _account(running={"1:sync": 999}), "already_running"),
        (_candidate(1), _account(running={"1:sync": 999}, left=0), "already_running"),
        (_candidate(1), _account(running={"1:sync": 10}), "queued"),
        (_candidate(1), _account(running={"2:sync": 999}), "queued"),
        (_candidate(1), _account(left=0), "budget_exhausted"),
        (_candidate(1, exists=True), _account(awake=False, left=0), "queued"),
    ],
)
def test_what_becomes_of_a_pair(candidate: Candidate, account: AccountState, outcome: str) -> None:
    decided = rules.decide([candidate], {1: account}, unit_per_pair=False)
    assert decided == [(candidate, outcome)]


def test_pairs_of_one_account_share_its_last_slot() -> None:
    pairs = [_candidate(number) for number in range(1, 6)]
    decided = rules.decide(pairs, {1: _account()}, unit_per_pair=False)
    assert [outcome for _, outcome in decided] == ["queued"] * 5


def test_each_retest_takes_a_unit_of_its_own_account() -> None:
    pairs = [
        _candidate(1),
        _candidate(2, exists=True),
        _candidate(3),
        _candidate(4),
        _candidate(5, account=2),
    ]
    accounts = {1: _account(left=2), 2: _account()}
    outcomes = [outcome for _, outcome in rules.decide(pairs, accounts, unit_per_pair=True)]
    assert outcomes == ["queued", "queued", "queued", "budget_exhausted", "queued"]


OWN, OTHER = 7, 8


@pytest.mark.parametrize(
    ("stands", "verdict", "retest", "beside", "stays"),
    [
        # a sync: people whom an earlier run judged
        (("high", OWN, False), "medium", False, (), True),
        (("high", OWN, False), None, False, (), True),
        ((None, None, False), None, False, (), True),
        ((None, None, False), "high", False, (), False),
        ((None, None, True), "high", False, (), False),
        (("medium", OTHER, False), "high", False, (OTHER,), True),
        # a re-test: what was judged for this segment, or for one that the stream dropped
        (("high", OWN, False), "medium", True, (), False),
        (("high", OWN, False), None, True, (), False),
        (("high", OWN, True), None, True, (), True),
        (("high", OWN, True), "medium", True, (), False),
        (("high", OTHER, False), None, True, (), False),
        ((None, None, True), None, True, (), True),
        ((None, None, True), "medium", True, (), False),
        # a re-test: matches of another segment of the stream
        (("high", OTHER, False), None, True, (OTHER,), True),
        (("high", OTHER, False), "medium", True, (OTHER,), True),
        (("high", OTHER, False), "high", True, (OTHER,), True),
        (("medium", OTHER, False), "high", True, (OTHER,), False),
        (("medium", OTHER, False), "medium", True, (OTHER,), True),
    ],
)
def test_what_a_verdict_may_change(
    stands: tuple[str | None, int | None, bool],
    verdict: str | None,
    retest: bool,
    beside: tuple[int, ...],
    stays: bool,
) -> None:
    confidence, segment_id, exported = stands
    found = rules.stays(
        confidence,
        segment_id,
        verdict,
        is_exported=exported,
        is_retest=retest,
        beside=set(beside),
    )
    assert found is stays


def test_a_scheduled_instant_is_shared_by_streams_and_a_click_is_not() -> None:
    instant = "2026-07-05T06:15:00Z"
    assert rules.trigger_key(instant, "cron", 1) == rules.trigger_key(instant, "cron", 2)
    assert rules.trigger_key(instant, "manual", 1) != rules.trigger_key(instant, "manual", 2)


FLOOR = 5
OLD, RECENT = 3, 8


@pytest.mark.parametrize(
    ("ids", "known", "room", "new", "met_known"),
    [
        ("abc", {}, 9, (0, 1, 2), False),
        ("aab", {}, 9, (0, 2), False),
        ("abc", {"b": OLD}, 9, (0, 2), False),
        ("abcdef", {}, 3, (0, 1, 2), False),
        ("", {}, 3, (), False),
        ("ab", {"a": RECENT}, 9, (1,), False),
    ],
)
def test_sifting_a_page(
    ids: str, known: dict[str, int], room: int, new: tuple[int, ...], met_known: bool
) -> None:
    sifted = rules.sift(list(ids), known, floor=FLOOR, streak=0, room=room)
    assert (sifted.new, sifted.met_known) == (new, met_known)


def test_a_streak_of_known_people_ends_the_list_even_across_pages() -> None:
    known = {str(number): OLD for number in range(100)}
    page = [str(number) for number in range(15)]
    first = rules.sift(page, known, floor=FLOOR, streak=0, room=9)
    assert (first.streak, first.met_known) == (15, False)
    second = rules.sift(page, known, floor=FLOOR, streak=first.streak, room=9)
    assert second.met_known


def test_people_of_an_unfinished_read_do_not_end_the_list() -> None:
    known = {str(number): RECENT for number in range(100)}
    page = [str(number) for number in range(100)] + ["new"]
    sifted = rules.sift(page, known, floor=FLOOR, streak=0, room=9)
    assert (sifted.new, sifted.met_known) == ((100,), False)


@pytest.mark.parametrize(
    ("ids", "room", "is_cut"),
    [("abc", 3, False), ("abc", 2, True), ("k", 0, False), ("a", -1, True)],
)
def test_what_there_is_no_room_for(ids: str, room: int, is_cut: bool) -> None:
    sifted = rules.sift(list(ids), {"k": OLD}, floor=FLOOR, streak=0, room=room)
    assert (len(sifted.new) <= max(0, room), sifted.is_cut) == (True, is_cut)


@given(st.lists(st.integers(0, 60)), st.dictionaries(st.integers(0, 60), st.integers(1, 9)))
def test_sifting_takes_each_unknown_person_once(people: list[int], batches: dict[int, int]) -> None:
    ids = [str(person) for person in people]
    known = {str(person): batch for person, batch in batches.items()}
    sifted = rules.sift(ids, known, floor=FLOOR, streak=0, room=1000)
    taken = [ids[position] for position in sifted.new]
    assert len(taken) == len(set(taken))
    assert not set(taken) & known.keys()
    if not sifted.met_known:
        assert set(taken) == set(ids) - known.keys()


@pytest.mark.parametrize(
    ("count", "known", "cap", "expected"),
    [
        (20_000, 0, 5000, 5000),
        (120, 0, 5000, 120),
        (120, 100, 5000, 20),
        (181, 120, None, 61),
        (20_000, 120, None, 19_880),
        (100, 120, None, 0),
        (None, 120, None, 0),
        (None, 0, 5000, 0),
    ],
)
def test_expected_rows(count: int | None, known: int, cap: int | None, expected: int) -> None:
    assert rules.expected_rows(follower_count=count, known=known, cap=cap) == expected


@pytest.mark.parametrize(
    ("count", "last", "gaps", "days", "needed"),
    [
        (120, 120, False, 1, False),
        (121, 120, False, 1, True),
        (119, 120, False, 1, True),
        (120, 120, True, 1, True),
        (120, 120, False, 7, True),
        (None, 120, False, 1, True),
        (120, None, False, None, True),
    ],
)
def test_the_list_is_read_only_when_it_can_hold_news(
    count: int | None, last: int | None, gaps: bool, days: int | None, needed: bool
) -> None:
    found = rules.needs_listing(
        follower_count=count,
        last_count=last,
        has_gaps=gaps,
        listed_at=None if days is None else NOW - timedelta(days=days),
        now=NOW,
        sweep_days=7,
    )
    assert found is needed
