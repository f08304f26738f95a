"""Cold starts of the packaged API and of its rivals, in one run and in turn.

Each is a fresh process of the real runtime interface client (awslambdaric) against a stand-in of
the Runtime API, with emulated DynamoDB behind it, from the start of the process to its first
answer. All have unchecked-hash `.pyc` files; none sees a package that is not its own.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from bench import loading
from bench.runtime_api import RuntimeApi
from chalicelib.settings import settings
from localdev.environment import ROOT
from tools.packaging import archive, tree
from tools.packaging.bundle import bundle

ROUNDS = 15
CALLS = 3
HOME = ROOT / ".tools" / "bench"
RIVALS = Path(__file__).parent / "rivals"
RUNTIME = "awslambdaric==4.2.2"
BARE, FASTAPI, POWERTOOLS, VALIDATING, OURS = (
    "(a) bare handler, boto3",
    "(b) FastAPI, Mangum, boto3",
    "(c) Powertools, boto3",
    "(c) Powertools with validation, boto3",
    "ctgo, packaged",
)


@dataclass(frozen=True)
class Style:
    """A way of writing the endpoint: its folder of packages and its handler."""

    name: str
    folder: Path
    handler: str


@dataclass(frozen=True)
class Cold:
    """Milliseconds, medians of the rounds."""

    init: float
    """From the start of the process until it asks for its first event."""
    first: float
    """The first event, handed out until answered."""
    total: float
    warm: float
    """The last event."""
    megabytes: float
    """Most memory that the process held."""
    ratio: float
    """Of the total to the bare handler's, round by round."""


def styles() -> list[Style]:
    """Everybody, ready to start."""
    HOME.mkdir(parents=True, exist_ok=True)
    ours = HOME / "ours"
    shutil.rmtree(ours, ignore_errors=True)
    bundle(tree.of_this_machine(), HOME / "ours.zip")
    shutil.unpack_archive(HOME / "ours.zip", ours)
    bare = _installed("bare", "boto3")
    powertools = _installed("powertools", "aws-lambda-powertools", "boto3")
    parsing = _installed("validating", "aws-lambda-powertools", "pydantic", "boto3")
    return [
        Style(BARE, bare, "bare.handler"),
        Style(FASTAPI, _installed("fastapi", "fastapi", "mangum", "boto3"), "fast.handler"),
        Style(POWERTOOLS, powertools, "powertools.handler"),
        Style(VALIDATING, parsing, "validating.handler"),
        Style(OURS, ours, "app.app"),
    ]


def _installed(name: str, *packages: str) -> Path:
    """A folder with packages in the versions that ctgo has, compiled as ctgo's are."""
    folder = HOME / name
    stamp = HOME / f"{name}.txt"
    pinned = (ROOT / "requirements.txt").read_text()
    wanted = "\n".join([*packages, pinned])
    if stamp.exists() and stamp.read_text() == wanted:
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    command += ["--no-compile", "-c", str(ROOT / "requirements.txt"), "--target", str(folder)]
    subprocess.run([*command, *packages], check=True, capture_output=True)
    archive.compile_all(folder)
    stamp.write_text(wanted)
    return folder


def event_of(key: str) -> dict[str, object]:
    """GET /me as API Gateway hands it on."""
    return {
        "resource": "/api/v2/me",
        "path": "/api/v2/me",
        "httpMethod": "GET",
        "headers": {"Authorization": f"Bearer {key}"},
        "multiValueQueryStringParameters": None,
        "pathParameters": None,
        "stageVariables": None,
        "requestContext": {
            "resourcePath": "/api/v2/me",
            "httpMethod": "GET",
            "requestId": "bench",
            "identity": {"sourceIp": "127.0.0.1"},
        },
        "body": None,
        "isBase64Encoded": False,
    }


def measure(key: str, everybody: list[Style], tick: Callable[[], None]) -> dict[str, Cold]:
    """Start everybody in turn, `ROUNDS` times. `tick` is called after each start."""
    runtime = _installed("runtime", RUNTIME)
    event = json.dumps(event_of(key)).encode()
    rounds: dict[str, list[tuple[float, ...]]] = {style.name: [] for style in everybody}
    with RuntimeApi() as api:
        for number in range(ROUNDS + 1):
            for style in everybody:
                found = _start(style, runtime, api, event, environment_of(key, style))
                if number:  # the first round fills the disk cache
                    rounds[style.name].append(found)
                tick()
    bare = [row[0] + row[1] for row in rounds[BARE]]
    return {name: _summary(rows, bare) for name, rows in rounds.items()}


