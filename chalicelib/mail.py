"""Mail through Amazon SES, by the first version of its API, which every emulator has too."""

from __future__ import annotations

from typing import Any


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
