"""The SES identity that mails come from: made once, and not the stack's.

Two stages may share a sender, and one that was verified beforehand is there already; CloudFormation
would refuse both, and would take the sender away with the stack.
"""

from __future__ import annotations

from typing import Any


def ensure(client: Any, address: str) -> bool:
    """Make the identity unless it is there; True when it was made. `client` is sesv2's."""
    try:
        client.get_email_identity(EmailIdentity=address)
    except client.exceptions.NotFoundException:
        client.create_email_identity(EmailIdentity=address)
        return True
    return False
