"""Links to stored files: ours, signed, good for a week; each leads to a fresh one of S3's."""

from __future__ import annotations

from datetime import timedelta
from hashlib import sha256

from itsdangerous import BadData, URLSafeTimedSerializer

from chalicelib.errors import LinkInvalid
from chalicelib.settings import settings

GOOD_FOR = timedelta(days=7)
"""The bucket keeps its files a day longer."""


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(
        settings().cursor_secret, salt="file-link", signer_kwargs={"digest_method": sha256}
    )


def link_to(key: str) -> str:
    """The address at which whoever holds it gets the file with this key."""
    return f"{settings().base_url}/files?token={_signer().dumps(key)}"


def key_of(token: str) -> str:
    """The key of the file that a link names. Raises LinkInvalid when it is forged or too old."""
    try:
        return str(_signer().loads(token, max_age=int(GOOD_FOR.total_seconds())))
    except BadData:
        raise LinkInvalid from None
