"""Settings that are secrets: read from Secrets Manager, and again when they may have been rotated.

One secret holds them all, a JSON object of variables as docs/settings.md names them, because one
call at a cold start is one call, and a rotation is one write. What the environment says wins, so a
laptop needs no store. Powertools' parameters utility would do the same through boto3, whose import
alone costs a cold start more than this module's one call.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib import aws, clock, settings
from chalicelib.telemetry import logger

CURRENT = timedelta(minutes=5)
"""How long a rotated secret may go unnoticed."""
RETRY = timedelta(seconds=30)
"""How soon a store that failed, or held what cannot be read, is asked again."""


_LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass
class _Held:
    """What this process read last."""

    version: str = ""
    due: datetime = _LONG_AGO
    """When it is to be read again."""


_held = _Held()


def renew() -> bool:
    """Read the secrets when it is time to. True when they replace others that were in use.

    What fails after a first success is logged, and what was read before serves on. Raises
    BotoCoreError or ClientError when they could never be read, SettingsInvalid when they never
    were settings: at each call until they are, because the built-in secrets are public.
    """
    name, now = settings.settings().secrets, clock.now()
    if not name or now < _held.due:
        return False
    try:
        version = _read(name)
    except (BotoCoreError, ClientError, settings.SettingsInvalid):
        if not _held.version:
            raise
        _held.due = now + RETRY
        logger.exception("secret settings could not be renewed; those read before serve on")
        return False
    was, _held.version, _held.due = _held.version, version, now + CURRENT
    return was not in ("", version)


def parse(text: str) -> dict[str, Any]:
    """What a secret holds. Raises SettingsInvalid, which says nothing of the text."""
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise settings.SettingsInvalid("the secret holds no JSON object")
    return found


def forget() -> None:
    """Read the secrets at the next call, whatever was read before."""
    _held.version, _held.due = "", _LONG_AGO
    settings.abandon()


def _read(name: str) -> str:
    """Adopt what the store holds, unless this process has it; its version."""
    found = aws.client("secretsmanager").get_secret_value(SecretId=name)
    version = str(found["VersionId"])
    if version != _held.version:
        unknown = settings.adopt(parse(found.get("SecretString", "")))
        if unknown:
            logger.warning("left out of the secret, being no settings here", names=unknown)
    return version
