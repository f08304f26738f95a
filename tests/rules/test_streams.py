"""Decisions about streams, tiers and keys."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.auth import keys
from chalicelib.billing import budgets, gates
from chalicelib.billing.plans import plan_of
from chalicelib.errors import (
    ApiError,
    FreeAccountLimit,
    InvalidRequest,
    StreamArchived,
    StreamCapExceeded,
    StreamMultiSegment,
    SubscriptionRequired,
)
from chalicelib.streams import rules

LAPSED = ["canceled", "unpaid", "incomplete", "incomplete_expired", "paused"]


@pytest.mark.parametrize(
    ("segment", "handles", "name"),
    [
        ("Ops leaders", ["orbitdesk"], "Ops leaders · @orbitdesk"),
        ("Ops leaders", ["orbitdesk", "tidewater"], "Ops leaders · 2 accounts"),
        ("two\n lines", ["a"], "two lines · @a"),
    ],
)
def test_derived_names(segment: str, handles: list[str], name: str) -> None:
    assert rules.derived_name(segment, handles) == name


@given(st.text(min_size=1, max_size=2000), st.integers(1, 50))
def test_a_derived_name_fits(segment: str, accounts: int) -> None:
    name = rules.derived_name(segment, ["orbitdesk"] * accounts)
    assert 1 <= len(name) <= 120
    assert len(" ".join(segment.split())) > 100 or "…" not in name or "…" in segment


def test_doubles_name_both_places() -> None:
    with pytest.raises(InvalidRequest) as refusal:
        rules.refuse_twice(["a", "b", "a", "a"])
    assert [fault["field"] for fault in refusal.value.body["details"]] == ["pairs[2]", "pairs[3]"]
    assert all("pairs[0]" in fault["message"] for fault in refusal.value.body["details"])


def test_one_segment_a_stream() -> None:
    rules.refuse_too_many_segments(1, 1)
    with pytest.raises(StreamMultiSegment):
        rules.refuse_too_many_segments(2, 1)


@pytest.mark.parametrize(("times", "cap", "fine"), [(1, 1, True), (2, 1, False), (0, 1, True)])
def test_sync_times_up_to_the_daily_syncs(times: int, cap: int, fine: bool) -> None:
    def ask() -> None:
        rules.refuse_too_many_times(["07:15"] * times, cap)

    if fine:
        ask()
    else:
        with pytest.raises(InvalidRequest):
            ask()


ACTIVE, PAUSED = rules.State(True, False), rules.State(False, False)
ARCHIVED = rules.State(False, True)


@pytest.mark.parametrize(
    ("before", "is_active", "is_archived", "after"),
    [
        (ACTIVE, None, None, ACTIVE),
        (ACTIVE, False, None, PAUSED),
        (PAUSED, True, None, ACTIVE),
        (ACTIVE, None, True, ARCHIVED),
        (ACTIVE, True, True, ARCHIVED),
        (ARCHIVED, None, True, ARCHIVED),
        (ARCHIVED, None, False, PAUSED),
        (ARCHIVED, False, False, PAUSED),
        (ARCHIVED, True, False, ACTIVE),
        (ARCHIVED, False, None, ARCHIVED),
        (ARCHIVED, True, None, None),
        (ARCHIVED, True, True, None),
    ],
)
def test_states(
    before: rules.State,
    is_active: bool | None,
    is_archived: bool | None,
    after: rules.State | None,
) -> None:
    if after is None:
        with pytest.raises(StreamArchived):
            before.after(is_active=is_active, is_archived=is_archived)
    else:
        assert before.after(is_active=is_active, is_archived=is_archived) == after


@pytest.mark.parametrize(
    ("state", "times", "automated"),
    [
        (ACTIVE, ["07:15"], True),
        (ACTIVE, [], False),
        (PAUSED, ["07:15"], False),
        (ARCHIVED, ["07:15"], False),
    ],
)
def test_automated(state: rules.State, times: list[str], automated: bool) -> None:
    assert state.is_automated(times) is automated


def test_a_webhook_needs_a_url() -> None:
    rules.refuse_webhook_without_url("leads_only", None)
    rules.refuse_webhook_without_url("leads_plus_webhook", "https://example.org")
    with pytest.raises(InvalidRequest):
        rules.refuse_webhook_without_url("leads_plus_webhook", None)


@pytest.mark.parametrize("status", LAPSED)
def test_a_lapsed_subscription_is_refused(status: str) -> None:
    with pytest.raises(SubscriptionRequired):
        gates.require_not_lapsed(status)


@pytest.mark.parametrize("status", [*LAPSED, "free_user"])
def test_only_subscribers_change_tiers(status: str) -> None:
    gates.require_subscription("trialing")
    with pytest.raises(SubscriptionRequired):
        gates.require_subscription(status)


@pytest.mark.parametrize("status", ["free_user", "active", "trialing", "past_due"])
def test_others_pass(status: str) -> None:
    gates.require_not_lapsed(status)


@pytest.mark.parametrize(
    ("status", "tier", "automated", "refused"),
    [
        ("free_user", "starter", 1, False),
        ("free_user", "starter", 2, True),
        ("active", "starter", 3, False),
        ("active", "starter", 4, True),
        ("active", "growth", 10, False),
        ("active", "growth", 11, True),
        ("active", "pro", 25, False),
        ("active", "pro", 26, True),
    ],
)
def test_stream_cap(status: str, tier: str, automated: int, refused: bool) -> None:
    caught: ApiError | None = None
    try:
        gates.gate_stream_cap(status, "orbitdesk", tier, automated)
    except StreamCapExceeded as refusal:
        caught = refusal
    assert (caught is not None) is refused


def test_free_users_track_one_account_on_starter() -> None:
    gates.gate_free_accounts("free_user", 1)
    gates.gate_free_accounts("active", 100)
    with pytest.raises(FreeAccountLimit):
        gates.gate_free_accounts("free_user", 2)
    with pytest.raises(SubscriptionRequired):
        gates.gate_new_tiers("free_user", ["starter", "growth"])
    gates.gate_new_tiers("active", ["pro"])


def test_a_free_user_has_the_free_plan_whatever_the_tier() -> None:
    assert plan_of("free_user", "pro").followers_per_sync == 200
    assert plan_of("active", "pro").followers_per_sync == 5000


def test_budgets_are_never_negative() -> None:
    assert budgets.Budget(used=4, cap=1).remaining == 0


def test_keys_have_the_documented_form() -> None:
    made = {keys.make() for _ in range(100)}
    assert len(made) == 100
    for key in made:
        assert len(key) == 45
        assert keys.is_well_formed(key)
        assert key[-6:] == keys.checksum(key[5:-6])
    assert keys.digest("ctgo_x", "one") != keys.digest("ctgo_x", "other")


@pytest.mark.parametrize("key", ["", "ctgo_short", "ctgo_" + "é" * 40, "xtgo_" + "a" * 40])
def test_other_text_is_no_key(key: str) -> None:
    assert not keys.is_well_formed(key)
