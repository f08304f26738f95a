"""No line stops an import: each is taken, or listed with its place."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.import_v1 import lines
from tests.import_v1.lines import (
    account,
    api_key,
    person,
    run,
    search,
    small,
    template,
    user,
    webhook,
)
from tools.import_v1 import records
from tools.import_v1.reading import NoExport, read
from tools.import_v1.records import Person, Run, User


def _read(folder: Path, **files: list[Any]) -> tuple[dict[int, Any], list[str]]:
    export = read(lines.write(folder, small() | files))
    return export.users, export.bad_lines


@pytest.mark.parametrize("mark", ["\u2028", "\u2029", "\u0085", "\x0b", "\x0c", "\x1c"])
def test_a_bio_may_hold_what_ends_lines_elsewhere(tmp_path: Path, mark: str) -> None:
    given = person(1, bio=f"a{mark}b")
    line = json.dumps(given, ensure_ascii=mark < " ").encode()
    users, bad = _read(tmp_path, people_of_interest=[line])
    assert bad == []
    assert [each.bio for each in users[1].of(Person)] == [f"a{mark}b"]


@pytest.mark.parametrize("before", [b"\xef\xbb\xbf", b"\r\n \r\n", b"\n\n"])
def test_what_editors_put_before_the_first_line(tmp_path: Path, before: bytes) -> None:
    line = before + json.dumps(user(name="Zoë")).encode() + b"\r"
    users, bad = _read(tmp_path, users=[line])
    assert bad == []
    assert [each.name for each in users[1].of(User)] == ["Zoë"]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b'{"bio":"\xff\xfe"}', "invalid unicode"),
        (b'{"name":"\\ud800"}', "hex escape"),
        (b"null", "should be an object"),
        (b"[]", "should be an object"),
        (b"1", "should be an object"),
        (b'{"id":NaN}', "finite"),
        (b"[" * 5000, "Invalid JSON"),
        (person(1, bio="x" * 500_000), "longer than 16 kB"),
        (person(1, bio="\0"), "NUL"),
        (person(1, xUserId="٣"), "xUserId"),
        (person(1, followers=-4), "followers"),
        (person(1, labels={"hobby": ["x"]}), "labels"),
        (person(1, discoveredAt="yesterday"), "discoveredAt"),
        (person(1, discoveredAt="1600-01-01T00:00:00Z"), "between 2006 and today"),
        (person(1, discoveredAt="2999-01-01T00:00:00Z"), "between 2006 and today"),
        (person(1, discoveredAt="0001-01-01T00:00:00+05:00"), "between 2006 and today"),
        (person(1, discoveredAt="9999-12-31T23:59:59-05:00"), "between 2006 and today"),
        (person(1, discoveredAt=1762000000), "ISO 8601"),
        (person(1, discoveredAt="1762000000"), "ISO 8601"),
        (person(1) | {"id": True}, "must be a number"),
        (person(1, followers=True), "must be a number"),
    ],
)
def test_a_line_that_is_none(tmp_path: Path, line: lines.Line, why: str) -> None:
    users, (bad,) = _read(tmp_path, people_of_interest=[person(2), line, person(3)])
    assert bad.startswith("people_of_interest.jsonl:2: ")
    assert why in bad
    assert [each.id for each in users[1].of(Person)] == [2, 3]


@pytest.mark.parametrize(
    ("file", "line", "field"),
    [
        ("users", user(2, timezone="Mars/Phobos"), "timezone"),
        ("users", user(2, subscriptionStatus="gold"), "subscriptionStatus"),
        ("users", user(2, slots={"starter": -1}), "slots.starter"),
        ("users", user(2, credits=10**40), "credits"),
        ("sync_settings", {"userId": 1, "tier": "top", "timezone": "Mars/Phobos"}, "timezone"),
        ("sync_settings", {"userId": 1, "tier": "gold"}, "tier"),
        ("sync_settings", {"userId": 1, "tier": "top", "syncTimes": ["0٩:00"]}, "syncTimes.0"),
        ("tracked_accounts", account(32, tier="gold"), "tier"),
        ("saved_searches", search(78, followerCountTiers=["nano"]), "followerCountTiers.0"),
        ("saved_searches", search(78, appliedSearchFilters={"hobby": []}), "hobby"),
        ("feedback", lines.feedback(1, "bad", badReason="spam"), "badReason"),
        ("webhooks", webhook(61, targetUrl="http://hooks.example.com"), "targetUrl"),
        ("webhooks", webhook(61, targetUrl="not a url"), "targetUrl"),
        ("webhooks", webhook(61, secret="plain secret!"), "secret"),
        ("webhooks", webhook(61, secret="whsec_%%"), "secret"),
        ("webhooks", webhook(61, filter={"matchConfidence": ["full"]}), "matchConfidence"),
        ("webhooks", webhook(61, filter={"colour": "red"}), "colour"),
    ],
)
def test_a_value_that_v2_does_not_know(
    tmp_path: Path, file: str, line: Mapping[str, Any], field: str
) -> None:
    _, bad = _read(tmp_path, **{file: [*small().get(file, []), line]})
    assert len(bad) == 1
    assert bad[0].startswith(f"{file}.jsonl:")
    assert field in bad[0]


@pytest.mark.parametrize(
    ("file", "first", "second"),
    [
        ("users", user(2), user(2, email="other@example.org")),
        ("users", user(2), user(3, email="U2@EXAMPLE.org")),
        ("api_keys", api_key(12, 1), api_key(13, 2, key=lines.key(1))),
        ("api_keys", api_key(12, 1), api_key(12, 2)),
        ("tracked_accounts", account(32), account(32, 2)),
        ("tracked_accounts", account(32), account(33, xUserId="1032")),
        ("saved_searches", search(78), search(78, user_id=2)),
        ("people_of_interest", person(1), person(1)),
        ("people_of_interest", person(1), person(2, xUserId="70001")),
        ("people_of_interest", person(1), person(1, userId=2, savedSearchId=78)),
        ("runs", run(), run(triggeredAt="2025-11-01T09:30:00.5+00:00")),
        ("dm_templates", template(51, "Hello"), template(52, "hello")),
        ("dm_templates", template(51, "Hello"), template(51, "Bye", userId=2)),
        ("webhooks", webhook(61), webhook(62, targetUrl="https://hooks.example.com/61")),
        ("webhooks", webhook(61), webhook(61, userId=2)),
    ],
)
def test_of_two_lines_that_claim_the_same_the_first_stays(
    tmp_path: Path, file: str, first: Mapping[str, Any], second: Mapping[str, Any]
) -> None:
    everyone = {"users": [user(1), user(2)]} if file != "users" else {}
    kind = next(each for each in records.KINDS if each.file == file)
    users, bad = _read(tmp_path, **everyone, **{file: [b"bad", first, second]})
    mine = [said for said in bad if said.startswith(f"{file}.jsonl:3: ")]
    assert len(mine) == 1
    assert mine[0].endswith(" is that of line 2")
    assert [each.line for found in users.values() for each in found.of(kind)].count(3) == 0


def test_the_same_number_twice_is_no_claim_across_kinds(tmp_path: Path) -> None:
    _, bad = _read(tmp_path, tracked_accounts=[account(77)], saved_searches=[search(77, [77])])
    assert bad == []


@pytest.mark.parametrize(
    ("written", "read_as"),
    [
        ("2025-11-03T09:30:00", "2025-11-03T09:30:00+00:00"),
        ("2025-11-03T09:30:00Z", "2025-11-03T09:30:00+00:00"),
        ("2025-11-03T09:30:00-05:00", "2025-11-03T14:30:00+00:00"),
    ],
)
def test_an_instant_without_a_zone_is_utc(tmp_path: Path, written: str, read_as: str) -> None:
    users, bad = _read(tmp_path, runs=[run(triggeredAt=written), run()])
    assert bad == []
    assert users[1].of(Run)[0].triggered_at.isoformat() == read_as


def test_null_is_as_good_as_absent(tmp_path: Path) -> None:
    users, bad = _read(
        tmp_path,
        tracked_accounts=[account(31, tags=None)],
        saved_searches=[
            search(77, [31], genderValues=None, appliedSearchFilters={"job_role": None})
        ],
        users=[user(slots={"starter": None, "top": 2})],
    )
    assert bad == []
    assert [each.tags for each in users[1].of(records.TrackedAccount)] == [[]]
    assert [each.slots for each in users[1].of(User)] == [{"top": 2}]


@pytest.mark.parametrize(
    "name", ["noor@orbitdesk.example", lines.key(1), "two\nlines", "\x1b[2J", "Zoë"]
)
@pytest.mark.parametrize("place", ["slots", "filter"])
def test_what_stands_where_a_name_belongs_is_not_repeated(
    tmp_path: Path, name: str, place: str
) -> None:
    files = (
        {"users": [user(), user(2, slots={name: 1})]}
        if place == "slots"
        else {"webhooks": [webhook(61, filter={name: 1})]}
    )
    _, (bad,) = _read(tmp_path, **files)
    assert name not in bad
    assert f"{place}.?" in bad


def test_lines_of_nobody_are_listed_one_by_one(tmp_path: Path) -> None:
    users, bad = _read(tmp_path, users=[b"bad", user(2)])
    assert list(users) == [2]
    assert "people_of_interest.jsonl:1: is of user 1, who is not there" in bad
    assert len(bad) == 1 + 4


@pytest.mark.parametrize("missing", ["nowhere", "a-file"])
def test_what_is_no_export(tmp_path: Path, missing: str) -> None:
    (tmp_path / "a-file").write_text("{}")
    with pytest.raises(NoExport, match=missing):
        read(tmp_path / missing)


def test_a_folder_without_users(tmp_path: Path) -> None:
    with pytest.raises(NoExport, match=r"users\.jsonl"):
        read(tmp_path)
