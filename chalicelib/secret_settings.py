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

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib import aws, clock, settings
from chalicelib.telemetry import logger

CURRENT = timedelta(minutes=5)
"""How long a rotated secret may go unnoticed."""
RETRY = timedelta(seconds=30)
"""How soon a store that failed is asked again; what was read before serves until then."""


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

    Raises BotoCoreError or ClientError when they could never be read, SettingsInvalid when they
    are no settings.
    """
    name, now = settings.settings().secrets, clock.now()
    if not name or now < _held.due:
        return False
    try:
        found = aws.client("secretsmanager").get_secret_value(SecretId=name)
    except (BotoCoreError, ClientError):
        if not _held.version:
            raise
        _held.due = now + RETRY
        logger.exception("secret settings could not be read again")
        return False
    _held.due = now + CURRENT
    if found["VersionId"] == _held.version:
        return False
    settings.adopt(json.loads(found["SecretString"]))
    was_in_use, _held.version = _held.version, str(found["VersionId"])
    return bool(was_in_use)


def forget() -> None:
    """Read the secrets at the next call, whatever was read before."""
    _held.version, _held.due = "", _LONG_AGO
    settings.adopt({})
