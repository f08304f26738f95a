"""`python -m tools.deploy --secrets`, and the secret that a first deployment makes."""

from __future__ import annotations

import io
import json
import sys
from typing import Any

import pytest

from chalicelib import aws as clients
from chalicelib.settings import BUILT_IN, GENERATED, SettingsInvalid
from tools.deploy import secrets
from tools.deploy.__main__ import main

STAGE = "dev"
VALUE = "value-nobody-may-see"


@pytest.fixture
def store(aws: str) -> Any:
    client = clients.client("secretsmanager")
    assert secrets.ensure(client, STAGE, {"HUNTER_API_KEY": "first"})
    return client


def _held(store: Any) -> dict[str, Any]:
    text = store.get_secret_value(SecretId=secrets.name_of(STAGE))["SecretString"]
    return dict(json.loads(text))


def _type(monkeypatch: pytest.MonkeyPatch, text: str) -> int:
    monkeypatch.setattr(sys, "argv", ["tools.deploy", "--stage", STAGE, "--secrets"])
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))
    return main()


def test_the_first_deployment_makes_it_and_no_later_one_does(store: Any) -> None:
    held = _held(store)
    assert set(GENERATED) <= set(held)
    assert all(held[name] != BUILT_IN[name] for name in GENERATED)
    assert not secrets.ensure(store, STAGE)
    assert _held(store) == held


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"HUNTER_API_KYE": VALUE}, ["HUNTER_API_KYE", "HUNTER_API_KEY"]),
        ({"KEY_PEPPER": ""}, ["KEY_PEPPER"]),
        ({"KEY_PEPPER": BUILT_IN["KEY_PEPPER"]}, ["KEY_PEPPER"]),
        ({"RETENTION_DAYS": "soon", "NONE_SUCH": VALUE}, ["RETENTION_DAYS", "NONE_SUCH"]),
    ],
)
def test_none_is_made_with_a_fault(aws: str, more: dict[str, str], told: list[str]) -> None:
    client = clients.client("secretsmanager")
    with pytest.raises(SettingsInvalid) as refused:
        secrets.ensure(client, STAGE, more)
    assert all(name in str(refused.value) for name in told)
    assert not client.list_secrets()["SecretList"]


def test_lines_change_it(store: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    before = _held(store)
    typed = "STRIPE_API_KEY=sk=with=signs \n\n  APIFY_TOKEN=\nSCRAPEBADGER_API_KEY=sb"
    assert _type(monkeypatch, typed) == 0
    more = {"STRIPE_API_KEY": "sk=with=signs", "SCRAPEBADGER_API_KEY": "sb"}
    assert _held(store) == before | more


def test_an_empty_value_takes_an_optional_one_out(
    store: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert _type(monkeypatch, "HUNTER_API_KEY=\n") == 0
    assert "HUNTER_API_KEY" not in _held(store)


def test_what_another_version_left_stays_until_it_is_taken_out(
    store: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = json.dumps(_held(store) | {"OF_ANOTHER_VERSION": "x"})
    store.put_secret_value(SecretId=secrets.name_of(STAGE), SecretString=old)
    assert _type(monkeypatch, "HUNTER_API_KEY=second\n") == 0
    assert _held(store)["OF_ANOTHER_VERSION"] == "x"
    assert _type(monkeypatch, "OF_ANOTHER_VERSION=\n") == 0
    assert "OF_ANOTHER_VERSION" not in _held(store)


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("SCRAPEBADGER_API_KYE=x\n", ["SCRAPEBADGER_API_KYE", "is it SCRAPEBADGER_API_KEY?"]),
        ("NONE_SUCH=\n", ["NONE_SUCH is no setting"]),
        (f"HUNTER_API_KEY=x\n{VALUE}\n", ["line 2"]),
        (f"hunter_api_key={VALUE}\n", ["line 1"]),
        (f"{VALUE}==\n", ["line 1"]),
        (f"HUNTER_API_KEY {VALUE}\n", ["line 1"]),
        *((f"{name}=\n", [name]) for name in GENERATED),
        *((f"{name}=  \n", [name]) for name in GENERATED),
        *((f"{name}={BUILT_IN[name]}\n", [name]) for name in GENERATED),
        (f"RETENTION_DAYS={VALUE}\n", ["RETENTION_DAYS must be a number"]),
        ("LLM_BASE_URL=http://127.0.0.1\n", ["LLM_MODEL"]),
        ("", ["no line"]),
        (
            f"no sign\nNONE_SUCH={VALUE}\nKEY_PEPPER=\nRETENTION_DAYS=x\nSTAGES=y\n",
            ["line 1", "NONE_SUCH", "KEY_PEPPER", "RETENTION_DAYS", "STAGES"],
        ),
    ],
)
def test_a_fault_stores_nothing_and_every_one_is_told(
    store: Any,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    typed: str,
    told: list[str],
) -> None:
    before = _held(store)
    assert _type(monkeypatch, typed) == 2
    said = capsys.readouterr().err
    assert all(part in said for part in told)
    assert said.startswith("nothing was stored: ")
    assert VALUE not in said
    assert _held(store) == before


def test_before_the_first_deployment_it_says_so(
    aws: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _type(monkeypatch, "HUNTER_API_KEY=x\n") == 1
    assert f"no secret {secrets.name_of(STAGE)}" in capsys.readouterr().err
