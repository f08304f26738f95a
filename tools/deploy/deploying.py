"""Archive and template to a bucket, the secret and the sender, then the stack."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import yaml

from localdev import template as templates
from tools.deploy import places, secrets, sender
from tools.deploy.adopting import MakeClient, grown, left, to_import
from tools.deploy.filling import fill_apis, values_of
from tools.deploy.shelf import Shelf
from tools.deploy.stack import Stack
from tools.packaging import archive
from tools.packaging.template import as_yaml


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

    `make_client` makes the client of an AWS service. Raises DeployFailed; where the parameters are
    not the template's or AWS has too few places to run, before anything is made.
    """
    template = yaml.safe_load((packaged / "template.yaml").read_text())
    values = values_of(template, parameters)
    places.check(make_client("lambda"), template, stage)
    stack = Stack(
        client=make_client("cloudformation"),
        name=f"ctgo-{stage}",
        say=say,
        look_seconds=look_seconds,
    )
    there = stack.clear()
    account = make_client("sts").get_caller_identity()["Account"]
    shelf = Shelf(make_client("s3"), bucket, account)
    shelf.ensure()
    _put_code(shelf, stage, packaged / "deployment.zip", template)
    fill_apis(template, values)
    url = shelf.put(f"{stage}/template.yaml", as_yaml(template).encode())
    if secrets.ensure(make_client("secretsmanager"), stage):
        say(f"made the secret {secrets.name_of(stage)}: put the keys of your providers into it")
    if sender.ensure(make_client("sesv2"), values["MailSender"]):
        say(f"made the SES identity {values['MailSender']}: follow the link that SES mails")
    names = left(make_client, template, {"Stage": stage, "AWS::AccountId": account})
    there = _adopt(stack, template, names, there=there, shelf=shelf, values=values)
    stack.change("UPDATE" if there else "CREATE", url, _stated(values))
    return stack.outputs()


def _put_code(shelf: Shelf, stage: str, zipped: Path, template: dict[str, Any]) -> None:
    """Store the archive, and have the functions of the template come from there."""
    code = f"{stage}/{archive.digest(zipped)}.zip"
    shelf.put(code, zipped.read_bytes())
    for function in templates.properties(template, "AWS::Serverless::Function").values():
        function["CodeUri"] = f"s3://{shelf.bucket}/{code}"


def _adopt(
    stack: Stack,
    template: dict[str, Any],
    names: Mapping[str, str],
    *,
    there: bool,
    shelf: Shelf,
    values: Mapping[str, str],
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
    more = {name: value for name, value in values.items() if name not in known}
    url = shelf.put(f"{stack.name}/import.json", now)
    stack.change("IMPORT", url, [*same, *_stated(more)], to_import(template, found))
    return True


def _stated(values: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"ParameterKey": name, "ParameterValue": value} for name, value in values.items()]
