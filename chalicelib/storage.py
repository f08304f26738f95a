"""Files in S3, each found for a while by a link that nobody can guess."""

from __future__ import annotations

from typing import Any

LINK_SECONDS = 900
"""How long S3's own link works. It is made when somebody asks, so that a role whose keys change
every few hours can promise days."""


class Storage:
    """Puts files into one bucket, whose lifecycle removes them after eight days."""

    def __init__(self, s3: Any, bucket: str) -> None:
        """`s3` is botocore's client."""
        self._s3 = s3
        self._bucket = bucket

    def put(self, key: str, content: bytes, *, name: str, media_type: str) -> None:
        """Keep a file under `key`; a repeat replaces it. A browser saves it as `name`."""
        self._s3.put_object(
            Bucket=self._bucket,
            Key=key,
            Body=content,
            ContentType=media_type,
            ContentDisposition=f'attachment; filename="{name}"',
        )

    def link(self, key: str) -> str:
        """A link to the file, good for 15 minutes. Asks nobody; the file may be gone."""
        params = {"Bucket": self._bucket, "Key": key}
        return str(
            self._s3.generate_presigned_url("get_object", Params=params, ExpiresIn=LINK_SECONDS)
        )

    def remove_all(self, prefix: str) -> None:
        """Remove every file whose key begins so. May be repeated."""
        pages = self._s3.get_paginator("list_objects_v2").paginate(
            Bucket=self._bucket, Prefix=prefix
        )
        for page in pages:
            for found in page.get("Contents", ()):
                self._s3.delete_object(Bucket=self._bucket, Key=found["Key"])
