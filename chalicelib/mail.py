"""Mail through Amazon SES, by the first version of its API, which every emulator has too."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from email.message import EmailMessage
    from email.policy import EmailPolicy, Policy

LARGEST_MAIL = 10 * 1000 * 1000
"""Bytes of a whole message, encoded; what SES takes unless one asks it for more."""
_ENCODED = 1.37
"""How much base64 with its line ends adds to an attachment."""
_BESIDE = 400_000
"""Bytes left for everything else in a mail."""
LARGEST_ATTACHMENT = int((LARGEST_MAIL - _BESIDE) / _ENCODED)
"""Bytes of an attachment as it is before encoding."""

_BUSY = frozenset({"Throttling", "ThrottlingException", "LimitExceededException"})
_LINK = "List-Unsubscribe"
_REFUSED = frozenset({"MessageRejected", "InvalidParameterValue"})


class MailPutOff(Exception):
    """SES takes no more mail for now: too many a second or a day. Nothing was sent."""


class MailRefused(Exception):
    """SES will never take this mail; its words say why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file in a mail."""

    name: str
    content: bytes
    media_type: str
    """Such as `text/csv`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A mail in two forms, of which the reader's program shows one."""

    to: tuple[str, ...]
    cc: tuple[str, ...] = ()
    subject: str
    text: str
    html: str
    attachment: Attachment | None = None
    reply_to: str | None = None
    """Who gets an answer; None is the address that mail comes from."""
    unsubscribe: str | None = None
    """Where one click ends this kind of mail (RFC 8058)."""
    notice: str
    """What the mail is about, once and for all: two mails that share it are one sent twice."""


class Mailer:
    """Sends mail from one address."""

    def __init__(self, ses: Any, sender: str) -> None:
        """`ses` is botocore's client; `sender` an address that SES knows as verified."""
        self._ses = ses
        self._sender = sender

    def send(self, to: str, subject: str, text: str) -> None:
        """Send a plain-text mail. Raises botocore's errors when SES does not take it."""
        self._ses.send_email(
            Source=self._sender,
            Destination={"ToAddresses": [to]},
            Message={
                "Subject": {"Data": subject, "Charset": "UTF-8"},
                "Body": {"Text": {"Data": text, "Charset": "UTF-8"}},
            },
        )

    def post(self, letter: Letter) -> None:
        """Send a letter. Raises MailPutOff and MailRefused; botocore's errors for the rest."""
        from email.policy import SMTP

        with _refusals():
            self._ses.send_raw_email(
                Source=self._sender,
                Destinations=[*letter.to, *letter.cc],
                RawMessage={"Data": _message(letter, self._sender).as_bytes(policy=SMTP)},
            )


@cache
def _policy() -> EmailPolicy[EmailMessage]:
    """How headers are written: the link that programs follow goes on one line, as it is.

    The library would encode so long a word for people (RFC 2047), and no program undoes that.
    """
    # Imported when the first letter is written: signing in sends none.
    from email.headerregistry import BaseHeader, HeaderRegistry, UnstructuredHeader
    from email.policy import default

    class Link(UnstructuredHeader, BaseHeader):
        def fold(self, *, policy: Policy) -> str:
            return f"{self.name}: {self}{policy.linesep}"

    registry = HeaderRegistry()
    registry.map_to_type(_LINK.lower(), Link)
    return default.clone(header_factory=registry)


def _message(letter: Letter, sender: str) -> EmailMessage:
    """The mail as it goes over the wire."""
    from email.headerregistry import Address
    from email.message import EmailMessage

    message = EmailMessage(_policy())
    message["From"] = Address("Catch The Good Ones", addr_spec=sender)
    message["To"] = ", ".join(letter.to)
    if letter.cc:
        message["Cc"] = ", ".join(letter.cc)
    if letter.reply_to:
        message["Reply-To"] = letter.reply_to
    message["Subject"] = " ".join(letter.subject.split())
    message["X-Entity-Ref-ID"] = letter.notice
    message["Auto-Submitted"] = "auto-generated"
    if letter.unsubscribe:
        message[_LINK] = f"<{letter.unsubscribe}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(letter.text, cte="quoted-printable")
    message.add_alternative(letter.html, subtype="html", cte="quoted-printable")
    if letter.attachment:
        main, _, sub = letter.attachment.media_type.partition("/")
        message.add_attachment(
            letter.attachment.content, maintype=main, subtype=sub, filename=letter.attachment.name
        )
    return message


@contextmanager
def _refusals() -> Iterator[None]:
    from botocore.exceptions import ClientError

    try:
        yield
    except ClientError as fault:
        code = fault.response.get("Error", {}).get("Code", "")
        if code in _BUSY:
            raise MailPutOff from fault
        if code in _REFUSED:
            raise MailRefused(str(fault)) from fault
        raise