def environment_of(key: str, style: Style) -> dict[str, str]:
    """What the process of a style sees, as Lambda would have it."""
    kept = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
    return kept | {
        "PATH": os.environ.get("PATH", ""),
        "PYTHONPATH": os.pathsep.join([str(style.folder), str(RIVALS)]),
        "PYTHONDONTWRITEBYTECODE": "1",
        "LAMBDA_TASK_ROOT": str(style.folder),
        "AWS_LAMBDA_FUNCTION_NAME": "bench",
        "AWS_LAMBDA_FUNCTION_VERSION": "1",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1024",
        "AWS_LAMBDA_LOG_GROUP_NAME": "bench",
        "AWS_LAMBDA_LOG_STREAM_NAME": "bench",
        "POWERTOOLS_SERVICE_NAME": "bench",
        "POWERTOOLS_TRACE_DISABLED": "true",
        "STAGE": settings().stage,
        "BASE_URL": settings().base_url,
        "REQUESTS_PER_MINUTE": "1000000",
        "KEY_PEPPER": settings().key_pepper,
        "BENCH_KEYS_TABLE": settings().resource("api-keys"),
        "BENCH_WORKSPACE_TABLE": settings().resource("workspace"),
        "BENCH_EVENT": json.dumps(event_of(key)),
    }


def _start(
    style: Style, runtime: Path, api: RuntimeApi, event: bytes, variables: dict[str, str]
) -> tuple[float, ...]:
    paths = os.pathsep.join([variables["PYTHONPATH"], str(runtime)])
    visit = api.expect(event, CALLS)
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-S", "-m", "awslambdaric", style.handler],
        env=variables | {"PYTHONPATH": paths, "AWS_LAMBDA_RUNTIME_API": api.address},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    try:
        is_over = visit.over.wait(30)
        memory = Path(f"/proc/{process.pid}/status").read_text()
    finally:
        process.kill()
        said = process.communicate()[0].decode(errors="replace")
    if not is_over or visit.failed or b"200" not in visit.answer[:2000]:
        raise RuntimeError(f"{style.name}: {visit.answer[:500]!r}\n{said[-2000:]}")
    peak = int(memory.split("VmHWM:")[1].split()[0]) / 1024
    first, last = visit.answered[0] - visit.asked[0], visit.answered[-1] - visit.asked[CALLS - 1]
    return (visit.asked[0] - began) * 1e3, first * 1e3, last * 1e3, peak


def _summary(rows: list[tuple[float, ...]], bare: list[float]) -> Cold:
    init, first, warm, peak = (statistics.median(column) for column in zip(*rows, strict=True))
    totals = [row[0] + row[1] for row in rows]
    ratios = [total / base for total, base in zip(totals, bare, strict=True)]
    return Cold(init, first, statistics.median(totals), warm, peak, statistics.median(ratios))


def warm_microseconds(key: str, everybody: list[Style], rounds: int = 5) -> dict[str, float]:
    """Microseconds of a warm call, AWS answered from memory; medians of processes in turn."""
    found: dict[str, list[float]] = {style.name: [] for style in everybody}
    for _ in range(rounds):
        for style in everybody:
            done = subprocess.run(
                [sys.executable, "-S", str(RIVALS / "warm.py"), style.handler],
                env=environment_of(key, style),
                capture_output=True,
                text=True,
                check=False,
            )
            if done.returncode:
                raise RuntimeError(f"{style.name}: {done.stderr[-2000:]}")
            found[style.name].append(float(done.stdout.splitlines()[-1]))
    return {name: statistics.median(values) for name, values in found.items()}


def section(key: str) -> str:
    """The parts of docs/performance.md on start-up and on what functions load."""
    everybody = styles()
    with Progress(console=Console(stderr=True)) as progress:
        starts = progress.add_task("cold starts", total=(ROUNDS + 1) * len(everybody))
        cold = measure(key, everybody, lambda: progress.advance(starts))
    warm = warm_microseconds(key, everybody)
    ours = everybody[-1]
    told = loading.section(environment_of(key, ours), ours.folder)
    return f"{_table(cold, warm)}\n\n{told}"


def _table(cold: dict[str, Cold], warm: dict[str, float]) -> str:
    zipped = HOME / "ours.zip"
    rows = [
        f"| {name} | {found.init:.0f} | {found.first:.0f} | {found.total:.0f} | {found.ratio:.2f} "
        f"| {found.megabytes:.0f} | {warm[name]:.0f} | {warm[name] / warm[BARE]:.2f} |"
        for name, found in cold.items()
    ]
    return "\n".join(
        [
            "## Cold start and warm call of the packaged API\n",
            "`GET /me` for everybody: a key that is hashed, checked and counted in one conditional "
            "write, one query, the same headers. Cold: a process of Lambda's own runtime interface "
            "client against a stand-in of the Runtime API, from its start to its first answer, "
            f"emulated DynamoDB behind it; medians of {ROUNDS} rounds in turn, the ratio round by "
            "round. Warm: microseconds of CPU for a call whose AWS answers come from memory, in "
            "place of botocore's HTTP session. boto3 is as it comes; ctgo tells "
            "botocore its User-Agent, so that none is put together anew for each call.\n",
            "| | init ms | first ms | total ms | to (a) | peak MB | warm µs | to (a) |",
            "|---|---:|---:|---:|---:|---:|---:|---:|",
            *rows,
            f"\nThe archive is {zipped.stat().st_size / 1e6:.0f} MB, "
            f"{archive.unpacked_megabytes(zipped):.0f} MB unpacked; "
            f"Lambda takes {archive.LIMIT_MEGABYTES}.",
        ]
    )
