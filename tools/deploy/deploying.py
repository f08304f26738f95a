"""Archive and template to a bucket, the secret and the sender, then the stack."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import yaml

from tools.deploy import places, secrets, sender
from tools.deploy.adopting import MakeClient, grown, left, to_import
from tools.deploy.shelf import Shelf
from tools.deploy.stack import Stack
from tools.packaging import archive

CODE_URI = "./deployment.zip"


def deploy(
    make_client: MakeClient,
    stage: str,
    packaged: Path,
    parameters: Mapping[str, str],
    *,
    bucket: str,
    say: Callable[[str], None] = print,
    look_seconds: float = 5,
) -> dict[str, str]:
    """Deploy what `tools.packaging` made in the folder `packaged`; returns the stack's outputs.

    `make_client` makes the client of an AWS service. Raises DeployFailed; where AWS has too few
    places to run, before anything is made.
    """
    written = (packaged / "template.yaml").read_text()
    template = yaml.safe_load(written)
    places.check(make_client("lambda"), template, stage)
    stack = Stack(
        client=make_client("cloudformation"),
        name=f"ctgo-{stage}",
        say=say,
        look_seconds=look_seconds,
    )
    there = stack.clear()
    shelf = Shelf(make_client("s3"), bucket)
    shelf.ensure()
    zipped = packaged / "deployment.zip"
    code = f"{stage}/{archive.digest(zipped)}.zip"
    shelf.put(code, zipped.read_bytes())
    url = shelf.put(
        f"{stage}/template.yaml", written.replace(CODE_URI, f"s3://{bucket}/{code}").encode()
    )
    if secrets.ensure(make_client("secretsmanager"), stage):
        say(f"made the secret {secrets.name_of(stage)}: put the keys of your providers into it")
    if sender.ensure(make_client("sesv2"), parameters["MailSender"]):
        say(f"made the SES identity {parameters['MailSender']}: follow the link that SES mails")
    account = make_client("sts").get_caller_identity()["Account"]
    names = left(make_client, template, {"Stage": stage, "AWS::AccountId": account})
    there = _adopt(stack, template, names, there=there, shelf=shelf, parameters=parameters)
    stack.change("UPDATE" if there else "CREATE", url, _stated(parameters))
    return stack.outputs()


def _adopt(
    stack: Stack,
    template: dict[str, Any],
    names: Mapping[str, str],
    *,
    there: bool,
    shelf: Shelf,
    parameters: Mapping[str, str],
) -> bool:
    """Import what is there under the names and is not the stack's; whether there is a stack now."""
    owned = stack.physical_ids() if there else set()
    found = {logical_id: name for logical_id, name in names.items() if name not in owned}
    if not found:
        return there
    stack.say(f"there already, and taken into the stack: {', '.join(sorted(found.values()))}")
    standing = stack.template() if there else {}
    now = json.dumps(grown(standing, template, found)).encode()
    known = standing.get("Parameters", {})
    same = [{"ParameterKey": name, "UsePreviousValue": True} for name in known]
    more = {name: value for name, value in parameters.items() if name not in known}
    url = shelf.put(f"{stack.name}/import.json", now)
    stack.change("IMPORT", url, [*same, *_stated(more)], to_import(template, found))
    return True


def _stated(parameters: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()]
