"""Integer ids."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib import ids

WHEN = datetime(2026, 7, 5, 6, 15, tzinfo=UTC)
users = st.integers(1, (1 << ids.USER_BITS) - 1)
counts = st.integers(1, (1 << ids.COUNT_BITS) - 1)


def test_new_ids_rise_and_fit() -> None:
    made = [ids.new_id() for _ in range(10_000)]
    assert made == sorted(set(made))
    assert 0 < made[0] <= made[-1] <= ids.MAX_ID


@given(users, counts, counts)
def test_numbered_ids_are_exact_and_ordered(user: int, one: int, other: int) -> None:
    first, second = ids.numbered(user, one), ids.numbered(user, other)
    assert (first < second) == (one < other)
    assert first <= ids.MAX_ID
    assert first >> ids.COUNT_BITS == user


@pytest.mark.parametrize("count", [0, -1, 1 << ids.COUNT_BITS])
def test_a_count_that_does_not_fit_is_refused(count: int) -> None:
    with pytest.raises(ValueError, match="does not fit"):
        ids.numbered(1, count)


@given(users, st.sets(st.integers(1, 1 << 21 - 1), min_size=2, max_size=60))
def test_runs_of_one_trigger_differ(user: int, pairs: set[int]) -> None:
    made = {ids.run_id(WHEN, ids.numbered(user, count), retest=False) for count in pairs}
    assert len(made) == len(pairs)


@given(users, counts, counts, st.booleans(), st.booleans())
def test_a_later_trigger_has_the_greater_run(
    user: int, one: int, other: int, one_retests: bool, other_retests: bool
) -> None:
    earlier = ids.run_id(WHEN, ids.numbered(user, one), retest=one_retests)
    later = ids.run_id(WHEN + timedelta(seconds=1), ids.numbered(user, other), retest=other_retests)
    assert 0 < earlier < later <= ids.MAX_ID


def test_a_trigger_names_the_same_run_again() -> None:
    pair = ids.numbered(7, 3)
    assert ids.run_id(WHEN, pair, retest=False) == ids.run_id(WHEN, pair, retest=False)
    assert ids.run_id(WHEN, pair, retest=False) != ids.run_id(WHEN, pair, retest=True)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("905", 905),
        ("9007199254740991", 9007199254740991),
        ("9007199254740992", None),
        ("0", None),
        ("-5", None),
        ("5.0", None),
        ("٣", None),
        ("abc", None),
        ("", None),
    ],
)
def test_path_segments_as_ids(text: str, value: int | None) -> None:
    assert ids.parse(text) == value
