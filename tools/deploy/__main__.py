"""`python -m tools.deploy --stage prod`: what dist/prod holds goes to the AWS account in use.

`--secrets` changes secret settings instead, NAME=VALUE lines on standard input; running functions
take them up within five minutes. Credentials, region and endpoints are the AWS SDK's own matter.
"""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.settings import SettingsInvalid
from tools.deploy import secrets
from tools.deploy.deploying import deploy
from tools.deploy.stack import DeployFailed
from tools.packaging.tree import ROOT


def main() -> int:
    """Deploy a stage, or change its secrets."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stage", required=True, choices=["dev", "prod"])
    parser.add_argument("--bucket", help="where archives are kept; made when it is not there")
    parser.add_argument("--secrets", action="store_true", help="NAME=VALUE lines on standard input")
    given = parser.parse_args()
    session = boto3.Session()
    try:
        if given.secrets:
            secrets.put(session.client("secretsmanager"), given.stage, sys.stdin)
            return 0
        account = session.client("sts").get_caller_identity()["Account"]
        outputs = deploy(
            session.client,
            given.stage,
            ROOT / "dist" / given.stage,
            _parameters(given.stage),
            bucket=given.bucket or f"ctgo-archives-{account}-{session.region_name}",
        )
    except (DeployFailed, SettingsInvalid, BotoCoreError, ClientError) as error:
        print(error, file=sys.stderr)
        return 2 if isinstance(error, SettingsInvalid) else 1
    for name, value in sorted(outputs.items()):
        print(f"{name:<16} {value}")
    return 0


def _parameters(stage: str) -> dict[str, Any]:
    """What the operator states of a stage. Raises DeployFailed for what is no JSON object."""
    file = ROOT / "infra" / "parameters" / f"{stage}.json"
    try:
        found = json.loads(file.read_text())
    except ValueError as error:
        raise DeployFailed(f"{file} is no JSON: {error}") from None
    if not isinstance(found, dict):
        raise DeployFailed(f"{file} holds no JSON object")
    return found


if __name__ == "__main__":
    raise SystemExit(main())
