"""A run with a language model behind it: leads, counts, spending, failure; and a run without."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib.judging.second_opinion import SecondOpinion
from chalicelib.runs.jobs import JudgeBatch
from chalicelib.runs.steps.judge import judge_batch
from chalicelib.runs.table import RunItem
from chalicelib.settings import Settings, settings
from localdev import environment
from localdev.fake_llm import FakeModel
from tests.api_client import Api
from tests.judging.endpoint import Endpoint, served
from tests.queue_hand import QueueHand
from tests.worlds import FOLLOWERS

FANS = 20
"""Followers of `@orbitdesk` who are here for the football."""
CALLS = 12
"""Three batches, of 50, 50 and 20 profiles."""


@pytest.fixture
def model() -> FakeModel:
    return FakeModel(
        lambda data: [
            {
                "id": each["id"],
                "fit": "fits" if "football" in each["bio"] else "unclear",
                "labels": [],
                "quote": "for the football" if "football" in each["bio"] else "",
                "reason": "follows a ball game" if "football" in each["bio"] else "",
            }
            for each in data["profiles"]
        ]
    )


@pytest.fixture
def endpoint(model: FakeModel, aws: str) -> Iterator[Endpoint]:
    with served(model) as server:
        yield server


@pytest.fixture
def run(api: Api, queues: QueueHand) -> RunItem:
    """A run whose followers are read and wait to be judged."""
    pair = {"accountHandle": "orbitdesk", "accountTier": "pro"}
    pairs = [{**pair, "segment": {"description": "people who watch ball games"}}]
    stream_id = api.create_stream(pairs=pairs)["id"]
    queued = api.post(f"/streams/{stream_id}/run").json_body["queued"]
    for function in ("start_run", "scrape"):
        while queues.step(function, lambda first, _: first()):
            pass
    return RunItem.get(stream_id, queued[0]["syncRunId"])


def _judge(run: RunItem, opinions: SecondOpinion | None) -> None:
    for number in sorted(run.open):
        job = JudgeBatch(
            user_id=run.user_id,
            account_id=run.account_id,
            batch_no=number,
            runs=({"stream_id": run.stream_id, "run_id": run.run_id, "pair_id": run.pair_id},),
        )
        judge_batch(job, second_opinion=opinions)
        judge_batch(job, second_opinion=opinions)  # a message may come twice
    run.refresh(consistent_read=True)


def _classified(api: Api, run: RunItem) -> str:
    shown = api.get(f"/streams/{run.stream_id}/runs/{run.run_id}").json_body["run"]
    assert shown["status"] == "succeeded"
    return next(line["message"] for line in shown["progressLog"] if line["step"] == "classify")


def _leads(api: Api, run: RunItem) -> list[dict[str, Any]]:
    return list(api.get(f"/streams/{run.stream_id}/leads?limit=500").json_body["leads"])


def test_the_model_finds_whom_rules_cannot(
    api: Api, run: RunItem, endpoint: Endpoint, model: FakeModel
) -> None:
    _judge(run, endpoint.second_opinion())
    leads = _leads(api, run)
    assert [lead["matchConfidence"] for lead in leads] == ["high"] * FANS
    assert leads[0]["reasons"] == ["bio says “for the football” (model: follows a ball game)"]
    assert len(model.asked) == run.model_calls == CALLS
    assert _classified(api, run) == (
        f"{FANS} matched: {FANS} high, 0 medium;"
        f" a language model read {FOLLOWERS} open ones, 0 left to rules"
    )


def test_a_run_spends_what_it_may(
    api: Api, run: RunItem, endpoint: Endpoint, model: FakeModel
) -> None:
    run.update(actions=[RunItem.model_calls.set(settings().llm_spend_per_run - 2)])
    _judge(run, endpoint.second_opinion())
    assert len(model.asked) == 2
    assert (run.model_read, run.model_left) == (20, FOLLOWERS - 20)
    assert "read 20 open ones, 100 left to rules" in _classified(api, run)


def test_what_was_asked_before_costs_nothing(
    run: RunItem, endpoint: Endpoint, model: FakeModel
) -> None:
    opinions = endpoint.second_opinion()
    numbers = sorted(run.open)
    _judge(run, opinions)
    # as if the worker had died before it stored what it was told
    again = {"open": RunItem.open.add(set(numbers)), "status": RunItem.status.set("running")}
    run.update(actions=list(again.values()))
    _judge(run, opinions)
    assert len(model.asked) == run.model_calls == CALLS


def test_a_broken_model_leaves_the_run_as_rules_have_it(
    api: Api, run: RunItem, endpoint: Endpoint, model: FakeModel
) -> None:
    model.faults.extend(["500"] * 99)
    _judge(run, endpoint.second_opinion())
    assert _leads(api, run) == []
    assert f"read 0 open ones, {FOLLOWERS} left to rules" in _classified(api, run)


def test_without_a_model_nothing_is_said_of_it(api: Api, run: RunItem) -> None:
    _judge(run, None)
    assert _classified(api, run) == "0 matched: 0 high, 0 medium"
    assert run.model_calls == 0


@pytest.mark.parametrize(
    ("wanted", "prints"),
    [
        ({}, "None False"),
        ({"LLM_BASE_URL": "http://127.0.0.1:9/v1", "LLM_MODEL": "tiny"}, "SecondOpinion True"),
    ],
)
def test_nothing_of_it_is_loaded_unless_it_is_configured(
    wanted: dict[str, str], prints: str
) -> None:
    code = (
        "import sys, app\n"
        "from chalicelib import wiring\n"
        "from chalicelib.runs import pipeline\n"
        "made = wiring.second_opinion()\n"
        "print(made and type(made).__name__, 'chalicelib.judging' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=environment.ROOT,
        env=wanted,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split("\n")[0] == prints


def test_an_address_needs_a_model() -> None:
    with pytest.raises(ValueError, match="LLM_MODEL"):
        Settings.load({"LLM_BASE_URL": "http://127.0.0.1:9/v1"})
