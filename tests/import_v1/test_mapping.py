"""What lines become, without a store."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from chalicelib import clock, ids
from chalicelib.webhooks import filtering
from tests.import_v1 import lines
from tests.import_v1.lines import account, person, run, search, small
from tools.import_v1.mapping import Rows, filter_of, rows_of, slots_of
from tools.import_v1.reading import read
from tools.import_v1.records import WebhookFilter, tier_of


def _rows(folder: Path, **files: list[Any]) -> Rows:
    export = read(lines.write(folder, small() | files))
    assert export.bad_lines == []
    return rows_of(export.users[1], "pepper", {})


@pytest.mark.parametrize(
    ("v1", "v2"), [("top", "pro"), ("growth", "growth"), ("starter", "starter"), ("pro", "pro")]
)
def test_tiers(v1: str, v2: str) -> None:
    assert tier_of(v1) == v2


def test_slots_under_both_names_add_up() -> None:
    assert slots_of({"top": 2, "pro": 1, "starter": 5}) == {"pro": 3, "starter": 5}


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        (
            {"trackedAccountId": 31, "matchConfidence": "full"},
            {"account_id": 31, "match_confidence": "high"},
        ),
        ({"matchConfidence": "maybe"}, {"match_confidence": "medium"}),
        ({"feedbackStatus": "good"}, {"feedback_status": "good"}),
        ({"sourceType": "new_follower"}, {"source_type": "follower"}),
        ({"sourceType": "existing_follower"}, {"source_type": "follower"}),
        ({"sourceType": "liker"}, {"source_type": "liker"}),
        ({"savedSearchId": 77}, {"saved_search_id": 77}),
        ({"segmentId": 77}, {"segment_id": 77}),
        ({}, {}),
    ],
)
def test_webhook_filters(given: dict[str, Any], stored: dict[str, Any]) -> None:
    found = filter_of(WebhookFilter.model_validate(given))
    assert found == stored
    verdict = given.get("feedbackStatus")
    named = {"savedSearchId", "segmentId"} & given.keys()
    assert filtering.wants(found, verdict=verdict) is not bool(named)
    source = "liker" if found.get("source_type") == "liker" else "new_follower"
    confidence = found.get("match_confidence", "high")
    assert filtering.passes(found, filtering.Trait(77, 31, source, confidence))


@pytest.mark.parametrize(
    ("files", "said"),
    [
        (
            {"people_of_interest": [person(1, trackedAccountId=999)]},
            "people_of_interest.jsonl:1: names account 999, which is not there",
        ),
        (
            {"people_of_interest": [person(1, savedSearchId=999)]},
            "people_of_interest.jsonl:1: names saved search 999, which is not there",
        ),
        (
            {"runs": [run(trackedAccountId=999)]},
            "runs.jsonl:1: names account 999, which is not there",
        ),
        (
            {"runs": [run(savedSearchId=999)]},
            "runs.jsonl:1: names saved search 999, which is not there",
        ),
        (
            {"feedback": [lines.feedback(555, "good")]},
            "feedback.jsonl:1: names person 555, who is not there",
        ),
        (
            {"feedback": [lines.feedback(1, "good", savedSearchId=555)]},
            "feedback.jsonl:1: names saved search 555, which is not there",
        ),
        (
            {"saved_searches": [search(77, [31, 999])]},
            "saved_searches.jsonl:1: names account 999, which is not there",
        ),
        (
            {"webhooks": [lines.webhook(61, filter={"trackedAccountId": 999})]},
            "webhooks.jsonl:1: filter names account 999, which is not there",
        ),
        (
            {"webhooks": [lines.webhook(61, filter={"streamId": 999})]},
            "webhooks.jsonl:1: filter names stream 999, which is not there",
        ),
    ],
)
def test_what_names_nothing_is_listed(tmp_path: Path, files: dict[str, Any], said: str) -> None:
    assert _rows(tmp_path, **files).left_out == [said]


def test_a_search_names_an_account_twice(tmp_path: Path) -> None:
    rows = _rows(tmp_path, saved_searches=[search(77, [31, 31])])
    assert [pair.account_id for pair in rows.streams.by_id[77].pairs] == [31]


def test_a_stream_has_fifty_pairs_at_most(tmp_path: Path) -> None:
    numbers = range(31, 95)
    rows = _rows(
        tmp_path,
        tracked_accounts=[account(each) for each in numbers],
        saved_searches=[search(77, numbers, name="n" * 300)],
        people_of_interest=[person(1, trackedAccountId=94)],
    )
    assert len(rows.streams.by_id[77].pairs) == 50
    assert len(rows.streams.by_id[77].name) == 120
    assert rows.left_out == ["saved_searches.jsonl:1: has 64 accounts, 50 become pairs"]
    assert [lead.account_id for lead in rows.leads] == [94]


@pytest.mark.parametrize(
    ("number", "lead_id"),
    [
        (1, 1),
        ((1 << ids.COUNT_BITS) - 1, (1 << ids.COUNT_BITS) - 1),
        (1 << ids.COUNT_BITS, ids.numbered(1, (1 << 26) + 2)),
        (ids.MAX_ID, ids.numbered(1, (1 << 26) + 2)),
    ],
)
def test_a_lead_keeps_the_id_of_the_person(tmp_path: Path, number: int, lead_id: int) -> None:
    rows = _rows(tmp_path, people_of_interest=[person(9), person(number, handle="p")])
    assert rows.leads[1].lead_id == lead_id


def test_ids_do_not_hang_on_what_else_can_be_read(tmp_path: Path) -> None:
    people, runs = [person(1), person(2), person(3)], [run(), run(mode="re-test")]
    searches = [search(78, [31]), search(77, [31])]
    whole = _rows(tmp_path, people_of_interest=people, runs=runs, saved_searches=searches)
    lines.write(
        tmp_path,
        {
            "people_of_interest": [b"bad", person(2), b"bad"],
            "runs": [b"bad", runs[1]],
            "saved_searches": [b"bad", searches[1]],
        },
    )
    torn = rows_of(read(tmp_path).users[1], "pepper", {})
    assert {lead.lead_id for lead in torn.leads} < {lead.lead_id for lead in whole.leads}
    assert [each.run_id for each in torn.runs] == [whole.runs[1].run_id]
    pairs = [rows.streams.by_id[77].pairs[0].pair_id for rows in (whole, torn)]
    assert pairs[0] == pairs[1]


def test_runs_sort_by_their_trigger_and_before_those_of_v2(tmp_path: Path) -> None:
    given = ["2007-01-01T00:00:00Z", "2025-12-31T23:59:59Z", "2026-01-01T00:00:00Z"]
    rows = _rows(tmp_path, runs=[run(triggeredAt=each) for each in given])
    found = [each.run_id for each in rows.runs]
    assert found == sorted(set(found))
    assert found[-1] < ids.run_id(clock.now(), ids.numbered(1, 1), retest=False)


def test_pairs_lie_where_v2_does_not_count(tmp_path: Path) -> None:
    rows = _rows(tmp_path, tracked_accounts=[account(31), account(32)])
    (pair,) = rows.streams.by_id[77].pairs
    assert pair.pair_id >> ids.COUNT_BITS == 1
    assert pair.pair_id > ids.numbered(1, 1 << 26)


def test_a_past_without_accounts_makes_an_archived_stream(tmp_path: Path) -> None:
    rows = _rows(
        tmp_path,
        tracked_accounts=[account(31), account(32)],
        saved_searches=[search(77, [31]), search(78), search(79)],
        people_of_interest=[person(1, savedSearchId=78)],
        runs=[run(savedSearchId=78, trackedAccountId=32), run(trackedAccountId=32)],
    )
    made = {
        number: ([pair.account_id for pair in each.pairs], each.is_active, each.is_archived)
        for number, each in rows.streams.by_id.items()
    }
    assert made == {77: ([31], True, False), 78: ([31, 32], False, True)}
    assert rows.left_out == []
    assert [(each.stream_id, each.account_id) for each in rows.runs] == [(78, 32), (77, 32)]
    assert rows.runs[0].pair_id == rows.streams.by_id[78].pairs[1].pair_id
    assert rows.runs[1].pair_id not in {pair.pair_id for pair in rows.streams.by_id[77].pairs}


def test_followers_give_a_tier(tmp_path: Path) -> None:
    rows = _rows(tmp_path, people_of_interest=[person(1, followers=3120), person(2)])
    assert [lead.follower_tier for lead in rows.leads] == ["1k_to_10k", None]


def test_a_lead_has_what_the_api_shows(tmp_path: Path) -> None:
    reasons = [f"reason {number}" for number in range(8)]
    labels = {"job_role": ["COO"], "skill": []}
    rows = _rows(tmp_path, people_of_interest=[person(1, reasons=reasons, labels=labels)])
    (lead,) = rows.leads
    assert (lead.reasons, lead.labels) == (reasons[:5], {"job_role": ["COO"]})


def test_the_last_verdict_stands_unchanged(tmp_path: Path) -> None:
    rows = _rows(
        tmp_path,
        feedback=[
            lines.feedback(1, "good", createdAt="2025-11-03T00:00:00"),
            lines.feedback(1, "bad", badReason="bot", createdAt="2025-11-02T00:00:00Z"),
        ],
    )
    (verdict,) = rows.verdicts
    assert verdict.content == {
        "segment_id": 77,
        "feedback": "good",
        "bad_reason": None,
        "bad_reason_freeform": None,
        "at": "2025-11-03T00:00:00+00:00",
    }
