"""Ending a kind of mail by the link at its foot, without signing in (RFC 8058)."""

from __future__ import annotations

from contextlib import suppress
from hashlib import sha256
from typing import Final, Literal, get_args

from itsdangerous import BadData, URLSafeSerializer

from chalicelib import db
from chalicelib.auth.users import SELF, UserItem
from chalicelib.errors import LinkInvalid
from chalicelib.settings import settings
from chalicelib.streams.table import StreamItem
from chalicelib.streams.workspace import Workspace

Kind = Literal["digest", "run_failures", "low_credits"]
OFF: Final = "off"

NAMES: Final[dict[Kind, str]] = {
    "digest": "digests of new leads",
    "run_failures": "mail about failed runs",
    "low_credits": "mail about low credits",
}
"""What a reader calls each kind."""


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(
        settings().cursor_secret, salt="end-mail", signer_kwargs={"digest_method": sha256}
    )


def link_to_end(user_id: int, kind: Kind) -> str:
    """The address that ends this kind of mail for the user, for ever."""
    return f"{settings().base_url}/mail/unsubscribe?token={_signer().dumps([user_id, kind])}"


def read(token: str) -> tuple[int, Kind]:
    """The user and the kind of mail that a link names. Raises LinkInvalid."""
    try:
        user_id, kind = _signer().loads(token)
    except (BadData, ValueError, TypeError):
        raise LinkInvalid from None
    if kind not in get_args(Kind):
        raise LinkInvalid
    return int(user_id), kind


def end(user_id: int, kind: Kind) -> None:
    """Send no more of it. May be repeated; nothing happens for a user who is gone."""
    actions = {
        "digest": UserItem.email_digest.set(OFF),
        "run_failures": UserItem.run_failure_alerts.set(False),
        "low_credits": UserItem.low_credit_alerts.set(False),
    }
    try:
        with db.conditional():
            UserItem(user_id, SELF).update(actions=[actions[kind]], condition=UserItem.key.exists())
    except db.Conflict:
        return
    if kind == "digest":
        _end_of_streams(user_id)


def _end_of_streams(user_id: int) -> None:
    """A stream's own wish stands above the team's setting, so it ends too."""
    for stream in Workspace.read(user_id, first="stream").streams.values():
        if stream.email_digest_override not in (None, OFF):
            with suppress(db.Conflict), db.conditional():
                StreamItem(user_id, stream.key).update(
                    actions=[StreamItem.email_digest_override.set(OFF)],
                    condition=StreamItem.key.exists(),
                )
