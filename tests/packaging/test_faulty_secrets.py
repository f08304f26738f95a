"""Secrets that are missing, mistyped or unreadable: no function works on the built-in ones."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine

from chalicelib import aws as clients
from chalicelib import renewal, secret_settings, settings
from chalicelib.settings import GENERATED, SettingsInvalid
from chalicelib.telemetry import logger
from tests.api_client import Api
from tools.deploy import secrets

NAME = secrets.name_of("test")
NOW = datetime(2026, 7, 5, 9, 0, tzinfo=UTC)
OWN = {name: f"own-{name.lower()}" for name in GENERATED}
VALUE = "hunter-value-nobody-may-see"


@pytest.fixture
def store(aws: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A store that this process is told of and has not read; it holds nothing yet."""
    monkeypatch.setenv("SECRETS", NAME)
    settings.settings.cache_clear()
    yield clients.client("secretsmanager")
    monkeypatch.delenv("SECRETS")
    secret_settings.forget()


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What is logged as warnings and above."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(logger.registered_formatter)
    level = logger.log_level
    logger.addHandler(handler)
    logger.setLevel("WARNING")
    yield written
    logger.setLevel(level)
    logger.removeHandler(handler)


def _without(name: str) -> str:
    return json.dumps({other: value for other, value in OWN.items() if other != name})


UNREADABLE = {
    "a number that is none": json.dumps(OWN | {"RETENTION_DAYS": VALUE}),
    "a value that is no text": json.dumps(OWN | {"RETENTION_DAYS": [VALUE]}),
    "a model address without a model": json.dumps(OWN | {"LLM_BASE_URL": VALUE}),
    "no JSON": VALUE,
    "no object": json.dumps([VALUE]),
    "a built-in secret": json.dumps(OWN | {"KEY_PEPPER": "local-pepper"}),
    "an emptied secret": json.dumps(OWN | {"PRIVACY_SECRET": ""}),
} | {f"no {name}": _without(name) for name in GENERATED}
faulty = pytest.mark.parametrize("held", UNREADABLE.values(), ids=UNREADABLE.keys())


def _handled(event: str) -> str:
    return f"{event} under {settings.settings().key_pepper}"


@faulty
def test_no_event_of_a_cold_process_is_handled_on_what_cannot_be_read(
    store: Any, held: str
) -> None:
    store.create_secret(Name=NAME, SecretString=held)
    for event in ("first", "second", "third"):
        with pytest.raises(SettingsInvalid) as refused:
            renewal.up_to_date(event, _handled)
        assert VALUE not in str(refused.value)
    store.put_secret_value(SecretId=NAME, SecretString=json.dumps(OWN))
    assert renewal.up_to_date("fourth", _handled) == "fourth under own-key_pepper"


@faulty
def test_a_bad_rotation_is_logged_and_what_was_read_before_serves(
    store: Any, held: str, log: io.StringIO
) -> None:
    store.create_secret(Name=NAME, SecretString=json.dumps(OWN))
    with time_machine.travel(NOW, tick=False) as clock:
        renewal.up_to_date("first", _handled)
        store.put_secret_value(SecretId=NAME, SecretString=held)
        clock.shift(secret_settings.CURRENT)
        for event in ("second", "third"):
            assert renewal.up_to_date(event, _handled) == f"{event} under own-key_pepper"
        (line,) = log.getvalue().splitlines()
        assert json.loads(line)["level"] == "ERROR"
        assert "SettingsInvalid" in line
        assert VALUE not in line
        good = OWN | {"KEY_PEPPER": "newer"}
        store.put_secret_value(SecretId=NAME, SecretString=json.dumps(good))
        assert renewal.up_to_date("fourth", _handled) == "fourth under own-key_pepper"
        clock.shift(secret_settings.RETRY)
        assert renewal.up_to_date("fifth", _handled) == "fifth under newer"


def test_names_of_another_version_are_left_out_and_logged(store: Any, log: io.StringIO) -> None:
    held = OWN | {"OF_ANOTHER_VERSION": VALUE, "HUNTER_API_KEY": "mine"}
    store.create_secret(Name=NAME, SecretString=json.dumps(held))
    assert renewal.up_to_date("first", _handled) == "first under own-key_pepper"
    renewal.up_to_date("second", _handled)
    assert settings.settings().hunter_api_key == "mine"
    (line,) = log.getvalue().splitlines()
    assert json.loads(line)["names"] == ["OF_ANOTHER_VERSION"]
    assert VALUE not in line


def test_a_store_that_was_never_reached_is_told_at_each_event(store: Any) -> None:
    for event in ("first", "second"):
        with pytest.raises(store.exceptions.ResourceNotFoundException):
            renewal.up_to_date(event, _handled)


def test_a_store_that_fails_later_is_survived(store: Any, log: io.StringIO) -> None:
    store.create_secret(Name=NAME, SecretString=json.dumps(OWN))
    with time_machine.travel(NOW, tick=False) as clock:
        renewal.up_to_date("first", _handled)
        store.delete_secret(SecretId=NAME, ForceDeleteWithoutRecovery=True)
        clock.shift(secret_settings.CURRENT)
        for event in ("second", "third"):
            assert renewal.up_to_date(event, _handled) == f"{event} under own-key_pepper"
    assert len(log.getvalue().splitlines()) == 1


def test_keys_are_neither_made_nor_known_under_public_secrets(
    store: Any, api: Api, log: io.StringIO
) -> None:
    store.create_secret(Name=NAME, SecretString=UNREADABLE["no JSON"])
    answers = [api.get("/me") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [500, 500]
    for answer in answers:
        assert answer.json_body["code"] == "internal_error"
        assert answer.json_body["requestId"] == answer.headers["X-Request-Id"]
        assert answer.headers["Access-Control-Allow-Origin"]
    assert VALUE not in log.getvalue()


@pytest.mark.parametrize("stage", ["local", "test"])
def test_one_machine_needs_no_secrets(stage: str, of_stage: Callable[[str], None]) -> None:
    of_stage(stage)
    assert renewal.up_to_date("event", _handled) == "event under local-pepper"


@pytest.mark.parametrize("stage", ["dev", "prod", "mine"])
def test_a_stage_of_others_needs_each_of_its_own(
    stage: str, of_stage: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    missing = list(GENERATED)
    for name in GENERATED:
        of_stage(stage)
        with pytest.raises(SettingsInvalid, match=f"public: {', '.join(missing)}$"):
            renewal.up_to_date("event", _handled)
        monkeypatch.setenv(name, OWN[name])
        missing.remove(name)
    of_stage(stage)
    assert renewal.up_to_date("event", _handled) == "event under own-key_pepper"


@pytest.fixture
def of_stage(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Reads the settings anew, as a process of a stage."""

    def choose(stage: str) -> None:
        monkeypatch.setenv("STAGE", stage)
        settings.settings.cache_clear()

    yield choose
    monkeypatch.undo()
    settings.settings.cache_clear()
