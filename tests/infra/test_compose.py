"""localstack-compose.yml as far as it goes without Docker, and the app beside an AWS of its own."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from localdev import json_server, ministack, ports, template
from localdev.compose import FILE, PROFILES, main, wait_until_ready
from localdev.environment import ROOT
from localdev.json_server import Answer, Asked, Reply
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


def test_localstack_can_make_all_that_the_template_declares() -> None:
    """Its CloudFormation has no SES identities: a provider without a body stands in their place."""
    resources = template.load((ROOT / "infra" / "resources.yaml").read_text())["Resources"]
    assert {resource["Type"] for resource in resources.values()} == {
        "AWS::DynamoDB::Table",
        "AWS::IAM::Role",
        "AWS::S3::Bucket",
        "AWS::SQS::Queue",
        "AWS::Scheduler::ScheduleGroup",
    }


def test_without_docker_it_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert main() == 1
    assert "make dev" in capsys.readouterr().out


@pytest.fixture
def docker(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[str], Path]:
    """Makes a `docker` that is alone on PATH, out of lines of shell; what it was asked is kept."""

    def make(lines: str) -> Path:
        asked = tmp_path / "asked.txt"
        script = tmp_path / "docker"
        script.write_text(f'#!/bin/sh\necho "$*" >> {asked}\n{lines}\n')
        script.chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path))
        return asked

    return make


NO_PLUGIN = """echo "docker: 'compose' is not a docker command." >&2; exit 1"""
NO_DAEMON = 'test "$2" = version || { echo "Cannot connect to the Docker daemon" >&2; exit 17; }'


@pytest.mark.parametrize(
    ("lines", "told"), [(NO_PLUGIN, "compose plugin"), (NO_DAEMON, "could not start the emulator")]
)
def test_a_docker_that_cannot_is_one_sentence(
    docker: Callable[[str], Path], capfd: pytest.CaptureFixture[str], lines: str, told: str
) -> None:
    docker(lines)
    assert main() == 1
    said = capfd.readouterr().out
    assert told in said
    assert len(said.splitlines()) == 1


def test_an_unknown_profile_is_refused_with_the_choices(
    docker: Callable[[str], Path],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    asked = docker("exit 0")
    monkeypatch.setenv("PROFILE", "nope")
    assert main() == 2
    assert capsys.readouterr().out == "PROFILE=nope is none of: localstack, ministack\n"
    assert not asked.exists()


def test_the_choices_are_the_profiles_of_the_file(compose: dict[str, Any]) -> None:
    assert set(PROFILES) == {
        name for each in compose["services"].values() for name in each["profiles"]
    }


def _starting(*scripts: tuple[bool, str]) -> Answer:
    """An emulator: healthy from the second look, its scripts in the given states one by one.

    Without any it has no init endpoint, as MiniStack has none. Its last word stands.
    """
    healths, states = iter([503]), iter(scripts)

    def answer(asked: Asked) -> Reply:
        if asked.path == "/_localstack/health":
            return next(healths, 200), {"services": {}}
        if asked.path != "/_localstack/init/ready" or not scripts:
            return 404, {}
        completed, state = next(states, scripts[-1])
        row = {"stage": "READY", "name": "10-stack.sh", "state": state}
        return 200, {"completed": completed, "scripts": [row]}

    return answer


@pytest.mark.parametrize(
    ("profile", "scripts"),
    [
        ("localstack", [(False, "UNKNOWN"), (False, "RUNNING"), (True, "SUCCESSFUL")]),
        ("localstack", [(True, "SUCCESSFUL")]),
        ("ministack", []),
    ],
)
def test_it_waits_until_the_scripts_have_run(profile: str, scripts: list[tuple[bool, str]]) -> None:
    looks: list[str] = []
    emulator = _starting(*scripts)

    def answer(asked: Asked) -> Reply:
        looks.append(asked.path)
        return emulator(asked)

    with json_server.serve(answer) as url:
        wait_until_ready(profile, url, seconds=10, every=0.01)
    assert looks.count("/_localstack/init/ready") == len(scripts)
    assert looks.count("/_localstack/health") == 1 + max(len(scripts), 1)


@pytest.mark.parametrize("completed", [False, True])
def test_a_script_that_failed_is_named(
    completed: bool, docker: Callable[[str], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    asked = docker("exit 0")
    with json_server.serve(_starting((False, "RUNNING"), (completed, "ERROR"))) as url:
        assert main(url) == 1
    assert "10-stack.sh" in capsys.readouterr().out
    assert asked.read_text().splitlines()[-1].endswith("--profile localstack up --detach")


@pytest.mark.parametrize("scripts", [[], [(False, "RUNNING")]], ids=["no endpoint", "no end"])
def test_scripts_that_never_end_are_not_waited_for_forever(scripts: list[tuple[bool, str]]) -> None:
    with (
        json_server.serve(_starting(*scripts)) as url,
        pytest.raises(TimeoutError, match=f"localstack on {url}"),
    ):
        wait_until_ready("localstack", url, seconds=0.2, every=0.01)


def test_a_stream_beside_an_emulator(
    tmp_path: Path,
    docker: Callable[[str], Path],
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    port = ports.free_port()
    emulator = ministack.child(port, log=tmp_path / "ministack.log")
    emulator.start()
    try:
        ministack.wait_until_healthy(port, emulator)
        docker("exit 0")
        monkeypatch.setenv("PROFILE", "ministack")
        assert main(f"http://127.0.0.1:{port}") == 0
    finally:
        emulator.stop()
    assert re.search(r"^run succeeded: [1-9]\d* leads", capfd.readouterr().out, re.MULTILINE)
