"""What people were told by mail and by Telegram, and the one thing that may happen twice.

SES and Telegram know no idempotency keys: a worker that dies between their answer and its note of
it, or whose note fails, or an SDK that gets no answer and asks again, has them send a second time.
So mails and messages go at least once, and twice at these sites alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import pairwise
from typing import Any

import httpx

from chalicelib import aws
from tests.chaos.faults import Fault
from tests.chaos.sites import Site
from tests.chaos.stage import Stage

_ROOM = "notices/of_runs.py"
_MAILS = [
    Site("deliver", "ses", "SendRawEmail", f"{_ROOM}:{what}")
    for what in ("mail_sheet", "mail_digest", "mail_failure")
]
_CHAT = Site("deliver", "telegram", "POST /{}/sendMessage", f"{_ROOM}:tell_by_telegram")
_NOTE = Site("deliver", "dynamodb", "UpdateItem", "notices/once.py:once")
MAY_COME_TWICE = frozenset(
    [(Fault.KILLED_AFTER, _CHAT), (Fault.KILLED_BEFORE, _NOTE), (Fault.ERROR, _NOTE)]
    + [(fault, mail) for mail in _MAILS for fault in (Fault.KILLED_AFTER, Fault.ASKED_AGAIN)]
)
_PERSON = re.compile(r"https://x\.com/(\w+)")


def told(stage: Stage) -> list[str]:
    """Mails as SES keeps them, and messages as Telegram does: to whom, about what, about whom."""
    if stage.chats is None:
        return []
    return sorted([*map(_message, stage.chats.messages), *map(_mail, _mails(stage.name))])


def without_a_double(entries: Iterable[str]) -> list[str]:
    """The same, without one entry of which there are two."""
    left = sorted(entries)
    double = next((one for one, other in pairwise(left) if one == other), None)
    if double is not None:
        left.remove(double)
    return left


def _mails(name: str) -> list[dict[str, Any]]:
    url = aws.client("ses").meta.endpoint_url
    found = httpx.get(f"{url}/_ministack/ses/messages").raise_for_status().json()["messages"]
    everyone = (mail for of_account in found.values() for mail in of_account)
    return [{**mail, "name": name} for mail in everyone if f"{name}@" in str(mail["To"])]


def _message(message: dict[str, Any]) -> str:
    text = message["text"]
    return f"{message['chat_id']}: {text.splitlines()[0]} {_people(text)}"


def _mail(mail: dict[str, Any]) -> str:
    to = str(mail["To"]).replace(mail["name"], "...")
    return f"{to}: {mail['Subject']} {_people(str(mail.get('BodyText', '')))}"


def _people(text: str) -> str:
    return " ".join(sorted(set(_PERSON.findall(text))))
