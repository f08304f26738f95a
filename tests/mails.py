"""The mails that the app hands to SES, whole: with their headers and what is attached."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from botocore.exceptions import ClientError

from chalicelib import aws


@dataclass
class Post:
    """What went to SES while it was watched, and what SES does next."""

    raw: list[dict[str, Any]] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    """Error codes that the next mails meet, in order."""
    _offered: dict[str, Any] = field(default_factory=dict)

    @property
    def mails(self) -> list[EmailMessage]:
        return [
            message_from_bytes(each["RawMessage"]["Data"], policy=default)  # type: ignore[misc]
            for each in self.raw
        ]

    @property
    def subjects(self) -> list[str]:
        return [str(mail["Subject"]) for mail in self.mails]

    def text(self, place: int = -1) -> str:
        body = self.mails[place].get_body(("plain",))
        assert body is not None
        return str(body.get_content())

    def html(self, place: int = -1) -> str:
        body = self.mails[place].get_body(("html",))
        assert body is not None
        return str(body.get_content())

    def attachment(self, place: int = -1) -> EmailMessage | None:
        return next(iter(self.mails[place].iter_attachments()), None)  # type: ignore[return-value]

    def offered(self, params: dict[str, Any], **_: Any) -> None:
        if self.refusals:
            code = self.refusals.pop(0)
            raise ClientError({"Error": {"Code": code, "Message": code}}, "SendRawEmail")
        self._offered = params

    def taken(self, **_: Any) -> None:
        self.raw.append(self._offered)


@contextmanager
def watched() -> Iterator[Post]:
    """Watch what is handed to SES."""
    post = Post()
    events = aws.client("ses").meta.events
    handlers = {"provide-client-params": post.offered, "after-call": post.taken}
    for event, handler in handlers.items():
        events.register(f"{event}.ses.SendRawEmail", handler)
    try:
        yield post
    finally:
        for event, handler in handlers.items():
            events.unregister(f"{event}.ses.SendRawEmail", handler)
