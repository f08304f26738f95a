"""Reading vendors' values: what counts as known, what as not known."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from chalicelib.profile import Profile
from chalicelib.upstreams import (
    LONGEST_TEXT,
    Usage,
    as_count,
    as_flag,
    as_id,
    as_row,
    as_text,
    as_time,
    as_url,
    askable_handles,
    askable_ids,
    chunks,
    read_rows,
)


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ("12", "12"),
        (12, "12"),
        (1790000000000000001, "1790000000000000001"),
        ("9" * 20, "9" * 20),
        (10**20 - 1, "9" * 20),
        ("9" * 21, None),
        ("9" * 2000, None),
        ("", None),
        ("a1", None),
        ("-1", None),
        (-1, None),
        ("١٢", None),
        (True, None),
        (1.79e18, None),
        (None, None),
    ],
)
def test_ids(value: Any, read: str | None) -> None:
    assert as_id(value) == read


@pytest.mark.parametrize(
    ("value", "read"),
    [
        (0, 0),
        (12, 12),
        ("12", 12),
        (12.0, 12),
        (12.5, None),
        (float("nan"), None),
        (float("inf"), None),
        (-1, None),
        (True, None),
        (False, None),
        ("", None),
        ("1,200", None),
        ("9" * 5000, None),
        (10**18, None),
        (None, None),
        ([], None),
    ],
)
def test_counts(value: Any, read: int | None) -> None:
    got = as_count(value)
    assert got == read
    assert type(got) is type(read)


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ("Tue Jun 02 20:12:29 +0000 2009", datetime(2009, 6, 2, 20, 12, 29, tzinfo=UTC)),
        ("Tue Jun 02 22:12:29 +0200 2009", datetime(2009, 6, 2, 20, 12, 29, tzinfo=UTC)),
        ("2009-06-02T20:12:29Z", datetime(2009, 6, 2, 20, 12, 29, tzinfo=UTC)),
        ("2009-06-02T20:12:29.000Z", datetime(2009, 6, 2, 20, 12, 29, tzinfo=UTC)),
        ("2009-06-02T22:12:29+02:00", datetime(2009, 6, 2, 20, 12, 29, tzinfo=UTC)),
        ("2009-06-02T20:12:29", datetime(2009, 6, 2, 20, 12, 29, tzinfo=UTC)),
        ("2009-06-02", datetime(2009, 6, 2, tzinfo=UTC)),
        ("0001-01-01T00:00:00+14:00", None),
        ("last year", None),
        ("", None),
        (1243973549, None),
        (None, None),
    ],
)
def test_times(value: Any, read: datetime | None) -> None:
    got = as_time(value)
    assert got == read
    assert got is None or got.tzinfo is UTC


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ("", ""),
        ("hi", "hi"),
        (None, None),
        (5, None),
        ("Founder \N{ROCKET}", "Founder \N{ROCKET}"),
        ("Founder \ud83d", "Founder \ufffd"),
        ("\ude80 Founder", "\ufffd Founder"),
        ("\N{ROCKET}" * LONGEST_TEXT, "\N{ROCKET}" * LONGEST_TEXT),
        ("a" * (LONGEST_TEXT + 1), "a" * LONGEST_TEXT),
    ],
)
def test_texts(value: Any, read: str | None) -> None:
    assert as_text(value) == read


@pytest.mark.parametrize("length", [LONGEST_TEXT, LONGEST_TEXT + 1])
def test_an_address_is_kept_whole_or_not_at_all(length: int) -> None:
    address = "https://example.org/".ljust(length, "a")
    assert as_url(address) == (address if length == LONGEST_TEXT else None)
    assert as_url(7) is None


@pytest.mark.parametrize(
    ("value", "read"),
    [(True, True), (False, False), (None, None), (0, None), (1, None), ("true", None)],
)
def test_flags(value: Any, read: bool | None) -> None:
    assert as_flag(value) is read


@pytest.mark.parametrize(
    ("value", "read"), [({"a": 1}, {"a": 1}), (None, {}), ([1], {}), ("x", {})]
)
def test_nested_objects(value: Any, read: dict[str, Any]) -> None:
    assert as_row(value) == read


def test_askable_handles() -> None:
    asked = ["@Ada", "ada", " Bob_1 ", "", "@", "no spaces", "comma,comma", "x" * 21, "é", "a/b"]
    assert askable_handles(asked) == ["ada", "bob_1"]


def test_askable_ids() -> None:
    assert askable_ids(["1", "2", "1", "", "x", "1,2", "١"]) == ["1", "2"]


def test_chunks() -> None:
    assert [list(part) for part in chunks("abcde", 2)] == [["a", "b"], ["c", "d"], ["e"]]
    assert list(chunks([], 2)) == []


def test_rows_that_cannot_be_read_are_dropped_and_counted() -> None:
    usage = Usage(rows=10, malformed=1)

    def read(row: dict[str, Any]) -> Profile | None:
        return Profile(id=row["id"], handle="x") if "id" in row else None

    profiles = read_rows([{"id": "1"}, {}, None, "x", [], {"id": "2"}], read, usage)
    assert [profile.id for profile in profiles] == ["1", "2"]
    assert (usage.rows, usage.malformed) == (16, 5)
