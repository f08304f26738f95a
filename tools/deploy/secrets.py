"""The secret that holds a stage's settings: made once with random values, never overwritten."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from chalicelib.settings import Settings

RANDOM = ("KEY_PEPPER", "CURSOR_SECRET", "PRIVACY_SECRET")
"""Settings whose built-in values are for one machine only."""


def name_of(stage: str) -> str:
    """What the secret of a stage is called."""
    return f"ctgo/{stage}/settings"


def ensure(client: Any, stage: str, more: Mapping[str, str] | None = None) -> bool:
    """Make the secret unless it is there; True when it was made.

    `more` are settings that it gets beside the random ones. Raises SettingsInvalid.
    """
    values = {name: secrets.token_urlsafe(32) for name in RANDOM} | dict(more or {})
    Settings.load(values)
    try:
        client.create_secret(Name=name_of(stage), SecretString=json.dumps(values))
    except ClientError as error:
        if error.response["Error"]["Code"] == "ResourceExistsException":
            return False
        raise
    return True


def put(client: Any, stage: str, changes: Mapping[str, str]) -> None:
    """Change some settings of the secret; an empty value takes one out. Raises SettingsInvalid."""
    held = json.loads(client.get_secret_value(SecretId=name_of(stage))["SecretString"])
    values = {name: value for name, value in {**held, **changes}.items() if value}
    Settings.load(values)
    client.put_secret_value(SecretId=name_of(stage), SecretString=json.dumps(values))
