"""The secret that holds a stage's settings: made once with random values, changed by name."""

from __future__ import annotations

import difflib
import json
import re
import secrets
from collections.abc import Iterable, Mapping
from typing import Any

from botocore.exceptions import ClientError

from chalicelib.secret_settings import parse
from chalicelib.settings import BUILT_IN, GENERATED, NAMES, Settings, SettingsInvalid
from tools.deploy.stack import DeployFailed

_LINE = re.compile(r"([A-Z][A-Z0-9_]*)=(.*)")


def name_of(stage: str) -> str:
    """What the secret of a stage is called."""
    return f"ctgo/{stage}/settings"


def ensure(client: Any, stage: str, more: Mapping[str, str] | None = None) -> bool:
    """Make the secret unless it is there; True when it was made.

    `more` are settings that it gets beside the random ones. Raises SettingsInvalid.
    """
    random = {name: secrets.token_urlsafe(32) for name in GENERATED}
    _refuse(_faults(more or {}, random))
    values = random | dict(more or {})
    try:
        client.create_secret(Name=name_of(stage), SecretString=json.dumps(values))
    except ClientError as error:
        if error.response["Error"]["Code"] == "ResourceExistsException":
            return False
        raise
    return True


def put(client: Any, stage: str, lines: Iterable[str]) -> None:
    """Change some settings of the secret by lines NAME=VALUE; `NAME=` takes one out.

    Raises SettingsInvalid naming every fault, and no value; then nothing was stored. Raises
    DeployFailed when there is no secret yet.
    """
    changes, faults = _read(lines)
    try:
        held = parse(client.get_secret_value(SecretId=name_of(stage))["SecretString"])
    except client.exceptions.ResourceNotFoundException:
        raise DeployFailed(
            f"there is no secret {name_of(stage)}: the first deploy makes it"
        ) from None
    _refuse(faults + _faults(changes, held))
    values = {name: value for name, value in {**held, **changes}.items() if value}
    client.put_secret_value(SecretId=name_of(stage), SecretString=json.dumps(values))


def _read(lines: Iterable[str]) -> tuple[dict[str, str], list[str]]:
    """The changes, and what is no change; of that only the number, for it may be a secret."""
    changes: dict[str, str] = {}
    faults = []
    for number, line in enumerate(lines, start=1):
        found = _LINE.fullmatch(line.strip())
        if found:
            changes[found[1]] = found[2].strip()
        elif line.strip():
            faults.append(f"line {number} is not NAME=VALUE with a name in capitals")
    return changes, faults or ([] if changes else ["no line NAME=VALUE came in"])


def _faults(changes: Mapping[str, str], held: Mapping[str, Any]) -> list[str]:
    # What the secret holds though it is no setting is left alone, and can be taken out: it may be
    # a setting of another version.
    gone = {name for name, value in changes.items() if not value} & held.keys()
    after = {**held, **changes}
    faults = [_unknown(name) for name in changes if name not in NAMES | gone]
    faults += [
        f"{name} needs a value of its own"
        for name in GENERATED
        if after.get(name, "") in ("", BUILT_IN[name])
    ]
    try:
        Settings.load(after)
    except SettingsInvalid as fault:
        faults.append(str(fault))
    return faults


def _unknown(name: str) -> str:
    near = difflib.get_close_matches(name, NAMES, n=1)
    return f"{name} is no setting" + (f" (is it {near[0]}?)" if near else "")


def _refuse(faults: list[str]) -> None:
    if faults:
        raise SettingsInvalid(f"nothing was stored: {'; '.join(faults)}")
