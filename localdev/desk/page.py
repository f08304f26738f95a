"""The page for people: what webhooks were sent and how it went, and what mails went out."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from contextlib import suppress
from html import escape
from typing import Any

from localdev import environment
from localdev.desk.inbox import Inbox
from localdev.desk.mails import mails, messages

MOST_SHOWN = 50
_STYLE = """
body{font:15px/1.5 system-ui,sans-serif;color:#1c2330}
body{margin:2rem auto;max-width:68rem;padding:0 1rem}
h1{font-size:1.4rem}h2{font-size:1.1rem;margin-top:2.2rem}
table{border-collapse:collapse;width:100%}
th,td{text-align:left;padding:.4rem .6rem;border-bottom:1px solid #dfe3ea;vertical-align:top}
th{font-weight:600;color:#5a6475}code,pre{font:13px ui-monospace,monospace}
pre{white-space:pre-wrap;max-height:20rem;overflow:auto;background:#f5f6f9;padding:.6rem}
.good{color:#0a7a3d}.bad{color:#b3261e}
"""

Row = list[str]


def page(aws_url: str, telegram_url: str, stage: str) -> Callable[[Inbox], str]:
    """What makes the page, from the emulated AWS and the inbox."""

    def made(inbox: Inbox) -> str:
        sections = [
            _section(
                "Webhooks received here", ("when", "id", "signature", "body"), _received(inbox)
            ),
            _section(
                "Webhook messages and their attempts",
                ("receiver", "id", "event", "status", "attempts"),
                _attempts(aws_url, stage),
            ),
            _section("Mails", ("to", "mail"), mails(aws_url)),
            _section("Telegram", ("chat", "message"), messages(telegram_url)),
        ]
        head = f"<meta charset=utf-8><title>ctgo, local</title><style>{_STYLE}</style>"
        return f"<!doctype html>{head}<h1>What went out of this local world</h1>" + "".join(
            sections
        )

    return made


def _section(title: str, headings: Iterable[str], rows: list[Row]) -> str:
    if not rows:
        return f"<h2>{title}</h2><p>None yet.</p>"
    head = "".join(f"<th>{each}" for each in headings)
    body = "".join("<tr>" + "".join(f"<td>{cell}" for cell in row) for row in rows)
    return f"<h2>{title}</h2><table><tr>{head}{body}</table>"


def _received(inbox: Inbox) -> list[Row]:
    said = {
        True: "<b class=good>verified</b>",
        False: "<b class=bad>does not verify</b>",
        None: "no secret known",
    }
    return [
        [
            f"{each.at:%H:%M:%S}",
            f"<code>{escape(each.headers.get('webhook-id', ''))}</code>",
            said[each.is_verified],
            _folded(each.path, each.content.decode("utf-8", "replace")),
        ]
        for each in reversed(inbox.all()[-MOST_SHOWN:])
    ]


def _attempts(aws_url: str, stage: str) -> list[Row]:
    from boto3.dynamodb.types import TypeDeserializer

    read = TypeDeserializer().deserialize
    answer = environment.client("dynamodb", aws_url).scan(TableName=f"ctgo-{stage}-deliveries")
    rows = [{name: read(value) for name, value in item.items()} for item in answer["Items"]]
    messages = [row for row in rows if row["kind"] == "message"]
    messages.sort(key=lambda row: str(row["message_id"]), reverse=True)
    return [
        [
            escape(row["receiver"]),
            f"<code>{escape(row['message_id'])}</code>",
            escape(row["event"]),
            escape(row["status"]),
            "<br>".join(map(_attempt, row["attempts"])) or "none yet",
        ]
        for row in messages[:MOST_SHOWN]
    ]


def _attempt(stored: dict[str, Any]) -> str:
    result = stored["status"] or stored["error"]
    look = "good" if stored["status"] and 200 <= stored["status"] < 300 else "bad"
    return f"<b class={look}>{escape(str(result))}</b> in {stored['milliseconds']} ms"


def _folded(title: str, text: str) -> str:
    with suppress(ValueError):
        text = json.dumps(json.loads(text), indent=1, ensure_ascii=False)
    return f"<details><summary>{escape(title)}</summary><pre>{escape(text)}</pre></details>"
