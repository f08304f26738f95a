"""Archive and template to a bucket, the secret, then the stack."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from tools.deploy import secrets, stack
from tools.packaging import archive

CODE_URI = "./deployment.zip"


def deploy(
    make_client: Callable[[str], Any],
    stage: str,
    packaged: Path,
    parameters: Mapping[str, str],
    *,
    bucket: str,
    say: Callable[[str], None] = print,
    look_seconds: float = 5,
) -> dict[str, str]:
    """Deploy what `tools.packaging` made in the folder `packaged`; returns the stack's outputs.

    `make_client` makes the client of an AWS service. Raises DeployFailed.
    """
    s3 = make_client("s3")
    _ensure_bucket(s3, bucket)
    zipped = packaged / "deployment.zip"
    key = f"{stage}/{archive.digest(zipped)}.zip"
    s3.put_object(Bucket=bucket, Key=key, Body=zipped.read_bytes())
    template = (packaged / "template.yaml").read_text().replace(CODE_URI, f"s3://{bucket}/{key}")
    s3.put_object(Bucket=bucket, Key=f"{stage}/template.yaml", Body=template.encode())
    if secrets.ensure(make_client("secretsmanager"), stage):
        say(f"made the secret {secrets.name_of(stage)}: put the keys of your providers into it")
    url = f"{s3.meta.endpoint_url.rstrip('/')}/{bucket}/{stage}/template.yaml"
    return stack.bring_up(
        make_client("cloudformation"),
        f"ctgo-{stage}",
        url,
        parameters,
        say=say,
        look_seconds=look_seconds,
    )


def _ensure_bucket(s3: Any, bucket: str) -> None:
    try:
        s3.head_bucket(Bucket=bucket)
        return
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("404", "NoSuchBucket"):
            raise
    region = s3.meta.region_name
    place = {} if region == "us-east-1" else {"LocationConstraint": region}
    s3.create_bucket(Bucket=bucket, **({"CreateBucketConfiguration": place} if place else {}))
    s3.put_public_access_block(
        Bucket=bucket,
        PublicAccessBlockConfiguration={
            "BlockPublicAcls": True,
            "IgnorePublicAcls": True,
            "BlockPublicPolicy": True,
            "RestrictPublicBuckets": True,
        },
    )
