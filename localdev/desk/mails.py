"""What people were told in this local world: mails, as they look, and messages of the bot."""

from __future__ import annotations

from html import escape
from typing import Any

import httpx

MOST_SHOWN = 50
Row = list[str]


def mails(aws_url: str) -> list[Row]:
    """The newest mails that SES took, each with how it looks; what is attached is not kept."""
    answer = httpx.get(f"{aws_url}/_ministack/ses/messages", timeout=5)
    accounts = answer.json()["messages"] if answer.is_success else {}
    found = [mail for of_account in accounts.values() for mail in of_account]
    found.sort(key=lambda mail: mail["Timestamp"], reverse=True)
    return [_mail(mail) for mail in found[:MOST_SHOWN]]


def _mail(mail: dict[str, Any]) -> Row:
    look = mail.get("BodyHtml")
    shown = (
        # A page of its own that may run nothing and fetch nothing.
        f'<iframe sandbox srcdoc="{escape(look)}" loading=lazy'
        ' style="width:100%;height:36rem;border:1px solid #dfe3ea"></iframe>'
        if look
        else f"<pre>{escape(str(mail.get('BodyText', '')))}</pre>"
    )
    return [
        escape(", ".join([*mail.get("To", []), *mail.get("CC", [])])),
        f"<details><summary>{escape(str(mail.get('Subject', '')))}</summary>{shown}</details>",
    ]


def messages(telegram_url: str) -> list[Row]:
    """The newest messages of the bot."""
    answer = httpx.get(f"{telegram_url}/_control/messages", timeout=5)
    found = answer.json()["messages"] if answer.is_success else []
    return [
        [escape(str(each["chat_id"])), f"<pre>{escape(str(each['text']))}</pre>"]
        for each in reversed(found[-MOST_SHOWN:])
    ]
