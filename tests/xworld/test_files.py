"""World files: which rows are read, and what is derived where they say nothing."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from localdev.xworld.file import WorldInvalid
from localdev.xworld.person import HANDLE, people_of
from localdev.xworld.world import XWorld
from tests.xworld.made_up import row


@pytest.mark.parametrize(
    ("given", "id", "handle"),
    [
        ({"id": "812", "handle": "Tern"}, "812", "Tern"),
        ({"id": 812, "handle": "Tern"}, "812", "Tern"),
        ({"id": "00ff00ff00ff", "handle": None}, str(0x00FF00FF00FF), "u_00ff00ff00ff"),
        ({"id": "00ff00ff00ff", "handle": "far too long for X"}, None, "u_00ff00ff00ff"),
        ({"id": "812", "handle": "no-dash"}, "812", "u_812"),
        ({"handle": "Tern"}, None, "Tern"),
        ({"id": "not a number at all", "handle": None}, None, None),
        ({"bio": "only words"}, None, None),
    ],
)
def test_ids_and_handles(given: dict[str, Any], id: str | None, handle: str | None) -> None:
    (person,) = people_of([given])
    assert person.id == id or (id is None and person.id.isdigit())
    assert person.handle == handle or (handle is None and HANDLE.fullmatch(person.handle))
    assert people_of([given]) == [person]


def test_everybody_gets_an_id_and_a_handle_of_their_own() -> None:
    rows: list[dict[str, Any]] = [
        {"id": "1", "handle": "Same"},
        {"id": "2", "handle": "sAME"},
        {"id": "00000000000a", "handle": None},
        {"id": "10", "handle": None},
        {"handle": None, "bio": "first"},
        {"handle": None, "bio": "second"},
    ]
    people = people_of(rows)
    assert len({person.id for person in people}) == len(rows)
    assert len({person.handle.lower() for person in people}) == len(rows)
    assert people[0].handle == "Same"


def test_a_second_row_of_the_same_id_is_passed_over() -> None:
    people = people_of([{"id": "1", "bio": "first"}, {"id": "1", "bio": "second"}])
    assert [person.bio for person in people] == ["first"]


def test_unknown_stays_apart_from_zero_and_false() -> None:
    (person,) = people_of([{"id": "1", "followers": 0, "verified": False, "gold": {"bot": True}}])
    assert (person.followers, person.verified) == (0, False)
    assert (person.following, person.default_image, person.created_at) == (None, None, None)


def test_dates_are_moments() -> None:
    (person,) = people_of([row(1)])
    assert person.created_at == datetime(2019, 6, 2, 20, 12, 29, tzinfo=UTC)
    assert person.as_of == datetime(2026, 11, 20, tzinfo=UTC)


def test_a_plain_file_gets_accounts_that_everybody_follows(tmp_path: Path) -> None:
    file = tmp_path / "people.jsonl"
    file.write_text("".join(json.dumps(row(number)) + "\n" for number in range(300)))
    world = XWorld.load(file, present=1.0)
    sizes = {account.handle: world.followers_count(account) for account in world.accounts()}
    assert sizes == {
        "orbitdesk": 300,
        "tidewater": 300,
        "fernhill_labs": 300,
        "lockedgarden": 300,
        "smallharbor": 12,
    }
    everybody = world.followers(world.people.named("orbitdesk"), count=1_000).people
    assert {person.handle for person in everybody} == {f"Walker_{n}" for n in range(300)}
    assert (
        everybody
        == XWorld.load(file, present=1.0)
        .followers(world.people.named("orbitdesk"), count=1_000)
        .people
    )
    assert world.people.named("gonecomet").suspended


def test_a_file_may_say_who_follows_whom() -> None:
    rows = [
        row(0, handle="harborpost"),
        row(1, follows=["harborpost"]),
        row(2, follows=["harborpost", "orbitdesk"]),
    ]
    world = XWorld(people_of(rows), present=1.0)
    sizes = {account.handle: world.followers_count(account) for account in world.accounts()}
    assert sizes == {"harborpost": 2, "orbitdesk": 1}


def test_following_nobody_known_is_an_error() -> None:
    rows = [row(1, follows=["no_such_one"]), row(2, follows=["no_other"])]
    with pytest.raises(WorldInvalid, match=r"no_such_one(.|\n)*no_other"):
        XWorld(people_of(rows))


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        (b"{", "Expecting property name"),
        (b"[1]", "not an object"),
        (b'{"bio": "\xff"}', "'utf-8' codec can't decode"),
        (b'{"handle": 7}', "handle: Input should be a valid string"),
        (b'{"followers": "7"}', "followers: Input should be a valid integer"),
        (b'{"tweets": -1}', "tweets: Input should be greater than or equal to 0"),
        (b'{"createdAt": "in May"}', "createdAt: .*Invalid isoformat string"),
        (b'{"follows": "orbitdesk", "bio": 1}', "bio: .*; follows: "),
        (b"[" * 100_000, "nested too deep"),
    ],
)
def test_each_bad_line_is_named_with_what_is_wrong(tmp_path: Path, line: bytes, fault: str) -> None:
    file = tmp_path / "people.jsonl"
    file.write_bytes(json.dumps(row(1)).encode() + b"\n\n" + line + b"\n" + line + b"\n")
    with pytest.raises(WorldInvalid, match=f"line 3: {fault}(.|\n)*line 4: {fault}"):
        XWorld.load(file)


def test_of_many_faults_the_first_are_listed(tmp_path: Path) -> None:
    file = tmp_path / "people.jsonl"
    file.write_text("7\n" * 1_000)
    with pytest.raises(WorldInvalid, match="and 990 more faults") as invalid:
        XWorld.load(file)
    assert len(str(invalid.value).splitlines()) == 11


def test_a_file_without_people_and_no_file(tmp_path: Path) -> None:
    file = tmp_path / "people.jsonl"
    with pytest.raises(WorldInvalid, match=r"people\.jsonl: No such file"):
        XWorld.load(file)
    for nothing in ("", "\n  \n\r\n"):
        file.write_text(nothing)
        with pytest.raises(WorldInvalid, match=r"people\.jsonl: nobody is in it"):
            XWorld.load(file)
