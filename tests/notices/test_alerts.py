"""Alerts that no run brings: low credits, a webhook that was given up."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from chalicelib import wiring
from chalicelib.billing.low_balance import LowCredits
from chalicelib.notices import taking
from chalicelib.notices.jobs import MailWebhookDisabled
from chalicelib.queues import Job
from tests.api.stream_hand import set_user
from tests.api_client import Api
from tests.mails import Post


def _take(job: Job) -> None:
    taking.take(getattr(job, "kind", ""), job.model_dump_json(), wiring.delivery().channels)


def test_low_credits_once_each_time(api: Api, post: Post) -> None:
    set_user(api, credits=9)
    for granted in (10, 10, 60):
        _take(LowCredits(user_id=api.user_id, granted=granted))
    assert post.subjects == ["9 credits left"] * 2
    assert post.mails[0]["To"] == "noor@orbitdesk.example"
    assert "List-Unsubscribe" in post.mails[0]


def test_not_for_who_does_not_want_it_or_is_gone(api: Api, post: Post) -> None:
    api.put("/notification-settings", {"lowCreditAlerts": False})
    _take(LowCredits(user_id=api.user_id, granted=10))
    _take(LowCredits(user_id=7, granted=10))
    assert post.raw == []


@pytest.mark.parametrize(("reason", "said"), [("gone", "410"), ("failing", "five days")])
def test_a_webhook_that_was_given_up(api: Api, post: Post, reason: str, said: str) -> None:
    job = MailWebhookDisabled.model_validate(
        {
            "user_id": api.user_id,
            "target_url": "https://hooks.tidewater.example/in",
            "reason": reason,
            "since": datetime(2026, 7, 5, tzinfo=UTC),
        }
    )
    _take(job)
    _take(job)
    assert post.subjects == ["A webhook was switched off"]
    assert said in post.text()
    assert "https://hooks.tidewater.example/in" in post.text()


def test_a_kind_that_nobody_knows(api: Api) -> None:
    with pytest.raises(LookupError, match="nobody delivers"):
        taking.take("carrier_pigeon", "{}", wiring.delivery().channels)
    assert api.get("/me").status_code == 200
