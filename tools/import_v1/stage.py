"""The stage that an import goes into: its settings, and whether it is there at all."""

from __future__ import annotations

import os

from botocore.exceptions import BotoCoreError, ClientError
from pynamodb.exceptions import PynamoDBException

from chalicelib import queues, secret_settings, settings
from chalicelib.auth.users import IdentityItem
from tools.deploy.secrets import name_of


class Unready(Exception):
    """Nothing can be imported into this stage; the message says why, in one sentence."""


def prepare() -> None:
    """Take up the stage's secrets, and see that it answers. Raises Unready.

    Under the built-in pepper, which only one machine may have, every key would be stored dead.
    """
    try:
        stage = settings.settings().stage
        _take_secrets(stage)
    except settings.SettingsInvalid as fault:
        raise Unready(f"the settings cannot be read: {fault}") from None
    _call(stage)


def _take_secrets(stage: str) -> None:
    if stage not in settings.ONE_MACHINE and not settings.settings().secrets:
        os.environ["SECRETS"] = name_of(stage)
        settings.settings.cache_clear()
    name = settings.settings().secrets
    try:
        secret_settings.renew()
    except (BotoCoreError, ClientError) as fault:
        raise Unready(
            f"the secret {name} of stage {stage} cannot be read: {_said(fault)}"
        ) from None
    if stage not in settings.ONE_MACHINE:
        settings.settings().refuse_built_in()


def _call(stage: str) -> None:
    try:
        IdentityItem.find("v1:")
        queues.queue_url("upkeep")
    except (BotoCoreError, ClientError, PynamoDBException) as fault:
        raise Unready(f"stage {stage} does not answer: {_said(fault)}") from None


def _said(fault: Exception) -> str:
    """The name of what is the matter, without what AWS says around it."""
    code = getattr(fault, "cause_response_code", None)
    if isinstance(fault, ClientError):
        code = fault.response["Error"]["Code"]
    return str(code or type(fault.__cause__ or fault).__name__)
