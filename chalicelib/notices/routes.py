"""/mail/unsubscribe: the link at the foot of a mail."""

from __future__ import annotations

from html import escape
from typing import Annotated

from pydantic import Field

from chalicelib import errors
from chalicelib.http.router import RawRequest, Reply, Router
from chalicelib.http.schema import Input
from chalicelib.notices import unsubscribing
from chalicelib.notices.letters import page

router = Router()

_HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'",
    "Referrer-Policy": "no-referrer",
}
_BUTTON = (
    '<form method="post" style="margin:20px 0 0"><button style="padding:11px 20px;border:0;'
    'border-radius:8px;background:#2f5bd8;color:#fff;font-size:15px">Stop them</button></form>'
)


class MailToEnd(Input):
    """What the link in a mail carries."""

    token: Annotated[str, Field(min_length=1, max_length=500)]


@router.get("/mail/unsubscribe", errors=[errors.LinkInvalid])
def ask_to_unsubscribe(query: MailToEnd) -> Reply[str]:
    """Show what the link of a mail would end, with a button; looking changes nothing."""
    _, kind = unsubscribing.read(query.token)
    words = escape(f"You would get no more {unsubscribing.NAMES[kind]}.")
    return Reply(page("Stop these mails?", f"<p>{words}</p>{_BUTTON}", ""), headers=_HEADERS)


@router.post("/mail/unsubscribe", errors=[errors.LinkInvalid])
def unsubscribe(raw: RawRequest, query: MailToEnd) -> Reply[str]:  # noqa: ARG001 - as RFC 8058 sends it
    """End a kind of mail, as mail programs do with one click; may be repeated."""
    user_id, kind = unsubscribing.read(query.token)
    unsubscribing.end(user_id, kind)
    words = escape(f"You will get no more {unsubscribing.NAMES[kind]}.")
    return Reply(page("Done", f"<p>{words}</p>", ""), headers=_HEADERS)
