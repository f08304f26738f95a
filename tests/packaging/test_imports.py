"""What a cold start loads: the API no worker's code, a worker no code of the API's rooms."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from app import app
from tools.packaging.functions import functions
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
    import os

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


@pytest.mark.parametrize(
    ("function", "module"),
    [
        ("start_run", "chalicelib.runs.pipeline"),
        ("scrape", "chalicelib.runs.pipeline"),
        ("enrich", "chalicelib.runs.pipeline"),
        ("settle_billing", "chalicelib.settlement.settling"),
        ("deliver", "chalicelib.delivery.dispatch"),
        ("nightly", "chalicelib.nightly.walking"),
    ],
)
def test_a_workers_code_opens_no_door(function: str, module: str) -> None:
    assert function in {each.name for each in functions(app)}
    loaded = _loaded(LOAD.replace("import app", f"import app, {module}"))
    assert module in loaded
    doors = {name for name in loaded if name.endswith(".routes") and name != "chalicelib.v1.routes"}
    assert doors == set()
