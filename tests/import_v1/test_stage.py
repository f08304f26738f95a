"""An import as an operator starts it: into which stage, and what it says when that is not there."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from chalicelib import aws as clients
from chalicelib import clock
from chalicelib.auth import keys
from chalicelib.auth.table import ApiKeyItem
from tests.import_v1 import lines
from tools.deploy import secrets
from tools.packaging.tree import ROOT

OWN = {
    "KEY_PEPPER": "the stage's own",
    "CURSOR_SECRET": "the stage's own",
    "PRIVACY_SECRET": "the stage's own",
}


@pytest.fixture
def folder(aws: str, tmp_path: Path) -> Path:
    return lines.write(tmp_path, lines.small() | {"users": [lines.user(name="Zoë Łukasz")]})


def _import(folder: Path, *arguments: str, **environment: str) -> tuple[int, str, str]:
    done = subprocess.run(
        [sys.executable, "-m", "tools.import_v1", str(folder), *arguments],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr.strip()


def _keep(stage: str, **values: str) -> None:
    clients.client("secretsmanager").create_secret(
        Name=secrets.name_of(stage), SecretString=json.dumps(values)
    )


def test_keys_are_kept_under_the_pepper_of_the_stage(folder: Path) -> None:
    _keep("test", **OWN)
    assert _import(folder, SECRETS=secrets.name_of("test"))[0] == 0
    assert ApiKeyItem.find(keys.digest(lines.key(1), "the stage's own")) is not None
    assert ApiKeyItem.find(keys.digest(lines.key(1), "local-pepper")) is None


@pytest.mark.parametrize("arguments", [(), ("--dry-run",)])
@pytest.mark.parametrize(
    ("kept", "said"),
    [
        (None, "the secret ctgo/prd/settings of stage prd cannot be read: "),
        ({"HUNTER_API_KEY": "x"}, "the settings cannot be read: "),
        (OWN | {"KEY_PEPPER": "local-pepper"}, "the settings cannot be read: "),
        (OWN, "stage prd does not answer: ResourceNotFoundException"),
    ],
)
def test_a_stage_without_its_pepper_or_its_tables(
    folder: Path, arguments: tuple[str, ...], kept: dict[str, str] | None, said: str
) -> None:
    if kept is not None:
        _keep("prd", **kept)
    code, _, error = _import(folder, *arguments, STAGE="prd")
    assert (code, error.count("\n")) == (2, 0)
    assert error.startswith(said)
    assert ("KEY_PEPPER" in error) is said.startswith("the settings")


def test_an_aws_that_is_not_there(folder: Path) -> None:
    code, _, error = _import(folder, AWS_ENDPOINT_URL="http://127.0.0.1:9")
    assert (code, error.count("\n")) == (2, 0)
    assert error.startswith("stage test does not answer: ")


@pytest.mark.parametrize("name", ["nowhere", "users.jsonl", "empty"])
def test_what_is_no_export(folder: Path, name: str) -> None:
    (folder / "empty").mkdir()
    code, _, error = _import(folder / name)
    assert (code, error.count("\n")) == (2, 0)
    assert "users.jsonl cannot be read: " in error


def test_a_dry_run_foretells_who_is_older_than_leads_are_kept(folder: Path) -> None:
    new = (clock.now() - timedelta(days=2)).isoformat()
    people = [lines.person(1), lines.person(2, discoveredAt=new)]
    said = [lines.feedback(each, "good") for each in (1, 2)]
    lines.write(folder, {"people_of_interest": people, "feedback": said})
    for arguments in (["--dry-run"], []):
        code, told, _ = _import(folder, *arguments, RETENTION_DAYS="30")
        rows = {line.split()[0]: line.split()[-1] for line in told.splitlines()[1:]}
        assert (code, rows["Lead"], rows["Feedback"]) == (0, "1", "1")
        assert "people who stay away: 1\n" in told
    assert "rows that were there: 0\n" in told
    assert [lead["id"] for lead in lines.got("/leads")["leads"]] == [2]


@pytest.mark.parametrize("arguments", [[], ["--dry-run"]])
def test_how_far_it_is_stands_beside_the_report(folder: Path, arguments: list[str]) -> None:
    code, report, progress = _import(folder, *arguments)
    assert code == 0
    assert report.startswith(("what the export holds\n", "would be written"))
    assert "100%" in progress
    assert "100%" not in report


@pytest.mark.parametrize(
    ("name", "is_listed"),
    [
        ("runs.jsonl.gz", True),
        ("People_of_interest.JSONL", True),
        ("webhooks.json", True),
        ("README.md", False),
    ],
)
def test_a_file_under_another_name(folder: Path, name: str, is_listed: bool) -> None:
    (folder / name).write_bytes(b"\x1f\x8b")
    code, report, _ = _import(folder)
    assert code == int(is_listed)
    assert (f"  {name}: no file of an export has this name\n" in report) is is_listed


def test_no_locale_matters(folder: Path) -> None:
    plain: dict[str, Any] = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    assert _import(folder, **plain, TZ="America/New_York")[0] == 0
    assert lines.got("/me")["name"] == "Zoë Łukasz"
    assert lines.got("/leads")["leads"][0]["discoveredAt"] == lines.AT
