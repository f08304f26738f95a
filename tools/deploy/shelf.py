"""The bucket that archives and templates are handed to CloudFormation by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError


@dataclass(frozen=True)
class Shelf:
    """A private bucket of the operator's account.

    Anybody may have made a bucket of that name before, and let us in: what CloudFormation is handed
    would then be theirs to change. S3 answers 403 where the owner is another.
    """

    client: Any
    bucket: str
    account: str

    def ensure(self) -> None:
        """Make the bucket unless it is there. Raises ClientError where it is somebody else's."""
        try:
            self.client.head_bucket(Bucket=self.bucket, ExpectedBucketOwner=self.account)
            return
        except ClientError as error:
            if error.response["Error"]["Code"] not in ("404", "NoSuchBucket"):
                raise
        region = self.client.meta.region_name
        place = {} if region == "us-east-1" else {"LocationConstraint": region}
        options = {"CreateBucketConfiguration": place} if place else {}
        self.client.create_bucket(Bucket=self.bucket, **options)
        self.client.put_public_access_block(
            Bucket=self.bucket,
            PublicAccessBlockConfiguration={
                "BlockPublicAcls": True,
                "IgnorePublicAcls": True,
                "BlockPublicPolicy": True,
                "RestrictPublicBuckets": True,
            },
        )

    def put(self, key: str, content: bytes) -> str:
        """Store the content; returns the address that CloudFormation reads it at."""
        self.client.put_object(
            Bucket=self.bucket, Key=key, Body=content, ExpectedBucketOwner=self.account
        )
        return f"{self.client.meta.endpoint_url.rstrip('/')}/{self.bucket}/{key}"
