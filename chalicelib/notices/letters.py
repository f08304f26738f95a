"""Letters whole: blocks between a head and a foot, in HTML and in plain text."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from chalicelib.mail import Attachment, Letter
from chalicelib.notices.blocks import GROUND, INK, LINE, SOFT, Block
from chalicelib.notices.unsubscribing import Kind, link_to_end

_FONT = "-apple-system,BlinkMacSystemFont,'Segoe UI',Roboto,Helvetica,Arial,sans-serif"


def letter(
    *,
    to: Sequence[str],
    cc: Sequence[str] = (),
    reply_to: str | None = None,
    subject: str,
    blocks: Sequence[Block],
    why: str,
    notice: str,
    ends: tuple[int, Kind] | None = None,
    attachment: Attachment | None = None,
) -> Letter:
    """A letter that begins with its subject. `why` says at the foot why it came.

    `ends` are the user and the kind of mail that the link at the foot ends; None for mail that its
    reader did not ask for and the user ends in the stream's settings.
    """
    unsubscribe = link_to_end(*ends) if ends else None
    return Letter(
        to=tuple(to),
        cc=tuple(cc),
        reply_to=reply_to,
        subject=subject,
        text=_text(subject, blocks, why, unsubscribe),
        html=_html(subject, blocks, why, unsubscribe),
        attachment=attachment,
        unsubscribe=unsubscribe,
        notice=notice,
    )


def _text(subject: str, blocks: Sequence[Block], why: str, unsubscribe: str | None) -> str:
    foot = [why] + ([f"Stop these mails: {unsubscribe}"] if unsubscribe else [])
    return "\n".join([subject, *(block.text() for block in blocks), "\n--", *foot, ""])


def _html(subject: str, blocks: Sequence[Block], why: str, unsubscribe: str | None) -> str:
    stop = (
        f'<br><a href="{escape(unsubscribe)}" style="color:{SOFT}">Stop these mails</a>'
        if unsubscribe
        else ""
    )
    return page(
        subject,
        "".join(block.html() for block in blocks),
        f"{escape(why)}{stop}",
    )


def page(title: str, inner: str, foot: str) -> str:
    """A whole HTML page: `title` is text, `inner` and `foot` are HTML."""
    return f"""\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light">
<title>{escape(title)}</title>
</head>
<body style="margin:0;padding:0;background:{GROUND};font-family:{_FONT};color:{INK}">
<div style="max-width:600px;margin:0 auto;padding:24px 12px">
<div style="padding:0 12px 12px;font-size:13px;font-weight:600;color:{SOFT}">
Catch The Good Ones</div>
<div style="padding:24px;background:#ffffff;border:1px solid {LINE};border-radius:12px">
<h1 style="margin:0;font-size:21px;line-height:1.3">{escape(title)}</h1>
{inner}
</div>
<div style="padding:16px 12px;font-size:12px;line-height:1.6;color:{SOFT}">{foot}</div>
</div>
</body>
</html>
"""
