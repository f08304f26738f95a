"""The archive: whole, small, the same twice, and able to run by itself."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.util import MAGIC_NUMBER
from pathlib import Path

import pytest

from chalicelib import aws
from tools.packaging import archive, smoke, tree
from tools.packaging.__main__ import MOST_MEGABYTES
from tools.packaging.bundle import bundle

UNCHECKED = 0b01
"""PEP 552: a .pyc that is named by a hash and not compared with its source."""


def test_the_same_bytes_twice(archive_file: Path, tmp_path: Path) -> None:
    again = tmp_path / "again.zip"
    bundle(tree.of_this_machine(), again)
    assert archive.digest(again) == archive.digest(archive_file)


def test_it_runs_with_its_own_files_alone(task: Path) -> None:
    command = [sys.executable, "-I", "-S", smoke.__file__, str(task)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout.splitlines()[-1])
    assert said["services"] == list(aws.SERVICES)
    assert {"start_run", "scrape", "enrich", "deliver"} <= set(said["handlers"])


def test_the_smoke_test_notices_what_is_missing(task: Path, tmp_path: Path) -> None:
    import shutil

    broken = shutil.copytree(task, tmp_path / "broken")
    shutil.rmtree(broken / "botocore" / "data" / "sqs")
    command = [sys.executable, "-I", "-S", smoke.__file__, str(broken)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "sqs" in done.stderr


def test_every_module_is_compiled_for_good(task: Path) -> None:
    sources = [path for path in task.rglob("*.py") if "__pycache__" not in path.parts]
    assert len(sources) > 500
    for source in sources:
        compiled = (
            source.parent / "__pycache__" / f"{source.stem}.{sys.implementation.cache_tag}.pyc"
        )
        head = compiled.read_bytes()[:8]
        assert head[:4] == MAGIC_NUMBER
        assert int.from_bytes(head[4:], "little") == UNCHECKED, source


@pytest.mark.parametrize(
    "unwanted",
    ["tests", "tools", "localdev", "bench", "boto3", "pytest", "chalice/cli", "botocore/data/ec2"],
)
def test_nothing_that_no_function_reads(task: Path, unwanted: str) -> None:
    assert not (task / unwanted).exists()


def test_sizes(archive_file: Path) -> None:
    assert archive.unpacked_megabytes(archive_file) < MOST_MEGABYTES < archive.LIMIT_MEGABYTES


def test_licences_come_along(task: Path) -> None:
    names = {path.name.partition("-")[0] for path in task.glob("*.dist-info")}
    assert {"chalice", "pydantic", "botocore", "stripe"} <= names


def test_the_certificates_of_aws(task: Path) -> None:
    text = (task / "aws-roots.pem").read_text()
    assert text.count("BEGIN CERTIFICATE") == text.count("# Subject:") >= 5
    assert "Amazon Root CA 1" in text
