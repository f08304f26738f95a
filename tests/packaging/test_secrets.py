"""Settings that are secrets: read once, kept, taken up anew when they were rotated."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine

from chalicelib import aws as clients
from chalicelib import renewal, secret_settings, settings, wiring
from tools.deploy import secrets

NOW = datetime(2026, 7, 5, 9, 0, tzinfo=UTC)


@pytest.fixture
def store(aws: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("SECRETS", secrets.name_of("test"))
    settings.settings.cache_clear()
    client = clients.client("secretsmanager")
    assert secrets.ensure(client, "test", {"HUNTER_API_KEY": "first"})
    yield client
    monkeypatch.delenv("SECRETS")
    secret_settings.forget()
    wiring.contacts.cache_clear()


def test_read_once_and_then_when_it_is_time(store: Any) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        assert secret_settings.renew() is False
        assert settings.settings().hunter_api_key == "first"
        secrets.put(store, "test", ["HUNTER_API_KEY=second"])
        assert secret_settings.renew() is False
        assert settings.settings().hunter_api_key == "first"
        clock.shift(secret_settings.CURRENT)
        assert secret_settings.renew() is True
        assert settings.settings().hunter_api_key == "second"


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_clients_follow(store: Any) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        assert renewal.up_to_date("event", str.upper) == "EVENT"
        before = wiring.contacts()
        clock.shift(secret_settings.CURRENT)
        renewal.up_to_date("event", str.upper)
        assert wiring.contacts() is before
        secrets.put(store, "test", ["HUNTER_API_KEY=second"])
        clock.shift(secret_settings.CURRENT)
        renewal.up_to_date("event", str.upper)
        assert wiring.contacts() is not before
    gc.collect()  # clients of earlier tests let go of their connections here, not in a later one


def test_the_environment_wins(store: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUNTER_API_KEY", "mine")
    secret_settings.renew()
    assert settings.settings().hunter_api_key == "mine"


def test_without_a_name_nothing_is_read() -> None:
    assert secret_settings.renew() is False
