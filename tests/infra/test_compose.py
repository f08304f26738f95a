"""localstack-compose.yml as far as it goes without Docker, and the app beside an AWS of its own."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from localdev import ministack, ports
from localdev.compose import FILE, Beside, main
from localdev.environment import ROOT
from localdev.ministack import REQUIREMENTS


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(FILE.read_text())
    return found


_TEXTS: dict[str, Any] = {"type": "array", "items": {"type": "string"}, "minItems": 1}
SCHEMA: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["services"],
    "properties": {
        "services": {
            "additionalProperties": {
                "type": "object",
                "additionalProperties": False,
                "required": ["image", "profiles", "ports"],
                "properties": {
                    "image": {"type": "string"},
                    "profiles": _TEXTS,
                    "ports": _TEXTS | {"items": {"pattern": r"^[\d.]+:\d+:\d+$"}},
                    # A bare `yes` or 1 would reach the container as YAML understands it.
                    "environment": {"additionalProperties": {"type": "string"}},
                    "volumes": _TEXTS,
                    "healthcheck": {
                        "type": "object",
                        "additionalProperties": False,
                        "required": ["test"],
                        "properties": {
                            "test": _TEXTS,
                            "interval": {"type": "string", "pattern": r"^\d+(ms|s|m)$"},
                            "retries": {"type": "integer", "minimum": 1},
                        },
                    },
                },
            },
        },
        "volumes": {"additionalProperties": {"type": "object"}},
    },
}
"""The part of the Compose specification that the file uses, and nothing else."""


def test_its_form(compose: dict[str, Any]) -> None:
    jsonschema.validate(compose, SCHEMA)


@pytest.mark.parametrize(
    "slip", [{"port": ["127.0.0.1:1:1"]}, {"environment": {"DEBUG": 1}}, {"healthcheck": {}}]
)
def test_a_slip_is_seen(compose: dict[str, Any], slip: dict[str, Any]) -> None:
    wrong = {"services": {"one": {**compose["services"]["ministack"], **slip}}}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(wrong, SCHEMA)


def test_every_service_has_a_profile_and_an_exact_image(compose: dict[str, Any]) -> None:
    services = compose["services"]
    assert {tuple(each["profiles"]) for each in services.values()} == {
        ("localstack",),
        ("ministack",),
    }
    for service in services.values():
        assert re.fullmatch(r"[\w./-]+:\d+\.\d+\.\d+", service["image"])


def test_the_images_that_were_tried(compose: dict[str, Any]) -> None:
    assert compose["services"]["localstack"]["image"] == "localstack/localstack:4.14.0"
    pinned = REQUIREMENTS[0].partition("==")[2]
    assert compose["services"]["ministack"]["image"] == f"ministackorg/ministack:{pinned}"


def test_nothing_listens_to_the_network(compose: dict[str, Any]) -> None:
    for service in compose["services"].values():
        assert all(port.startswith("127.0.0.1:") for port in service["ports"])


def test_what_is_mounted_is_there(compose: dict[str, Any]) -> None:
    for service in compose["services"].values():
        for volume in service["volumes"]:
            source = volume.partition(":")[0]
            assert (
                (ROOT / source).exists() if source.startswith(".") else source in compose["volumes"]
            )


def test_the_ready_script_makes_the_stack_of_the_app() -> None:
    (script,) = (ROOT / "infra" / "local" / "ready.d").iterdir()
    assert os.access(script, os.X_OK)
    text = script.read_text()
    assert "--stack-name ctgo-local" in text
    assert "Stage=local" in text
    assert "/etc/ctgo/resources.yaml" in text


def test_without_docker_it_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert main() == 1
    assert "make dev" in capsys.readouterr().out


def test_a_stream_beside_an_emulator(tmp_path: Path) -> None:
    port = ports.free_port()
    emulator = ministack.child(port, log=tmp_path / "ministack.log")
    emulator.start()
    try:
        ministack.wait_until_healthy(port, emulator)
        with Beside(f"http://127.0.0.1:{port}") as beside:
            run, leads = beside.run_a_stream()
    finally:
        emulator.stop()
    assert run["status"] == "succeeded"
    assert leads > 0
