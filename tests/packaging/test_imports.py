"""What a cold start loads: the API no worker's code, a worker no code of the API's rooms."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from app import app
from bench.loading import WORK, loaded
from tools.packaging.functions import API, functions
from tools.packaging.tree import ROOT

OF_WORKERS = {
    "chalicelib.runs.pipeline",
    "chalicelib.runs.steps.read",
    "chalicelib.runs.steps.judge",
    "chalicelib.matching.engine",
    "chalicelib.delivery.dispatch",
    "chalicelib.settlement.settling",
    "chalicelib.nightly.walking",
}
HEAVY = {"boto3", "s3transfer", "httpx", "stripe", "requests", "numpy", "ahocorasick", "aiohttp"}

ASK = """
import json, os, sys
import app
event = json.loads(os.environ["EVENT"])
assert app.app(event, None)["statusCode"] == 401
print(json.dumps(sorted(sys.modules)))
"""
LOAD = """
import json, sys
import app
print(json.dumps(sorted(sys.modules)))
"""


def _loaded(code: str, **variables: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=True,
    )
    return set(json.loads(done.stdout.splitlines()[-1]))


@pytest.fixture(scope="module")
def of_a_refusal() -> set[str]:
    """What is loaded when the API has answered a request."""
    from tools.packaging import smoke

    return _loaded(ASK, EVENT=json.dumps(smoke._unknown_key()))


def test_the_api_loads_no_worker(of_a_refusal: set[str]) -> None:
    assert of_a_refusal & OF_WORKERS == set()


def test_the_api_loads_nothing_heavy(of_a_refusal: set[str]) -> None:
    assert {name.partition(".")[0] for name in of_a_refusal} & HEAVY == set()


def test_a_worker_loads_no_room_before_its_job() -> None:
    loaded = _loaded(LOAD)
    doors = {name for name in loaded if name.endswith(".routes") and name != "chalicelib.v1.routes"}
    assert doors == set()
    assert loaded & OF_WORKERS == set()


def test_every_function_is_looked_at() -> None:
    assert {work.partition(" ")[0] for work in WORK} == {each.name for each in functions(app)}


@pytest.mark.parametrize("work", [work for work in WORK if not work.startswith(API)])
def test_a_workers_code_opens_no_door(work: str) -> None:
    found = loaded(work, os.environ, ROOT, rounds=1)
    assert set(WORK[work]) <= found.modules
    assert found.rooms == set()


@pytest.mark.parametrize("work", [work for work in WORK if work.startswith(API)])
def test_a_rooms_code_is_no_workers(work: str) -> None:
    found = loaded(work, os.environ, ROOT, rounds=1)
    assert found.rooms == set(WORK[work])
    assert found.modules & OF_WORKERS == set()
