"""Promises that the source itself must keep."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import fields

import pytest

from app import app
from chalicelib import errors
from chalicelib.settings import Settings, SettingsInvalid
from localdev import environment

ROOT = environment.ROOT
LONGEST_FILE = 300
"""Lines; a file that needs more holds more than one thing."""


def test_no_file_is_longer_than_it_may_be() -> None:
    files = [
        ROOT / "app.py",
        *(ROOT / "chalicelib").rglob("*.py"),
        *(ROOT / "localdev").rglob("*.py"),
    ]
    lengths = {str(file.relative_to(ROOT)): len(file.read_text().splitlines()) for file in files}
    assert {name: lines for name, lines in lengths.items() if lines > LONGEST_FILE} == {}


def test_siblings_share_the_name_of_their_path_variable() -> None:
    """API Gateway refuses `/streams/{id}` beside `/streams/{stream_id}/runs`."""
    names: dict[str, set[str]] = {}
    for path in app.routes:
        parts = path.split("/")
        for index, part in enumerate(parts):
            if part.startswith("{"):
                parent = re.sub(r"\{\w+\}", "{}", "/".join(parts[:index]))
                names.setdefault(parent, set()).add(part)
    assert all(len(found) == 1 for found in names.values()), names


def test_every_setting_is_explained() -> None:
    page = (ROOT / "docs" / "settings.md").read_text()
    for field in fields(Settings):
        assert field.metadata["description"].endswith(".")
        assert f"`{field.name.upper()}`" in page


def test_codes_are_snake_case_and_phrases_stand_only_where_promised() -> None:
    phrases = {error.error for error in errors.catalogue() if error.error != error.code}
    assert phrases == {
        "Stream is archived",
        "Wake the account before changing its tier",
        "Stream not found",
        "Lead not found",
        "Segment not found",
        "Saved search not found",
        "Account not found",
    }
    for error in errors.catalogue():
        assert re.fullmatch(r"[a-z][a-z_]+", error.code)
        assert 400 <= error.status < 600


@pytest.mark.parametrize(
    "module", ["boto3", "httpx", "stripe", "requests", "s3transfer", "email_validator"]
)
def test_importing_the_app_does_not_pay_for_what_an_endpoint_may_not_need(module: str) -> None:
    code = f"import sys, app; sys.exit({module!r} in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False)
    assert done.returncode == 0


@pytest.mark.parametrize(
    ("variables", "faults"),
    [
        ({"REQUESTS_PER_MINUTE": "0"}, ["REQUESTS_PER_MINUTE must be 1 at least"]),
        ({"TRACING": "maybe"}, ["TRACING must be true or false"]),
        (
            {"BOT_THRESHOLD": "1.5", "SCRAPE_SECONDS": "soon"},
            ["BOT_THRESHOLD must be 0 at least, 1 at most", "SCRAPE_SECONDS must be a number"],
        ),
    ],
)
def test_every_fault_of_the_settings_is_named(variables: dict[str, str], faults: list[str]) -> None:
    with pytest.raises(SettingsInvalid) as refusal:
        Settings.load(variables)
    assert sorted(str(refusal.value).split("; ")) == sorted(faults)


def test_settings_are_read_as_what_they_are() -> None:
    found = Settings.load({"TRACING": "true", "BASELINE_CAP": "7", "LLM_TIMEOUT": "2.5"})
    assert (found.tracing, found.baseline_cap, found.llm_timeout) == (True, 7, 2.5)
    assert "local-pepper" not in repr(found)
